"""The clock of a run: real time, or a simulated time that runs faster."""

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np

DISTANT_FUTURE_MS = int(np.iinfo(np.int64).max // 2)


class Clock(Protocol):
    def now_ms(self) -> int:
        """The time of the run, epoch milliseconds."""


class RealClock:
    def now_ms(self) -> int:
        return int(time.time() * 1000)


@dataclass(frozen=True)
class FixedClock:
    """Always the same time: everything up to it is backlog."""

    at_ms: int = DISTANT_FUTURE_MS

    def now_ms(self) -> int:
        return self.at_ms


class AcceleratedClock:
    """Starts at from_ms and runs `speed` times as fast as real time, to to_ms at most and never past the real time."""

    def __init__(self, *, from_ms: int, to_ms: int | None, speed: float) -> None:
        self._from_ms = from_ms
        self._to_ms = to_ms
        self._speed = speed
        self._started = time.monotonic()

    def now_ms(self) -> int:
        simulated = self._from_ms + int((time.monotonic() - self._started) * 1000 * self._speed)
        limit = int(time.time() * 1000)
        if self._to_ms is not None:
            limit = min(limit, self._to_ms)
        return min(simulated, limit)
