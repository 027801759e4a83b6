"""What is stored and not yet booked may stand beside what is: booked in any order, in any pieces, it is exact."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.core.calendar import HOUR_US, SLOT_US, slot_floor_us
from services.core.meter import MeterRule
from tests.unit.energy.booking.counter_story import Store
from tests.unit.energy.booking.test_booking_properties import rules, wild_series


@settings(max_examples=400, deadline=None)
@given(series=wild_series(), rule=rules(), data=st.data())
def test_slots_booked_in_any_order_long_after_their_readings_came_give_the_same_energy(
    series: list[tuple[int, float]], rule: MeterRule, data: st.DataObject
) -> None:
    store = Store(rule)
    first = data.draw(st.integers(0, len(series)))
    store.receive(dict(series[:first]))
    store.readings.update(series[first:])
    slots = sorted({slot_floor_us(at) for at, _ in series[first:]})
    for slot in data.draw(st.permutations(slots)):
        store._book(slot, slot + SLOT_US)
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots


@settings(max_examples=400, deadline=None)
@given(series=wild_series(), rule=rules(), other=rules(), data=st.data())
def test_years_booked_anew_by_another_rule_in_pieces_of_whole_hours_give_the_same_energy(
    series: list[tuple[int, float]], rule: MeterRule, other: MeterRule, data: st.DataObject
) -> None:
    assume(rule.kind is other.kind)
    store = Store(rule)
    store.receive(dict(series))
    store.rule = other
    start_us, end_us = series[0][0] - HOUR_US, series[-1][0] + 30 * 24 * HOUR_US
    while start_us < end_us:
        cut_us = min(end_us, (start_us // HOUR_US + data.draw(st.integers(1, 60))) * HOUR_US)
        store._book(start_us, cut_us)
        start_us = cut_us
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots
