"""Readings that are not booked until a person has looked at them, by the marks that the roll-up gave them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from services.core.meter import Kind, Mark
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Detail, Finding, MeterDay, MeterFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedLimits:
    """The number of the check; a row of the table of checks."""

    most: float
    """So many readings of a meter and day may be marked so."""


def marked(
    check: str, marks: set[Mark], detail_of: Callable[[MeterFacts, list[float]], Detail]
) -> Callable[[MeterFacts, MeterDay, MarkedLimits], list[Finding]]:
    """The check that finds the readings with these marks: at most one a day, from the first to the last of them."""

    def find(meter: MeterFacts, day: MeterDay, limits: MarkedLimits) -> list[Finding]:
        times_us = sorted(at_us for at_us, each in day.marks.items() if each in marks)
        if len(times_us) <= limits.most:
            return []
        values = dict(zip(day.times_us.tolist(), day.values.tolist(), strict=True))
        detail = detail_of(meter, [values[at_us] for at_us in times_us if at_us in values])
        return [Finding(check, times_us[0], times_us[-1] + 1, len(times_us), limits.most, detail)]

    return find


def _negative(meter: MeterFacts, values: list[float]) -> Detail:
    """Of a level or a period a negative value mostly means the other direction, which can be registered."""
    negative = sum(value < 0 for value in values)
    if meter.kind is Kind.COUNTER or not negative:
        return {}
    return {"negative": negative, "remedy": "negative_flow"}


def _interval(meter: MeterFacts, _values: list[float]) -> Detail:
    return {"interval_s": meter.rule.newest.interval_s}


def _remedy(remedy: str) -> Callable[[MeterFacts, list[float]], Detail]:
    return lambda _meter, _values: {"remedy": remedy}


_KIND = partial(CheckKind, subject="meter", unit="1", limits=MarkedLimits, is_alerted=False)
SUSPECT = _KIND(slug="suspect_readings", of_marks=marked("suspect_readings", {Mark.SUSPECT}, _negative))
OVERLAP = _KIND(slug="overlapping_periods", of_marks=marked("overlapping_periods", {Mark.OVERLAP}, _interval))
SWAP = _KIND(slug="unrecorded_swap", of_marks=marked("unrecorded_swap", {Mark.SWAP}, _remedy("replacement")))
UNIT = _KIND(
    slug="unit_changed",
    of_marks=marked("unit_changed", {Mark.LARGER_UNIT, Mark.SMALLER_UNIT}, _remedy("unit_of_measure")),
)
