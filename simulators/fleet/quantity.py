"""How much a meter has measured up to a moment, and what it shows then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.fleet.draw import key_of
from simulators.fleet.shapes import Hours, highest_factor, hours_since_origin, noise_h, through_week, through_year
from simulators.registry import Meter

_GAUGE_WINDOW_MS = 60_000
_DECIMALS = 4

# The greatest factor by which the noise below raises a rate: 1.11 x 1.15 x 1.03.
NOISE_PEAK = 1.32


@dataclass(frozen=True)
class Activity:
    """What all meters of a unit follow. seed and name decide its noise."""

    seed: int
    name: str
    shape: str

    def full_load_h(self, hours: Hours, season: str) -> Hours:
        """Hours at mean load that make up the activity since the origin."""
        hours = hours + noise_h(hours, key=key_of(self.seed, self.name, "quarter"), knot_h=0.25, share=0.05)
        hours = hours + noise_h(hours, key=key_of(self.seed, self.name, "shift"), knot_h=3.0, share=0.06)
        hours = through_week(self.shape, hours)
        hours = hours + noise_h(hours, key=key_of(self.seed, self.name, "day"), knot_h=24.0, share=0.08)
        hours = hours + noise_h(hours, key=key_of(self.seed, self.name, "campaign"), knot_h=216.0, share=0.07)
        return through_year(season, hours)


@dataclass(frozen=True)
class Part:
    """A flow of mean rate per_hour (the carrier's own unit an hour); its share `idle` flows whatever the activity."""

    activity: Activity
    name: str
    season: str
    per_hour: float
    idle: float

    def amount(self, hours: Hours) -> Hours:
        """Amount since the origin, in the carrier's own unit."""
        load_h = self.activity.full_load_h(hours, self.season)
        own_key = key_of(self.activity.seed, self.activity.name, self.name)
        load_h = load_h + noise_h(load_h, key=own_key, knot_h=12.0, share=0.03)
        result: Hours = self.per_hour * ((1.0 - self.idle) * load_h + self.idle * hours)
        return result

    @property
    def peak_per_hour(self) -> float:
        """A rate that the flow does not exceed."""
        peak = NOISE_PEAK * highest_factor(shape=self.activity.shape, season=self.season)
        return self.per_hour * ((1.0 - self.idle) * peak + self.idle)


@dataclass(frozen=True)
class SimulatedMeter:
    """A registered meter with what flows through it.

    share: the part of the flow that this meter counts; unit_per_carrier_unit: amount in the registered unit of measure
    for one carrier unit; start: register at the origin; is_rate: the registered unit is a rate (kW); live_s: seconds
    between live readings.
    """

    meter: Meter
    parts: tuple[Part, ...]
    share: float
    unit_per_carrier_unit: float
    start: float
    is_rate: bool
    live_s: int

    def amount(self, ts_ms: NDArray[np.int64]) -> Hours:
        """Amount since the origin in the carrier's own unit, before rounding by the register."""
        hours = hours_since_origin(ts_ms)
        total = np.zeros(len(hours))
        for part in self.parts:
            total += part.amount(hours)
        return total * self.share

    def value(self, ts_ms: NDArray[np.int64]) -> Hours:
        """What the meter gives for these times (epoch ms): register, amount or mean rate of the period, or level."""
        meter = self.meter
        if meter.kind == "counter":
            register = self.start + self.amount(ts_ms) * self.unit_per_carrier_unit / meter.multiplier
            if meter.register_size is not None:
                register = np.mod(register, meter.register_size)
                # Rounding up to the very size would show a value that the register cannot have.
                register = np.minimum(np.round(register, _DECIMALS), meter.register_size - 10.0**-_DECIMALS)
            return np.round(register, _DECIMALS)
        window_ms = meter.interval_s * 1000 if meter.kind == "interval" else _GAUGE_WINDOW_MS
        amount = (self.amount(ts_ms + window_ms) - self.amount(ts_ms)) * self.unit_per_carrier_unit
        if self.is_rate:
            amount = amount * (3_600_000.0 / window_ms)
        return np.round(amount / meter.multiplier, _DECIMALS)
