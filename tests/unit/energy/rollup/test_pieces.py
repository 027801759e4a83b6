"""What is written in pieces is all of it: each slot once, and wherever something stood."""

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import HOUR_US, SLOT_US
from services.energy.booking.booking import Rebooking
from services.energy.booking.slots import Booking, SlotEnergy
from services.energy.rollup.pieces import in_pieces
from services.energy.rollup.ranges import DirtyRange

MONTH_US = 31 * 24 * HOUR_US
ENERGY = SlotEnergy(1, 900, 0)
DIRTY = DirtyRange(7, 0, HOUR_US)


def rebooked(slots: set[int], from_us: int | None, to_us: int | None) -> Rebooking:
    inside = [s * SLOT_US for s in slots if (from_us or 0) <= s * SLOT_US and (to_us is None or s * SLOT_US < to_us)]
    return Rebooking(Booking(dict.fromkeys(inside, ENERGY)), from_us, to_us, None, None)


hours = st.none() | st.integers(0, 2_000).map(lambda hour: hour * HOUR_US)


@given(
    st.sets(st.integers(0, 8_000), max_size=60),
    hours,
    hours,
    st.none() | st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.integers(1, 3_000),
)
def test_each_slot_is_in_one_piece_and_all_that_stood_is_in_reach(
    slots: set[int], from_us: int | None, to_us: int | None, months: tuple[int, int] | None, most: int
) -> None:
    booked = rebooked(slots, from_us, to_us)
    kept = {} if months is None else {7: (min(months) * MONTH_US, max(months) * MONTH_US)}
    pieces = in_pieces([(DIRTY, booked)], kept, slots=most)
    parts = [part for piece in pieces for _, part in piece]
    assert [slot for part in parts for slot in part.booking.slots] == sorted(booked.booking.slots)
    reached: set[int] = set()
    for part in parts:
        assert part.slots_from_us is not None
        assert part.slots_to_us is not None
        reach = range(part.slots_from_us, part.slots_to_us, SLOT_US)
        assert part.slots_from_us % HOUR_US == part.slots_to_us % HOUR_US == 0
        assert set(part.booking.slots) <= set(reach)
        assert reached.isdisjoint(reach)
        reached.update(reach)
    for piece in pieces:
        assert sum((p.slots_to_us or 0) - (p.slots_from_us or 0) for _, p in piece) <= max(most * SLOT_US, HOUR_US)
    first_us, end_us = kept.get(7, (0, -MONTH_US))
    stood = {at for at in range(first_us, end_us + MONTH_US, SLOT_US) if (from_us or 0) <= at}
    assert {at for at in stood if to_us is None or at < to_us} <= reached


def test_years_of_nothing_are_no_pieces() -> None:
    year_us = 365 * 24 * HOUR_US
    booked = rebooked({0, 40 * year_us // SLOT_US}, None, None)
    assert len(in_pieces([(DIRTY, booked)], {}, slots=1_000)) == 2
    assert in_pieces([(DIRTY, rebooked(set(), None, None))], {}, slots=1_000) == []
