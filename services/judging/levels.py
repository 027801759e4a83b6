"""Where a unit stands between benchmark and baseline, what it is judged by, and until when it must improve. Pure.

Source: plan of Inner Mongolia for saving energy and reducing emissions 2021-2025, part 4 (3), on the list of energy
efficiency of enterprises (企业能效清单); national lists of benchmark and baseline levels. Lower is better, below zero
too: a converter at -30 kgce/t is better than one at -10.
"""

import calendar
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from services.core.verdict import ReasonedVerdict


class Placing(enum.StrEnum):
    """Where a value lies."""

    LEADER = "leader"
    """At the benchmark 标杆 or better 领跑者."""
    BETWEEN = "between"
    """Worse than the benchmark, at the baseline 基准 or better."""
    BELOW_BASELINE = "below_baseline"
    """低于基准水平: worse than the baseline, hence a number ABOVE it."""


class ProjectKind(enum.StrEnum):
    """How a unit is treated by the list: 存量, 新建, 在建, 拟建."""

    EXISTING = "existing"
    NEW = "new"
    BUILDING = "building"
    PLANNED = "planned"


class BenchmarkLevel(enum.StrEnum):
    """The two levels of a process."""

    BENCHMARK = "benchmark"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Levels:
    """Benchmark and baseline of a process in one edition, in the unit of its table, and the rows they are from."""

    edition: str
    benchmark: Fraction
    baseline: Fraction
    valid_from: date
    valid_to: date | None = None
    """First day on which the edition no longer holds."""
    benchmark_row: str = ""
    baseline_row: str = ""

    def __post_init__(self) -> None:
        if self.benchmark > self.baseline:
            raise ValueError(f"edition {self.edition}: the benchmark must not be above the baseline")

    def value_of(self, level: BenchmarkLevel) -> Fraction:
        """The number of `level`."""
        return self.benchmark if level is BenchmarkLevel.BENCHMARK else self.baseline

    def row_of(self, level: BenchmarkLevel) -> str:
        """Code of the row that `level` is from."""
        return self.benchmark_row if level is BenchmarkLevel.BENCHMARK else self.baseline_row


def levels_on(editions: Iterable[Levels], day: date) -> Levels | None:
    """The newest edition in force on `day`; None where none is."""
    in_force = [e for e in editions if e.valid_from <= day and (e.valid_to is None or day < e.valid_to)]
    return max(in_force, key=lambda e: e.valid_from, default=None)


def place(value: Fraction, levels: Levels) -> Placing:
    """Where `value` lies. A value exactly on a level has reached it."""
    if value <= levels.benchmark:
        return Placing.LEADER
    return Placing.BETWEEN if value <= levels.baseline else Placing.BELOW_BASELINE


def project_kind(status: str, commissioned_on: date | None, *, new_from: date | None) -> ProjectKind:
    """How a unit of the registry's `status` is treated: an existing one commissioned since `new_from` is new.

    A unit whose commissioning is not recorded is an existing one, as is each where nothing sets a day.
    """
    if status != "existing":
        return ProjectKind(status)
    if new_from is not None and commissioned_on is not None and commissioned_on >= new_from:
        return ProjectKind.NEW
    return ProjectKind.EXISTING


def level_for(kind: ProjectKind) -> BenchmarkLevel:
    """What a unit must reach: an existing one the baseline, every other the benchmark."""
    return BenchmarkLevel.BASELINE if kind is ProjectKind.EXISTING else BenchmarkLevel.BENCHMARK


def judge(placing: Placing, kind: ProjectKind) -> ReasonedVerdict:
    """Whether a unit so placed has reached what it must."""
    if level_for(kind) is BenchmarkLevel.BENCHMARK:
        if placing is Placing.LEADER:
            return ReasonedVerdict.ok("benchmark_reached")
        return ReasonedVerdict.breach("worse_than_benchmark")
    if placing is Placing.BELOW_BASELINE:
        return ReasonedVerdict.breach("below_baseline")
    return ReasonedVerdict.ok("benchmark_reached" if placing is Placing.LEADER else "baseline_reached")


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a value is from a level: positive is worse, negative better."""

    absolute: Fraction
    """In the unit of the level."""
    percent: Fraction | None
    """Of the level; None where the level is not above zero, since a share of it would say nothing."""


def gap(value: Fraction, level: Fraction) -> Gap:
    """The distance of `value` from `level`."""
    absolute = value - level
    return Gap(absolute, 100 * absolute / level if level > 0 else None)


class DeadlineFrom(enum.StrEnum):
    """Where a deadline comes from."""

    UNIT = "unit"
    """The day registered for the unit."""
    LONGEST = "longest"
    """The longest time the plan allows after the unit was listed."""
    NATIONAL = "national"
    """The day by which the whole process must be done."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a retrofit; past it the unit is to be closed down."""

    due_on: date
    set_by: DeadlineFrom

    def days_left(self, today: date) -> int:
        """Days from `today` to the last one: 0 on it, negative once it has passed."""
        return (self.due_on - today).days


def retrofit_deadline(
    *, due_on: date | None, listed_on: date | None, longest_years: int, national: date | None
) -> Deadline | None:
    """Until when an existing unit below the baseline must be retrofitted; None where nothing sets a day.

    A day registered for the unit counts, but no later than `longest_years` after it was listed
    (淘汰时限不超过3年); without one, that longest time; for a unit never listed the day of its process.
    """
    longest = None if listed_on is None else _years_after(listed_on, longest_years)
    if due_on is not None and (longest is None or due_on <= longest):
        return Deadline(due_on, DeadlineFrom.UNIT)
    if longest is not None:
        return Deadline(longest, DeadlineFrom.LONGEST)
    return None if national is None else Deadline(national, DeadlineFrom.NATIONAL)


def deadline_applies(placing: Placing, kind: ProjectKind) -> bool:
    """Whether a unit so placed has a retrofit before it: only an existing one below the baseline."""
    return kind is ProjectKind.EXISTING and placing is Placing.BELOW_BASELINE


def _years_after(day: date, years: int) -> date:
    """The same day of a later year; 28 February where that year has no 29th."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
