"""The energy a running year will come to, from the part that is measured. Pure.

Seasons matter (plan of Inner Mongolia 2021-2025, 000 L472-474: 充分考虑市场“淡旺季”、用能“峰谷季”), so the year before
is the measure where it was measured well enough:

- seasonal: E = (last year's whole year) x (this year so far, a day) / (last year's same span, a day) x days / days;
- linear: E = (this year so far, a day) x days of the year.

Means of a day make leap years no matter: the same span is the one that ends on the same day of the calendar, and the
29 February belongs to the span that ends on the 28th.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from services.judging.dual_control.facts import (
    ENERGY,
    LOW_COVERAGE,
    NUMBER_MISSING,
    EnergySource,
    Obstacle,
    YearEnergy,
    YearFacts,
)

_DAY = timedelta(days=1)
_FEBRUARY, _LEAP_DAY = 2, 29


class Method(enum.StrEnum):
    """How a year was forecast."""

    SEASONAL = "seasonal"
    LINEAR = "linear"


@dataclass(frozen=True, slots=True)
class MeasuredDays:
    """Energy measured over `days` days."""

    tce: Fraction
    days: int
    coverage: float | None


@dataclass(frozen=True, slots=True)
class EnergyForecast:
    """A running year. What it was made of stands beside it."""

    method: Method
    energy: YearEnergy
    """Of the whole year; its source is that of the year it was scaled from."""
    so_far: MeasuredDays
    last_span: MeasuredDays | None
    """The same span of the year before; None with the linear method."""
    last_whole: YearEnergy | None


def days_of(year: int) -> int:
    """365 or 366."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def same_day_before(until: date) -> date:
    """First day after the span of the year before that ends on the same day of the calendar as the one before `until`.

    A span that ends on 29 February has the one that ends on 28 February.
    """
    last = until - _DAY
    day = last.day - 1 if (last.month, last.day) == (_FEBRUARY, _LEAP_DAY) else last.day
    return date(last.year - 1, last.month, day) + _DAY


def forecast_energy(
    year: int,
    so_far: MeasuredDays | None,
    *,
    last_span: MeasuredDays | None,
    last_whole: YearEnergy | None,
    coverage_least: float,
) -> EnergyForecast | Obstacle:
    """What `year` will come to, or why that cannot be told."""
    if so_far is None or so_far.days == 0:
        return Obstacle(NUMBER_MISSING, year, ENERGY)
    if not _covered(so_far.coverage, coverage_least):
        return Obstacle(LOW_COVERAGE, year, ENERGY)
    a_day = so_far.tce / so_far.days
    usable = (
        last_span is not None
        and last_span.tce > 0
        and _covered(last_span.coverage, coverage_least)
        and last_whole is not None
        and (last_whole.source is EnergySource.REPORTED or _covered(last_whole.coverage, coverage_least))
    )
    if usable and last_span is not None and last_whole is not None:
        season = last_whole.tce / days_of(year - 1) / (last_span.tce / last_span.days)
        energy = YearEnergy(a_day * season * days_of(year), last_whole.source, so_far.coverage)
        return EnergyForecast(Method.SEASONAL, energy, so_far, last_span, last_whole)
    energy = YearEnergy(a_day * days_of(year), EnergySource.MEASURED, so_far.coverage)
    return EnergyForecast(Method.LINEAR, energy, so_far, None, last_whole)


def _covered(coverage: float | None, least: float) -> bool:
    return coverage is not None and coverage >= least


def forecast_facts(facts: Mapping[int, YearFacts], year: int, forecast: EnergyForecast) -> YearFacts:
    """`year` as it will be judged if the forecast comes true.

    Assumed: feedstock and listed energy keep the share of the energy they had the year before; no new renewable
    electricity; GDP, where it is not reported yet, grows by the planned growth.
    """
    now, last = facts.get(year) or YearFacts(year), facts.get(year - 1) or YearFacts(year - 1)
    grown = {}
    if now.growth_plan is not None:
        grown = {base: gdp * (1 + now.growth_plan) for base, gdp in last.gdp.items()}
    return YearFacts(
        year,
        energy=forecast.energy,
        feedstock=_same_share(last.feedstock, last.energy, forecast.energy),
        renewable=last.renewable,
        listed=_same_share(last.listed, last.energy, forecast.energy),
        gdp=grown | dict(now.gdp),
        growth_plan=now.growth_plan,
        reduction_plan=now.reduction_plan,
        total_target_tce=now.total_target_tce,
        forecast=True,
    )


def _same_share(part: YearEnergy | None, of: YearEnergy | None, energy: YearEnergy) -> YearEnergy | None:
    if part is None or of is None or of.tce <= 0:
        return None
    return YearEnergy(part.tce / of.tce * energy.tce, part.source, part.coverage)
