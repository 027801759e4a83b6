"""What must stand in the database: the answered readings, and what they add up to when they are booked in one go."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from services.core.calendar import Grain, floor, from_us, hour_floor_us, start_of_day, to_us
from services.core.meter import Kind, MeterRule, Replacement, meter_rule
from services.energy.booking.booking import book
from simulators.registry import Meter
from tests.chaos.journal import entries_of, readings_of
from tests.chaos.world import Move, Swap, World

CARRIER_UNIT = {
    "electricity": "kWh",
    "natural_gas": "m3",
    "water": "m3",
    "product": "t",
    "heat": "GJ",
    "steam": "t",
}
REGION = "150000"
MEMBERS_SINCE = datetime.fromisoformat("2020-01-01T00:00:00+08:00")


class TruthError(AssertionError):
    """The answers themselves contradict each other."""


@dataclass
class Truth:
    """readings: meter -> time in microseconds -> value, of every reading that an answer called stored."""

    readings: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    messages: int = 0
    latencies_s: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """gateway -> (when answered, how long after the message was made), epoch seconds and seconds."""

    def remember(self, journal: Path, *, taken_in: frozenset[str] = frozenset()) -> None:
        """Add what a journal holds, and what was refused with a code of `taken_in`, which is stored by now.

        Raises TruthError when two values were called stored for one time of a meter.
        """
        payloads: dict[tuple[str, int], bytes] = {}
        for entry in entries_of(journal):
            key = (entry.gateway, entry.answer.seq or 0)
            if entry.payload:
                payloads[key] = entry.payload
                self.messages += 1
                self.latencies_s[entry.gateway].append((entry.answered_s, entry.answered_s - entry.drawn_s))
            for reading in readings_of(entry, entry.payload or payloads[key], taken_in=taken_in):
                self.add(reading.meter, reading.ts * 1000, reading.value)

    def add(self, meter: str, ts_us: int, value: float) -> None:
        """Add a reading that is stored."""
        stands = self.readings[meter].setdefault(ts_us, value)
        if stands != value:
            raise TruthError(f"{meter} at {from_us(ts_us)}: both {stands} and {value} were answered as stored")

    @property
    def count(self) -> int:
        """Readings."""
        return sum(map(len, self.readings.values()))


class Amount(NamedTuple):
    """1e-12 of the carrier's unit, measured seconds, slots."""

    quantity_pico: int = 0
    measured_s: int = 0
    slots: int = 0

    def __add__(self, other: "Amount") -> "Amount":  # type: ignore[override]
        return Amount(
            self.quantity_pico + other.quantity_pico, self.measured_s + other.measured_s, self.slots + other.slots
        )


class Place(NamedTuple):
    """A ledger: ("area", code) or ("park", code), carrier and flow."""

    kind: str
    code: str
    carrier: str
    flow: str


@dataclass
class Batch:
    """The whole of it, booked at once: periods are microseconds since 1970."""

    slots: dict[str, dict[int, tuple[int, int, int]]] = field(default_factory=dict)
    """meter -> slot -> (quantity_pico, measured_s, quality)"""
    meters: dict[Grain, dict[tuple[str, int], Amount]] = field(default_factory=dict)
    places: dict[Grain, dict[tuple[Place, int], Amount]] = field(default_factory=dict)
    marks: dict[tuple[str, int], int] = field(default_factory=dict)


def batch_of(truth: Truth, world: World, *, swaps: Iterable[Swap], moves: Iterable[Move]) -> Batch:
    """Book every meter from all of its answered readings, and add up by hour, day, month and place."""
    batch = Batch(
        meters={g: defaultdict(Amount) for g in (Grain.HOUR, Grain.DAY, Grain.MONTH)},
        places={g: defaultdict(Amount) for g in (Grain.HOUR, Grain.DAY, Grain.MONTH)},
    )
    meters = {m.code: m for m in (*world.registry.meters, *world.unregistered_meters)}
    replaced = {s.meter: Replacement(s.ts_ms * 1000, s.final_value, s.first_value) for s in swaps}
    whereabouts = _Whereabouts(world, moves)
    for code, readings in truth.readings.items():
        meter = meters[code]
        times_us = sorted(readings)
        booking = book(times_us, [readings[t] for t in times_us], rule_of(meter, replaced))
        batch.marks |= {(code, at_us): int(mark) for at_us, mark in booking.marks.items()}
        batch.slots[code] = {}
        for slot, energy in booking.slots.items():
            measured_s = energy.measured_s if slot >= to_us(MEMBERS_SINCE) else 0
            batch.slots[code][slot] = (energy.quantity_pico, measured_s, energy.quality)
        _add_up(batch, meter, whereabouts)
    return batch


def rule_of(meter: Meter, replaced: Mapping[str, Replacement]) -> MeterRule:
    """How the meter's readings are judged."""
    return meter_rule(
        kind=Kind(meter.kind),
        unit_of_measure=meter.unit_of_measure,
        carrier_unit=CARRIER_UNIT[meter.carrier],
        multiplier=meter.multiplier,
        interval_s=meter.interval_s,
        register_size=meter.register_size,
        rated_per_hour=meter.rated_per_hour,
        replacements=(replaced[meter.code],) if meter.code in replaced else (),
    )


class _Whereabouts:
    """Banner and park of a unit's enterprise at a moment."""

    def __init__(self, world: World, moves: Iterable[Move]) -> None:
        registry = world.registry
        owners = {e.credit_code: e for e in registry.enterprises}
        self._owner = {u.code: owners[u.credit_code] for u in registry.units}
        self._moves = {m.credit_code: (to_us(start_of_day(m.valid_from)), m) for m in moves}

    def of(self, unit: str, slot: int) -> list[tuple[str, str]]:
        """Everything the slot's energy counts for."""
        owner = self._owner[unit]
        area, park = owner.area_code, owner.park_code
        from_us, move = self._moves.get(owner.credit_code, (0, None))
        if move is not None and slot >= from_us:
            area, park = move.area_code, move.park_code
        found = [("area", area), ("area", area[:4] + "00"), ("area", REGION)]
        return [*found, ("park", park)] if park else found


def _add_up(batch: Batch, meter: Meter, whereabouts: _Whereabouts) -> None:
    hours: dict[int, Amount] = defaultdict(Amount)
    for slot, (quantity_pico, measured_s, _) in batch.slots[meter.code].items():
        hours[hour_floor_us(slot)] += Amount(quantity_pico, measured_s, 1)
    for hour, amount in hours.items():
        places = [Place(kind, code, meter.carrier, meter.flow) for kind, code in whereabouts.of(meter.unit_code, hour)]
        for grain, sums in batch.meters.items():
            period = _period_us(grain, hour)
            sums[meter.code, period] += amount
            at_places = batch.places[grain]
            for place in places:
                at_places[place, period] += amount


@cache
def _period_us(grain: Grain, hour: int) -> int:
    return to_us(floor(from_us(hour), grain))
