"""What the meters of areas measured in a span of one year, in standard coal (equivalent), and how completely."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.calendar import Grain, pieces, start_of_day
from services.core.meter import Flow
from services.energy.account import Account
from services.energy.factors import Basis, Factors
from services.judging.dual_control.facts import EnergySource, YearEnergy
from services.judging.dual_control.reported import SQL
from services.judging.indicators.terms import Measure, coverage_of

FLOWS = (Flow.INPUT, Flow.OUTPUT, Flow.FEEDSTOCK, Flow.RENEWABLE)
DAY_S = 86_400


@dataclass(slots=True)
class Metered:
    """The account of an area over a span, with the seconds measured and expected of each carrier and flow."""

    account: Account
    metered: float = 0.0
    """Share of the span between the first and the last day with any meter."""
    measured_s: dict[Measure, int] = field(default_factory=dict)
    expected_s: dict[Measure, int] = field(default_factory=dict)

    @property
    def coverage(self) -> float | None:
        """Of the least covered carrier and flow, 0 to 1; None where no reading is expected.

        Where metering began or ended within the span, no more than the part of it in which there were meters.
        """
        covered = coverage_of({m: (self.measured_s.get(m, 0), expected) for m, expected in self.expected_s.items()})
        if covered is None:
            return None
        return min(covered, self.metered)

    @property
    def any(self) -> bool:
        """Whether anything was measured."""
        return any(self.measured_s.values())

    def tce(self, *flows: Flow) -> Fraction | None:
        """Equivalent tce of `flows`, of all that count where none is named.

        None where a coefficient is missing, and where nothing was measured: that is not zero.
        """
        if not self.any:
            return None
        basis = Basis.EQUIVALENT
        return self.account.of(basis, flows=flows) if flows else self.account.consumption(basis)

    def amount(self, *flows: Flow) -> YearEnergy | None:
        """The same as an amount."""
        tce = self.tce(*flows)
        return None if tce is None else YearEnergy(tce, EnergySource.MEASURED, self.coverage)


class Meters:
    """The meters of `areas` between two days."""

    def __init__(
        self,
        connection: Connection,
        factors: Factors,
        tree: AreaTree,
        areas: Sequence[str],
        *,
        from_day: date,
        to_day: date,
    ) -> None:
        self._connection, self._factors, self._areas = connection, factors, tuple(areas)
        self._named = {"carriers": sorted(factors.family), "flows": [str(flow) for flow in FLOWS]}
        banners = {area: set(tree.banners_of(area)) for area in areas}
        all_banners = sorted(set().union(*banners.values()))
        rows = SQL.run(
            connection, "expected", banners=all_banners, from_day=from_day, to_day=to_day, **self._named
        ).all()
        self._expected: Mapping[str, list[tuple[Measure, date, date, int]]] = {
            area: [
                ((carrier, Flow(flow)), start, end, meters)
                for banner, carrier, flow, start, end, meters in rows
                if banner in inside
            ]
            for area, inside in banners.items()
        }

    def over(self, from_day: date, to_day: date) -> Mapping[str, Metered]:
        """What each area measured on the days of [from_day, to_day), which lie in one year."""
        found = {area: Metered(Account(self._factors)) for area in self._areas}
        for area, carrier, flow, quantity_pico, seconds in self._sums(from_day, to_day):
            measure = (carrier, Flow(flow))
            metered = found[area]
            metered.account.add({measure: int(quantity_pico)}, year=from_day.year)
            metered.measured_s[measure] = metered.measured_s.get(measure, 0) + int(seconds)
        for area, metered in found.items():
            first = min((max(start, from_day) for _, start, _, _ in self._expected[area]), default=from_day)
            last = max((min(end, to_day) for _, _, end, _ in self._expected[area]), default=from_day)
            metered.metered = max(0, (last - first).days) / (to_day - from_day).days
            for measure, start, end, meters in self._expected[area]:
                days = (min(end, to_day) - max(start, from_day)).days
                if days > 0:
                    metered.expected_s[measure] = metered.expected_s.get(measure, 0) + days * meters * DAY_S
        return found

    def _sums(self, from_day: date, to_day: date) -> Iterable[Any]:
        for piece in pieces(start_of_day(from_day), start_of_day(to_day), coarsest=Grain.MONTH):
            yield from SQL.run(
                self._connection,
                "measured",
                grain=int(piece.grain),
                areas=list(self._areas),
                from_ts=piece.start,
                to_ts=piece.end,
                **self._named,
            )
