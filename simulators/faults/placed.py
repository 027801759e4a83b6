"""Faults at a known place: of this meter, from this moment on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from simulators.faults.truth import TruthLog
from simulators.wire import Reading

PlacedKind = Literal["silent", "stuck", "spike", "swap"]


@dataclass(frozen=True)
class PlacedFault:
    """What befalls the readings of a meter in [from_ms, until_ms), epoch ms; without an end for ever.

    silent: none is sent; stuck: the first value again and again; spike: `factor` times what was measured;
    swap: the meter is replaced before its first reading then (see `RegisterFaults`).
    """

    kind: PlacedKind
    meter: str
    from_ms: int
    until_ms: int | None = None
    factor: float = 1.0

    def holds(self, ts: int) -> bool:
        """Whether a reading of this time is befallen."""
        return self.from_ms <= ts and (self.until_ms is None or ts < self.until_ms)


class PlacedFaults:
    """Give it the readings of each meter in the order of time. What an earlier run began goes on."""

    def __init__(self, placed: Sequence[PlacedFault], truth: TruthLog) -> None:
        self._truth = truth
        self._by_meter: dict[str, list[PlacedFault]] = {}
        for fault in placed:
            if fault.kind != "swap":
                self._by_meter.setdefault(fault.meter, []).append(fault)
        self._begun: dict[tuple[str, str, int], float] = {
            (event["fault"], event["meter"], event["from_ts"]): event["value"]
            for event in truth.earlier()
            if "from_ts" in event
        }

    def apply(self, readings: Iterable[Reading]) -> list[Reading]:
        """What of these readings leaves, as the faulty meters show it."""
        return [shown for reading in readings if (shown := self._shown(reading)) is not None]

    def _shown(self, reading: Reading) -> Reading | None:
        for fault in self._by_meter.get(reading.meter, ()):
            if not fault.holds(reading.ts):
                continue
            first = self._begin(fault, reading)
            if fault.kind == "silent":
                return None
            value = first if fault.kind == "stuck" else round(reading.value * fault.factor, 4)
            return Reading(reading.meter, reading.ts, value)
        return reading

    def _begin(self, fault: PlacedFault, reading: Reading) -> float:
        """The value with which it began."""
        key = (fault.kind, fault.meter, fault.from_ms)
        if key not in self._begun:
            self._begun[key] = reading.value
            self._truth.write(fault.kind, meter=fault.meter, from_ts=fault.from_ms, ts=reading.ts, value=reading.value)
        return self._begun[key]
