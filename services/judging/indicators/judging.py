"""Judges an evaluated indicator: by the levels of the process, the limit standard, or the target of a plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from services.alerts.rules.comparable import COMPLETENESS, GROUP_SUBJECT, PARK_SUBJECTS, PUE, PUE_SUBJECT
from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI
from services.core.data.used import used_row
from services.core.verdict import Finding, Verdict
from services.judging.data.plan_targets import Target
from services.judging.data.tables import Tables
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.kinds import Indicator, Level
from services.judging.indicators.scope import Park, Unit
from services.judging.levels import Level as BenchmarkLevel
from services.judging.levels import Placing, judge, level_for, levels_on, place, project_kind
from services.judging.limit import grade_of, pue_scope
from services.judging.targets.target import Operator, meets

# How a process must be measured for its levels to judge the indicator.
METRIC_OF = {
    "unit_product_energy": "energy",
    "aluminium_ac_power": "ac_electricity",
    "coal_per_kwh_supplied": "coal_supply",
}
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
    extra: dict[str, Any] = field(default_factory=dict)


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
    value = found.ratio.value
    if found.end - found.start < SHORTEST and indicator.slug != COMPLETENESS:
        return Judgement(Verdict.CANNOT_JUDGE, (("too_short", ""),))
    if indicator.yearly and not _is_year(found):
        return Judgement(Verdict.CANNOT_JUDGE, (("not_a_year", ""),))
    single = found.units[0] if len(found.units) == 1 and found.ratio.subjects == 1 else None
    if indicator.slug == COMPLETENESS:
        return _by_parameter(tables, value)
    if indicator.slug == PUE and single is not None:
        return _pue_of(tables, value, single, found, where.tree)
    if indicator.level is Level.UNIT and single is not None:
        return _by_levels(tables, indicator, value, single, found)
    return _decided(_targets_of(tables, indicator, value, found, where))


def _is_year(found: Evaluated) -> bool:
    start, end = found.start.astimezone(SHANGHAI), found.end.astimezone(SHANGHAI)
    return start.day == 1 and (end.year, end.month, end.day) == (start.year + 1, start.month, 1)


def _by_parameter(tables: Tables, value: Fraction) -> Judgement:
    row = tables.parameter("coverage_least")
    least = 100 * Fraction(row.value)
    held = Held("parameter", ">=", float(least), value >= least, used_row(row))
    return _decided([held])


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


def _last_day(found: Evaluated) -> Any:
    return (found.end.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()


def _by_levels(tables: Tables, indicator: Indicator, value: Fraction, unit: Unit, found: Evaluated) -> Judgement:
    process = tables.process.get(unit.process or "")
    if process is None or process.metric != METRIC_OF.get(indicator.slug):
        return Judgement(Verdict.CANNOT_JUDGE, (("no_limit", unit.process or ""),))
    levels = levels_on(tables.levels.get(process.code, ()), _last_day(found))
    if levels is None:
        return Judgement(Verdict.CANNOT_JUDGE, (("no_limit", process.code),))
    kind = project_kind(unit.status, unit.commissioned_on, edition_from=levels.valid_from)
    placing = place(value, levels)
    finding = judge(placing, kind)
    binding = level_for(kind)
    limits = tuple(
        Held(
            str(level),
            "<=",
            float(levels.value_of(level)),
            value <= levels.value_of(level) if level is binding else None,
            used_row(tables.row(levels.benchmark_row if level is BenchmarkLevel.BENCHMARK else levels.baseline_row)),
        )
        for level in BenchmarkLevel
    )
    return Judgement(finding.verdict, ((finding.reason, process.code),), limits, placing, str(kind), levels.edition)


def _pue_of(tables: Tables, value: Fraction, unit: Unit, found: Evaluated, tree: AreaTree) -> Judgement:
    """A data centre by the limit of its standard, and by the target of the plan that speaks of its kind."""
    rows = {
        row.grade: row
        for row in tables.limits
        if row.process == "data_centre" and row.item == PUE and row.valid_from <= _last_day(found)
    }
    grade = grade_of(value, {number: Fraction(row.value) for number, row in rows.items()})
    limits = [
        Held(
            f"grade_{number}",
            "<=",
            float(row.value),
            value <= Fraction(row.value) if number == LIMIT_GRADE else None,
            used_row(row),
        )
        for number, row in sorted(rows.items())
    ]
    edition_from = min((row.valid_from for row in rows.values()), default=_last_day(found))
    kind = project_kind(unit.status, unit.commissioned_on, edition_from=edition_from)
    large_from = int(tables.parameter("data_centre_large_racks").value)
    scope = pue_scope(is_new=str(kind) != "existing", standard_racks=unit.standard_racks, large_from_racks=large_from)
    if scope is not None:
        subject = PUE_SUBJECT[scope]
        year = _last_day(found).year
        targets = [
            t for t in _current(tables, PUE, year) if t.subject == subject and tree.above(unit.area_code, t.area_code)
        ]
        limits += [_held(value, target, year, always_due=True) for target in targets]
    decided = _decided(limits)
    return Judgement(
        decided.verdict,
        decided.reasons,
        decided.limits,
        None,
        str(kind),
        None,
        grade,
        {"pue_scope": scope and str(scope)},
    )


def _targets_of(tables: Tables, indicator: Indicator, value: Fraction, found: Evaluated, where: Where) -> list[Held]:
    year = _last_day(found).year
    targets = [
        target
        for target in _current(tables, indicator.slug, year)
        if (not target.process or target.process == (found.process or target.process))
    ]
    if where.park is not None:
        subject = PARK_SUBJECTS.get(where.park.kind)
        # a plan speaks of the parks of its own area alone
        targets = [t for t in targets if t.subject == subject and where.tree.above(where.park.area_code, t.area_code)]
        return [_held(value, target, year, always_due=True) for target in targets]
    subject = GROUP_SUBJECT.get(indicator.slug, "")
    if indicator.level is Level.PARK:
        return []
    targets = [t for t in targets if t.area_code == where.area_code and (t.subject or "") == subject]
    return [_held(value, target, year) for target in targets]


def _current(tables: Tables, slug: str, year: int) -> Iterable[Target]:
    """The targets of the plan of the year; after the last plan those of the last one."""
    begun = [plan for plan in tables.plans.plans.values() if plan.first_year <= year]
    newest = max(begun, key=lambda plan: plan.first_year, default=None)
    if newest is None:
        return []
    return tables.plans.by_indicator.get((newest.code, slug), ())


def _held(value: Fraction, target: Target, year: int, *, always_due: bool = False) -> Held:
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
