"""The kinds of enterprise, read from models.toml, strictly."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from simulators.fleet.shapes import SEASONS, SHAPES

_FILE = Path(__file__).with_name("models.toml")

# Amount in the unit of measure for one carrier unit, and whether the unit is a rate (per hour, l/min per minute).
UNITS: dict[tuple[str, str], tuple[float, bool]] = {
    ("electricity", "kWh"): (1.0, False),
    ("electricity", "kW"): (1.0, True),
    ("heat", "GJ"): (1.0, False),
    ("water", "m3"): (1.0, False),
    ("water", "m3/h"): (1.0, True),
    ("water", "l/min"): (1000.0 / 60.0, True),
    ("natural_gas", "m3"): (1.0, False),
    ("coke_oven_gas", "m3"): (1.0, False),
    ("blast_furnace_gas", "m3"): (1.0, False),
    ("converter_gas", "m3"): (1.0, False),
    ("diesel", "kg"): (1000.0, False),
    ("raw_coal", "t"): (1.0, False),
    ("lignite", "t"): (1.0, False),
    ("washed_coal", "t"): (1.0, False),
    ("coke", "t"): (1.0, False),
    ("product", "t"): (1.0, False),
}


class MeterModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ratio: lowest and highest amount (the carrier's own unit) for one unit of activity."""

    code: str
    name_zh: str
    name_en: str
    carrier: str
    flow: str
    kind: str
    unit: str
    ratio: tuple[float, float] | None = None
    sum_of: tuple[str, ...] = ()
    idle: float = 0.0
    season: str | None = None
    green: bool = False
    live_s: int = 900


class UnitModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    name_zh: str
    name_en: str
    process: str
    activity_per_hour: float
    shape: str
    season: str
    meters: tuple[MeterModel, ...]


class EnterpriseModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    trade: str
    name_zh: str
    name_en: str
    unit: tuple[UnitModel, ...]


@cache
def load_models(path: Path = _FILE) -> dict[str, EnterpriseModel]:
    """Models by name; raises ValueError that names the file and the field."""
    with path.open("rb") as file:
        content: dict[str, Any] = tomllib.load(file)
    try:
        models = msgspec.convert(content, dict[str, EnterpriseModel])
    except msgspec.ValidationError as error:
        raise ValueError(f"{path.name}: {error}") from error
    for name, model in models.items():
        for unit in model.unit:
            _check(f"{path.name}: {name}.{unit.code}", unit)
    return models


def _check(where: str, unit: UnitModel) -> None:
    codes = {meter.code for meter in unit.meters}
    if unit.shape not in SHAPES or unit.season not in SEASONS:
        raise ValueError(f"{where}: unknown shape {unit.shape!r} or season {unit.season!r}")
    for meter in unit.meters:
        if (meter.carrier, meter.unit) not in UNITS:
            raise ValueError(f"{where}.{meter.code}: no conversion from {meter.carrier} to {meter.unit!r}")
        if meter.season is not None and meter.season not in SEASONS:
            raise ValueError(f"{where}.{meter.code}: unknown season {meter.season!r}")
        if (meter.ratio is None) == (not meter.sum_of):
            raise ValueError(f"{where}.{meter.code}: give either ratio or sum_of")
        if not codes.issuperset(meter.sum_of):
            raise ValueError(f"{where}.{meter.code}: sum_of names meters that the unit does not have")
