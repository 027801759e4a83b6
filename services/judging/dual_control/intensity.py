"""Energy per GDP through a plan: annual falls, their product, and how far the target is reached. Pure.

Formulas (I intensity, d fall of a year, D fall since the base year, T target, n years of N gone):
I = E / GDP at constant prices; d_t = 1 - I_t / I_(t-1); D = 1 - (1 - d_1) ... (1 - d_n), a product and no sum;
required after n years 1 - (1 - T)^(n/N); completion ln(1 - D) / ln(1 - T).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from services.judging.dual_control.assessed import Counted, Facts, counted
from services.judging.dual_control.facts import (
    GDP,
    GDP_NOT_POSITIVE,
    NUMBER_MISSING,
    PRICE_BASE_CHANGES,
    Obstacle,
    YearFacts,
)


@dataclass(frozen=True, slots=True)
class IntensityYear:
    """A year of the chain; what cannot be told is None."""

    year: int
    counted: Counted | None
    gdp: Fraction | None
    """10 000 CNY at the chain's price base."""
    reduction: Fraction | None = None
    """Fall against the year before; negative for a rise; None in the first year."""
    cumulative: Fraction | None = None
    """Fall since the base year; None in it, and after a gap."""
    forecast: bool = False

    @property
    def intensity(self) -> Fraction | None:
        """tce per 10 000 CNY; None where energy or GDP is unknown or not above zero."""
        if self.counted is None or self.gdp is None or self.gdp <= 0 or self.counted.tce <= 0:
            return None
        return self.counted.tce / self.gdp


@dataclass(frozen=True, slots=True)
class Chain:
    """The years from the base year on, at one price base."""

    price_base: int | None
    years: Sequence[IntensityYear]
    obstacles: Sequence[Obstacle]
    """Why nothing can be judged over it; empty when all is known."""

    @property
    def last(self) -> IntensityYear:
        """The year evaluated."""
        return self.years[-1]


def chain(facts: Facts, *, base_year: int, year: int, coverage_least: float, stated_base: int | None = None) -> Chain:
    """The intensities of base_year to `year`. `stated_base`: the price base the plan demands, if it does."""
    span = range(base_year, year + 1)
    energies, obstacles = counted(facts, span, coverage_least=coverage_least)
    price_base, of_gdp = price_base_of(facts, span, stated=stated_base, preferred=base_year)
    found: list[IntensityYear] = []
    product: Fraction | None = Fraction(1)
    for current in span:
        known = facts.get(current) or YearFacts(current)
        gdp = known.gdp.get(price_base) if price_base is not None else None
        entry = IntensityYear(current, energies.get(current), gdp, forecast=known.forecast)
        if found:
            reduction = _fall(found[-1], entry)
            product = None if product is None or reduction is None else product * (1 - reduction)
            entry = replace(entry, reduction=reduction, cumulative=None if product is None else 1 - product)
        found.append(entry)
    return Chain(price_base, tuple(found), tuple(sorted([*obstacles, *of_gdp], key=lambda o: o.year or 0)))


def _fall(before: IntensityYear, entry: IntensityYear) -> Fraction | None:
    """By how much the intensity fell; None where one of the two is unknown, or one is measured and one reported."""
    now, then = entry.intensity, before.intensity
    if now is None or then is None or entry.counted is None or before.counted is None:
        return None
    return 1 - now / then if entry.counted.source is before.counted.source else None


def price_base_of(
    facts: Facts, years: Sequence[int], *, stated: int | None, preferred: int
) -> tuple[int | None, list[Obstacle]]:
    """The one price base at which GDP is known in all `years`, and what is in the way of one.

    The stated one where the plan states it; else `preferred` (the base year) if it serves, else the newest that does.
    """
    gdp: Mapping[int, Mapping[int, Fraction]] = {y: facts[y].gdp if y in facts else {} for y in years}
    missing = [y for y in years if (not gdp[y] if stated is None else stated not in gdp[y])]
    if missing:
        shown = stated if stated is not None else _most_common(gdp, preferred)
        return shown, [Obstacle(NUMBER_MISSING, y, GDP) for y in missing]
    common = {stated} if stated is not None else set.intersection(*(set(gdp[y]) for y in years))
    if not common:
        shown = _most_common(gdp, preferred)
        changed = next(y for y in years if shown not in gdp[y])
        return shown, [Obstacle(PRICE_BASE_CHANGES, changed, GDP)]
    chosen = preferred if preferred in common else max(common)
    return chosen, [Obstacle(GDP_NOT_POSITIVE, y, GDP) for y in years if gdp[y][chosen] <= 0]


def _most_common(gdp: Mapping[int, Mapping[int, Fraction]], preferred: int) -> int | None:
    """The price base that most years have, for showing what there is."""
    bases = [base for of_year in gdp.values() for base in of_year]
    return max(sorted(set(bases)), key=lambda base: (bases.count(base), base == preferred), default=None)


def required(target: Fraction, *, years_elapsed: int, length: int) -> float:
    """By how much the intensity must have fallen after `years_elapsed` years of `length`, at an even pace."""
    if years_elapsed == length:
        return float(target)
    return -math.expm1(years_elapsed / length * math.log1p(-float(target)))


def reached(cumulative: Fraction, target: Fraction, *, years_elapsed: int, length: int) -> bool:
    """Whether the fall is at least the required one; exact, as (1 - D)^N <= (1 - T)^n needs no root."""
    return (1 - cumulative) ** length <= (1 - target) ** years_elapsed


def completion(cumulative: Fraction, target: Fraction) -> float | None:
    """Share of the target reached, 1 when it is met; negative after a rise. None where no fall is asked for."""
    return None if target <= 0 else math.log(1 - cumulative) / math.log(1 - target)
