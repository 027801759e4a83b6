"""Judges an evaluated indicator: by the levels of the process, the limit standard, or the target of a plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI
from services.core.data.used import used_row
from services.core.verdict import Finding, Verdict
from services.judging.data.plan_targets import Target
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judged_by import PARK_TARGETS, LevelsFrom
from services.judging.indicators.kinds import Indicator, Level
from services.judging.indicators.scope import Park, Unit
from services.judging.indicators.standards import Standard, standard_of
from services.judging.levels import Level as BenchmarkLevel
from services.judging.levels import Placing, ProjectKind, judge, level_for, place
from services.judging.limit import grade_of, pue_scope
from services.judging.targets.target import Operator, meets

PERCENT = 100
LIMIT_GRADE = 3
# Levels, limits and targets are meant for a year; days and months are held against them, hours are not.
SHORTEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """A number a value was held against. `met` is None where it is shown and does not decide."""

    what: str
    """benchmark, baseline, grade_1 to grade_3, target or parameter."""
    op: str
    value: float
    met: bool | None
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a value, why, and by which numbers."""

    verdict: Verdict
    reasons: tuple[tuple[str, str], ...]
    limits: tuple[Held, ...] = ()
    placing: Placing | None = None
    project: str | None = None
    edition: str | None = None
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The place whose targets count: the area asked of or grouped by, or the park."""

    area_code: str | None
    park: Park | None
    tree: AreaTree


def judged(tables: Tables, indicator: Indicator, found: Evaluated, where: Where) -> Judgement:
    """The verdict on what was evaluated; it says so where there were meters for a part of the period only."""
    judgement = _judged(tables, indicator, found, where)
    return replace(judgement, reasons=(*judgement.reasons, *found.reasons_of_part))


def _judged(tables: Tables, indicator: Indicator, found: Evaluated, where: Where) -> Judgement:
    if found.ratio.reasons or found.ratio.value is None:
        reasons = found.ratio.reasons or (("no_value", indicator.slug),)
        return Judgement(Verdict.CANNOT_JUDGE, reasons)
    value, by = found.ratio.value, indicator.judged_by
    if by.parameter is not None:
        return _by_parameter(tables, by.parameter, value)
    if found.end - found.start < SHORTEST:
        return Judgement(Verdict.CANNOT_JUDGE, (("too_short", ""),))
    if indicator.yearly and not _is_year(found):
        return Judgement(Verdict.CANNOT_JUDGE, (("not_a_year", ""),))
    if indicator.level is Level.UNIT and len(found.units) == 1 and found.ratio.subjects == 1:
        return _of_unit(tables, indicator, value, found.units[0], found, where.tree)
    year = _last_day(found).year
    targets = targets_of_place(tables, indicator, where, year, process=found.process)
    return _decided([held(value, target, year, always_due=where.park is not None) for target in targets])


def _is_year(found: Evaluated) -> bool:
    start, end = found.start.astimezone(SHANGHAI), found.end.astimezone(SHANGHAI)
    return start.day == 1 and (end.year, end.month, end.day) == (start.year + 1, start.month, 1)


def _by_parameter(tables: Tables, code: str, value: Fraction) -> Judgement:
    row = tables.parameter(code)
    least = PERCENT * Fraction(row.value)
    return _decided([Held("parameter", ">=", float(least), value >= least, used_row(row))])


def _decided(limits: Sequence[Held]) -> Judgement:
    """In breach of any, in order with all; nothing decides where there is none."""
    deciding = [held for held in limits if held.met is not None]
    if not deciding:
        reason = "target_not_due" if limits else "no_limit"
        return Judgement(Verdict.CANNOT_JUDGE, ((reason, ""),), tuple(limits))
    missed = [held for held in deciding if not held.met]
    verdict = Verdict.BREACH if missed else Verdict.OK
    reasons = tuple(("missed" if missed else "met", held.row["code"]) for held in missed or deciding)
    return Judgement(verdict, reasons, tuple(limits))


def _last_day(found: Evaluated) -> date:
    return (found.end.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()


def _of_unit(
    tables: Tables, indicator: Indicator, value: Fraction, unit: Unit, found: Evaluated, tree: AreaTree
) -> Judgement:
    """A single unit by what holds for its process; levels in another unit of measure do not judge the value."""
    standard = standard_of(tables, unit.process, _last_day(found))
    if standard is None or standard.indicator is not indicator or standard.by.levels_in is not None:
        return Judgement(Verdict.CANNOT_JUDGE, (("no_limit", unit.process or ""),))
    if standard.by.levels_from is LevelsFrom.LIMIT:
        return _by_grades(tables, standard, value, unit, _last_day(found), tree)
    return _by_levels(tables, standard, value, unit)


def _by_levels(tables: Tables, standard: Standard, value: Fraction, unit: Unit) -> Judgement:
    levels, process = standard.levels, standard.process.code
    if levels is None:
        return Judgement(Verdict.CANNOT_JUDGE, (("no_limit", process),))
    kind = standard.kind_of(unit)
    placing = place(value, levels)
    finding = judge(placing, kind)
    binding = level_for(kind)
    limits = tuple(
        Held(
            str(level),
            "<=",
            float(levels.value_of(level)),
            value <= levels.value_of(level) if level is binding else None,
            used_row(tables.row(levels.row_of(level))),
        )
        for level in BenchmarkLevel
    )
    return Judgement(finding.verdict, ((finding.reason, process),), limits, placing, str(kind), levels.edition)


def _by_grades(tables: Tables, standard: Standard, value: Fraction, unit: Unit, day: date, tree: AreaTree) -> Judgement:
    """A unit by the limit of its standard, and by the targets of the plan that speak of its kind."""
    limits = [
        Held(
            f"grade_{row.grade}",
            "<=",
            float(row.value),
            value <= Fraction(row.value) if row.grade == LIMIT_GRADE else None,
            used_row(row),
        )
        for row in sorted(standard.limits, key=lambda row: row.grade)
    ]
    targets = targets_of_unit(tables, standard, unit, day.year, tree)
    decided = _decided([*limits, *(held(value, target, day.year, always_due=True) for target in targets)])
    return replace(decided, project=str(standard.kind_of(unit)), grade=grade_of(value, standard.grades))


def targets_of_unit(tables: Tables, standard: Standard, unit: Unit, year: int, tree: AreaTree) -> list[Target]:
    """The targets that speak of single units of its kind, of plans of the areas in which it lies."""
    large_from = int(tables.parameter("data_centre_large_racks").value)
    is_new = standard.kind_of(unit) is not ProjectKind.EXISTING
    scope = pue_scope(is_new=is_new, standard_racks=unit.standard_racks, large_from_racks=large_from)
    subject = standard.indicator.judged_by.unit_targets.get(scope) if scope is not None else None
    if subject is None:
        return []
    return [
        target
        for target in _current(tables, standard.indicator.slug, year)
        if target.subject == subject and tree.above(unit.area_code, target.area_code)
    ]


def targets_of_place(
    tables: Tables, indicator: Indicator, where: Where, year: int, *, process: str | None
) -> list[Target]:
    """The targets that speak of the area or the park, and of the process where they name one."""
    targets = [
        target
        for target in _current(tables, indicator.slug, year)
        if not target.process or target.process == (process or target.process)
    ]
    if where.park is not None:
        subject = PARK_TARGETS.get(where.park.kind)
        # a plan speaks of the parks of its own area alone
        return [t for t in targets if t.subject == subject and where.tree.above(where.park.area_code, t.area_code)]
    subject = indicator.judged_by.area_targets
    return [t for t in targets if t.area_code == where.area_code and t.subject == subject]


def _current(tables: Tables, slug: str, year: int) -> Iterable[Target]:
    """The targets of the plan of the year; after the last plan those of the last one."""
    begun = [plan for plan in tables.plans.plans.values() if plan.first_year <= year]
    newest = max(begun, key=lambda plan: plan.first_year, default=None)
    if newest is None:
        return []
    return tables.plans.by_indicator.get((newest.code, slug), ())


def held(value: Fraction, target: Target, year: int, *, always_due: bool = False) -> Held:
    """The value held against a target; one of a later year decides only where it is met, unless it is `always_due`."""
    assert target.value is not None
    finding: Finding = meets(
        Operator(target.op),
        actual=value,
        target=target.value,
        high=target.value_high,
        better=target.direction,
        state=target.state,
    )
    met: bool | None = None if finding.verdict is Verdict.CANNOT_JUDGE else finding.verdict is Verdict.OK
    due = always_due or target.target_year is None or year >= target.target_year
    if not due and not met:
        met = None
    return Held(
        "target",
        str(target.op),
        float(target.value),
        met,
        used_target(target, carried=year >= target.valid_to.year),
    )


def used_target(target: Target, *, carried: bool = False) -> dict[str, Any]:
    """The target as an answer names it; `carried`: its plan has ended and none follows yet."""
    return {
        "code": target.code,
        "value": None if target.value is None else float(target.value),
        "unit": target.unit,
        "valid_from": target.valid_from.isoformat(),
        "source": target.source,
        "place": target.place,
        "verified": target.verified,
        "carried": carried,
    }
