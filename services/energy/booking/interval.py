"""Interval meters: each reading is the quantity of a period."""

from collections.abc import Sequence
from fractions import Fraction

from services.core.meter import Mark, MeterRule, Quality, whole_pico
from services.energy.booking.span import Span, most_pico


def book_interval(
    times_us: Sequence[int], values: Sequence[float], rule: MeterRule
) -> tuple[list[Span], dict[int, Mark]]:
    """Each reading is the quantity (or the mean rate) of the period that begins at its time."""
    scale = rule.pico_per_value * (Fraction(rule.interval_s, 3600) if rule.is_rate else 1)
    most = most_pico(rule, rule.interval_us)
    spans: list[Span] = []
    marks: dict[int, Mark] = {}
    for at_us, value in zip(times_us, values, strict=True):
        quantity = whole_pico(value, scale)
        quality = 0
        if not 0 <= quantity <= most:
            if at_us not in rule.accepted_us:
                marks[at_us] = Mark.SUSPECT
                continue
            quality = int(Quality.ACCEPTED)
        spans.append(Span(at_us, at_us + rule.interval_us, quantity, quality))
    return spans, marks
