"""Stories of a counter with a known true use, and a small store that books them as the service does: piece by piece."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.core.calendar import SLOT_US, slot_floor_us
from services.core.meter import Kind, Mark, MeterRule, Replacement, Settlement, meter_rule
from services.energy.booking.booking import NeedsMore, Readings, book, rebook
from services.energy.booking.slots import Booking, SlotEnergy
from services.energy.booking.steps import UNIT_OF_MARK

T0 = 1_767_197_700_000_000 // SLOT_US * SLOT_US
MINUTE_US = 60_000_000


def counter_rule(
    *,
    register_size: float | None = None,
    rated_per_hour: float | None = None,
    multiplier: float = 1.0,
    interval_s: int = 900,
    replacements: tuple[Replacement, ...] = (),
    accepted_us: Iterable[int] = (),
    settlements: tuple[Settlement, ...] = (),
) -> MeterRule:
    """An electricity counter in kWh."""
    rule = meter_rule(
        kind=Kind.COUNTER,
        unit_of_measure="kWh",
        carrier_unit="kWh",
        multiplier=multiplier,
        interval_s=interval_s,
        register_size=register_size,
        rated_per_hour=rated_per_hour,
        replacements=replacements,
        accepted_us=frozenset(accepted_us),
    )
    return replace(rule, settlements=settlements)


def quarter_hours(*values: float, start_us: int = T0) -> tuple[list[int], list[float]]:
    """Readings at every quarter of an hour from `start_us`."""
    return [start_us + i * SLOT_US for i in range(len(values))], list(values)


def booked_pico(booking: Booking) -> int:
    """All that is booked, in 1e-12 kWh."""
    return sum(slot.quantity_pico for slot in booking.slots.values())


@dataclass
class Store:
    """Holds one meter's readings, marks and slots, and books each message when it comes."""

    rule: MeterRule
    margin: int = 2
    readings: dict[int, float] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    slots: dict[int, SlotEnergy] = field(default_factory=dict)

    def receive(self, message: Mapping[int, float]) -> None:
        """Store what is new in a message; book again what it touches."""
        new = {at: value for at, value in message.items() if at not in self.readings}
        self.readings.update(new)
        if new:
            self._book(slot_floor_us(min(new)), slot_floor_us(max(new)) + SLOT_US)

    def reinterpret(self, rule: MeterRule, from_us: int) -> None:
        """Book again what readings from a moment on mean by another rule."""
        self.rule = rule
        if self.readings:
            self._book(from_us, max(from_us, *self.readings) + SLOT_US)

    def _book(self, from_us: int, to_us: int) -> None:
        before = after = self.margin
        while True:
            outcome = rebook(
                self._window(from_us, to_us, before, after), self.rule, dirty_from_us=from_us, dirty_to_us=to_us
            )
            if not isinstance(outcome, NeedsMore):
                break
            before, after = before * (3 if outcome.before else 1), after * (3 if outcome.after else 1)
        low, high = outcome.slots_from_us, outcome.slots_to_us
        kept = {
            s: e for s, e in self.slots.items() if (low is not None and s < low) or (high is not None and s >= high)
        }
        self.slots = kept | outcome.booking.slots
        low, high = outcome.marks_after_us, outcome.marks_to_us
        left = {
            t: m for t, m in self.marks.items() if (low is not None and t <= low) or (high is not None and t > high)
        }
        self.marks = left | outcome.booking.marks
        if outcome.unit_changed_from_us is not None:
            self._book(outcome.unit_changed_from_us, max(self.readings) + SLOT_US)

    def _window(self, from_us: int, to_us: int, before: int, after: int) -> Readings:
        reach_us = self.rule.longest_interval_us if Kind.INTERVAL in self.rule.kinds else 0
        times = sorted(self.readings)
        early = [t for t in times if t < from_us - reach_us]
        late = [t for t in times if t >= to_us + reach_us]
        middle = [t for t in times if from_us - reach_us <= t < to_us + reach_us]
        chosen = early[-before:] + middle + late[:after]
        return Readings(
            times_us=chosen,
            values=[self.readings[t] for t in chosen],
            marks={t: m for t, m in self.marks.items() if chosen and chosen[0] <= t <= chosen[-1]},
            unit_before=sum(UNIT_OF_MARK.get(m, 0) for t, m in self.marks.items() if chosen and t < chosen[0]),
            reaches_start=len(early) <= before,
            reaches_end=len(late) <= after,
        )

    def batch(self) -> Booking:
        """What booking everything at once gives."""
        times = sorted(self.readings)
        return book(times, [self.readings[t] for t in times], self.rule)


def messages(readings: Sequence[tuple[int, float]], sizes: Iterable[int]) -> list[dict[int, float]]:
    """Cut readings into messages of the given sizes."""
    cut, i = [], 0
    for size in sizes:
        if i >= len(readings):
            break
        cut.append(dict(readings[i : i + size]))
        i += size
    cut.append(dict(readings[i:]))
    return cut
