"""Gauges: the level between samples, by time."""

from collections.abc import Sequence

from services.core.calendar import HOUR_US
from services.core.meter import Mark, MeterRule, Quality, whole_pico
from services.energy.booking.span import Span, most_pico


def book_gauge(times_us: Sequence[int], values: Sequence[float], rule: MeterRule) -> tuple[list[Span], dict[int, Mark]]:
    """Between two samples the level runs in a straight line; nothing is known beyond twice the interval."""
    spans: list[Span] = []
    marks: dict[int, Mark] = {}
    last: tuple[int, int] | None = None
    most = most_pico(rule, HOUR_US)
    for at_us, value in zip(times_us, values, strict=True):
        rate = whole_pico(value, rule.pico_per_value)
        quality = 0
        if not 0 <= rate <= most:
            if at_us not in rule.accepted_us:
                marks[at_us] = Mark.SUSPECT
                continue
            quality = int(Quality.ACCEPTED)
        if last is not None and at_us - last[0] <= 2 * rule.interval_us:
            spans.append(Span(last[0], at_us, (last[1] + rate) * (at_us - last[0]) // (2 * HOUR_US), quality))
        last = (at_us, rate)
    return spans, marks
