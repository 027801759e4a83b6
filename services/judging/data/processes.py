"""Processes of units, and what they make."""

from dataclasses import dataclass
from pathlib import Path

from services.core.data.loader import Sourced, load, table_file
from services.judging.indicators.judged_by import Metric

NAME = "processes.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Sourced):
    """What a unit does. Its code stands in the field `process` of units."""

    name_zh: str
    name_en: str
    product_zh: str
    product_en: str
    product_unit: str
    """Unit in which its product is counted: t, m2, weight_case (50 kg of flat glass), m3, kWh, energy_factor_t."""
    metric: Metric
    """How its energy use is given: energy kgce/unit, ac_electricity kWh/t, energy_kgoe kg of oil equivalent per unit,
    coal_supply gce/kWh, pue, or none."""
    field_zh: str | None = None
    """Field of the national list 工业重点领域 to which it belongs."""
    field_en: str | None = None
    edition: str | None = None
    """First edition of the national list that names the field: 2021 or 2023."""
    place: str


def processes(override: Path | None = None) -> tuple[Process, ...]:
    """All processes. Raises DataFileError."""
    return load(Process, table_file(NAME, override))
