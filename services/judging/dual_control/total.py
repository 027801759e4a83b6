"""The flexible target for the total energy of an area, what counts against it, and when it is waived. Pure.

Source: plan of Inner Mongolia 2021-2025 (000 L262-268): the area derives its total from its annual target for the
intensity and its planned growth; the total is expected 预期性 and not binding; where growth exceeds the plan the target
may be raised; an area that meets its incentive target is not assessed by the total.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from services.core.verdict import ReasonedVerdict
from services.judging.dual_control.assessed import Counted, Facts, counted, new_renewable
from services.judging.dual_control.facts import (
    ENERGY_NOT_POSITIVE,
    GDP,
    GROWTH_PLAN,
    NUMBER_MISSING,
    REDUCTION_PLAN,
    RENEWABLE,
    Obstacle,
    PlanPeriod,
    ReductionTargets,
    YearFacts,
)
from services.judging.dual_control.intensity import price_base_of, reached
from services.judging.targets.target import PrintedState


@dataclass(frozen=True, slots=True)
class Waiver:
    """Whether the total goes unassessed 免予考核, and why."""

    waived: bool
    reason: str


class WaiverReason(enum.StrEnum):
    """Why the total is waived or not."""

    INCENTIVE_MET = "incentive_met"
    """In the last year: the whole incentive target is reached."""
    INCENTIVE_ON_COURSE = "incentive_on_course"
    """Before the last year: the fall so far is at least what the incentive target requires by then."""
    INCENTIVE_NOT_REACHED = "incentive_not_reached"
    CANNOT_JUDGE = "intensity_cannot_be_judged"
    INCENTIVE_NOT_SET = "incentive_not_set"
    INCENTIVE_NOT_APPLICABLE = "incentive_not_applicable"
    TARGET_ZERO = "target_zero"
    """An area with the target 0 has nothing to exceed."""


def waiver(plan: PlanPeriod | None, targets: ReductionTargets, cumulative: Fraction | None, *, year: int) -> Waiver:
    """Whether the total is waived in `year`, with the fall since the base year `cumulative` (None: not known).

    Only an incentive target that is a number can waive: neither 0 nor a stroke nor a target never printed does.
    """
    incentive = targets.incentive
    if plan is None or incentive is None:
        return Waiver(False, WaiverReason.INCENTIVE_NOT_SET)
    if incentive.state is PrintedState.NOT_APPLICABLE:
        return Waiver(False, WaiverReason.INCENTIVE_NOT_APPLICABLE)
    if PrintedState.ZERO in (incentive.state, targets.basic and targets.basic.state):
        return Waiver(False, WaiverReason.TARGET_ZERO)
    if cumulative is None or incentive.reduction is None:
        return Waiver(False, WaiverReason.CANNOT_JUDGE)
    if not reached(cumulative, incentive.reduction, years_elapsed=year - plan.base_year, length=plan.length):
        return Waiver(False, WaiverReason.INCENTIVE_NOT_REACHED)
    final = year == plan.last_year
    return Waiver(True, WaiverReason.INCENTIVE_MET if final else WaiverReason.INCENTIVE_ON_COURSE)


@dataclass(frozen=True, slots=True)
class TotalTarget:
    """The target for the total and each term it is made of."""

    initial_tce: Fraction
    """As planned: stated outright, or reference energy x (1 + planned growth) x (1 - planned fall)."""
    stated: bool
    reference_tce: Fraction | None
    """What counts for the intensity in the reference year; None with a stated target."""
    growth_planned: Fraction | None
    reduction_planned: Fraction | None
    growth_actual: Fraction | None
    """Of GDP over the reference year; None where it is unknown."""

    @property
    def adjusted(self) -> bool:
        """Whether growth beyond the plan raises the target."""
        return (
            self.growth_actual is not None
            and self.growth_planned is not None
            and self.growth_actual > self.growth_planned > -1
        )

    @property
    def tce(self) -> Fraction:
        """The target to keep: raised in proportion to what growth went beyond the plan, and never lowered."""
        if not self.adjusted or self.growth_actual is None or self.growth_planned is None:
            return self.initial_tce
        return self.initial_tce * (1 + self.growth_actual) / (1 + self.growth_planned)


@dataclass(frozen=True, slots=True)
class Total:
    """The total of a year against its target; `reference_year` is the year before, or the base year for a plan."""

    reference_year: int
    year: int
    counted: Counted | None
    new_renewable_tce: Fraction | None
    """Taken out of the total, and of nothing else; None: reported for no year, hence nothing taken out."""
    target: TotalTarget | None
    waiver: Waiver
    obstacles: Sequence[Obstacle]

    @property
    def assessed_tce(self) -> Fraction | None:
        """What counts against the target."""
        return None if self.counted is None else self.counted.tce - (self.new_renewable_tce or 0)

    @property
    def excess(self) -> Fraction | None:
        """Share of the target by which it is exceeded, negative below it; None where it cannot be told."""
        if self.obstacles:
            return None
        return _excess(self.target, self.assessed_tce)

    @property
    def finding(self) -> ReasonedVerdict:
        """The total is expected, not binding: a breach of it is a warning and fails nobody."""
        if self.waiver.waived:
            return ReasonedVerdict.ok("waived")
        if self.obstacles or self.excess is None:
            return ReasonedVerdict.cannot(self.obstacles[0].reason if self.obstacles else NUMBER_MISSING)
        return ReasonedVerdict.ok("within_target") if self.excess <= 0 else ReasonedVerdict.breach("above_target")


def total(
    facts: Facts, waived: Waiver, *, reference_year: int, year: int, price_base: int | None, coverage_least: float
) -> Total:
    """The total of `year`; over more than one year the target is the product of the annual numbers."""
    known = facts.get(year) or YearFacts(year)
    stated = known.total_target_tce if year - reference_year == 1 else None
    # a target stated outright stands on its own: energy of the reference year is not needed for it
    needed = (reference_year, year) if stated is None else (year,)
    energies, obstacles = counted(facts, needed, coverage_least=coverage_least)
    renewable, of_renewable = new_renewable(facts, reference_year, year)
    planned = _planned(facts, range(reference_year + 1, year + 1))
    growth_actual = _growth(facts, reference_year, year, price_base)
    obstacles += of_renewable
    target = None
    if stated is not None:
        target = TotalTarget(stated, True, None, planned.growth, planned.reduction, growth_actual)
    else:
        obstacles += planned.obstacles
        reference = energies.get(reference_year)
        if reference is not None and planned.growth is not None and planned.reduction is not None:
            initial = reference.tce * (1 + planned.growth) * (1 - planned.reduction)
            target = TotalTarget(initial, False, reference.tce, planned.growth, planned.reduction, growth_actual)
    current = energies.get(year)
    assessed = None if current is None else current.tce - (renewable or 0)
    if assessed is not None and assessed < 0:
        obstacles.append(Obstacle(ENERGY_NOT_POSITIVE, year, RENEWABLE))
    if not obstacles:
        obstacles = _open_adjustment(target, assessed, planned, year)
    return Total(reference_year, year, current, renewable, target, waived, tuple(obstacles))


def _excess(target: TotalTarget | None, assessed_tce: Fraction | None) -> Fraction | None:
    if target is None or assessed_tce is None or target.tce <= 0:
        return None
    return assessed_tce / target.tce - 1


@dataclass(frozen=True, slots=True)
class _Planned:
    """Planned growth and fall over several years; None where a year's number is missing."""

    growth: Fraction | None
    reduction: Fraction | None
    obstacles: list[Obstacle]


def _planned(facts: Facts, years: Sequence[int]) -> _Planned:
    known = [facts.get(year) or YearFacts(year) for year in years]
    growths = [f.growth_plan for f in known if f.growth_plan is not None]
    falls = [f.reduction_plan for f in known if f.reduction_plan is not None]
    obstacles = [Obstacle(NUMBER_MISSING, f.year, GROWTH_PLAN) for f in known if f.growth_plan is None]
    obstacles += [Obstacle(NUMBER_MISSING, f.year, REDUCTION_PLAN) for f in known if f.reduction_plan is None]
    return _Planned(
        prod((1 + g for g in growths), start=Fraction(1)) - 1 if len(growths) == len(known) else None,
        1 - prod((1 - d for d in falls), start=Fraction(1)) if len(falls) == len(known) else None,
        obstacles,
    )


def _growth(facts: Facts, reference_year: int, year: int, price_base: int | None) -> Fraction | None:
    """Growth of GDP at one price base; `price_base` where it serves, else another that both years have."""
    chosen, obstacles = price_base_of(
        facts, (reference_year, year), stated=None, preferred=price_base or reference_year
    )
    if chosen is None or obstacles:
        return None
    return facts[year].gdp[chosen] / facts[reference_year].gdp[chosen] - 1


def _open_adjustment(
    target: TotalTarget | None, assessed_tce: Fraction | None, planned: _Planned, year: int
) -> list[Obstacle]:
    """What must be known of growth before an excess can be held against the area: growth might raise the target."""
    excess = _excess(target, assessed_tce)
    if target is None or excess is None or excess <= 0:
        return []
    if target.growth_planned is None:
        return [o for o in planned.obstacles if o.what == GROWTH_PLAN]
    return [Obstacle(NUMBER_MISSING, year, GDP)] if target.growth_actual is None else []
