"""Standard coal and CO2 coefficients: which one holds for a carrier in a year. Pure.

Source: GB/T 2589-2020, section 3 (calorific and equivalent value); the numbers are rows of the data files. What an
enterprise measured goes before them: `heat_value.py`.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from weakref import WeakKeyDictionary

from services.energy.heat_value import ByHeatValue, Fuel, FuelCarbon, HeatValue


class Basis(enum.StrEnum):
    """How standard coal is counted."""

    CALORIFIC = "calorific"
    """当量值: the heat content."""
    EQUIVALENT = "equivalent"
    """等价值: the energy it takes to make the carrier; of electricity the value of the year."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A coefficient of a carrier, for whole years from `valid_from` on."""

    code: str
    """The row of the data file."""
    carrier: str
    per_unit: Fraction
    """kgce, or kgCO2, per unit in which the carrier is kept."""
    valid_from: date
    valid_to: date | None = None
    carbon: FuelCarbon | None = None
    """Of a CO2 factor that follows from the heat value of a fuel; None: it does not."""
    heat_value: HeatValue | None = None
    """What was measured, where the coefficient follows from that; `code` is then its code."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The coefficient that holds in a year. `carried`: the year lies after the last one it was published for."""

    factor: Factor
    carried: bool


class FactorTable:
    """Coefficients of one sort."""

    def __init__(self, factors: Iterable[Factor]) -> None:
        self._by_carrier: dict[str, list[Factor]] = {}
        for factor in sorted(factors, key=lambda f: f.valid_from):
            self._by_carrier.setdefault(factor.carrier, []).append(factor)
        self._found: dict[tuple[str, int], Applied | None] = {}

    def __contains__(self, carrier: str) -> bool:
        return carrier in self._by_carrier

    def of(self, carrier: str, year: int) -> Applied | None:
        """The coefficient of `carrier` in `year`: the newest that had begun; None where none had.

        A coefficient is carried on until a newer one is published, and says so.
        """
        key = (carrier, year)
        if key not in self._found:
            self._found[key] = self._search(carrier, year)
        return self._found[key]

    def _search(self, carrier: str, year: int) -> Applied | None:
        first_day = date(year, 1, 1)
        begun = [f for f in self._by_carrier.get(carrier, ()) if f.valid_from <= first_day]
        if not begun:
            return None
        newest = begun[-1]
        return Applied(newest, newest.valid_to is not None and newest.valid_to <= first_day)


class _ByHeatValue(WeakKeyDictionary[ByHeatValue, dict[tuple[Basis | None, str], tuple[Applied, ...]]]):
    """Forgotten with the heat value; another process that is given it begins anew."""

    def __reduce__(self) -> tuple[type["_ByHeatValue"], tuple[()]]:
        return _ByHeatValue, ()


@dataclass(frozen=True, slots=True)
class Factors:
    """All coefficients of a region. A carrier without an equivalent value of its own has its calorific one."""

    calorific: FactorTable
    equivalent: FactorTable
    co2: FactorTable
    family: Mapping[str, str]
    """Of each energy carrier: coal, oil, gas, electricity, heat, biomass, other. What is missing here is no energy."""
    fuels: Mapping[str, Fuel] = field(default_factory=dict)
    """What may have measured heat values: the carriers kept by mass or volume."""
    _measured: _ByHeatValue = field(default_factory=_ByHeatValue, compare=False, repr=False)
    """What followed from heat values before, as ends of ranges and places ask for each hundreds of times."""

    def standard_coal(self, carrier: str, basis: Basis, year: int) -> Applied | None:
        """kgce per unit of `carrier`."""
        if basis is Basis.EQUIVALENT and carrier in self.equivalent:
            return self.equivalent.of(carrier, year)
        return self.calorific.of(carrier, year)

    def measured(self, basis: Basis | None, carrier: str, by: ByHeatValue) -> tuple[Applied, ...]:
        """What follows from a heat value on a basis, or under None for CO2, after the table's row that this needs.

        Empty where that is missing. A factor that does not follow from the heat, as that of biomass, counts as it is.
        """
        known = self._measured.setdefault(by, {})
        if (basis, carrier) not in known:
            known[basis, carrier] = self._of_heat_value(basis, carrier, by)
        return known[basis, carrier]

    def _of_heat_value(self, basis: Basis | None, carrier: str, by: ByHeatValue) -> tuple[Applied, ...]:
        heat_value, fuel = by.heat_value, self.fuels[carrier]
        beside: tuple[Applied, ...] = ()
        if basis is not None:
            per_unit = heat_value.kgce(fuel)
        else:
            table = self.co2.of(carrier, by.year)
            if table is None:
                return ()
            if table.factor.carbon is None:
                return (table,)
            beside, per_unit = (table,), heat_value.kg_co2(fuel, table.factor.carbon)
        valid_from = heat_value.month or date(by.year, 1, 1)
        factor = Factor(heat_value.code, carrier, per_unit, valid_from, heat_value=heat_value)
        return (*beside, Applied(factor, carried=False))

    def range_of(self, carrier: str, year: int) -> tuple[Fraction, Fraction] | None:
        """Between how many times its coefficient of the year the true one lies until it is measured.

        None where the table's counts as it is.
        """
        fuel, applied = self.fuels.get(carrier), self.calorific.of(carrier, year)
        if fuel is None or fuel.unmeasured_kgce is None or applied is None:
            return None
        low, high = fuel.unmeasured_kgce
        return low / applied.factor.per_unit, high / applied.factor.per_unit
