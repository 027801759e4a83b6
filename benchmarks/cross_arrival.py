"""Clocks that go wrong, and enterprises that fall silent at once: what the checks find of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cross_story import DAY_H, ESTATE, Hourly, Story, estate, generator, inject_stretches
from benchmarks.quality_proof import Spans, meets, series_of, shipped
from services.core.calendar import DAY_US, HOUR_US
from services.energy.past import BEFORE_DAYS
from services.quality.checks.clock import clock_drift
from services.quality.checks.day import Finding, Times
from services.quality.checks.silence import FleetHours, fleet_silence
from simulators.replay import load_mapping

AHEAD, BEHIND, LITTLE_BEHIND = (
    "clock 2 to 10 minutes ahead",
    "clock 6 to 10 minutes behind",
    "clock 2 to 5 minutes behind",
)
SILENT = "most silent at once"
OFF_S = {AHEAD: (120.0, 600.0), BEHIND: (-600.0, -360.0), LITTLE_BEHIND: (-300.0, -120.0)}
"""Seconds by which the clock is ahead."""
SLOW_SHARE = 0.05
"""Share of the days on which the line is slow: each message takes up to ten minutes more."""
LOST_EACH_DAYS = 5
"""The line is lost once in so many days, for an hour in the median and for days at worst; then all comes in a burst."""
HOURLY_SHARE = 0.25
"""Share of the gateways that send once an hour what they have."""
PAST_DAYS, JUDGED_DAYS = 28, 2
"""What the quality process judges the silence by: four weeks, and yesterday with today."""
_S = 1_000_000

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Gateway:
    """The readings of a gateway: start of each period, and when it can be known; microseconds, in order."""

    series: str
    name: str
    starts_us: Times
    due_us: Times


def clocks(kind: str, series: str, data_dir: Path, rate: float, seed: int) -> Iterator[Story]:
    """Each gateway of the series, whole days at a time with its clock off."""
    yield from (_clock(kind, each, rate, generator(seed, kind, each.name)) for each in _gateways(series, data_dir))


def _gateways(series: str, data_dir: Path) -> Iterator[_Gateway]:
    mapping = load_mapping(series)
    by_meter = series_of(series, data_dir)
    for gateway in mapping.gateway:
        times = [by_meter[each.code].ts_ms for each in mapping.meter if each.gateway_code == gateway["code"]]
        if times:
            starts_us = np.sort(np.concatenate(times)) * 1000
            yield _Gateway(
                series, gateway["code"].removeprefix("REPLAY-"), starts_us, starts_us + mapping.time.interval_s * _S
            )


def _clock(kind: str, gateway: _Gateway, rate: float, draw: np.random.Generator) -> Story:
    first_us = int(gateway.starts_us[0])
    start_us = -(-(first_us + 8 * HOUR_US) // DAY_US) * DAY_US - 8 * HOUR_US
    days = int(gateway.starts_us[-1] + HOUR_US - start_us) // DAY_US
    ahead_us = np.zeros(days + 1, dtype=np.int64)

    def make(start: int, end: int) -> bool:
        ahead_us[start:end] = int(draw.uniform(*OFF_S[kind]) * _S)
        return True

    made = inject_stretches(draw, days, (1, 3), rate, first=BEFORE_DAYS, margin=1, make=make)
    day_of = np.clip((gateway.starts_us - start_us) // DAY_US, 0, days)
    received_us = _received(gateway.due_us, ahead_us[day_of], draw)
    found = []
    for i in range(BEFORE_DAYS, days):
        a, b = np.searchsorted(gateway.starts_us, [start_us + i * DAY_US, start_us + (i + 1) * DAY_US])
        found += clock_drift(start_us + i * DAY_US, gateway.due_us[a:b], received_us[a:b], shipped()["clock_drift"])
    faults = [(start_us + a * DAY_US, start_us + b * DAY_US) for a, b in made]
    begins_us, ends_us = start_us + BEFORE_DAYS * DAY_US, start_us + days * DAY_US
    return Story(gateway.series, kind, gateway.name, begins_us, ends_us, faults, found)


def _received(due_us: Times, ahead_us: Times, draw: np.random.Generator) -> Times:
    """When readings are received that a gateway with such a clock sends when they are due by it."""
    waits_s = draw.uniform(1.0, 45.0)
    hourly = draw.random() < HOURLY_SHARE
    at = (-(-due_us // HOUR_US) * HOUR_US if hourly else due_us) - ahead_us
    at = at + ((waits_s + draw.lognormal(np.log(2.0), 0.8, len(at))) * _S).astype(np.int64)
    day = (at - at.min()) // DAY_US
    slow = (draw.random(int(day.max()) + 1) < SLOW_SHARE)[day]
    at = at + np.where(slow, (draw.uniform(0.0, 600.0, len(at)) * _S).astype(np.int64), 0)
    for _ in range(int(day.max()) // LOST_EACH_DAYS):
        lost_us = int(draw.integers(at.min(), at.max()))
        back_us = lost_us + int(min(72.0, draw.lognormal(0.0, 1.5)) * HOUR_US)
        kept = (at >= lost_us) & (at < back_us)
        at = np.where(kept, back_us + draw.integers(0, 30 * _S, len(at)), at)
    received: Times = at
    return received


def silences(data_dir: Path, rate: float, seed: int, *, near: bool = False) -> Iterator[Story]:
    """The region: each meter of the estate as an enterprise; at faulted hours most of them are silent or at zero.

    `near`: judge only the days around faults.
    """
    start_us, names, kwh = estate(data_dir)
    draw = generator(seed, SILENT)
    told = kwh.copy()

    def make(start: int, end: int) -> bool:
        members = draw.random(len(told)) < draw.uniform(0.6, 1.0)
        for row in np.flatnonzero(members):
            told[row, start + int(draw.integers(0, 2)) : end] = draw.choice([0.0, np.nan])
        return True

    made = inject_stretches(draw, told.shape[1], (3, 24), rate, first=PAST_DAYS * DAY_H, margin=DAY_H, make=make)
    faults = [(start_us + a * HOUR_US, start_us + b * HOUR_US) for a, b in made]
    found = _silences(start_us, names, told, faults if near else None)
    first_us = start_us + PAST_DAYS * DAY_US
    yield Story(ESTATE, SILENT, "region", first_us, start_us + told.shape[1] * HOUR_US, faults, found)


def _silences(start_us: int, names: tuple[str, ...], told: Hourly, only: Spans | None) -> list[Finding]:
    found = []
    for day in range(PAST_DAYS, told.shape[1] // DAY_H - JUDGED_DAYS + 1):
        begins_us = start_us + day * DAY_US
        if only is not None and not meets((begins_us, begins_us + JUDGED_DAYS * DAY_US), only):
            continue
        hours = told[:, (day - PAST_DAYS) * DAY_H : (day + JUDGED_DAYS) * DAY_H]
        here = ~np.isnan(hours[:, -JUDGED_DAYS * DAY_H :]).all(axis=1) | ~np.isnan(hours[:, : PAST_DAYS * DAY_H]).all(
            axis=1
        )
        members = [names[row] for row in np.flatnonzero(here)]
        fleet = FleetHours(begins_us - PAST_DAYS * DAY_US, members, hours[here], JUDGED_DAYS * DAY_H)
        found += fleet_silence(fleet, shipped()["fleet_silence"])[0]
    return found
