"""What the energy-saving review knows of simulated units: design, approval, retrofit, capacity class, units to come.

Approvals lie around what the unit will use, so that some units keep them and some do not.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec

from simulators.fleet import fuel
from simulators.fleet.draw import uniform
from simulators.fleet.quantity import SimulatedMeter
from simulators.registry import Unit

_HERE = Path(__file__).parent

# tce for one unit of the carrier, as the simulated reviewer counts them; electricity at its equivalent value.
_TCE = {
    "electricity": 0.0003025,
    "heat": 0.03412,
    **fuel.TCE_PER_T,
    "washed_coal": 0.9,
    "coke": 0.9714,
    "natural_gas": 0.00133,
    "coke_oven_gas": 0.0006143,
    "blast_furnace_gas": 0.0001286,
    "converter_gas": 0.0002714,
    "diesel": 1.4571,
}
_CALORIFIC_ELECTRICITY_TCE = 0.0001229
_SIGN = {"input": 1.0, "renewable": 1.0, "feedstock": 1.0, "output": -1.0}
_HOURS_A_YEAR = 8760.0
_KW_A_RACK = 2.5
_ROUND_TCE = 100.0
_REVIEWED_FROM_TCE = 1000.0


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of units.csv: what is particular of one unit. approved_ratio: approval against what it will use."""

    label_en: str
    unit: str
    commissioned_on: str
    approved_ratio: str
    retrofit_listed_on: str
    retrofit_due_on: str
    capacity_class: str


class Ahead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of ahead.csv: a unit of an enterprise of the list that is being built or planned, without meters."""

    label_en: str
    code: str
    name_zh: str
    name_en: str
    process: str
    status: str
    design_energy_tce: float
    standard_racks: str


@cache
def _known() -> dict[tuple[str, str], Known]:
    with (_HERE / "units.csv").open(encoding="utf-8", newline="") as file:
        lines = msgspec.convert(list(csv.DictReader(file)), list[Known])
    return {(line.label_en, line.unit): line for line in lines}


@cache
def _ahead() -> tuple[Ahead, ...]:
    with (_HERE / "ahead.csv").open(encoding="utf-8", newline="") as file:
        return tuple(msgspec.convert(list(csv.DictReader(file)), list[Ahead], strict=False))


def tce_a_year(meters: Sequence[SimulatedMeter], *, calorific: bool = False) -> float:
    """Energy of a mean year over the boundary of these meters, less what goes out; equivalent unless `calorific`."""
    total = 0.0
    for simulated in meters:
        meter = simulated.meter
        electricity = _CALORIFIC_ELECTRICITY_TCE if calorific else _TCE["electricity"]
        tce = electricity if meter.carrier == "electricity" else _TCE.get(meter.carrier, 0.0)
        per_hour = simulated.share * sum(part.per_hour for part in simulated.parts)
        total += _SIGN.get(meter.flow, 0.0) * tce * per_hour * _HOURS_A_YEAR
    return total


def reviewed(unit: Unit, *, seed: int, label_en: str, number: str, meters: Sequence[SimulatedMeter]) -> Unit:
    """`unit` with what the review knows of it. `number` is its code within the enterprise."""
    known = _known().get((label_en, number))
    ratio = uniform(seed, unit.code, "approval", low=1.06, high=1.3)
    if known and known.approved_ratio:
        ratio = float(known.approved_ratio)
    is_power_plant = unit.process == "coal_power"
    used = tce_a_year(meters, calorific=is_power_plant) * ratio
    design = _rounded(used * uniform(seed, unit.code, "design", low=0.97, high=1.0))
    # At its equivalent value the power sold is worth the coal burnt: nothing is left by which to approve a plant.
    approved = None if is_power_plant else _rounded(used)
    commissioned_on = known.commissioned_on if known else ""
    is_data_centre = unit.process == "data_centre"
    return replace(
        unit,
        commissioned_on=commissioned_on or _day_of_old(seed, unit.code),
        design_energy_tce=design,
        approved_energy_tce=approved,
        retrofit_listed_on=known.retrofit_listed_on if known else "",
        retrofit_due_on=known.retrofit_due_on if known else "",
        capacity_class=(known.capacity_class if known else "") or "permitted",
        measuring_category=_category(seed, unit.code) if is_data_centre else None,
        standard_racks=_racks(meters) if is_data_centre else None,
    )


def units_ahead(*, prefix: str, credit_code: str, label_en: str) -> Iterator[Unit]:
    """The units of an enterprise that are being built or planned."""
    for line in _ahead():
        if line.label_en == label_en:
            yield Unit(
                code=f"{prefix}-{line.code}",
                credit_code=credit_code,
                name_zh=line.name_zh,
                name_en=line.name_en,
                process=line.process,
                status=line.status,
                design_energy_tce=line.design_energy_tce,
                approved_energy_tce=line.design_energy_tce if line.status == "building" else None,
                capacity_class="permitted",
                standard_racks=int(line.standard_racks) if line.standard_racks else None,
            )


def _rounded(tce: float) -> float | None:
    """None for what needs no review: it uses less, or sells more gas than it uses energy."""
    return round(tce / _ROUND_TCE) * _ROUND_TCE if tce >= _REVIEWED_FROM_TCE else None


def _day_of_old(seed: int, code: str) -> str:
    year = int(uniform(seed, code, "year", low=2006, high=2021))
    return f"{year}-{1 + int(uniform(seed, code, 'month', high=12)):02}-01"


def _category(seed: int, code: str) -> int:
    return 1 + int(uniform(seed, code, "category", high=3))


def _racks(meters: Sequence[SimulatedMeter]) -> int:
    it_kw = sum(part.per_hour for each in meters if each.meter.flow == "it_load" for part in each.parts)
    return round(it_kw / _KW_A_RACK)
