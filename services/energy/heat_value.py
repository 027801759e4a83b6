"""Measured heat values: what an enterprise's own fuel holds, which goes before the coefficients of the tables. Pure.

Sources: GB/T 2589-2020, section 4 (the measured heat value of a fuel comes first); GB/T 32150-2015 and the guidelines
for accounting greenhouse gases of the Ministry of Ecology and Environment (CO2 = heat value x carbon x oxidation x
44/12, the carbon either for the heat or for the mass of the fuel).
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from services.core.units import factor_to

KGCE_PER_MJ = factor_to("MJ", "kgce_calorific").factor
CO2_PER_CARBON = Fraction(44, 12)
"""Masses of the molecule and of its carbon."""
KG_PER_MJ = Fraction(1, 1000)
"""So much is one t per TJ."""


@dataclass(frozen=True, slots=True)
class Fuel:
    """How a carrier that is burnt is kept, and what is known of its heat value before one is measured."""

    kg_or_m3: Fraction
    """In one unit in which it is kept."""
    unit_of_heat: str
    """MJ/kg or MJ/m3."""
    unmeasured_kgce: tuple[Fraction, Fraction] | None = None
    """Between what its coefficient lies until it is measured, kgce per unit in which it is kept; None: as the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelCarbon:
    """The parts of a CO2 factor that do not follow from the heat value."""

    kg_per_mj: Fraction
    """Carbon for the heat 单位热值含碳量."""
    burnt: Fraction
    """Share of it that burns 碳氧化率, of 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatValue:
    """A heat value of an enterprise's fuel, of one month, or of every month for which none was measured.

    Compared by what it is, and not by what it holds: sums look it up very often.
    """

    heat_value_id: int
    enterprise: str
    """Its credit code."""
    carrier: str
    month: date | None
    """Its first day in Asia/Shanghai; None: the enterprise's own default."""
    version: int
    ncv_mj: Fraction
    """Net heat value 低位发热量 as received, MJ per kg or m3."""
    carbon_tc_per_tj: Fraction | None = None
    """Carbon for the heat 单位热值含碳量; None: that of the table."""
    carbon_tc_per_t: Fraction | None = None
    """Or carbon of the mass 元素碳含量, of what is kept by mass."""
    laboratory: str
    report: str

    @property
    def code(self) -> str:
        """As answers name it."""
        of = "own" if self.month is None else f"{self.month:%Y-%m}"
        return f"heat_value.{self.enterprise}.{self.carrier}.{of}.v{self.version}"

    @property
    def origin(self) -> str:
        """Whether it was measured for the month, or is the enterprise's own default."""
        return "own" if self.month is None else "measured"

    def kgce(self, fuel: Fuel) -> Fraction:
        """Standard coal of one unit in which the fuel is kept."""
        return self.ncv_mj * fuel.kg_or_m3 * KGCE_PER_MJ

    def kg_co2(self, fuel: Fuel, by_table: FuelCarbon) -> Fraction:
        """CO2 of one unit in which the fuel is kept. Carbon that was measured goes before the table's."""
        if self.carbon_tc_per_t is not None:
            carbon_kg = self.carbon_tc_per_t
        else:
            measured = self.carbon_tc_per_tj
            carbon_kg = self.ncv_mj * (by_table.kg_per_mj if measured is None else measured * KG_PER_MJ)
        return carbon_kg * by_table.burnt * fuel.kg_or_m3 * CO2_PER_CARBON


def heat_value_of(row: Any) -> HeatValue:
    """From a row of `heat_value_now` with the credit code of the enterprise."""
    per_tj, per_t = row.carbon_tc_per_tj, row.carbon_tc_per_t
    return HeatValue(
        heat_value_id=row.heat_value_id,
        enterprise=row.credit_code,
        carrier=row.carrier,
        month=row.month,
        version=row.version,
        ncv_mj=Fraction(row.ncv_mj),
        carbon_tc_per_tj=None if per_tj is None else Fraction(per_tj),
        carbon_tc_per_t=None if per_t is None else Fraction(per_t),
        laboratory=row.laboratory,
        report=row.report,
    )


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ByHeatValue:
    """What a quantity is valued by instead of the coefficients of its year. Likewise compared."""

    year: int
    heat_value: HeatValue


ValuedBy = int | ByHeatValue
"""The year whose coefficients hold, or the heat value that goes before them."""


def year_in(by: ValuedBy) -> int:
    """The year in which a quantity lies, whatever it is valued by."""
    return by.year if isinstance(by, ByHeatValue) else by
