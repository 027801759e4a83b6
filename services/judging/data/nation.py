"""What the nation has set itself and the rules by which it will be held to it: context, by which no area is judged."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from services.core.data.loader import DataFileError, Sourced, load_lines, table_file
from services.judging.dual_control.metric import MetricCode

NAME = "national_aims.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalAim(Sourced):
    """A target of the nation, or a rule without a number."""

    metric: MetricCode | None = None
    """Of which metric of dual control it speaks; empty: of all."""
    name_zh: str
    name_en: str
    value: Decimal | None = None
    """A fall is positive, in % of the base year."""
    unit: str = ""
    base_year: int | None = None
    target_year: int | None = None
    valid_from: date
    """Day on which it was issued."""
    first_year: int
    last_year: int
    """Years for which it is shown."""
    place: str


def national_aims(override: Path | None = None) -> tuple[NationalAim, ...]:
    """The aims in the order of their file. Raises DataFileError."""
    file = table_file(NAME, override)
    lines = load_lines(NationalAim, file)
    for line, row in lines:
        if row.last_year < row.first_year:
            raise DataFileError(file, line, "last_year", f"must not lie before first_year ({row.first_year})")
        if (row.value is None) != (row.unit == ""):
            raise DataFileError(file, line, "unit", "goes with a value, and with nothing else")
    return tuple(row for _, row in lines)
