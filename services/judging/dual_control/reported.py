"""What was reported for areas, year by year. A year is its own report, or the quarters and months that make it up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from psycopg import Connection

from services.core.db.statements import Statements
from services.core.period import Period, tiling
from services.judging.dual_control.facts import (
    CO2,
    COAL,
    ENERGY,
    FEEDSTOCK,
    GDP,
    GROWTH_PLAN,
    LISTED,
    OIL,
    REDUCTION_PLAN,
    RENEWABLE,
    TOTAL_TARGET,
)

SQL = Statements.beside(__file__, "dual_control.sql")

KINDS = (ENERGY, FEEDSTOCK, RENEWABLE, LISTED, GDP, GROWTH_PLAN, REDUCTION_PLAN, TOTAL_TARGET, CO2, COAL, OIL)


@dataclass(frozen=True, slots=True)
class ReportedStatistic:
    """A reported number in its newest version."""

    kind: str
    period: str
    price_base: int
    version: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class OfYear:
    """A number of a year, and the reports it is the sum of."""

    value: Fraction
    parts: tuple[ReportedStatistic, ...]


class ReportedNumbers:
    """What was reported, by area, year, kind and price base (0 where it is no money)."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str], dict[int, OfYear]] = {}

    def take(self, area: str, statistics: Sequence[ReportedStatistic]) -> None:
        """Take up all that was reported for an area."""
        series: dict[tuple[str, int], dict[Period, ReportedStatistic]] = {}
        for statistic in statistics:
            key = (statistic.kind, statistic.price_base)
            series.setdefault(key, {})[Period.parse(statistic.period)] = statistic
        for (kind, price_base), by_period in series.items():
            for year in {period.year for period in by_period}:
                whole = Period.parse(f"{year:04}")
                chosen = tiling(by_period, whole.start, whole.end)
                if chosen:
                    parts = tuple(by_period[period] for period in chosen)
                    value = sum((Fraction(part.value) for part in parts), Fraction(0))
                    self._found.setdefault((area, year, kind), {})[price_base] = OfYear(value, parts)

    def of(self, area: str, year: int, kind: str) -> Fraction | None:
        """The number that is no money; None where it was not reported for the whole year."""
        found = self.by_price_base(area, year, kind).get(0)
        return None if found is None else found.value

    def by_price_base(self, area: str, year: int, kind: str) -> Mapping[int, OfYear]:
        """The number at each price base for which it was reported."""
        return self._found.get((area, year, kind), {})

    def parts(self, area: str, years: Sequence[int]) -> list[ReportedStatistic]:
        """All reports that make up numbers of these years, by kind and period."""
        found = [
            part
            for year in years
            for kind in KINDS
            for of_year in self.by_price_base(area, year, kind).values()
            for part in of_year.parts
        ]
        return sorted(found, key=lambda part: (part.kind, part.period, part.price_base))


def read_reported(connection: Connection, areas: Sequence[str], years: Sequence[int]) -> ReportedNumbers:
    """What was reported for `areas` in `years`, which are in order."""
    rows = SQL.run(
        connection,
        "reported",
        areas=list(areas),
        kinds=list(KINDS),
        first_year=f"{years[0]:04}",
        last_year=f"{years[-1]:04}",
    )
    of_area: dict[str, list[ReportedStatistic]] = {}
    for row in rows.mappings():
        of_area.setdefault(row.pop("owner_code"), []).append(ReportedStatistic(**row))
    reported = ReportedNumbers()
    for area, statistics in of_area.items():
        reported.take(area, statistics)
    return reported
