"""Between what the heat value of a fuel lies: for what is entered, and for verdicts until one is measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from services.core.data.carriers import CarrierRow
from services.core.data.loader import DataFileError, Sourced, load_lines, table_file
from services.core.units import UnitError, factor_to
from services.energy.heat_value import KGCE_PER_MJ, Fuel

HEAT_RANGES = "heat_ranges.csv"
_BASES = ("kg", "m3")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRange(Sourced):
    """The plausible heat values 低位发热量 of a carrier."""

    carrier: str
    low: Decimal
    high: Decimal
    unit: str
    """MJ/kg or MJ/m3."""
    until_measured: bool
    """Whether verdicts allow for all of it until a heat value is measured; else the coefficient counts as it is."""
    valid_from: date
    place: str
    """Where in the source it stands."""


def base_of(carrier: CarrierRow) -> str | None:
    """What a heat value of the carrier is given for: kg or m3; None of what is no fuel kept by mass or volume."""
    if not carrier.is_energy or carrier.family in ("electricity", "heat"):
        return None
    for base in _BASES:
        try:
            factor_to(carrier.unit, base)
        except UnitError:
            continue
        return base
    return None


def heat_ranges(carriers: Mapping[str, CarrierRow], override: Path | None = None) -> tuple[HeatRange, ...]:
    """All ranges. Raises DataFileError, also where a unit does not fit its carrier."""
    file = table_file(HEAT_RANGES, override)
    lines = load_lines(HeatRange, file)
    seen: set[str] = set()
    for line, row in lines:
        base = base_of(carriers[row.carrier]) if row.carrier in carriers else None
        if base is None:
            raise DataFileError(
                file, line, "carrier", f"{row.carrier} is no fuel of carriers.csv kept by mass or volume"
            )
        if row.carrier in seen:
            raise DataFileError(file, line, "carrier", f"another row gives the range of {row.carrier}")
        seen.add(row.carrier)
        if row.unit != f"MJ/{base}":
            raise DataFileError(file, line, "unit", f"the heat value of {row.carrier} is given in MJ/{base}")
        if not 0 < row.low < row.high:
            raise DataFileError(file, line, "low", "must be above 0 and below high")
    return tuple(row for _, row in lines)


def fuels_of(kept: Mapping[str, CarrierRow], ranges: Iterable[HeatRange]) -> Mapping[str, Fuel]:
    """The carriers that may have measured heat values, with what is known before one is."""
    range_of = {row.carrier: row for row in ranges if row.until_measured}
    found = {}
    for code, carrier in kept.items():
        base = base_of(carrier)
        if base is None:
            continue
        kg_or_m3, row = factor_to(carrier.unit, base).factor, range_of.get(code)
        ends = None
        if row is not None:
            ends = Fraction(row.low) * kg_or_m3 * KGCE_PER_MJ, Fraction(row.high) * kg_or_m3 * KGCE_PER_MJ
        found[code] = Fuel(kg_or_m3, f"MJ/{base}", ends)
    return found
