"""Tariffs: the rule of aluminium, the steps of the unified rule, which an operator gives, and punitive prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from services.core.data.loader import DataFileError, Number, load_lines, table_file
from services.judging.data.processes import Process

ALUMINIUM = "tariff_aluminium.csv"
STEPS = "tariff_steps.csv"
PUNITIVE = "tariff_punitive.csv"
SURCHARGE_UNIT = "yuan/kWh"

AluminiumItem = Literal["threshold", "step", "surcharge", "share_above", "reduction"]
_ABOVE_ZERO: frozenset[AluminiumItem] = frozenset({"threshold", "step"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AluminiumTariff(Number):
    """A number of the rule for aluminium, for whole years.

    threshold: AC power per tonne of molten aluminium above which a surcharge is paid; step: each of which, or part of
    it, costs `surcharge`; share_above: share of non-hydro renewables above which each further point takes `reduction`
    away.
    """

    item: AluminiumItem


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffStepRow(Number):
    """A step of the unified rule: `value` is the surcharge from a gap above `from_gap_percent` on."""

    from_gap_percent: Annotated[Decimal, Field(ge=0)]
    """Gap to the level the unit must reach, in % of it; the step is for what lies above."""
    process: str | None = None
    """Only for this process; empty: for every one that has no steps of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PunitivePrice(Number):
    """What restricted or eliminated capacity pays more for each kWh in a year 惩罚性电价."""

    capacity_class: Literal["restricted", "eliminated"]
    processes: str | None = None
    """Only for these, between blanks; empty: for every one that is named in no other row of the class."""
    computed: bool
    """Whether the document prints a rise in percent, from which the value was computed."""


def tariff_aluminium(override: Path | None = None) -> tuple[AluminiumTariff, ...]:
    """The numbers of the aluminium rule. Raises DataFileError."""
    file = table_file(ALUMINIUM, override)
    lines = load_lines(AluminiumTariff, file)
    for line, row in lines:
        if (row.valid_from.month, row.valid_from.day) != (1, 1):
            raise DataFileError(file, line, "valid_from", "the rule holds for whole years: a 1 January")
        if row.value < 0 or (row.value == 0 and row.item in _ABOVE_ZERO):
            least = "above 0" if row.item in _ABOVE_ZERO else "at least 0"
            raise DataFileError(file, line, "value", f"the {row.item} must be {least}, not {row.value}")
    return tuple(row for _, row in lines)


def tariff_steps(known: Mapping[str, Process], override: Path | None = None) -> tuple[TariffStepRow, ...]:
    """The steps of the unified rule; none are shipped, since no document prints them. Raises DataFileError."""
    file = table_file(STEPS, override)
    lines = load_lines(TariffStepRow, file)
    for line, row in lines:
        if row.process is not None and row.process not in known:
            raise DataFileError(file, line, "process", f"{row.process} is not a row of processes.csv")
        if row.unit != SURCHARGE_UNIT:
            raise DataFileError(file, line, "unit", f"a surcharge is given in {SURCHARGE_UNIT}")
        if row.value < 0:
            raise DataFileError(file, line, "value", f"a surcharge must be at least 0, not {row.value}")
    return tuple(row for _, row in lines)


def tariff_punitive(known: Mapping[str, Process], override: Path | None = None) -> tuple[PunitivePrice, ...]:
    """The punitive prices. Raises DataFileError."""
    file = table_file(PUNITIVE, override)
    lines = load_lines(PunitivePrice, file)
    for line, row in lines:
        for process in (row.processes or "").split():
            if process not in known:
                raise DataFileError(file, line, "processes", f"{process} is not a row of processes.csv")
        if row.unit != SURCHARGE_UNIT:
            raise DataFileError(file, line, "unit", f"a punitive price is given in {SURCHARGE_UNIT}")
        if row.value <= 0:
            raise DataFileError(file, line, "value", f"a punitive price must be above 0, not {row.value}")
    return tuple(row for _, row in lines)


def punitive_price(
    rows: Iterable[PunitivePrice], capacity_class: str | None, process: str | None, day: date
) -> tuple[PunitivePrice, bool] | None:
    """The price for a class and process on a day, and whether it is carried beyond its years; None where none is."""
    of_class = [row for row in rows if row.capacity_class == capacity_class and row.valid_from <= day]
    own = [row for row in of_class if process is not None and process in (row.processes or "").split()]
    found = max(own or [row for row in of_class if not row.processes], key=lambda row: row.valid_from, default=None)
    return None if found is None else (found, found.valid_to is not None and found.valid_to <= day)
