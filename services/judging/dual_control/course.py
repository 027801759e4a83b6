"""Where a metric stands on the way to its target: path, completion, standing, light and grade. Pure.

Formulas (v value of the year, b of the base year, n years of N gone):
fall D = 1 - v / b against a target T in %: path b (1 - T)^(n/N), completion ln(1 - D) / ln(1 - T);
level X: path b + (X - b) n/N, completion (v - b) / (X - b); in the year of the target the level itself decides.
Lights and grades are Enermon's own until a rule is published: 发改办环资〔2021〕629号 speaks of the energy intensity.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from services.core.verdict import ReasonedVerdict
from services.judging.dual_control.evaluate import AreaStanding
from services.judging.dual_control.facts import (
    HEAT_VALUE_UNKNOWN,
    NUMBER_MISSING,
    EvaluationKind,
    Obstacle,
    PlanPeriod,
)
from services.judging.dual_control.intensity import completion, reached, required
from services.judging.dual_control.metric import ControlMetric, MetricForm
from services.judging.dual_control.metric_year import MetricYear, obstacles, what_of
from services.judging.dual_control.warning import Light, WarningLevel
from services.judging.targets.target import Better, Operator


class Grade(enum.StrEnum):
    """优秀, 合格, 不合格."""

    EXCELLENT = "excellent"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


class Direction(enum.StrEnum):
    """Which way a metric goes."""

    FALLS = "falls"
    RISES = "rises"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MetricTarget:
    """What a plan asks. A fall since the base year as a share of 1, or a level in the unit of the metric."""

    rows: tuple[str, ...]
    fall: Fraction | None = None
    incentive_fall: Fraction | None = None
    level: Fraction | None = None
    op: Operator = Operator.AT_MOST
    target_year: int | None = None
    base_value: Fraction | None = None
    """As printed; None: that of the base year."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The change over the year before, of the last year that can be compared with it, whatever a plan says."""

    direction: Direction
    change: Fraction | None
    """Share of the value before; of a share the difference in percentage points. Positive: a rise."""
    since: int | None
    until: int | None


UNKNOWN_TREND = Trend(Direction.UNKNOWN, None, None, None)


@dataclass(frozen=True, slots=True)
class Course:
    """A metric of an area in a year."""

    metric: ControlMetric
    plan: PlanPeriod | None
    years: Sequence[MetricYear]
    target: MetricTarget | None
    trend: Trend
    finding: ReasonedVerdict
    light: Light
    path: float | None = None
    """What the value must have come to in the year, in the unit of the metric."""
    completion: float | None = None
    """1 when the target is met."""
    on_course: bool | None = None
    standing: AreaStanding | None = None
    grade: Grade | None = None
    obstacles: tuple[Obstacle, ...] = ()


def trend(metric: ControlMetric, years: Sequence[MetricYear], *, coverage_least: float) -> Trend:
    """The newest change over a year that can be told; unknown where no two years that follow each other compare."""
    for before, after in reversed(list(pairwise(years))):
        found = _change(metric, before, after, coverage_least=coverage_least)
        if found is not None:
            return found
    return UNKNOWN_TREND


def _change(metric: ControlMetric, before: MetricYear, after: MetricYear, *, coverage_least: float) -> Trend | None:
    if before.value is None or after.value is None:
        return None
    if obstacles(metric, [before, after], coverage_least=coverage_least):
        return None
    change: Fraction | None = after.value - before.value
    if metric.form is not MetricForm.SHARE:
        change = after.value / before.value - 1 if before.value > 0 else None
    return Trend(direction_of(after.value - before.value), change, before.year, after.year)


def direction_of(change: Fraction) -> Direction:
    """Which way a change goes."""
    if change == 0:
        return Direction.STEADY
    return Direction.RISES if change > 0 else Direction.FALLS


def course(
    metric: ControlMetric,
    years: Sequence[MetricYear],
    plan: PlanPeriod | None,
    target: MetricTarget | None,
    *,
    coverage_least: float,
    conflict: bool = False,
) -> Course:
    """Where the metric stands in the last of `years`, which begin with the base year of the plan where there is one.

    Without a plan, or a target in it, the trend is all that is told. `conflict`: the documents print different targets.
    Where heat values behind what was measured are not, what their ranges could turn is neither judged, lit nor graded.
    """

    def by(numbers: Sequence[MetricYear]) -> Course:
        return _course(metric, numbers, plan, target, coverage_least=coverage_least, conflict=conflict)

    found = by(years)
    if all(each.band is None for each in years):
        return found
    now = years[-1].year
    ends = [by([each.at_end(high=(each.year == now) is now_high) for each in years]) for now_high in (True, False)]
    if all(_told(end) == _told(found) for end in ends):
        return found
    unknown = Obstacle(HEAT_VALUE_UNKNOWN, now, what_of(metric))
    return replace(
        found,
        finding=ReasonedVerdict.cannot(unknown.reason),
        light=Light(None, "cannot_judge"),
        completion=None,
        on_course=None,
        standing=None,
        grade=None,
        obstacles=(unknown, *found.obstacles),
    )


def _told(found: Course) -> tuple[object, ...]:
    """All that is judged in it."""
    return found.finding, found.light.level, found.grade


def _course(
    metric: ControlMetric,
    years: Sequence[MetricYear],
    plan: PlanPeriod | None,
    target: MetricTarget | None,
    *,
    coverage_least: float,
    conflict: bool,
) -> Course:
    """The same by the numbers as they are."""
    moved = trend(metric, years, coverage_least=coverage_least)
    reason = "no_plan" if plan is None else "targets_conflict" if conflict else "no_target"
    if plan is None or target is None:
        told = Light(None, reason)
        return Course(metric, plan, years, None, moved, ReasonedVerdict.cannot(reason), told)
    way = _way(years, plan, target, metric)
    compared = [years[0], years[-1]] if way.needs_base else [years[-1]]
    lacking = obstacles(metric, compared, coverage_least=coverage_least)
    on_course = None if lacking else way.on_course
    standing = _standing(plan, years[-1].year, on_course, exceeds=way.exceeds)
    return Course(
        metric,
        plan,
        years,
        target,
        moved,
        _finding(standing, lacking),
        _light(metric, moved, on_course, years[-1].year),
        way.path,
        None if lacking else way.completion,
        on_course,
        standing,
        grade_of(on_course, exceeds=way.exceeds),
        lacking,
    )


@dataclass(frozen=True, slots=True)
class _Way:
    path: float | None
    completion: float | None
    on_course: bool | None
    exceeds: bool
    needs_base: bool
    """Whether it stands on what was measured or reported of the base year."""


def _way(years: Sequence[MetricYear], plan: PlanPeriod, target: MetricTarget, metric: ControlMetric) -> _Way:
    base, value, year = years[0].value, years[-1].value, years[-1].year
    return _by_fall(base, value, plan, target, year) if target.fall is not None else _by_level(
        target.base_value if target.base_value is not None else base, value, plan, target, year, metric
    )  # fmt: skip


def _by_fall(base: Fraction | None, value: Fraction | None, plan: PlanPeriod, target: MetricTarget, year: int) -> _Way:
    assert target.fall is not None
    gone = year - plan.base_year
    path = None if base is None else float(base) * (1 - required(target.fall, years_elapsed=gone, length=plan.length))
    if base is None or value is None or base <= 0:
        return _Way(path, None, None, exceeds=False, needs_base=True)
    fall = 1 - value / base

    def reaches(asked: Fraction | None) -> bool:
        return asked is not None and reached(fall, asked, years_elapsed=gone, length=plan.length)

    share = completion(fall, target.fall) if value > 0 else None
    return _Way(path, share, reaches(target.fall), exceeds=reaches(target.incentive_fall), needs_base=True)


def _by_level(
    base: Fraction | None,
    value: Fraction | None,
    plan: PlanPeriod,
    target: MetricTarget,
    year: int,
    metric: ControlMetric,
) -> _Way:
    assert target.level is not None
    due = target.target_year or plan.last_year
    gone = Fraction(min(year, due) - plan.base_year, due - plan.base_year)
    path = None if base is None else base + (target.level - base) * gone
    share = None
    if base is not None and value is not None and target.level != base:
        share = float((value - base) / (target.level - base))
    on_course, is_due = None, year >= due
    if value is not None and is_due:
        on_course = _keeps(value, target.op, target.level, metric.better)
    elif value is not None and path is not None:
        on_course = value <= path if metric.better is Better.LOWER else value >= path
    shown = float(target.level) if is_due else None if path is None else float(path)
    return _Way(shown, share, on_course, exceeds=False, needs_base=not is_due and target.base_value is None)


def _keeps(value: Fraction, op: Operator, level: Fraction, better: Better) -> bool:
    """Whether a value keeps the level; only what is printed as below or above excludes the level itself."""
    if value == level:
        return op not in (Operator.BELOW, Operator.ABOVE)
    return value < level if better is Better.LOWER else value > level


def _standing(plan: PlanPeriod, year: int, on_course: bool | None, *, exceeds: bool) -> AreaStanding | None:
    if on_course is None:
        return None
    if plan.evaluation(year) is not EvaluationKind.FINAL:
        return AreaStanding.AHEAD if on_course else AreaStanding.BEHIND
    if not on_course:
        return AreaStanding.NOT_MET
    return AreaStanding.EXCEEDED if exceeds else AreaStanding.MET


def _finding(standing: AreaStanding | None, lacking: Sequence[Obstacle]) -> ReasonedVerdict:
    if standing is None:
        return ReasonedVerdict.cannot(lacking[0].reason if lacking else NUMBER_MISSING)
    return ReasonedVerdict.breach(standing) if standing is AreaStanding.NOT_MET else ReasonedVerdict.ok(standing)


def _light(metric: ControlMetric, moved: Trend, on_course: bool | None, year: int) -> Light:
    """An intensity that rose is level I whatever the path, as that of energy; else level II behind the path.

    An amount or a share is level I where it is behind its path and went the wrong way besides.
    """
    wrong = Direction.RISES if metric.better is Better.LOWER else Direction.FALLS
    if moved.until == year and moved.direction is wrong and (metric.form is MetricForm.INTENSITY or on_course is False):
        return Light(WarningLevel.I, "went_the_wrong_way")
    if on_course is None:
        return Light(None, "cannot_judge")
    return Light(WarningLevel.III, "on_path") if on_course else Light(WarningLevel.II, "behind_path")


def grade_of(on_course: bool | None, *, exceeds: bool) -> Grade | None:
    """The grade of one metric; None where it cannot be told."""
    if on_course is None:
        return None
    if not on_course:
        return Grade.UNQUALIFIED
    return Grade.EXCELLENT if exceeds else Grade.QUALIFIED


def worst_grade(courses: Sequence[Course]) -> Grade | None:
    """The grade of an area: that of the worst of its metrics that have one; None where none has."""
    grades = [each.grade for each in courses if each.grade is not None]
    order = (Grade.UNQUALIFIED, Grade.QUALIFIED, Grade.EXCELLENT)
    return min(grades, key=order.index, default=None)
