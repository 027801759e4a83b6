"""What counts of a year's energy: each exclusion takes out what the documents say, and nothing else. Pure.

Sources: plan of Inner Mongolia 2021-2025 (000 L266-272): new renewable electricity does not count in the total,
feedstock neither in intensity nor total, of listed projects the part borne above in neither. 发改运行〔2022〕1258号:
what is new is each year's rise over the year before, for the whole plan the rise over the base year, "但仍纳入能耗强度
考核". 发改环资〔2022〕803号: feedstock is subtracted from the consumption from which the intensity is reckoned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.judging.dual_control.facts import (
    ENERGY,
    ENERGY_NOT_POSITIVE,
    FEEDSTOCK,
    LISTED,
    LOW_COVERAGE,
    NUMBER_MISSING,
    RENEWABLE,
    SOURCES_DIFFER,
    EnergySource,
    Obstacle,
    YearEnergy,
    YearFacts,
)

Facts = Mapping[int, YearFacts]


@dataclass(frozen=True, slots=True)
class Counted:
    """Energy of a year for the intensity: consumption less feedstock and listed energy. Renewables stay in."""

    year: int
    energy_tce: Fraction
    feedstock_tce: Fraction | None
    """None: reported for no year, hence nothing taken out."""
    listed_tce: Fraction | None
    source: EnergySource
    coverage: float | None

    @property
    def tce(self) -> Fraction:
        """What counts."""
        return self.energy_tce - (self.feedstock_tce or 0) - (self.listed_tce or 0)


def counted(
    facts: Facts, years: Sequence[int], *, coverage_least: float
) -> tuple[Mapping[int, Counted], list[Obstacle]]:
    """What counts in each of `years` that are compared with each other, and why a comparison is not possible.

    An exclusion is applied in all these years or in none: reported for some of them only, it would look like a change
    of consumption, so each year without it is an obstacle. Who has none of it reports 0.
    """
    known = [facts.get(year) or YearFacts(year) for year in years]
    obstacles = [found for year in known for found in _energy_obstacles(year, coverage_least)]
    unsure = {found.year for found in obstacles}
    feedstock, some_feedstock = _exclusion({f.year: f.feedstock for f in known}, FEEDSTOCK)
    listed, some_listed = _exclusion({f.year: f.listed for f in known}, LISTED)
    obstacles += some_feedstock + some_listed + _mixed(known)
    result = {
        f.year: Counted(
            f.year, f.energy.tce, feedstock.get(f.year), listed.get(f.year), f.energy.source, f.energy.coverage
        )
        for f in known
        if f.energy is not None
    }
    spent = [c.year for c in result.values() if c.tce <= 0 and c.year not in unsure]
    obstacles += [Obstacle(ENERGY_NOT_POSITIVE, year, ENERGY) for year in spent]
    return result, obstacles


def new_renewable(facts: Facts, reference_year: int, year: int) -> tuple[Fraction | None, list[Obstacle]]:
    """Renewable electricity of `year` that is new since `reference_year`, in tce; None: reported for neither year.

    The reference is the year before in an annual evaluation and the base year for the whole plan. What is new is at
    least 0: where the consumption fell there is nothing new, and nothing is added to the total for it.
    """
    compared = {y: f.renewable if (f := facts.get(y)) else None for y in (reference_year, year)}
    amounts, obstacles = _exclusion(compared, RENEWABLE)
    if len(amounts) < len(compared):
        return None, obstacles
    return max(Fraction(0), amounts[year] - amounts[reference_year]), []


def _exclusion(amounts: Mapping[int, YearEnergy | None], what: str) -> tuple[dict[int, Fraction], list[Obstacle]]:
    known = {year: amount.tce for year, amount in amounts.items() if amount is not None}
    if not known:
        return {}, []
    return known, [Obstacle(NUMBER_MISSING, year, what) for year, amount in amounts.items() if amount is None]


def _energy_obstacles(facts: YearFacts, coverage_least: float) -> list[Obstacle]:
    energy = facts.energy
    if energy is None:
        return [Obstacle(facts.why_no_energy, facts.year, ENERGY)]
    if energy.source is EnergySource.MEASURED and (energy.coverage is None or energy.coverage < coverage_least):
        return [Obstacle(LOW_COVERAGE, facts.year, ENERGY)]
    return []


def _mixed(known: Sequence[YearFacts]) -> list[Obstacle]:
    """The first year whose energy is of another source than that of the years before it."""
    with_energy = [(f.year, f.energy.source) for f in known if f.energy is not None]
    return [Obstacle(SOURCES_DIFFER, year, ENERGY) for year, source in with_energy if source is not with_energy[0][1]][
        :1
    ]
