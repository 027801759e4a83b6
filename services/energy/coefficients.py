"""Standard coal and CO2 coefficients, and how they become those the accounts are made with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from services.core.data.carriers import CarrierRow
from services.core.data.loader import DataFileError, Number, load_lines, table_file
from services.core.units import UnitError, coefficient_kg
from services.energy.factors import Basis, Factor, Factors, FactorTable
from services.energy.heat_ranges import HeatRange, fuels_of
from services.energy.heat_value import CO2_PER_CARBON, KG_PER_MJ, FuelCarbon

STANDARD_COAL = "standard_coal.csv"
CO2 = "co2.csv"
REGION = "150000"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardCoalCoefficient(Number):
    """A standard coal coefficient 折标准煤系数, for whole years."""

    carrier: str
    basis: Basis
    low: Decimal | None = None
    """Where the standard prints a range: its lower end; `place` says why `value` was chosen from it."""
    high: Decimal | None = None
    area_code: str | None = None
    """Where it holds: 150000 the region, 100000 the nation; empty: everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Co2Factor(Number):
    """A CO2 factor, for whole years. A fuel's is its heat value times carbon content times oxidation times 44/12."""

    carrier: str
    area_code: str | None = None
    ncv: Decimal | None = None
    """Heat value 低位发热量, MJ per kg or m3."""
    carbon: Decimal | None = None
    """Carbon content 单位热值含碳量, tC/TJ."""
    oxidation: Decimal | None = None
    """Share of the carbon that burns 碳氧化率, %."""

    def computed(self) -> Fraction | None:
        """kgCO2 per kg or m3 from heat value, carbon and oxidation; None where they are not given."""
        of = self.fuel_carbon
        if self.ncv is None or of is None:
            return None
        return Fraction(self.ncv) * of.kg_per_mj * of.burnt * CO2_PER_CARBON

    @property
    def fuel_carbon(self) -> FuelCarbon | None:
        """Carbon and oxidation; None where they are not given."""
        if self.carbon is None or self.oxidation is None:
            return None
        return FuelCarbon(kg_per_mj=Fraction(self.carbon) * KG_PER_MJ, burnt=Fraction(self.oxidation) / 100)


Coefficient = TypeVar("Coefficient", StandardCoalCoefficient, Co2Factor)
Key = tuple[str, str, str | None]


def standard_coal(
    carriers: Mapping[str, CarrierRow], override: Path | None = None
) -> tuple[StandardCoalCoefficient, ...]:
    """All standard coal coefficients. Raises DataFileError, also where a unit does not fit its carrier."""
    file = table_file(STANDARD_COAL, override)
    lines = load_lines(StandardCoalCoefficient, file)
    _check(file, lines, carriers, of="ce", key=lambda row: (row.carrier, row.basis.value, row.area_code))
    for line, row in lines:
        for name, number in (("value", row.value), ("low", row.low)):
            if number is not None and number <= 0:
                raise DataFileError(file, line, name, f"a coefficient is above 0, not {number}")
        if (row.low is None) != (row.high is None):
            raise DataFileError(file, line, "low", "a range has a low and a high end")
        if row.low is not None and row.high is not None and not row.low <= row.value <= row.high:
            raise DataFileError(file, line, "value", f"must lie between {row.low} and {row.high}")
    return tuple(row for _, row in lines)


def co2_factors(carriers: Mapping[str, CarrierRow], override: Path | None = None) -> tuple[Co2Factor, ...]:
    """All CO2 factors. Raises DataFileError, also where a unit does not fit its carrier."""
    file = table_file(CO2, override)
    lines = load_lines(Co2Factor, file)
    _check(file, lines, carriers, of="CO2", key=lambda row: (row.carrier, "", row.area_code))
    for line, row in lines:
        parts = {"value": row.value, "ncv": row.ncv, "carbon": row.carbon, "oxidation": row.oxidation}
        for name, number in parts.items():
            if number is not None and number < 0:
                raise DataFileError(file, line, name, f"must be at least 0, not {number}")
        computed = row.computed()
        if computed is not None and not _rounds_to(computed, row.value):
            raise DataFileError(
                file, line, "value", f"ncv x carbon x oxidation x 44/12 gives {float(computed):.6f}, not {row.value}"
            )
    return tuple(row for _, row in lines)


def _rounds_to(exact: Fraction, printed: Decimal) -> bool:
    """Whether `printed` is `exact` rounded to the places it is printed with."""
    exponent = printed.as_tuple().exponent
    half_place = Fraction(1, 2) * Fraction(10) ** (exponent if isinstance(exponent, int) else 0)
    return abs(exact - Fraction(printed)) <= half_place


def _check(
    file: Path,
    lines: Iterable[tuple[int, Coefficient]],
    carriers: Mapping[str, CarrierRow],
    *,
    of: str,
    key: Callable[[Coefficient], Key],
) -> None:
    """Raises DataFileError for an unknown carrier, a part of a year, a unit that does not fit, or a second row."""
    spans: dict[Key, list[tuple[date, date]]] = {}
    for line, row in lines:
        if row.carrier not in carriers:
            raise DataFileError(file, line, "carrier", f"{row.carrier} is not a row of carriers.csv")
        for name, day in (("valid_from", row.valid_from), ("valid_to", row.valid_to)):
            if day is not None and (day.month, day.day) != (1, 1):
                raise DataFileError(file, line, name, f"coefficients hold for whole years: a 1 January, not {day}")
        carrier = carriers[row.carrier]
        try:
            coefficient_kg(row.unit, of=of, carrier_unit=carrier.unit if carrier.is_energy else None)
        except UnitError as error:
            raise DataFileError(file, line, "unit", str(error)) from None
        end = row.valid_to or date.max
        for other_from, other_to in spans.setdefault(key(row), []):
            if row.valid_from < other_to and other_from < end:
                raise DataFileError(file, line, "valid_from", f"another row of {row.carrier} holds at that time")
        spans[key(row)].append((row.valid_from, end))


def factors_of(
    carriers: Iterable[CarrierRow],
    coal: Iterable[StandardCoalCoefficient],
    co2: Iterable[Co2Factor],
    ranges: Iterable[HeatRange] = (),
    *,
    area_code: str = REGION,
) -> Factors:
    """The coefficients of an area, in kg of standard coal or CO2 per unit in which each carrier is kept, exact.

    A carrier with rows of the area itself has only these; else those that hold everywhere. National rows are for
    comparison: a region's year is not put together with the nation's.
    """
    kept = {carrier.code: carrier for carrier in carriers if carrier.is_energy}
    coal = [row for row in coal if row.carrier in kept]
    co2 = [row for row in co2 if row.carrier in kept]
    return Factors(
        calorific=_table([row for row in coal if row.basis is Basis.CALORIFIC], kept, "ce", area_code),
        equivalent=_table([row for row in coal if row.basis is Basis.EQUIVALENT], kept, "ce", area_code),
        co2=_table(co2, kept, "CO2", area_code),
        family={code: carrier.family for code, carrier in kept.items()},
        fuels=fuels_of(kept, ranges),
    )


def _table(rows: list[Coefficient], kept: Mapping[str, CarrierRow], of: str, area_code: str) -> FactorTable:
    own = {row.carrier for row in rows if row.area_code == area_code}
    return FactorTable(
        Factor(
            code=row.code,
            carrier=row.carrier,
            per_unit=Fraction(row.value) * coefficient_kg(row.unit, of=of, carrier_unit=kept[row.carrier].unit),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            carbon=row.fuel_carbon if isinstance(row, Co2Factor) else None,
        )
        for row in rows
        if row.area_code == (area_code if row.carrier in own else None)
    )
