"""Areas whose years are easy to reckon by hand."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from services.judging.dual_control.assessed import Facts
from services.judging.dual_control.evaluate import Evaluation, Rules, evaluate
from services.judging.dual_control.facts import (
    EnergySource,
    PlanPeriod,
    ReductionTarget,
    ReductionTargets,
    YearEnergy,
    YearFacts,
)
from services.judging.targets.target import PrintedState

PLAN = PlanPeriod("14", first_year=2021, last_year=2025, base_year=2020, midterm_year=2023)
RULES = Rules(coverage_least=0.9, total_warning_margin=Fraction(3, 100))


def number(percent: str) -> ReductionTarget:
    """A target of so many per cent."""
    return ReductionTarget(PrintedState.NUMBER, Fraction(percent) / 100)


ZERO = ReductionTarget(PrintedState.ZERO, Fraction(0))
STROKE = ReductionTarget(PrintedState.NOT_APPLICABLE, None)
ORDOS = ReductionTargets(number("16.5"), number("18.7"))
DONGSHENG = ReductionTargets(ZERO, STROKE)


def tce(amount: Any) -> YearEnergy:
    """Reported energy."""
    return YearEnergy(Fraction(amount))


def measured(amount: Any, coverage: float | None = 1.0) -> YearEnergy:
    """Measured energy."""
    return YearEnergy(Fraction(amount), EnergySource.MEASURED, coverage)


def year(number: int, energy: Any, gdp_2020: Any = 100, **more: Any) -> YearFacts:
    """A year with reported energy in tce and GDP at the prices of 2020."""
    amount = energy if isinstance(energy, YearEnergy) else tce(energy)
    return YearFacts(number, energy=amount, **({"gdp": {2020: Fraction(gdp_2020)}} | more))


def falling(*intensities: Any, first: int = 2020) -> Facts:
    """Years whose GDP is 100 and whose energy is such that the intensities are these, in hundredths."""
    return {first + i: year(first + i, intensity) for i, intensity in enumerate(intensities)}


def judged(
    facts: Mapping[int, YearFacts], at: int, targets: ReductionTargets = ORDOS, plan: PlanPeriod = PLAN
) -> Evaluation:
    """The evaluation of a year."""
    return evaluate(facts, plan, targets, year=at, rules=RULES)
