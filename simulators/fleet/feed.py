"""The readings of one simulated gateway: the backlog in quarter hours, oldest first, then live as time goes."""

from collections.abc import Sequence

import numpy as np

from simulators.fleet.draw import key_of
from simulators.fleet.quantity import SimulatedMeter
from simulators.wire import Draft, Reading

BACKLOG_STEP_MS = 900_000
_LIVE_BEHIND_MS = 2 * BACKLOG_STEP_MS
_LONGEST_DELAY_MS = 4_000


class FleetFeed:
    """start_ms, end_ms: first and last moment read, epoch ms; no end_ms: for ever.

    More than half an hour behind it reads all meters each quarter hour; else each meter at its own live interval.
    """

    def __init__(
        self,
        gateway: str,
        meters: Sequence[SimulatedMeter],
        *,
        start_ms: int,
        end_ms: int | None = None,
        message_readings: int = 500,
    ) -> None:
        self.gateway = gateway
        self._meters = meters
        self._start_ms = start_ms
        self._end_ms = end_ms
        self._cursor = start_ms - 1
        self._times_a_message = max(1, message_readings // len(meters))
        self._live_step_ms = min(meter.live_s for meter in meters) * 1000
        # Gateways do not all send in the same instant.
        self._delay_ms = key_of(0, gateway) % _LONGEST_DELAY_MS

    @property
    def cursor(self) -> int:
        """The last moment read, epoch ms."""
        return self._cursor

    @property
    def finished(self) -> bool:
        return self._end_ms is not None and self._next_time(BACKLOG_STEP_MS) > self._end_ms

    def seek(self, cursor: int) -> None:
        self._cursor = max(cursor, self._start_ms - 1)

    def _limit(self, now_ms: int) -> int:
        due = now_ms - self._delay_ms
        return due if self._end_ms is None else min(now_ms, self._end_ms)

    def _next_time(self, step_ms: int) -> int:
        return (self._cursor // step_ms + 1) * step_ms

    def remaining(self, now_ms: int) -> int:
        times = (self._limit(now_ms) // BACKLOG_STEP_MS) - (self._cursor // BACKLOG_STEP_MS)
        return max(0, times) * len(self._meters)

    def next_draft(self, now_ms: int) -> Draft | None:
        limit = self._limit(now_ms)
        live = limit - self._cursor <= _LIVE_BEHIND_MS and self._end_ms is None
        step_ms = self._live_step_ms if live else BACKLOG_STEP_MS
        first = self._next_time(step_ms)
        if first > limit:
            return None
        last = min(limit, first + (self._times_a_message - 1) * step_ms)
        times = np.arange(first, last + 1, step_ms, dtype=np.int64)
        self._cursor = int(times[-1])
        readings = self._readings(times, live=live)
        return Draft(gateway=self.gateway, readings=readings) if readings else self.next_draft(now_ms)

    def _readings(self, times: np.ndarray[tuple[int], np.dtype[np.int64]], *, live: bool) -> list[Reading]:
        """Of all meters, by time. A period of an interval meter is sent when it is over, under its start."""
        columns: list[Reading] = []
        for simulated in self._meters:
            moments = times[times % (simulated.live_s * 1000) == 0] if live else times
            if simulated.meter.kind == "interval":
                moments = moments - simulated.meter.interval_s * 1000
                moments = moments[moments >= self._start_ms]
            if moments.size:
                code = simulated.meter.code
                values = simulated.value(moments).tolist()
                columns += [Reading(code, ts, value) for ts, value in zip(moments.tolist(), values, strict=True)]
        if len(times) > 1:
            columns.sort(key=_time_of)
        return columns


def _time_of(reading: Reading) -> int:
    return reading.ts
