"""With what a rule can be compared: levels and grades of processes, and targets of plans, as the data files have them.

A comparison that nothing in the files can ever answer would make a rule that speaks of nobody; it is refused.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from services.alerts.rules.compatibility import AREAS, SUBJECTS, Compared
from services.alerts.rules.fault import RuleError
from services.alerts.rules.rule import Rule
from services.core.area_tree import AreaTree
from services.core.data.divisions import divisions
from services.core.reason import InBoth
from services.judging.data.limits import Limit
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.processes import Process
from services.judging.data.tables import Tables
from services.judging.indicators.judged_by import PARK_TARGETS, ByMetric, LevelsFrom
from services.judging.indicators.listing import BY_METRIC, BY_SLUG
from services.judging.indicators.mandatory import limits_ever
from services.judging.indicators.standards import is_listed
from services.judging.levels import BenchmarkLevel

_NAMES: Mapping[Compared, InBoth] = {
    Compared.BENCHMARK: InBoth("benchmark", "能效水平"),
    Compared.LIMIT_GRADE: InBoth("limit_grade", "限额等级"),
    Compared.TARGET: InBoth("target", "规划目标"),
}
_IN_SCOPE = InBoth(" in its scope", "（在所限定的范围内）")


def check_comparable(rule: Rule, tables: Tables) -> None:
    """Raise RuleError where nothing of the kind the rule compares with exists for its indicator, subject and scope."""
    kind = rule.compare.kind
    if not rule.is_of_indicator or kind in (Compared.NUMBER, Compared.LEVEL):
        return
    if kind is Compared.TARGET:
        if not any(_reaches(rule, target) for target in _targets(tables, rule.indicator, str(rule.subject))):
            raise _refused(rule, tables)
        return
    found = _with_levels(tables, rule.indicator) if kind is Compared.BENCHMARK else _with_grade(tables, rule)
    if not found:
        raise _refused(rule, tables)
    if rule.scope.processes and not rule.scope.processes & found:
        known = ", ".join(sorted(found))
        raise RuleError("scope.processes", "process_without", kind=_NAMES[kind], slug=rule.indicator, known=known)


def _refused(rule: Rule, tables: Tables) -> RuleError:
    kind, scope = rule.compare.kind, rule.scope
    narrowed = kind is Compared.TARGET and (scope.areas or scope.processes or scope.park_kinds)
    return RuleError(
        f"compare.{kind}",
        "nothing_to_compare",
        slug=rule.indicator,
        kind=_NAMES[kind],
        subject=rule.subject,
        within=_IN_SCOPE if narrowed else "",
        known=", ".join(_possible(tables, rule.indicator)),
    )


def _possible(tables: Tables, slug: str) -> Iterator[str]:
    """What an indicator can be compared with, as the field `compare` says it, and of whom."""
    yield "op and number"
    if _with_levels(tables, slug):
        yield f"{' or '.join(BenchmarkLevel)} (unit)"
    grades = {row.grade for row in _grades(tables, slug)}
    if grades:
        yield f"limit_grade {', '.join(map(str, sorted(grades)))} (unit)"
    subjects = [subject for subject in SUBJECTS[BY_SLUG[slug].level] if any(_targets(tables, slug, subject))]
    if subjects:
        yield f"target ({', '.join(subjects)})"


def _judged_by(tables: Tables, slug: str) -> Iterator[tuple[Process, ByMetric]]:
    """The processes whose units are judged one by one by the indicator, and by what."""
    for process in tables.processes:
        if is_listed(tables, process):
            indicator, by = BY_METRIC[process.metric]
            if indicator.slug == slug:
                yield process, by


def _with_levels(tables: Tables, slug: str) -> set[str]:
    """Processes with two levels for the indicator."""
    return {process.code for process, by in _judged_by(tables, slug) if by.levels_from is LevelsFrom.LIST}


def _grades(tables: Tables, slug: str) -> Iterator[Limit]:
    """The limits by which the indicator is judged."""
    indicator = BY_SLUG[slug]
    for process in tables.processes:
        if not indicator.processes or process.code in indicator.processes:
            yield from limits_ever(tables, indicator, process)


def _with_grade(tables: Tables, rule: Rule) -> set[str]:
    return {row.process for row in _grades(tables, rule.indicator) if row.grade == rule.compare.limit_grade}


def _targets(tables: Tables, slug: str, subject: str) -> Iterator[PlanTarget]:
    """The targets of the newest plan that can speak of such a subject."""
    by = BY_SLUG[slug].judged_by
    newest = max(tables.plans.plans.values(), key=lambda plan: plan.first_year, default=None)
    if newest is None or not by.has_targets:
        return
    for target in tables.plans.by_indicator.get((newest.code, slug), ()):
        if subject == "unit":
            fits = target.subject in by.unit_targets.values()
        elif subject == "park":
            fits = target.subject in PARK_TARGETS.values()
        elif subject in AREAS:
            fits = target.subject == by.area_targets and subject in ("area", _tree().level[target.area_code])
        else:
            fits = False
        if fits:
            yield target


def _reaches(rule: Rule, target: PlanTarget) -> bool:
    """Whether a subject in the rule's scope can be one of whom the target speaks."""
    scope = rule.scope
    if scope.processes and target.process and target.process not in scope.processes:
        return False
    if str(rule.subject) == "park" and scope.park_kinds:
        kinds = {PARK_TARGETS[kind] for kind in scope.park_kinds & PARK_TARGETS.keys()}
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
