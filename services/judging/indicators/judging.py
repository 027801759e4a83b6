"""Judges an evaluated indicator: by the levels of the process, the limit standard, or the target of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI
from services.core.data.used import used_row
from services.core.told_apart import plain
from services.core.verdict import Verdict
from services.judging.data.limits import LAST_GRADE
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.tables import Tables
from services.judging.indicators.aims import Aim, Where, aims_of_place, aims_of_unit
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judged_by import LevelsFrom
from services.judging.indicators.kinds import Band, Indicator, IndicatorLevel
from services.judging.indicators.mandatory import MandatoryLimit, grade_kept, joined, mandatory_limit
from services.judging.indicators.not_yet import not_yet
from services.judging.indicators.scope import JudgedUnit
from services.judging.indicators.standards import Standard, standard_of
from services.judging.levels import BenchmarkLevel, Placing, judge, level_for, place
from services.judging.limit import grade_of

PERCENT = 100
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
    mandatory: MandatoryLimit | None = None


def judged(tables: Tables, indicator: Indicator, found: Evaluated, where: Where) -> Judgement:
    """The verdict on what was evaluated; it says so where there were meters for a part of the period only."""
    judgement = _judged(tables, indicator, found, where)
    if found.ratio.band is not None and judgement.verdict.decides:
        ends = [_judged(tables, indicator, end, where) for end in found.at_ends()]
        judgement = _as_sure(judgement, ends, found.ratio.band)
    sure = judgement.verdict, judgement.reasons
    # a limit that holds over any period has no part of one to wait for
    verdict, reasons = sure if indicator.judged_by.parameter is not None else not_yet(tables, found, *sure)
    return replace(judgement, verdict=verdict, reasons=(*reasons, *found.reasons_of_part))


def _as_sure(judgement: Judgement, ends: Sequence[Judgement], band: Band) -> Judgement:
    """The verdict where it is the same at both ends of the band of the value; else nobody can tell before measuring."""
    same = {end.verdict for end in ends} == {judgement.verdict}
    alike = same and {(end.placing, end.grade) for end in ends} == {(judgement.placing, judgement.grade)}
    if alike:
        return judgement
    unknown = replace(judgement, placing=None, grade=None)
    if same:
        reasons = tuple(dict.fromkeys(reason for end in ends for reason in end.reasons))
        return replace(unknown, reasons=(*reasons, (HEAT_VALUE_UNKNOWN, band.words)))
    unknown = replace(unknown, mandatory=None)
    limits = tuple(replace(held, met=None) for held in judgement.limits)
    numbers = [f"{held.op} {plain(held.value)}" for held in judgement.limits if held.met is not None]
    words = "; ".join([*numbers, band.words])
    return replace(unknown, verdict=Verdict.CANNOT_JUDGE, reasons=((HEAT_VALUE_UNKNOWN, words),), limits=limits)


def _judged(tables: Tables, indicator: Indicator, found: Evaluated, where: Where) -> Judgement:
    if found.ratio.reasons or found.ratio.value is None:
        reasons = found.ratio.reasons or (("no_value", indicator.slug),)
        return Judgement(Verdict.CANNOT_JUDGE, reasons)
    value, by = found.ratio.value, indicator.judged_by
    if by.parameter is not None:
        return _by_parameter(tables, by.parameter, value)
    start, end = found.whole_period
    if end - start < SHORTEST:
        return Judgement(Verdict.CANNOT_JUDGE, (("too_short", ""),))
    if indicator.yearly and not _is_year(found):
        return Judgement(Verdict.CANNOT_JUDGE, (("not_a_year", ""),))
    # T36: what a single unit must reach says nothing of the average of an area, even where that has no other unit
    is_one_unit = len(found.units) == 1 and found.ratio.subjects == 1
    if indicator.level is IndicatorLevel.UNIT and is_one_unit and not where.is_place:
        return _of_unit(tables, indicator, value, found.units[0], found, where.tree)
    year = _last_day(found).year
    return _decided([_held(value, aim, year) for aim in aims_of_place(tables, indicator, where, year, found.process)])


def _is_year(found: Evaluated) -> bool:
    start, end = (edge.astimezone(SHANGHAI) for edge in found.whole_period)
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
    tables: Tables, indicator: Indicator, value: Fraction, unit: JudgedUnit, found: Evaluated, tree: AreaTree
) -> Judgement:
    """A single unit by what holds for its process; levels in another unit of measure do not judge the value."""
    standard = standard_of(tables, unit.process, _last_day(found))
    if standard is None or standard.indicator is not indicator or standard.by.levels_in is not None:
        by_levels = Judgement(Verdict.CANNOT_JUDGE, (("no_limit", unit.process or ""),))
    elif standard.by.levels_from is LevelsFrom.LIMIT:
        return _by_grades(tables, standard, value, unit, _last_day(found), tree)
    else:
        by_levels = _by_levels(tables, standard, value, unit)
    return _with_mandatory_limit(tables, indicator, by_levels, value, unit, found)


def _with_mandatory_limit(
    tables: Tables, indicator: Indicator, by_levels: Judgement, value: Fraction, unit: JudgedUnit, found: Evaluated
) -> Judgement:
    """The judgement by levels together with that by the mandatory limit."""
    first, last = first_day(found), _last_day(found)
    limit = mandatory_limit(tables, indicator, unit, value, first=first, last=last)
    if limit is None:
        return by_levels
    verdict, reasons = joined(by_levels.verdict, by_levels.reasons, limit)
    met = None if limit.verdict is Verdict.CANNOT_JUDGE else limit.verdict is Verdict.OK
    against = limit.row.value if limit.deciding is None else limit.deciding
    held = Held(f"grade_{limit.grade}", "<=", float(against), met, used_row(limit.row))
    return replace(
        by_levels,
        verdict=verdict,
        reasons=reasons,
        limits=(*by_levels.limits, held),
        grade=grade_kept(tables, indicator, unit, value, first=first, last=last),
        mandatory=limit,
    )


def first_day(found: Evaluated) -> date:
    """The first day of its period."""
    return found.start.astimezone(SHANGHAI).date()


def _by_levels(tables: Tables, standard: Standard, value: Fraction, unit: JudgedUnit) -> Judgement:
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


def _by_grades(
    tables: Tables, standard: Standard, value: Fraction, unit: JudgedUnit, day: date, tree: AreaTree
) -> Judgement:
    """A unit by the limit of its standard, and by the targets of the plan that speak of its kind."""
    limits = [
        Held(
            f"grade_{row.grade}",
            "<=",
            float(row.value),
            value <= Fraction(row.value) if row.grade == LAST_GRADE else None,
            used_row(row),
        )
        for row in sorted(standard.limits, key=lambda row: row.grade)
    ]
    aims = aims_of_unit(tables, standard, unit, day.year, tree)
    decided = _decided([*limits, *(_held(value, aim, day.year) for aim in aims)])
    return replace(decided, project=str(standard.kind_of(unit)), grade=grade_of(value, standard.grades))


def _held(value: Fraction, aim: Aim, year: int) -> Held:
    row = used_target(aim.target, carried=year >= aim.target.valid_to.year)
    return Held("target", str(aim.target.op), float(aim.limit), aim.met_by(value, year), row)


def used_target(target: PlanTarget, *, carried: bool = False) -> dict[str, Any]:
    """The target as an answer names it; `carried`: its plan has ended and none follows yet."""
    return {
        "code": target.code,
        "value": None if target.value is None else float(target.value),
        "unit": target.unit,
        "valid_from": target.valid_from.isoformat(),
        "source": target.source,
        "place": target.place,
        "place_zh": target.clause or None,
        "verified": target.verified,
        "carried": carried,
    }
