"""From quantities to standard coal and CO2: the energy account of an enterprise, a park or an area. Pure.

Rules (GB/T 2589-2020; plan for energy saving of Inner Mongolia 2021-2025, M13 and T17 of its reading):
- Energy is what comes in over the boundary less what goes out over it, so what one enterprise sells to another counts
  once in an area.
- Feedstock (原料用能) and renewable electricity have meters of their own beside the inputs, and are shown apart, since
  the plans exempt them differently. Both are energy consumed.
- Sub meters, IT load and products are never added. Carriers that are no energy (water, products) have no coefficients.
- CO2 is that of fuels burnt and of electricity and heat bought, less what is sold on. Renewable electricity has none,
  and feedstock is not burnt: its carbon goes into the product.
- Nothing of a carrier is nothing on every basis, whether there is a coefficient for it or not.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from services.core.meter import PICO, Flow
from services.energy.factors import Applied, Basis, Factors

PICO_KILO = PICO * 1000
"""1e-12 of a kilogram are so many parts of a tonne."""

SIGN: Mapping[Flow, int] = {Flow.INPUT: 1, Flow.RENEWABLE: 1, Flow.FEEDSTOCK: 1, Flow.OUTPUT: -1}
"""How the flows that cross the boundary enter the consumption; the others do not."""

CO2_SIGN: Mapping[Flow, int] = {Flow.INPUT: 1, Flow.OUTPUT: -1}
"""How they enter the CO2."""

ALL_FLOWS = tuple(SIGN)

Quantities = Mapping[tuple[str, Flow], int]
"""1e-12 of the carrier's unit by carrier and flow, all of one year."""

_BASES = tuple(Basis)


@dataclass
class Account:
    """Sums in tce and tCO2, exact. Filled by `add`, since a period may hold several years with their own coefficients.

    Kept as whole numbers over the few denominators that coefficients have, since an answer holds thousands of sums.
    """

    factors: Factors
    used: dict[str, Applied] = field(default_factory=dict)
    """The coefficients used, by the code of their row; carried where they were so for any of the years."""
    missing: dict[Basis | None, set[tuple[str, int]]] = field(default_factory=dict)
    """The (carrier, year) without coefficient by basis, under None those of CO2: what depends on it cannot be told."""
    _coal: dict[Basis, dict[tuple[Flow, str, int], int]] = field(default_factory=lambda: {b: {} for b in Basis})
    """By basis, then by flow, family and denominator: 1e-12 kgce, outputs below zero."""
    _co2: dict[int, int] = field(default_factory=dict)
    """By denominator: 1e-12 kgCO2."""
    _untold: set[tuple[Basis, Flow, str]] = field(default_factory=set)
    """Basis, flow and family whose sum lacks a coefficient."""

    def add(self, quantities: Quantities, *, year: int) -> None:
        """Add what was measured in `year`."""
        family = self.factors.family
        for (carrier, flow), quantity_pico in quantities.items():
            if quantity_pico == 0 or flow not in SIGN or carrier not in family:
                continue
            for basis in _BASES:
                self._add_coal(basis, flow, carrier, quantity_pico, year)
            if flow in CO2_SIGN:
                self._add_co2(flow, carrier, quantity_pico, year)

    def _add_coal(self, basis: Basis, flow: Flow, carrier: str, quantity_pico: int, year: int) -> None:
        applied = self.factors.standard_coal(carrier, basis, year)
        family = self.factors.family[carrier]
        if applied is None:
            self.missing.setdefault(basis, set()).add((carrier, year))
            self._untold.add((basis, flow, family))
            return
        self._note(applied)
        numerator, denominator = applied.factor.per_unit.as_integer_ratio()
        amounts, key = self._coal[basis], (flow, family, denominator)
        amounts[key] = amounts.get(key, 0) + SIGN[flow] * numerator * quantity_pico

    def _add_co2(self, flow: Flow, carrier: str, quantity_pico: int, year: int) -> None:
        applied = self.factors.co2.of(carrier, year)
        if applied is None:
            self.missing.setdefault(None, set()).add((carrier, year))
            return
        self._note(applied)
        numerator, denominator = applied.factor.per_unit.as_integer_ratio()
        self._co2[denominator] = self._co2.get(denominator, 0) + CO2_SIGN[flow] * numerator * quantity_pico

    def _note(self, applied: Applied) -> None:
        code = applied.factor.code
        if applied.carried or code not in self.used:
            self.used[code] = applied

    def of(
        self, basis: Basis, *, flows: Iterable[Flow] = ALL_FLOWS, families: Iterable[str] | None = None
    ) -> Fraction | None:
        """tce of these flows and families, outputs subtracted; None where a coefficient of theirs is missing."""
        wanted, only = tuple(flows), None if families is None else tuple(families)
        for found, flow, family in self._untold:
            if found is basis and flow in wanted and (only is None or family in only):
                return None
        parts: dict[int, int] = {}
        for (flow, family, denominator), amount in self._coal[basis].items():
            if flow in wanted and (only is None or family in only):
                parts[denominator] = parts.get(denominator, 0) + amount
        return _tonnes(parts)

    def consumption(self, basis: Basis) -> Fraction | None:
        """综合能源消费量 in tce: inputs, renewable electricity and feedstock, less outputs."""
        return self.of(basis)

    def coal(self, basis: Basis) -> Fraction | None:
        """Coal and its products in tce, less the electricity and heat that are sold beyond what is bought.

        What is made of coal and leaves is not consumed here, be it coke, gas, electricity or heat.
        """
        coal = self.of(basis, families=["coal"])
        for family in ("electricity", "heat"):
            net = self.of(basis, flows=[Flow.INPUT, Flow.OUTPUT], families=[family])
            if coal is None or net is None:
                return None
            coal += min(net, Fraction(0))
        return coal

    def tco2(self) -> Fraction | None:
        """CO2 in tonnes; None where a coefficient is missing."""
        return None if self.missing.get(None) else _tonnes(self._co2)


def _tonnes(parts: Mapping[int, int]) -> Fraction:
    """Tonnes of 1e-12 kilograms over their denominators."""
    common = math.lcm(*parts)
    return Fraction(sum(amount * (common // denominator) for denominator, amount in parts.items()), common * PICO_KILO)
