"""Energy carriers, and the energy-free quantities measured beside them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.core.data.loader import DataFileError, Sourced, load_lines, table_file
from services.core.units import UnitError, factor_to

NAME = "carriers.csv"

Family = Literal["coal", "oil", "gas", "electricity", "heat", "biomass", "other", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRow(Sourced):
    """One carrier and the unit in which its quantities are kept and answered."""

    name_zh: str
    name_en: str
    unit: str
    is_energy: bool
    family: Family
    """With which others it is added up in shares; `none` for what is no energy.

    What is made from coal (coke, tar, coke oven and blast furnace gas) is of family coal, so that the coal consumption
    of an area is what its enterprises took in less what they sold on.
    """
    nbs_code: str | None = None
    """Two-digit code in the energy table 205-1 of the statistics bureau; `verified` speaks of it."""


def carriers(override: Path | None = None) -> tuple[CarrierRow, ...]:
    """All carriers. Raises DataFileError when the file does not keep its rules."""
    file = table_file(NAME, override)
    rows = load_lines(CarrierRow, file)
    for line, row in rows:
        if row.is_energy == (row.family == "none"):
            raise DataFileError(file, line, "family", "is none for what is no energy, and for nothing else")
        try:
            factor_to(row.unit, row.unit)
        except UnitError as error:
            raise DataFileError(file, line, "unit", str(error)) from None
    return tuple(row for _, row in rows)
