"""What holds on a day for the units of a process: the indicator they are judged by, its levels and its grades."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Protocol

from services.judging.data.limits import Limit
from services.judging.data.processes import Process
from services.judging.data.tables import Tables
from services.judging.indicators.judged_by import ByMetric, LevelsFrom
from services.judging.indicators.kinds import Indicator, Ratio
from services.judging.indicators.listing import BY_METRIC
from services.judging.levels import Levels, ProjectKind, levels_on, project_kind
from services.judging.limit import PueScope


@dataclass(frozen=True, slots=True)
class UnitsOfMeasure:
    """In what the value of an indicator, its numerator and its denominator are given."""

    value: str
    numerator: str
    denominator: str


class Commissioned(Protocol):
    """A unit, as far as its treatment depends on it."""

    @property
    def status(self) -> str: ...
    @property
    def commissioned_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Standard:
    """What holds for the units of one process."""

    process: Process
    indicator: Indicator
    by: ByMetric
    levels: Levels | None
    limits: tuple[Limit, ...]
    """The grades of the newest mandatory standard in force; its corrections are not applied."""
    new_from: date | None
    """The day since which a unit commissioned is a new one; None: no unit is."""
    other_unit: Fraction | None = None
    """How much of the unit of its levels is one of the indicator's own; None: they are in its own."""

    @property
    def grades(self) -> Mapping[int, Fraction]:
        """The limits by grade."""
        return {row.grade: Fraction(row.value) for row in self.limits}

    @property
    def units(self) -> UnitsOfMeasure:
        """The units of measure in which its levels are given."""
        return units_of_measure(self.indicator, self.process, by=self.by)

    def kind_of(self, unit: Commissioned) -> ProjectKind:
        """How one of its units is treated: what was commissioned since `new_from` is new."""
        return project_kind(unit.status, unit.commissioned_on, new_from=self.new_from)

    def in_its_unit(self, ratio: Ratio) -> Ratio:
        """The ratio in the unit in which its levels are given."""
        if self.other_unit is None:
            return ratio
        value = None if ratio.value is None else ratio.value * self.other_unit
        band = None if ratio.band is None else ratio.band.scaled(self.other_unit)
        return replace(ratio, value=value, numerator=ratio.numerator.scaled(self.other_unit), band=band)


def units_of_measure(indicator: Indicator, process: Process | None, *, by: ByMetric | None = None) -> UnitsOfMeasure:
    """The units of measure of an indicator for a process; `by`: as levels of this metric are given."""
    product = process.product_unit if process else "unit"
    unit, numerator = indicator.unit, indicator.numerator_unit
    if by is not None and by.levels_in is not None:
        unit, numerator = by.levels_in.unit, by.levels_in.numerator_unit
    texts = (text.format(product=product) for text in (unit, numerator, indicator.denominator_unit))
    return UnitsOfMeasure(*texts)


def is_listed(tables: Tables, process: Process) -> bool:
    """Whether its units are judged one by one: it has two levels, or is judged by its limit standard instead."""
    _, by = BY_METRIC.get(process.metric, (None, None))
    return by is not None and (by.levels_from is LevelsFrom.LIMIT or process.code in tables.levels)


def listed(tables: Tables) -> dict[str, Indicator]:
    """The processes whose units are judged one by one, and the indicator each is judged by."""
    return {process.code: BY_METRIC[process.metric][0] for process in tables.processes if is_listed(tables, process)}


def standard_of(tables: Tables, process_code: str | None, day: date) -> Standard | None:
    """What holds for the process on `day`; None where its units are not judged one by one."""
    process = tables.process.get(process_code or "")
    if process is None or not is_listed(tables, process):
        return None
    indicator, by = BY_METRIC[process.metric]
    limits = _limits(tables, process, by, day)
    levels = _levels_of_limit(limits) if by.levels_from is LevelsFrom.LIMIT else None
    if by.levels_from is LevelsFrom.LIST:
        levels = levels_on(tables.levels[process.code], day)
    other = None if by.levels_in is None else 1 / Fraction(tables.parameter(by.levels_in.parameter).value)
    return Standard(process, indicator, by, levels, limits, _new_from(tables, process, indicator, by), other)


def _new_from(tables: Tables, process: Process, indicator: Indicator, by: ByMetric) -> date | None:
    """Since when a unit is a new one; a later edition makes no new unit an existing one.

    By the national list that is the first day of its first edition with levels of the process. A limit standard does
    not tell new from existing: that does the first plan with a target for new ones, from the day it was issued.
    """
    if by.levels_from is LevelsFrom.LIST:
        return min((edition.valid_from for edition in tables.levels[process.code]), default=None)
    subject = indicator.judged_by.unit_targets.get(PueScope.NEW_LARGE, "")
    return tables.plans.first_issued.get(subject)


def _limits(tables: Tables, process: Process, by: ByMetric, day: date) -> tuple[Limit, ...]:
    found = [
        row
        for row in tables.limits_of.get(process.code, ())
        if row.item == by.limited_as and row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
    ]
    newest = max((row.valid_from for row in found), default=None)
    return tuple(row for row in found if row.valid_from == newest)


def _levels_of_limit(limits: tuple[Limit, ...]) -> Levels | None:
    """The first and the last grade of a limit as benchmark and baseline."""
    if not limits:
        return None
    best, least = min(limits, key=lambda row: row.grade), max(limits, key=lambda row: row.grade)
    return Levels(
        best.standard,
        Fraction(best.value),
        Fraction(least.value),
        best.valid_from,
        best.valid_to,
        benchmark_row=best.code,
        baseline_row=least.code,
    )
