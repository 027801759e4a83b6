"""A year tried out: what would be judged if GDP and energy came to this. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from services.judging.dual_control.evaluate import Evaluation, Rules, evaluate
from services.judging.dual_control.facts import PlanPeriod, ReductionTargets, YearEnergy, YearFacts


@dataclass(frozen=True, slots=True)
class Trial:
    """What is assumed of a year; None: what is known or forecast of it stays."""

    gdp_growth: Fraction | None = None
    """Of GDP at constant prices, against the year before."""
    energy_tce: Fraction | None = None
    feedstock_tce: Fraction | None = None
    listed_tce: Fraction | None = None
    renewable_tce: Fraction | None = None


def tried(
    facts: Mapping[int, YearFacts],
    trial: Trial,
    *,
    year: int,
    plan: PlanPeriod | None,
    targets: ReductionTargets,
    rules: Rules,
) -> Evaluation:
    """The evaluation of `year` with what the trial assumes of it in place of what `facts` say."""
    known = facts.get(year) or YearFacts(year)
    assumed = replace(
        known,
        energy=_assumed(trial.energy_tce, known.energy),
        feedstock=_assumed(trial.feedstock_tce, known.feedstock),
        listed=_assumed(trial.listed_tce, known.listed),
        renewable=_assumed(trial.renewable_tce, known.renewable),
    )
    before = facts.get(year - 1)
    if trial.gdp_growth is not None and before is not None:
        assumed = replace(assumed, gdp={base: gdp * (1 + trial.gdp_growth) for base, gdp in before.gdp.items()})
    return evaluate({**facts, year: assumed}, plan, targets, year=year, rules=rules)


def _assumed(tce: Fraction | None, known: YearEnergy | None) -> YearEnergy | None:
    """What is assumed; of the source of what is known, so that it can be compared with the year before."""
    if tce is None:
        return known
    return YearEnergy(tce) if known is None else YearEnergy(tce, known.source, known.coverage)
