"""Interval meters: each reading is the quantity of a period."""

from collections.abc import Sequence
from fractions import Fraction

from services.core.meter import Mark, MeterRule, Quality, whole_pico
from services.energy.booking.span import Span, most_pico


def book_interval(
    times_us: Sequence[int], values: Sequence[float], rule: MeterRule
) -> tuple[list[Span], dict[int, Mark]]:
    """Each reading is the quantity (or the mean rate) of the period that begins at its time.

    How long the period is, and what the value is worth, is said by the term that holds at its time.
    """
    scales = [t.pico_per_value * (Fraction(t.interval_s, 3600) if t.is_rate else 1) for t in rule.terms]
    most = [most_pico(term, term.interval_us) for term in rule.terms]
    number, several = 0, len(rule.terms) > 1
    spans: list[Span] = []
    marks: dict[int, Mark] = {}
    for at_us, value in zip(times_us, values, strict=True):
        if several:
            number = rule.number_at(at_us)
        quantity = whole_pico(value, scales[number])
        quality = 0
        if not 0 <= quantity <= most[number]:
            if at_us not in rule.accepted_us:
                marks[at_us] = Mark.SUSPECT
                continue
            quality = int(Quality.ACCEPTED)
        spans.append(Span(at_us, at_us + rule.terms[number].interval_us, quantity, quality))
    return spans, marks
