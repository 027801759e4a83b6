"""Faults of the way: what a message suffers between the gateway's clock and the service."""

import random
from collections.abc import Callable

import msgspec

from simulators.faults.draw import chance
from simulators.faults.placed import PlacedFaults
from simulators.faults.plan import FaultPlan
from simulators.faults.registers import RegisterFaults, Replacement
from simulators.faults.truth import TruthLog
from simulators.registry import Registry
from simulators.wire import Draft, Reading

_LATE_WINDOW_MS = 6 * 3_600_000
_LATE_MESSAGES = 60
_SHUFFLE_MESSAGES = 8
_LONGEST_CUT_S = 3.0
_DRIFT_MS = 240_000
_DRIFT_HALF_PERIOD_MS = 30 * 86_400_000


def print_replacement(replacement: Replacement) -> None:
    """For runs without an API: what an operator has to enter."""
    print(f"meter replaced, enter it: {replacement}")


class FaultFilter:
    """Turns a draft into what really leaves. Drafts of a gateway come in the order in which it made them.

    fresh: the run begins with an empty state; rollovers can only be arranged then.
    """

    def __init__(
        self,
        plan: FaultPlan,
        *,
        registry: Registry,
        truth: TruthLog,
        fresh: bool = True,
        on_replacement: Callable[[Replacement], None] = print_replacement,
    ) -> None:
        self._plan = plan
        self._truth = truth
        self._placed = PlacedFaults(plan.placed, truth)
        self._registers = RegisterFaults(plan, registry, truth, fresh=fresh, on_replacement=on_replacement)
        self._drifting: set[str] = set()

    def __call__(self, draft: Draft) -> list[Draft]:
        readings = self._placed.apply(draft.readings)
        if not readings:
            return []
        if self._registers.wanted:
            readings = [self._registers.apply(reading) for reading in readings]
        if self._drifts(draft.gateway):
            readings = [Reading(r.meter, r.ts + drift_ms(r.ts), r.value) for r in readings]
        about = (draft.gateway, draft.readings[0].ts, len(draft.readings))
        hold = self._late(draft) or self._shuffle(about, readings)
        cut_after_s = 0.0
        if self._happens("lost_connection", *about):
            cut_after_s = round(0.1 + (_LONGEST_CUT_S - 0.1) * chance(self._plan.seed, "cut", *about), 2)
            self._write("lost_connection", about, pause_s=cut_after_s)
        changed = msgspec.structs.replace(draft, readings=readings, hold=hold, cut_after_s=cut_after_s)
        return self._duplicates(about, changed)

    def _happens(self, fault: str, *about: str | int) -> bool:
        rate = self._plan.rate(fault)
        return rate > 0.0 and chance(self._plan.seed, fault, *about) < rate

    def _write(self, fault: str, about: tuple[str, int, int], **facts: float) -> None:
        gateway, first_ts, readings = about
        self._truth.write(fault, gateway=gateway, first_ts=first_ts, readings=readings, **facts)

    def _late(self, draft: Draft) -> int:
        window = draft.readings[0].ts // _LATE_WINDOW_MS
        if not self._happens("late", draft.gateway, window):
            return 0
        self._write("late", (draft.gateway, draft.readings[0].ts, len(draft.readings)), messages=_LATE_MESSAGES)
        return _LATE_MESSAGES

    def _shuffle(self, about: tuple[str, int, int], readings: list[Reading]) -> int:
        if not self._happens("shuffle", *about):
            return 0
        draw = chance(self._plan.seed, "order", *about)
        random.Random(draw).shuffle(readings)  # noqa: S311 -- an order, no secret
        hold = 1 + int(draw * _SHUFFLE_MESSAGES)
        self._write("shuffle", about, messages=hold)
        return hold

    def _duplicates(self, about: tuple[str, int, int], draft: Draft) -> list[Draft]:
        if not self._happens("duplicates", *about):
            return [draft]
        draw = chance(self._plan.seed, "again", *about)
        if draw < 0.5:
            self._write("duplicates", about, copies=2)
            return [msgspec.structs.replace(draft, copies=2)]
        hold = draft.hold + 1 + int(draw * 6)
        self._write("duplicates", about, messages=hold)
        return [draft, msgspec.structs.replace(draft, hold=hold, cut_after_s=0.0)]

    def _drifts(self, gateway: str) -> bool:
        if not self._happens("clock_drift", gateway):
            return False
        if gateway not in self._drifting:
            self._drifting.add(gateway)
            self._truth.write("clock_drift", gateway=gateway, greatest_s=_DRIFT_MS / 1000)
        return True


def drift_ms(ts: int) -> int:
    """How far a drifting clock is ahead at a true time: rises to 4 minutes in 30 days, and falls again."""
    phase = ts % (2 * _DRIFT_HALF_PERIOD_MS) / _DRIFT_HALF_PERIOD_MS
    return int(_DRIFT_MS * (phase if phase <= 1.0 else 2.0 - phase))
