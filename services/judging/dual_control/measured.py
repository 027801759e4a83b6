"""What the meters of areas measured, in standard coal (equivalent), and how completely."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.frame import Frame
from services.core.meter import Flow
from services.energy.account import CO2_SIGN, SIGN, Account, Valuation
from services.energy.amount import Amount, Measure, coverage_of
from services.energy.by_subject import Subject
from services.energy.factors import Applied, Basis, Factors
from services.energy.sums import read_sums
from services.energy.wanted import of_areas
from services.judging.dual_control.facts import EnergySource, YearEnergy

FLOWS = (Flow.INPUT, Flow.OUTPUT, Flow.FEEDSTOCK, Flow.RENEWABLE)


@dataclass(frozen=True, slots=True)
class MeteredAmount:
    """An amount as metered, in tce or tCO2."""

    value: Fraction
    band: tuple[Fraction, Fraction] | None
    """Between what it lies while heat values are not measured; None: it is known as it is."""


class Metered:
    """The account of an area over a period, and how completely it was measured."""

    def __init__(self, factors: Factors, amounts: Mapping[Measure, Amount], *, metered: float) -> None:
        """`metered`: share of the period between the first and the last day with any meter."""
        self._factors, self._amounts, self._metered = factors, amounts, metered
        self._account = Account(factors)
        for measure, amount in amounts.items():
            for year, quantity_pico in amount.pico_by_year.items():
                self._account.add({measure: quantity_pico}, year=year)

    @property
    def used(self) -> Mapping[str, Applied]:
        """The coefficients used, by the code of their row."""
        return self._account.used

    @property
    def coverage(self) -> float | None:
        """Of the least covered carrier and flow, 0 to 1; None where no reading is expected.

        Where metering began or ended within the period, no more than the part of it in which there were meters.
        """
        covered = coverage_of({m: (amount.measured_s, amount.expected_s) for m, amount in self._amounts.items()})
        return None if covered is None else min(covered, self._metered)

    @property
    def any(self) -> bool:
        """Whether anything was measured."""
        return any(amount.measured_s for amount in self._amounts.values())

    @property
    def tco2(self) -> MeteredAmount | None:
        """CO2 of what is burnt and bought, less what is sold; None as of `tce`."""
        tonnes = self._account.tco2() if self.any else None
        return None if tonnes is None else MeteredAmount(tonnes, self._band(tonnes, None, CO2_SIGN))

    @property
    def feedstock_tco2(self) -> Fraction | None:
        """CO2 that the carbon of feedstock would make: it stays in the product, and is not emitted."""
        valuation, found = Valuation(self._factors), Fraction(0)
        for (carrier, flow), amount in self._amounts.items():
            for by, quantity_pico in amount.pico_by_year.items() if flow is Flow.FEEDSTOCK else ():
                tonnes = valuation.tonnes(None, carrier, by, quantity_pico)
                if tonnes is None:
                    return None
                found += Fraction(*tonnes)
        return found

    def family(self, family: str) -> MeteredAmount | None:
        """tce (calorific) of a family of carriers, less what of it is sold on; None as of `tce`."""
        tce = self._account.of(Basis.CALORIFIC, families=[family]) if self.any else None
        if tce is None:
            return None
        carriers = {carrier for carrier, of in self._factors.family.items() if of == family}
        return MeteredAmount(tce, self._band(tce, Basis.CALORIFIC, SIGN, carriers))

    def tce(self, *flows: Flow) -> Fraction | None:
        """Equivalent tce of `flows`, of all that count where none is named.

        None where a coefficient is missing, and where nothing was measured: that is not zero.
        """
        if not self.any:
            return None
        basis = Basis.EQUIVALENT
        return self._account.of(basis, flows=flows) if flows else self._account.consumption(basis)

    def amount(self, *flows: Flow) -> YearEnergy | None:
        """The same as an amount."""
        tce = self.tce(*flows)
        if tce is None:
            return None
        counted = {flow: SIGN[flow] for flow in flows or FLOWS}
        return YearEnergy(tce, EnergySource.MEASURED, self.coverage, self._band(tce, Basis.EQUIVALENT, counted))

    def _band(
        self,
        amount: Fraction,
        basis: Basis | None,
        signs: Mapping[Flow, int],
        carriers: Collection[str] | None = None,
    ) -> tuple[Fraction, Fraction] | None:
        """Between what an amount of these flows lies, with each carrier at one end of its range throughout.

        On a basis, or under None of CO2; of all carriers, or of these alone.
        """
        valuation, of_carrier = Valuation(self._factors), Counter[tuple[str, int]]()
        for (carrier, flow), metered in self._amounts.items():
            counts = flow in signs and (carriers is None or carrier in carriers)
            for by, pico in metered.pico_by_year.items() if counts else ():
                if isinstance(by, int) and self._factors.range_of(carrier, by) is not None:
                    of_carrier[carrier, by] += signs[flow] * pico
        low = high = amount
        for (carrier, year), pico in of_carrier.items():
            ends, tonnes = (
                self._factors.range_of(carrier, year),
                valuation.tonnes(basis, carrier, year, pico),
            )
            if ends is not None and tonnes is not None:
                changes = sorted(Fraction(*tonnes) * (end - 1) for end in ends)
                low, high = low + changes[0], high + changes[1]
        return None if low == high else (low, high)


def read_metered(
    connection: Connection, factors: Factors, tree: AreaTree, areas: Sequence[str], frame: Frame, *, now: datetime
) -> list[Mapping[str, Metered]]:
    """What the meters of each area measured in each period of the frame."""
    wanted = of_areas(tree, areas, carriers=sorted(factors.family), flows=FLOWS)
    sums = read_sums(connection, wanted, frame, now=now)
    found: list[Mapping[str, Metered]] = []
    for period in frame.periods:
        start, end = frame.bounds(period)
        found.append(
            {
                area: Metered(
                    factors,
                    sums.look_at([Subject(area=area)], period),
                    metered=sums.metered_s([Subject(area=area)], period) / (end - start).total_seconds(),
                )
                for area in areas
            }
        )
    return found
