"""Readings, feeds and stations for tests of the simulators."""

from collections.abc import Sequence

import numpy as np

from simulators.counts import Counts
from simulators.feed import DraftFilter
from simulators.outbox import Outbox
from simulators.registry import Meter, Registry
from simulators.replay.feed import ReplayFeed
from simulators.replay.series import Series
from simulators.station import Rules, Station

START_MS = 1_767_196_800_000  # 2026-01-01T00:00:00+08:00
QUARTER_MS = 900_000
LONG_AFTER_MS = START_MS + 10_000 * QUARTER_MS


def series_of(meter: str, count: int, *, first: float = 0.0, step: float = 1.0) -> Series:
    """count quarter-hourly values that begin with first and rise by step."""
    ts_ms = START_MS + np.arange(count, dtype=np.int64) * QUARTER_MS
    return Series(meter, ts_ms, first + step * np.arange(count, dtype=np.float64))


def feed_of(gateway: str, *series: Series, message_readings: int = 10) -> ReplayFeed:
    return ReplayFeed(gateway, series, [0] * len(series), message_readings=message_readings)


def station_of(
    outbox: Outbox, feed: ReplayFeed, *, rules: Rules | None = None, faults: DraftFilter | None = None
) -> tuple[Station, Counts]:
    counts = Counts()
    return Station(feed=feed, outbox=outbox, rules=rules or Rules(), counts=counts, faults=faults), counts


def counter(code: str, *, register_size: float | None = 10_000.0, rated_per_hour: float | None = 40.0) -> Meter:
    return Meter(
        code=code,
        unit_code="U",
        gateway_code="GW",
        name_zh="电",
        name_en="Electricity",
        kind="counter",
        carrier="electricity",
        flow="input",
        unit_of_measure="kWh",
        register_size=register_size,
        rated_per_hour=rated_per_hour,
    )


def registry_with(meters: Sequence[Meter]) -> Registry:
    return Registry(meters=list(meters))
