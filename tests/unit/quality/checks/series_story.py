"""A meter of hours with a day's shape, and days of it that were tampered with."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from services.core.calendar import DAY_US, HOUR_US
from services.core.meter import Flow, Kind, meter_rule
from services.energy.booking.booking import book
from services.quality.checks.day import Finding, MeterDay, MeterFacts, Quantities
from services.quality.checks.declared import limits_of, load_checks
from services.quality.checks.series_checks import find

FIRST = date(2026, 1, 5)
HOURS = 24
DAYS = 36
START_US = MeterDay(FIRST, np.empty(0, np.int64), np.empty(0)).start_us
JUDGED_US = START_US + (DAYS - 1) * DAY_US


@cache
def shipped() -> Mapping[str, Any]:
    """The limits of the table of checks."""
    return limits_of(load_checks(), daily_monthly_percent=5)


def a_meter(kind: Kind = Kind.INTERVAL, *, rated_per_hour: float | None = None) -> MeterFacts:
    """An electricity meter with a reading an hour, in kWh."""
    rule = meter_rule(
        kind=kind,
        unit_of_measure="kWh",
        carrier_unit="kWh",
        multiplier=1,
        interval_s=3600,
        rated_per_hour=rated_per_hour,
    )
    return MeterFacts("E01", "electricity", Flow.INPUT, rule)


def usual_values(days: int = DAYS, seed: int = 3, decimals: int = 1) -> Quantities:
    """So many days of hours around 100 kWh, more by day than by night, printed with so many decimals."""
    hours = np.arange(days * HOURS)
    draw = np.random.default_rng(seed)
    values: Quantities = np.round(
        100 - 40 * np.cos(hours / HOURS * 2 * np.pi) + draw.normal(0, 4, len(hours)), decimals
    )
    return values


def days_of(values: Quantities, meter: MeterFacts) -> list[MeterDay]:
    """Whole days from FIRST on; NaN is a reading that is missing."""
    times_us = START_US + np.arange(len(values)) * HOUR_US
    known = np.isfinite(values)
    marks = book(times_us[known].tolist(), values[known].tolist(), meter.rule).marks
    days = []
    for number in range(len(values) // HOURS):
        own = slice(number * HOURS, (number + 1) * HOURS)
        at_us = times_us[own][known[own]]
        marked = {int(at): marks[int(at)] for at in at_us if int(at) in marks}
        days.append(MeterDay(FIRST + timedelta(days=number), at_us, values[own][known[own]], marked))
    return days


def found_on_last_day(
    change: Callable[[Quantities], object] = lambda _: None,
    *,
    meter: MeterFacts | None = None,
    values: Quantities | None = None,
    product_by_hour: Quantities | None = None,
) -> list[Finding]:
    """What the checks say of the last day once `change` has been done to all values."""
    told = usual_values() if values is None else values.copy()
    change(told)
    facts = meter or a_meter()
    days = days_of(told, facts)
    return find(facts, days[-1], days[:-1], shipped(), product_by_hour=product_by_hour)


def slugs(found: Sequence[Finding]) -> set[str]:
    """Which checks have found something."""
    return {each.check for each in found}


def last_day(first_hour: int = 0, end_hour: int = HOURS) -> slice:
    """These hours of the judged day."""
    start = (DAYS - 1) * HOURS
    return slice(start + first_hour, start + end_hour)


def hour_us(hour: int) -> int:
    """The start of this hour of the judged day."""
    return JUDGED_US + hour * HOUR_US
