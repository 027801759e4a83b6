"""The evaluation of an area after a year: annual, mid-term or five-year. Pure.

Source: plan of Inner Mongolia 2021-2025 (000 L276-278): "年度评价、中期评估、五年考核", the intensity being judged
over the whole plan 统筹考核. So before its last year an area is ahead or behind and has not failed.
"""

import enum
from dataclasses import dataclass, replace
from fractions import Fraction

from services.core.verdict import ReasonedVerdict
from services.judging.dual_control.assessed import Facts
from services.judging.dual_control.facts import (
    ENERGY,
    HEAT_VALUE_UNKNOWN,
    EvaluationKind,
    Obstacle,
    PlanPeriod,
    ReductionTarget,
    ReductionTargets,
)
from services.judging.dual_control.intensity import Chain, chain, completion, reached, required
from services.judging.dual_control.total import Total, Waiver, total, waiver
from services.judging.dual_control.warning import Light, intensity_light, total_light


class AreaStanding(enum.StrEnum):
    """Where an area stands: the first two before the last year of the plan, the others in it."""

    AHEAD = "ahead"
    BEHIND = "behind"
    EXCEEDED = "exceeded"
    """超额完成: the incentive target is met too."""
    MET = "met"
    NOT_MET = "not_met"


@dataclass(frozen=True, slots=True)
class TargetProgress:
    """The fall since the base year against one target. None: cannot be told, or there is no such target."""

    target: ReductionTarget | None
    required: float | None = None
    completion: float | None = None
    """1 when the whole target is met."""
    on_course: bool | None = None
    """At least the required fall; in the last year: the target is met."""


@dataclass(frozen=True, slots=True)
class AnnualProgress:
    """The fall of the year alone. A missed annual number is no failure."""

    reduction: Fraction | None
    planned: float | None
    planned_from: str | None
    """reported: the annual number that was set; plan_mean: the even pace of the basic target; None: neither known."""
    met: bool | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Parameters of the judgement, rows of a data file."""

    coverage_least: float
    total_warning_margin: Fraction


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is judged of an area in a year."""

    year: int
    plan: PlanPeriod | None
    kind: EvaluationKind
    chain: Chain
    basic: TargetProgress
    incentive: TargetProgress
    annual: AnnualProgress
    standing: AreaStanding | None
    finding: ReasonedVerdict
    """Of the intensity."""
    waiver: Waiver
    total: Total
    """Of the year against the year before."""
    total_of_plan: Total | None
    """Of the year against the base year; in the mid-term and the five-year evaluation."""
    intensity_light: Light
    total_light: Light

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why the intensity cannot be judged."""
        return tuple(self.chain.obstacles)


def evaluate(
    facts: Facts, plan: PlanPeriod | None, targets: ReductionTargets, *, year: int, rules: Rules
) -> Evaluation:
    """Judge `year`. Without a plan only the change over the year before can be told.

    Where the heat values of what was measured are not, what their ranges could turn cannot be judged. Raises ValueError
    when `year` does not lie in `plan`.
    """
    found = _evaluate(facts, plan, targets, year=year, rules=rules)
    if not any(of_year.banded for of_year in facts.values()):
        return found
    ends = [
        _evaluate(
            {each: known.at_end(high=(each == year) is now_high) for each, known in facts.items()},
            plan,
            targets,
            year=year,
            rules=rules,
        )
        for now_high in (True, False)
    ]
    if all(_told(end) == _told(found) for end in ends):
        return found
    unknown = Obstacle(HEAT_VALUE_UNKNOWN, year, ENERGY)
    return _evaluate(facts, plan, targets, year=year, rules=rules, unknown=unknown)


def _told(found: Evaluation) -> tuple[object, ...]:
    """All that is judged in it."""
    lights = found.intensity_light.level, found.total_light.level
    return found.finding.verdict, found.total.finding.verdict, *lights, found.annual.met


def _evaluate(
    facts: Facts,
    plan: PlanPeriod | None,
    targets: ReductionTargets,
    *,
    year: int,
    rules: Rules,
    unknown: Obstacle | None = None,
) -> Evaluation:
    """The same by the numbers as they are; `unknown`: why nothing can be judged by them all the same."""
    if plan is not None and year not in plan:
        raise ValueError(f"{year} does not lie in plan {plan.code}, {plan.first_year} to {plan.last_year}")
    base_year = year - 1 if plan is None else plan.base_year
    least = rules.coverage_least
    links = chain(
        facts, base_year=base_year, year=year, coverage_least=least, stated_base=plan.price_base if plan else None
    )
    more = () if unknown is None else (unknown,)
    links = replace(links, obstacles=(*more, *links.obstacles))
    known = not links.obstacles
    cumulative = links.last.cumulative if known else None
    basic, incentive = (_progress(target, plan, cumulative, year) for target in (targets.basic, targets.incentive))
    waived = waiver(plan, targets, cumulative, year=year)
    kind = EvaluationKind.ANNUAL if plan is None else plan.evaluation(year)
    reduction = links.last.reduction if known else None if more else _fall_of_year(facts, plan, year, least)
    standing = _standing(kind, basic, incentive)

    def total_since(reference_year: int) -> Total:
        found = total(
            facts, waived, reference_year=reference_year, year=year, price_base=links.price_base, coverage_least=least
        )
        return replace(found, obstacles=(*more, *found.obstacles))

    of_year = total_since(year - 1)
    return Evaluation(
        year, plan, kind, links, basic, incentive,
        annual=_annual(facts, plan, targets, reduction, year),
        standing=standing,
        finding=_finding(links, plan, targets, standing),
        waiver=waived,
        total=of_year,
        total_of_plan=None if kind is EvaluationKind.ANNUAL else total_since(base_year),
        intensity_light=Light(None, "no_plan") if plan is None else intensity_light(reduction, basic.on_course),
        total_light=total_light(of_year, margin=rules.total_warning_margin),
    )  # fmt: skip


def _fall_of_year(facts: Facts, plan: PlanPeriod | None, year: int, coverage_least: float) -> Fraction | None:
    """The fall of the year where an earlier gap bars the whole chain."""
    link = chain(
        facts,
        base_year=year - 1,
        year=year,
        coverage_least=coverage_least,
        stated_base=plan.price_base if plan else None,
    )
    return None if link.obstacles else link.last.reduction


def _progress(
    target: ReductionTarget | None, plan: PlanPeriod | None, cumulative: Fraction | None, year: int
) -> TargetProgress:
    if target is None or target.reduction is None or plan is None:
        return TargetProgress(target)
    elapsed = year - plan.base_year
    needed = required(target.reduction, years_elapsed=elapsed, length=plan.length)
    if cumulative is None:
        return TargetProgress(target, needed)
    return TargetProgress(
        target,
        needed,
        completion(cumulative, target.reduction),
        reached(cumulative, target.reduction, years_elapsed=elapsed, length=plan.length),
    )


def _annual(
    facts: Facts, plan: PlanPeriod | None, targets: ReductionTargets, reduction: Fraction | None, year: int
) -> AnnualProgress:
    """The year's fall against its annual number, or against the even pace 年均任务 where none was set."""
    stated = facts[year].reduction_plan if year in facts else None
    if stated is not None:
        met = None if reduction is None else reduction >= stated
        return AnnualProgress(reduction, float(stated), "reported", met)
    target = targets.basic.reduction if targets.basic else None
    if plan is None or target is None:
        return AnnualProgress(reduction, None, None, None)
    pace = required(target, years_elapsed=1, length=plan.length)
    met = None if reduction is None else reached(reduction, target, years_elapsed=1, length=plan.length)
    return AnnualProgress(reduction, pace, "plan_mean", met)


def _standing(kind: EvaluationKind, basic: TargetProgress, incentive: TargetProgress) -> AreaStanding | None:
    if basic.on_course is None:
        return None
    if kind is not EvaluationKind.FINAL:
        return AreaStanding.AHEAD if basic.on_course else AreaStanding.BEHIND
    if not basic.on_course:
        return AreaStanding.NOT_MET
    return AreaStanding.EXCEEDED if incentive.on_course else AreaStanding.MET


def _finding(
    links: Chain, plan: PlanPeriod | None, targets: ReductionTargets, standing: AreaStanding | None
) -> ReasonedVerdict:
    if plan is None:
        return ReasonedVerdict.cannot("no_plan")
    if targets.conflict:
        return ReasonedVerdict.cannot("targets_conflict")
    if targets.basic is None:
        return ReasonedVerdict.cannot("no_target")
    if targets.basic.reduction is None:
        return ReasonedVerdict.cannot("target_not_applicable")
    if standing is None:
        return ReasonedVerdict.cannot(links.obstacles[0].reason)
    if standing is AreaStanding.NOT_MET:
        return ReasonedVerdict.breach(standing)
    return ReasonedVerdict.ok(standing)
