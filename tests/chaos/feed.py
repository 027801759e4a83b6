"""In which order, and by which clock, a gateway of the chaos tests sends what its meters show."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from simulators.wire import Draft, Reading
from tests.chaos.world import LIVE_FROM, OLD_STEPS, STEPS, World

HOUR_MS = 3_600_000
# How far a clock that jumps is off: minutes and hours on either side, and into the future, which must be refused.
JUMPS_MS = (-2 * HOUR_MS, 3 * HOUR_MS, -420_000, 37_000, -26 * HOUR_MS, 400 * 24 * HOUR_MS)
BURST_MESSAGES = 8
STEPS_A_BURST_MESSAGE = 8
STEPS_BETWEEN_JUMPS = 220
MOST_METERS = 150


class Act(NamedTuple):
    """One message: what the meters [first_meter, end_meter) show in the steps [first, end), by a clock so far off."""

    first: int
    end: int
    clock_off_ms: int = 0
    first_meter: int = 0
    end_meter: int | None = None


def acts_of(seed: int, number: int) -> list[Act]:
    """Live steps one by one, and between them, unasked, bursts of readings that are half a year old."""
    draw = np.random.default_rng([seed, number, 77])
    jump_steps = set(range(LIVE_FROM + int(draw.integers(20, 60)), STEPS, STEPS_BETWEEN_JUMPS))
    acts: list[Act] = []
    old, off_ms, off_until = 0, 0, 0
    for step in range(LIVE_FROM, STEPS):
        if step in jump_steps:
            off_ms, off_until = JUMPS_MS[int(draw.integers(len(JUMPS_MS)))], step + int(draw.integers(5, 25))
        acts.append(Act(step, step + 1, off_ms if step < off_until else 0))
        if old < OLD_STEPS and draw.random() < 0.01:
            burst = []
            for _ in range(BURST_MESSAGES):
                if old < OLD_STEPS:
                    burst.append(Act(old, old + STEPS_A_BURST_MESSAGE))
                    old += STEPS_A_BURST_MESSAGE
            draw.shuffle(burst)
            acts += burst
    return acts


def plain_acts(steps_a_message: int, *, meters: int) -> list[Act]:
    """All live steps, so many in a message; of more meters than an answer can refuse by name, some at a time."""
    return [
        Act(step, min(STEPS, step + steps_a_message), 0, meter, min(meters, meter + MOST_METERS))
        for step in range(LIVE_FROM, STEPS, steps_a_message)
        for meter in range(0, meters, MOST_METERS)
    ]


class WorldFeed:
    """The readings of one gateway, `acts_per_s` messages a second from began_ms on, until `told_to_finish` says so."""

    def __init__(
        self,
        world: World,
        gateway: str,
        acts: list[Act],
        *,
        began_ms: int,
        acts_per_s: float,
        told_to_finish: Callable[[], bool],
    ) -> None:
        self.gateway = gateway
        self._series = world.series_of(gateway)
        self._acts = acts
        self._began_ms = began_ms
        self._acts_per_s = acts_per_s
        self._told_to_finish = told_to_finish
        self._next = 0

    @property
    def cursor(self) -> int:
        """The number of messages drawn."""
        return self._next

    @property
    def finished(self) -> bool:
        """Whether all is drawn, or enough."""
        return self._next >= len(self._acts) or self._told_to_finish()

    def seek(self, cursor: int) -> None:
        """Go on after so many messages."""
        self._next = cursor

    def remaining(self, now_ms: int) -> int:
        """Messages due, in readings."""
        due = min(len(self._acts), int((now_ms - self._began_ms) / 1000 * self._acts_per_s))
        return max(0, due - self._next) * len(self._series)

    def next_draft(self, now_ms: int) -> Draft | None:
        """The next message that is due; None where there is none yet."""
        while not self.finished and self._began_ms + self._next * 1000 / self._acts_per_s <= now_ms:
            readings = self._readings(self._acts[self._next])
            self._next += 1
            if readings:
                return Draft(gateway=self.gateway, readings=readings)
        return None

    def _readings(self, act: Act) -> list[Reading]:
        return [
            Reading(series.meter.code, int(series.times_ms[step]) + act.clock_off_ms, float(series.values[step]))
            for step in range(act.first, act.end)
            for series in self._series[act.first_meter : act.end_meter]
            if series.shown[step]
        ]
