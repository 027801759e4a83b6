"""From quantities to standard coal and CO2: the energy account of an enterprise, a park or an area. Pure.

Rules (GB/T 2589-2020; plan for energy saving of Inner Mongolia 2021-2025, M13 and T17 of its reading):
- Energy is what comes in over the boundary less what goes out over it, so what one enterprise sells to another counts
  once in an area.
- Feedstock (原料用能) and renewable electricity have meters of their own beside the inputs, and are shown apart, since
  the plans exempt them differently. Both are energy consumed.
- Sub meters, IT load, rectifiers and products are never added. Carriers that are no energy (water, products) have no
  coefficients.
- CO2 is that of fuels burnt and of electricity and heat bought, less what is sold on. Renewable electricity has none,
  and feedstock is not burnt: its carbon goes into the product.
- Nothing of a carrier is nothing on every basis, whether there is a coefficient for it or not.
"""

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from services.core.meter import PICO, Flow
from services.energy.factors import Applied, Basis, Factors
from services.energy.heat_value import ByHeatValue, ValuedBy, year_in

PICO_KILO = PICO * 1000
"""1e-12 of a kilogram are so many parts of a tonne."""

SIGN: Mapping[Flow, int] = {Flow.INPUT: 1, Flow.RENEWABLE: 1, Flow.FEEDSTOCK: 1, Flow.OUTPUT: -1}
"""How the flows that cross the boundary enter the consumption; the others do not."""

CO2_SIGN: Mapping[Flow, int] = {Flow.INPUT: 1, Flow.OUTPUT: -1}
"""How they enter the CO2."""

ALL_FLOWS = tuple(SIGN)

Quantities = Mapping[tuple[str, Flow], int]
"""1e-12 of the carrier's unit by carrier and flow, all of one year."""

Parts = tuple[tuple[ValuedBy, int], ...]
"""1e-12 of the carrier's unit, after the year whose coefficients hold, or the heat value that goes before them.

Empty where nothing is booked.
"""

Tonnes = tuple[int, int]
"""Numerator and denominator, not reduced, since an answer holds thousands of sums."""

_BASES = tuple(Basis)
_OF_HEAT_VALUES = 3 * 293_076 * 10**15
"""A denominator that coefficients of heat values have in common, so that many of them add up without growing."""


class Valuation:
    """The one place in which a quantity is multiplied with its coefficient; exact.

    That is the coefficient of its year, unless a heat value goes before it.
    """

    def __init__(self, factors: Factors) -> None:
        self._factors = factors
        self._coefficients: dict[tuple[Basis | None, str, ValuedBy], Tonnes] = {}
        self.used: dict[str, Applied] = {}
        """The coefficients used, by the code of their row; carried where they were so for any of the years."""
        self.missing: dict[Basis | None, set[tuple[str, int]]] = {}
        """The (carrier, year) without coefficient by basis, under None those of CO2."""

    def tonnes(self, basis: Basis | None, carrier: str, by: ValuedBy, quantity_pico: int) -> Tonnes | None:
        """tce on a basis, or under None tCO2, of a quantity of a carrier that is energy.

        None where the coefficient is missing; nothing of a carrier needs none.
        """
        key = (basis, carrier, by)
        coefficient = self._coefficients.get(key) or self._look_up(key)
        if coefficient is not None:
            return quantity_pico * coefficient[0], coefficient[1]
        if quantity_pico == 0:
            return 0, 1
        self.missing.setdefault(basis, set()).add((carrier, year_in(by)))
        return None

    def coefficient(self, basis: Basis | None, carrier: str, by: ValuedBy) -> Applied | None:
        """The coefficient by which `tonnes` values, noted as used; None where it is missing."""
        return self._applied(basis, carrier, by)

    def _look_up(self, key: tuple[Basis | None, str, ValuedBy]) -> Tonnes | None:
        """Tonnes for 1e-12 of the carrier's unit."""
        basis, carrier, by = key
        applied = self._applied(basis, carrier, by)
        if applied is None:
            return None
        per_unit = applied.factor.per_unit
        numerator, denominator = per_unit.as_integer_ratio()
        if applied.factor.heat_value is not None and _OF_HEAT_VALUES % denominator == 0:
            numerator, denominator = numerator * (_OF_HEAT_VALUES // denominator), _OF_HEAT_VALUES
        self._coefficients[key] = numerator, denominator * PICO_KILO
        return self._coefficients[key]

    def _applied(self, basis: Basis | None, carrier: str, by: ValuedBy) -> Applied | None:
        """The coefficient that holds, noted as used."""
        if isinstance(by, ByHeatValue):
            return self._measured(basis, carrier, by)
        factors = self._factors
        applied = factors.co2.of(carrier, by) if basis is None else factors.standard_coal(carrier, basis, by)
        if applied is not None:
            note(self.used, {applied.factor.code: applied})
        return applied

    def _measured(self, basis: Basis | None, carrier: str, by: ByHeatValue) -> Applied | None:
        used = self._factors.measured(basis, carrier, by)
        for applied in used:
            note(self.used, {applied.factor.code: applied})
        return used[-1] if used else None


def note(used: dict[str, Applied], more: Mapping[str, Applied]) -> None:
    """Take up which coefficients were used; carried is one that was so anywhere."""
    for code, applied in more.items():
        if applied.carried or code not in used:
            used[code] = applied


def exact_sum(parts: Mapping[int, int]) -> Fraction:
    """The sum of numerators over their denominators, by denominator: reduced once, and not at each step."""
    common = math.lcm(*parts)
    return Fraction(sum(part * (common // denominator) for denominator, part in parts.items()), common)


class Account:
    """Sums in tce and tCO2, exact. Filled by what quantities are valued by: their year, or a heat value."""

    def __init__(self, factors: Factors) -> None:
        self._family = factors.family
        self._valuation = Valuation(factors)
        # by basis, then by flow, family and denominator; outputs below zero
        self._coal: dict[Basis, dict[tuple[Flow, str, int], int]] = {basis: {} for basis in Basis}
        self._co2: dict[int, int] = {}
        # whose sum lacks a coefficient
        self._unknown: set[tuple[Basis, Flow, str]] = set()

    @property
    def used(self) -> Mapping[str, Applied]:
        """The coefficients used, by the code of their row; carried where they were so for any of the years."""
        return self._valuation.used

    @property
    def missing(self) -> Mapping[Basis | None, set[tuple[str, int]]]:
        """The (carrier, year) without coefficient by basis, under None those of CO2."""
        return self._valuation.missing

    def add(self, quantities: Quantities, *, year: ValuedBy) -> None:
        """Add what was measured in `year`, or is valued by a heat value."""
        for (carrier, flow), quantity_pico in quantities.items():
            if quantity_pico == 0 or flow not in SIGN or carrier not in self._family:
                continue
            for basis in _BASES:
                self._add_coal(basis, flow, carrier, quantity_pico, year)
            if flow in CO2_SIGN:
                self._add_co2(flow, carrier, quantity_pico, year)

    def _add_coal(self, basis: Basis, flow: Flow, carrier: str, quantity_pico: int, year: ValuedBy) -> None:
        tonnes, family = self._valuation.tonnes(basis, carrier, year, quantity_pico), self._family[carrier]
        if tonnes is None:
            self._unknown.add((basis, flow, family))
            return
        numerator, denominator = tonnes
        amounts, key = self._coal[basis], (flow, family, denominator)
        amounts[key] = amounts.get(key, 0) + SIGN[flow] * numerator

    def _add_co2(self, flow: Flow, carrier: str, quantity_pico: int, year: ValuedBy) -> None:
        tonnes = self._valuation.tonnes(None, carrier, year, quantity_pico)
        if tonnes is not None:
            numerator, denominator = tonnes
            self._co2[denominator] = self._co2.get(denominator, 0) + CO2_SIGN[flow] * numerator

    def of(
        self, basis: Basis, *, flows: Iterable[Flow] = ALL_FLOWS, families: Iterable[str] | None = None
    ) -> Fraction | None:
        """tce of these flows and families, outputs subtracted; None where a coefficient of theirs is missing."""
        wanted, only = tuple(flows), None if families is None else tuple(families)
        for found, flow, family in self._unknown:
            if found is basis and flow in wanted and (only is None or family in only):
                return None
        parts: dict[int, int] = {}
        for (flow, family, denominator), amount in self._coal[basis].items():
            if flow in wanted and (only is None or family in only):
                parts[denominator] = parts.get(denominator, 0) + amount
        return exact_sum(parts)

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
        return None if self.missing.get(None) else exact_sum(self._co2)
