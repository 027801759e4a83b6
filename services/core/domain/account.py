"""From quantities to standard coal and CO2: the energy account of an enterprise, a park or an area. Pure.

Rules (GB/T 2589-2020; plan for energy saving of Inner Mongolia 2021-2025):
- Energy is what comes in over the boundary less what goes out over it, so what one enterprise sells to another counts once in an area.
- Feedstock (原料用能) and renewable electricity have meters of their own beside the inputs, and are shown apart, since the plans exempt
  them differently. Both are energy consumed.
- Sub meters, IT load and products are never added. Carriers that are no energy (water, products) have no coefficients.
- CO2 is that of fuels burnt and of electricity and heat bought, less what is sold on. Renewable electricity has none, and feedstock is
  not burnt: its carbon goes into the product.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from services.core.domain.factors import Applied, Basis, Factors
from services.core.domain.meter import PICO, Flow

KILO = 1000
_SIGN = {Flow.INPUT: 1, Flow.RENEWABLE: 1, Flow.FEEDSTOCK: 1, Flow.OUTPUT: -1}
_CO2_SIGN = {Flow.INPUT: 1, Flow.OUTPUT: -1}

Quantities = Mapping[tuple[str, Flow], int]
"""1e-12 of the carrier's unit by carrier and flow, all of one year."""


@dataclass
class Account:
    """Sums in tce and tCO2, exact. Filled by `add`, since a period may hold several years with coefficients of their own.

    `missing` names the (carrier, year) for which a coefficient is missing: what depends on it cannot be told.
    """

    factors: Factors
    tce: dict[tuple[Basis, Flow, str], Fraction] = field(default_factory=dict)
    """By basis, flow and family of the carrier (coal, oil, gas, electricity, heat, biomass, other)."""
    tco2_exact: Fraction = Fraction(0)
    used: dict[str, Applied] = field(default_factory=dict)
    """The coefficients used, by the code of their row."""
    missing: dict[Basis | None, set[tuple[str, int]]] = field(default_factory=dict)
    """By basis; under None those of CO2."""

    def add(self, quantities: Quantities, *, year: int) -> None:
        """Add what was measured in `year`."""
        for (carrier, flow), quantity_pico in quantities.items():
            if flow not in _SIGN or carrier not in self.factors.family:
                continue
            for basis in Basis:
                self._add_coal(basis, flow, carrier, quantity_pico, year)
            if flow in _CO2_SIGN:
                self._add_co2(flow, carrier, quantity_pico, year)

    def _add_coal(self, basis: Basis, flow: Flow, carrier: str, quantity_pico: int, year: int) -> None:
        applied = self.factors.standard_coal(carrier, basis, year)
        if applied is None:
            self.missing.setdefault(basis, set()).add((carrier, year))
            return
        self.used[applied.factor.code] = applied
        key = (basis, flow, self.factors.family[carrier])
        amount = applied.factor.per_unit * quantity_pico / (PICO * KILO)
        self.tce[key] = self.tce.get(key, Fraction(0)) + amount

    def _add_co2(self, flow: Flow, carrier: str, quantity_pico: int, year: int) -> None:
        applied = self.factors.co2.of(carrier, year)
        if applied is None:
            self.missing.setdefault(None, set()).add((carrier, year))
            return
        self.used[applied.factor.code] = applied
        self.tco2_exact += _CO2_SIGN[flow] * applied.factor.per_unit * quantity_pico / (PICO * KILO)

    def of(
        self, basis: Basis, *, flows: Iterable[Flow] = tuple(_SIGN), families: Iterable[str] | None = None
    ) -> Fraction | None:
        """tce of these flows and families, outputs subtracted; None where a coefficient is missing."""
        if self.missing.get(basis):
            return None
        wanted, only = set(flows), None if families is None else set(families)
        return sum(
            (
                _SIGN[flow] * amount
                for (found, flow, family), amount in self.tce.items()
                if found is basis and flow in wanted and (only is None or family in only)
            ),
            Fraction(0),
        )

    def consumption(self, basis: Basis) -> Fraction | None:
        """综合能源消费量 in tce: inputs, renewable electricity and feedstock, less outputs."""
        return self.of(basis)

    def tco2(self) -> Fraction | None:
        """CO2 in tonnes; None where a coefficient is missing."""
        return None if self.missing.get(None) else self.tco2_exact
