"""Faults of a counter's register: reset, rollover, swap. The true use stays; only the register shows it otherwise."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from simulators.faults.draw import chance
from simulators.faults.plan import FaultPlan
from simulators.faults.truth import TruthLog
from simulators.registry import Meter, Registry
from simulators.wire import Reading

_DECIMALS = 4
_REGISTER_FAULTS = ("reset", "rollover", "swap")


@dataclass(frozen=True)
class Replacement:
    """A change of meter at ts (epoch ms): last register of the old one, first of the new one, register units."""

    meter: str
    ts: int
    final_value: float
    first_value: float


class _Register:
    """offsets: what is added to the true register, from a time on."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.times: list[int] = []
        self.offsets: list[float] = []
        self.before: Reading | None = None

    def offset_at(self, ts: int) -> float:
        index = bisect_right(self.times, ts)
        return self.offsets[index - 1] if index else 0.0

    def begin(self, ts: int, offset: float) -> None:
        self.times.append(ts)
        self.offsets.append(offset)

    def show(self, register: float) -> float:
        """Within the register's size, rounded as the meter does."""
        size = self.meter.register_size
        if size is None:
            return round(register, _DECIMALS)
        shown = round(register % size, _DECIMALS)
        return shown if shown < size else 0.0

    def shown(self, reading: Reading) -> float:
        return self.show(reading.value + self.offset_at(reading.ts))

    def used_since_before(self, reading: Reading) -> float:
        assert self.before is not None
        used = reading.value - self.before.value
        return used % self.meter.register_size if self.meter.register_size else used


class RegisterFaults:
    """Give it the readings of each counter in the order of time. on_replacement is told of each swap as it is made."""

    def __init__(
        self,
        plan: FaultPlan,
        registry: Registry,
        truth: TruthLog,
        *,
        fresh: bool,
        on_replacement: Callable[[Replacement], None],
    ) -> None:
        self._plan = plan
        self._truth = truth
        self._fresh = fresh
        self._on_replacement = on_replacement
        self._placed_swaps = {fault.meter: fault.from_ms for fault in plan.placed if fault.kind == "swap"}
        self._registers = {meter.code: _Register(meter) for meter in registry.meters if meter.kind == "counter"}
        for event in truth.earlier():
            if event["fault"] in _REGISTER_FAULTS and event["meter"] in self._registers:
                self._registers[event["meter"]].begin(event["ts"], event["offset"])

    @property
    def wanted(self) -> bool:
        return bool(self._placed_swaps) or any(self._plan.rate(fault) for fault in _REGISTER_FAULTS)

    def apply(self, reading: Reading) -> Reading:
        register = self._registers.get(reading.meter)
        if register is None:
            return reading
        known = register.times[-1] if register.times else -1
        if reading.ts > known:
            self._draw(register, reading)
        register.before = reading
        return Reading(reading.meter, reading.ts, register.shown(reading))

    def _draw(self, register: _Register, reading: Reading) -> None:
        if register.before is None:
            if self._fresh and self._happens("rollover", reading.meter):
                self._roll_over_soon(register, reading)
        elif self._is_swapped_before(reading, register.before) or self._happens("swap", reading.meter, reading.ts):
            self._swap(register, reading)
        elif self._happens("reset", reading.meter, reading.ts):
            self._reset(register, reading)

    def _is_swapped_before(self, reading: Reading, before: Reading) -> bool:
        placed = self._placed_swaps.get(reading.meter)
        return placed is not None and before.ts < placed <= reading.ts

    def _happens(self, fault: str, *about: str | int) -> bool:
        return chance(self._plan.seed, fault, *about) < self._plan.rate(fault)

    def _roll_over_soon(self, register: _Register, reading: Reading) -> None:
        meter = register.meter
        if meter.register_size is None or meter.rated_per_hour is None or register.times:
            return
        hours = 6.0 + 90.0 * chance(self._plan.seed, "rollover", reading.meter, "hours")
        below_top = min(0.05 * meter.register_size, hours * meter.rated_per_hour / meter.multiplier / 2.0)
        offset = meter.register_size - below_top - reading.value
        register.begin(reading.ts, offset)
        self._truth.write("rollover", meter=reading.meter, ts=reading.ts, offset=offset, size=meter.register_size)

    def _reset(self, register: _Register, reading: Reading) -> None:
        assert register.before is not None
        shown_before = register.shown(register.before)
        size = register.meter.register_size
        # Near its top a reset cannot be told from a rollover, near zero not from noise.
        if size is not None and not 0.2 * size <= shown_before <= 0.8 * size:
            return
        offset = -register.before.value
        register.begin(reading.ts, offset)
        self._truth.write("reset", meter=reading.meter, ts=reading.ts, offset=offset, register_before=shown_before)

    def _swap(self, register: _Register, reading: Reading) -> None:
        assert register.before is not None
        used = register.used_since_before(reading)
        final = register.show(register.before.value + register.offset_at(register.before.ts) + used / 2.0)
        first = round(20.0 * chance(self._plan.seed, "swap", reading.meter, reading.ts, "first"), _DECIMALS)
        at_ts = (register.before.ts + reading.ts) // 2
        offset = first - (register.before.value + used / 2.0)
        register.begin(reading.ts, offset)
        facts = {"at_ts": at_ts, "final_value": final, "first_value": first}
        self._truth.write("swap", meter=reading.meter, ts=reading.ts, offset=offset, **facts)
        self._on_replacement(Replacement(reading.meter, at_ts, final, first))
