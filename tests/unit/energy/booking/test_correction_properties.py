"""Whatever is corrected, in whatever order, between whatever readings: the energy is that of the corrected readings."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.calendar import SLOT_US, slot_floor_us
from services.core.meter import MeterRule, Quality
from services.energy.booking.booking import Readings, book
from services.energy.booking.slots import Booking
from tests.unit.energy.booking.counter_story import T0, Store, counter_rule, messages, quarter_hours
from tests.unit.energy.booking.test_booking_properties import rules, wild_series

VALUES = [0.0, 7.0, 10.0, 99.0, 102.0, 150.0, 999.0, 99_000.0, -3.0]


@dataclass
class CorrectedStore(Store):
    """A store in which people correct readings: a value that counts, or None where none does."""

    corrections: dict[int, float | None] = field(default_factory=dict)

    def correct(self, at_us: int, value: float | None) -> None:
        """Let another value count, or none."""
        self.corrections[at_us] = value
        self._book(slot_floor_us(at_us), slot_floor_us(at_us) + SLOT_US)

    def revoke(self, at_us: int) -> None:
        """Let the reading stand as the meter gave it."""
        self.corrections.pop(at_us, None)
        self._book(slot_floor_us(at_us), slot_floor_us(at_us) + SLOT_US)

    def _window(self, from_us: int, to_us: int, before: int, after: int) -> Readings:
        stored = super()._window(from_us, to_us, before, after)
        first = None if stored.reaches_start else stored.times_us[0]
        last = None if stored.reaches_end else stored.times_us[-1]
        near = {
            at: value
            for at, value in self.corrections.items()
            if (first is None or at >= first) and (last is None or at <= last)
        }
        counting = dict(zip(stored.times_us, stored.values, strict=True)) | near
        kept = {at: value for at, value in sorted(counting.items()) if value is not None}
        return replace(
            stored,
            times_us=list(kept),
            values=list(kept.values()),
            marks={at: mark for at, mark in self.marks.items() if kept and min(kept) <= at <= max(kept)},
            corrected_us=sorted(near),
        )

    def batch(self) -> Booking:
        """What booking all corrected readings at once gives."""
        counting = self.readings | self.corrections
        kept = {at: value for at, value in sorted(counting.items()) if value is not None}
        return book(list(kept), list(kept.values()), self.rule, corrected_us=sorted(self.corrections))


@settings(max_examples=400, deadline=None)
@given(series=wild_series(), rule=rules(), data=st.data())
def test_energy_after_any_corrections_in_any_order_is_that_of_the_corrected_readings(
    series: list[tuple[int, float]], rule: MeterRule, data: st.DataObject
) -> None:
    times = [at for at, _ in series]
    moments = st.sampled_from([*times, *(at + 60_000_000 for at in times), T0 - 86_400_000_000])
    change = st.tuples(moments, st.sampled_from(["revoke", None, *VALUES]))
    store = CorrectedStore(rule)
    shuffled = data.draw(st.permutations(series)) if data.draw(st.booleans()) else series
    for message in messages(shuffled, data.draw(st.lists(st.integers(1, 9), max_size=10))):
        store.receive(message)
        for at, value in data.draw(st.lists(change, max_size=4)):
            if isinstance(value, str):
                store.revoke(at)
            else:
                store.correct(at, value)
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots


def corrected_slots(booking: Booking) -> list[int]:
    """Numbers of the slots that a correction touches, counted from the first reading."""
    return [(slot - T0) // SLOT_US for slot, energy in booking.slots.items() if energy.quality & Quality.CORRECTED]


def test_slots_on_both_sides_of_a_replaced_counter_reading_are_marked_corrected() -> None:
    times, values = quarter_hours(10, 11, 12, 13, 14)
    booking = book(times, values, counter_rule(), corrected_us=[times[2]])
    assert corrected_slots(booking) == [1, 2]


def test_slots_across_a_withdrawn_counter_reading_are_marked_corrected() -> None:
    times, values = quarter_hours(10, 11, 12, 13, 14)
    booking = book(times[:2] + times[3:], values[:2] + values[3:], counter_rule(), corrected_us=[times[2]])
    assert corrected_slots(booking) == [1, 2]


def test_without_corrections_nothing_is_marked_corrected() -> None:
    assert corrected_slots(book(*quarter_hours(10, 11, 12), counter_rule())) == []
