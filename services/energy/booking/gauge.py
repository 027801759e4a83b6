"""Gauges: the level between samples, by time."""

from collections.abc import Sequence

from services.core.calendar import HOUR_US
from services.core.meter import Mark, MeterRule, Quality, whole_pico
from services.energy.booking.span import Span, most_pico


def book_gauge(times_us: Sequence[int], values: Sequence[float], rule: MeterRule) -> tuple[list[Span], dict[int, Mark]]:
    """Between two samples the level runs in a straight line; nothing is known beyond twice the interval.

    What a sample is worth is said by the term of its time; of two intervals the longer one counts.
    """
    spans: list[Span] = []
    marks: dict[int, Mark] = {}
    last: tuple[int, int, int] | None = None
    scales = [term.pico_per_value for term in rule.terms]
    most = [most_pico(term, HOUR_US) for term in rule.terms]
    number, several = 0, len(rule.terms) > 1
    for at_us, value in zip(times_us, values, strict=True):
        if several:
            number = rule.number_at(at_us)
        rate = whole_pico(value, scales[number])
        quality = 0
        if not 0 <= rate <= most[number]:
            if at_us not in rule.accepted_us:
                marks[at_us] = Mark.SUSPECT
                continue
            quality = int(Quality.ACCEPTED)
        interval_us = rule.terms[number].interval_us
        if last is not None and at_us - last[0] <= 2 * max(last[2], interval_us):
            spans.append(Span(last[0], at_us, (last[1] + rate) * (at_us - last[0]) // (2 * HOUR_US), quality))
        last = (at_us, rate, interval_us)
    return spans, marks
