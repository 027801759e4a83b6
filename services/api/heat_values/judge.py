"""Whether a heat value is one that can be: of a fuel, in its unit, within its range, near the month before."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.api.heat_values.entry import HeatValueEntry
from services.api.reasons import Fault
from services.api.registry import nouns
from services.core.calendar import SHANGHAI
from services.energy.heat_ranges import HeatRange
from services.energy.heat_value import Fuel

PERCENT = 100
Last = tuple[date, float]
"""The month before that was measured, and its heat value."""


@dataclass(frozen=True, slots=True)
class KnownFuels:
    """What entries are judged by."""

    enterprises: Collection[str]
    fuels: Mapping[str, Fuel]
    ranges: Mapping[str, HeatRange]
    most_step_percent: float
    now: datetime


def faults_of_entry(entry: HeatValueEntry, last: Last | None, known: KnownFuels) -> list[Fault]:
    """The faults of one entry; `last`: what was measured before it."""
    faults = []
    if entry.enterprise not in known.enterprises:
        faults.append(nouns.ENTERPRISE.fault("enterprise", "unknown", entry.enterprise))
    if entry.first_day is not None and entry.first_day > known.now.astimezone(SHANGHAI).date():
        faults.append(Fault("month", "in_future"))
    fuel = known.fuels.get(entry.carrier)
    if fuel is None:
        mentions = {"value": entry.carrier, "known": ", ".join(sorted(known.fuels))}
        return [*faults, Fault("carrier", "not_a_fuel", mentions)]
    faults += _unit_faults(entry, fuel)
    return faults or list(_implausible(entry, fuel, last, known))


def _unit_faults(entry: HeatValueEntry, fuel: Fuel) -> Iterator[Fault]:
    """The heat value must be given for what the fuel is kept by, and the carbon once."""
    base = fuel.unit_of_heat.removeprefix("MJ/")
    right, wrong = f"ncv_mj_per_{base}", f"ncv_mj_per_{'m3' if base == 'kg' else 'kg'}"
    if getattr(entry, right) is None or getattr(entry, wrong) is not None:
        yield Fault(right, "heat_value_unit", {"carrier": entry.carrier, "unit": fuel.unit_of_heat, "field": right})
    if entry.carbon_tc_per_t is not None and base != "kg":
        yield Fault("carbon_tc_per_t", "only_by_mass", {"carrier": entry.carrier})
    if entry.carbon_tc_per_t is not None and entry.carbon_tc_per_tj is not None:
        yield Fault("carbon_tc_per_t", "given_twice", {"other": "carbon_tc_per_tj"})


def _implausible(entry: HeatValueEntry, fuel: Fuel, last: Last | None, known: KnownFuels) -> Iterator[Fault]:
    """What needs a reason: a value outside the range of the carrier, or far from that of the month before."""
    given = entry.ncv_mj
    if entry.reason is not None or given is None:
        return
    bounds = known.ranges.get(entry.carrier)
    mentions = {
        "value": f"{given:g} {fuel.unit_of_heat}",
        "carrier": entry.carrier,
        "range": "-" if bounds is None else f"{bounds.low}..{bounds.high} {bounds.unit}",
        "last": "-" if last is None else f"{last[1]:g} ({last[0]:%Y-%m})",
    }
    if bounds is not None and not float(bounds.low) <= given <= float(bounds.high):
        yield Fault("reason", "heat_value_outside", mentions)
    elif last is not None and abs(given - last[1]) * PERCENT > known.most_step_percent * last[1]:
        yield Fault("reason", "heat_value_step", mentions | {"most": f"{known.most_step_percent:g}"})
