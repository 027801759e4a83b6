"""With what a rule can be compared: levels and grades of processes, and targets of plans, as the data files have them.

A comparison that nothing in the files can ever answer would make a rule that speaks of nobody; it is refused.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from services.alerts.rules.compatibility import AREAS, SUBJECTS, Compared
from services.alerts.rules.fields import RuleError
from services.alerts.rules.rule import Rule
from services.core.area_tree import AreaTree
from services.core.data.divisions import divisions
from services.judging.data.limits import Limit
from services.judging.data.plan_targets import Target
from services.judging.data.tables import Tables
from services.judging.indicators.kinds import Level
from services.judging.indicators.listing import BY_SLUG
from services.judging.levels import Level as BenchmarkLevel
from services.judging.limit import PueScope

PUE = "pue"
OIL = "energy_kgoe"
INDICATOR_OF_METRIC: Mapping[str, str] = {
    "energy": "unit_product_energy",
    OIL: "unit_product_energy",
    "ac_electricity": "aluminium_ac_power",
    PUE: PUE,
}
"""By how a process is measured: the indicator that its levels and grades judge."""
LIMITED_AS: Mapping[str, str] = {"energy": "energy", "ac_electricity": "molten_ac", PUE: PUE}
"""What the limit standards call that which the indicator of a metric measures."""
PUE_SUBJECT: Mapping[PueScope, str] = {
    PueScope.NEW_LARGE: "new_data_centres",
    PueScope.EXISTING: "existing_data_centres",
}
"""Targets that speak of a single data centre; that of the average of the large ones does not."""
GROUP_SUBJECT: Mapping[str, str] = {
    PUE: "large_data_centres_average",
    "energy_per_floor_area": "public_institutions",
    "energy_per_person": "public_institutions",
}
"""Targets that speak of all of a kind in an area; of other indicators those without a subject do."""
PARK_SUBJECTS: Mapping[str, str] = {"low_carbon": "low_carbon_park", "zero_carbon": "zero_carbon_park"}
"""By kind of park, the targets that speak of one."""
COMPLETENESS = "completeness"
_WORDS_ZH = {"benchmark": "能效水平", "limit_grade": "限额等级", "target": "规划目标"}


def check_comparable(rule: Rule, tables: Tables) -> None:
    """Raise RuleError where nothing of the kind the rule compares with exists for its indicator, subject and scope."""
    kind = rule.compare.kind
    if not rule.is_of_indicator or kind in (Compared.NUMBER, Compared.LEVEL):
        return
    if kind is Compared.TARGET:
        if not any(_reaches(rule, target) for target in _targets(tables, rule.indicator, str(rule.subject))):
            raise _refused(rule, tables, "target")
        return
    found = _with_levels(tables, rule.indicator) if kind is Compared.BENCHMARK else _with_grade(tables, rule)
    if not found:
        raise _refused(rule, tables, str(kind))
    if rule.scope.processes and not rule.scope.processes & found:
        known = ", ".join(sorted(found))
        raise RuleError(
            "scope.processes",
            f"none of these has a {kind} for {rule.indicator}; these do: {known}",
            f"所填工序均没有 {rule.indicator} 的{_WORDS_ZH[kind]}；有的工序：{known}",
        )


def _refused(rule: Rule, tables: Tables, kind: str) -> RuleError:
    scope = rule.scope
    narrowed = kind == "target" and (scope.areas or scope.processes or scope.park_kinds)
    within, within_zh = (" in its scope", "（在所限定的范围内）") if narrowed else ("", "")
    known = ", ".join(_possible(tables, rule.indicator))
    return RuleError(
        f"compare.{kind}",
        f"{rule.indicator} has no {kind} for subject {rule.subject}{within}; {rule.indicator} can have: {known}",
        f"{rule.indicator} 对 {rule.subject}{within_zh}没有{_WORDS_ZH[kind]}；{rule.indicator} 可用：{known}",
    )


def _possible(tables: Tables, slug: str) -> Iterator[str]:
    """What an indicator can be compared with, as the field `compare` says it, and of whom."""
    yield "op and number"
    if _with_levels(tables, slug):
        yield f"{' or '.join(BenchmarkLevel)} (unit)"
    grades = {row.grade for row, _ in _grades(tables, slug)}
    if grades:
        yield f"limit_grade {', '.join(map(str, sorted(grades)))} (unit)"
    subjects = [subject for subject in SUBJECTS[BY_SLUG[slug].level] if any(_targets(tables, slug, subject))]
    if subjects:
        yield f"target ({', '.join(subjects)})"


def _with_levels(tables: Tables, slug: str) -> set[str]:
    """Processes with two levels for the indicator."""
    return {
        process.code
        for process in tables.processes
        if INDICATOR_OF_METRIC.get(process.metric) == slug and process.code in tables.levels
    }


def _grades(tables: Tables, slug: str) -> Iterator[tuple[Limit, str]]:
    """The limits of the indicator, each with its process; of data centres, and of processes that have levels."""
    of_process = {
        process.code: LIMITED_AS[process.metric]
        for process in tables.processes
        if process.metric in LIMITED_AS
        and INDICATOR_OF_METRIC[process.metric] == slug
        and (process.metric == PUE or process.code in tables.levels)
    }
    for row in tables.limits:
        if of_process.get(row.process) == row.item:
            yield row, row.process


def _with_grade(tables: Tables, rule: Rule) -> set[str]:
    return {process for row, process in _grades(tables, rule.indicator) if row.grade == rule.compare.limit_grade}


def _targets(tables: Tables, slug: str, subject: str) -> Iterator[Target]:
    """The targets of the newest plan that can speak of such a subject."""
    newest = max(tables.plans.plans.values(), key=lambda plan: plan.first_year, default=None)
    if newest is None or slug == COMPLETENESS:
        return
    for target in tables.plans.by_indicator.get((newest.code, slug), ()):
        whom = target.subject or ""
        if subject == "unit":
            fits = slug == PUE and whom in PUE_SUBJECT.values()
        elif subject == "park":
            fits = whom in PARK_SUBJECTS.values()
        elif subject in AREAS and BY_SLUG[slug].level is not Level.PARK:
            fits = whom == GROUP_SUBJECT.get(slug, "") and subject in ("area", _tree().level[target.area_code])
        else:
            fits = False
        if fits:
            yield target


def _reaches(rule: Rule, target: Target) -> bool:
    """Whether a subject in the rule's scope can be one of whom the target speaks."""
    scope = rule.scope
    if scope.processes and target.process and target.process not in scope.processes:
        return False
    if str(rule.subject) == "park" and scope.park_kinds:
        kinds = {PARK_SUBJECTS[kind] for kind in scope.park_kinds & PARK_SUBJECTS.keys()}
        if target.subject not in kinds:
            return False
    if not scope.areas:
        return True
    tree = _tree()
    within = any(tree.above(target.area_code, code) for code in scope.areas)
    # of an area its own target speaks; of a unit or a park also that of an area above it
    return within or (
        str(rule.subject) not in AREAS and any(tree.above(code, target.area_code) for code in scope.areas)
    )


@cache
def _tree() -> AreaTree:
    return AreaTree.of((each.code, each.level, each.parent_code) for each in divisions())
