"""The plan of a year and the targets of an area, out of the sourced tables."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from services.judging.data.plan_targets import PlanTarget as Row
from services.judging.data.plans import Plan, Plans
from services.judging.dual_control.facts import PlanPeriod, ReductionTarget, ReductionTargets
from services.judging.targets.target import PrintedState

INDICATOR = "energy_intensity_gdp_reduction"
BASIC, INCENTIVE = "basic", "incentive"
_WHOLE_PERCENT = 100
"""No intensity falls by as much."""
_STATES = (PrintedState.NUMBER, PrintedState.ZERO, PrintedState.NOT_APPLICABLE)


def period_of(plan: Plan) -> PlanPeriod:
    """The years of a plan."""
    return PlanPeriod(plan.code, plan.first_year, plan.last_year, plan.base_year, plan.midterm_year, plan.price_base)


def plan_of_year(plans: Plans, year: int) -> PlanPeriod | None:
    """The plan in which `year` lies; of several the one that begins last. None where it lies in none."""
    found = [period_of(plan) for plan in plans.plans.values() if plan.first_year <= year <= plan.last_year]
    return max(found, key=lambda plan: plan.first_year, default=None)


def rows_of(plans: Plans, plan: PlanPeriod, area: str, indicator: str = INDICATOR) -> list[Row]:
    """The rows that print a target for the whole area: in more than one document, more than one."""
    return [row for row in _rows(plans, plan, indicator) if row.area_code == area]


def areas_with_target(plans: Plans, plan: PlanPeriod) -> list[str]:
    """The areas for which the plan prints a target, in the order of their codes."""
    return sorted({row.area_code for row in _rows(plans, plan, INDICATOR)})


def areas_listed(plans: Plans, year: int) -> list[str]:
    """The areas of the warning map of a year: those of its plan, else of the last one before it, else of the first."""
    plan = plan_begun(plans, year)
    if plan is None:
        plan = min(map(period_of, plans.plans.values()), key=lambda first: first.first_year, default=None)
    return [] if plan is None else areas_with_target(plans, plan)


def plan_begun(plans: Plans, year: int) -> PlanPeriod | None:
    """The plan of the year, or the last one before it; None where none had begun."""
    begun = [period_of(plan) for plan in plans.plans.values() if plan.first_year <= year]
    return max(begun, key=lambda plan: plan.first_year, default=None)


def targets_of(rows: Sequence[Row]) -> ReductionTargets:
    """Basic and incentive target out of the rows of one area. What is not staged is basic."""
    basic = _target(row for row in rows if row.stage != INCENTIVE)
    incentive = _target(row for row in rows if row.stage == INCENTIVE)
    conflict = isinstance(basic, _Conflict) or isinstance(incentive, _Conflict)
    return ReductionTargets(
        None if isinstance(basic, _Conflict) else basic,
        None if isinstance(incentive, _Conflict) else incentive,
        conflict,
    )


class _Conflict:
    """Several rows that print different targets."""


def _rows(plans: Plans, plan: PlanPeriod, indicator: str) -> Iterable[Row]:
    for row in plans.targets:
        whole = not row.subject and not row.process
        if row.plan == plan.code and row.indicator == indicator and row.kind == "target" and whole:
            yield row


def _target(rows: Iterable[Row]) -> ReductionTarget | _Conflict | None:
    usable = [row for row in rows if row.state in _STATES and (row.value is None or row.value < _WHOLE_PERCENT)]
    if not usable:
        return None
    if len({(row.state, row.value) for row in usable}) > 1:
        return _Conflict()
    first = usable[0]
    reduction = None if first.value is None else Fraction(first.value) / 100
    return ReductionTarget(first.state, reduction, tuple(row.code for row in usable))
