"""Dirty slots are joined where they lie close; results that contradict each other are done again as one."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import DAY_US, SLOT_US
from services.energy.booking.booking import Rebooking
from services.energy.booking.slots import Booking
from services.energy.rollup.ranges import (
    APART_US,
    Bounds,
    DirtyRange,
    Extent,
    join_reaching,
    merge_meeting,
    ranges_of,
    within,
)
from tests.growth import growth, is_linear


def rebooking(from_us: int | None, to_us: int | None) -> Rebooking:
    return Rebooking(Booking(), from_us, to_us, from_us, to_us)


def test_neighbouring_slots_become_one_range() -> None:
    dirty = [(1, 0), (1, SLOT_US), (1, SLOT_US), (2, 0)]
    assert ranges_of(dirty, [], end_us=0) == [DirtyRange(1, 0, 2 * SLOT_US), DirtyRange(2, 0, SLOT_US)]


def test_late_burst_and_live_reading_stay_two_ranges() -> None:
    late, live = 0, SLOT_US + APART_US + 1
    assert len(ranges_of([(1, late), (1, live)], [], end_us=0)) == 2


def test_change_of_a_meter_reaches_to_the_end() -> None:
    assert ranges_of([(1, 5 * SLOT_US)], [(1, 0)], end_us=DAY_US) == [DirtyRange(1, 0, DAY_US)]


def test_results_that_do_not_meet_stand_alone() -> None:
    done = [(DirtyRange(1, 10, 20), rebooking(0, 30)), (DirtyRange(1, 60, 70), rebooking(30, 90))]
    assert merge_meeting(done) == (done, [])


def test_results_that_meet_are_done_again_as_one() -> None:
    done = [(DirtyRange(1, 60, 70), rebooking(25, 90)), (DirtyRange(1, 10, 20), rebooking(0, 30))]
    assert merge_meeting(done) == ([], [DirtyRange(1, 10, 70)])


def test_an_open_end_meets_all_that_come_later_but_not_other_meters() -> None:
    other = (DirtyRange(2, 10, 20), rebooking(0, 30))
    done = [
        (DirtyRange(1, 10, 20), rebooking(0, None)),
        (DirtyRange(1, 40, 50), rebooking(30, 60)),
        (DirtyRange(1, 90, 99), rebooking(80, 100)),
        other,
    ]
    assert merge_meeting(done) == ([other], [DirtyRange(1, 10, 99)])


def test_ranges_are_done_as_one_where_what_was_read_of_one_reaches_into_the_next() -> None:
    first, second, third, other = (
        DirtyRange(1, 10, 20),
        DirtyRange(1, 60, 70),
        DirtyRange(1, 90, 95),
        DirtyRange(2, 10, 20),
    )
    as_one = DirtyRange(1, 10, 70)
    assert join_reaching([(first, 60), (second, 89), (third, 99), (other, 20)]) == {
        first: as_one,
        second: as_one,
        third: third,
        other: other,
    }


SPREAD: dict[str, Callable[[int], Rebooking]] = {
    "each alone": lambda at: rebooking(at, at + 10),
    "each meets the next": lambda at: rebooking(at - 5, at + 90),
    "each meets the next ten": lambda at: rebooking(at - 500, at + 500),
    "open ends": lambda at: rebooking(None, at),
}


@pytest.mark.parametrize("spread", SPREAD)
def test_ranges_are_parted_in_the_same_time_each(spread: str) -> None:
    def parting(size: int) -> Callable[[], object]:
        done = [(DirtyRange(1, at, at + 5), SPREAD[spread](at)) for at in range(0, 80 * size, 80)]
        return lambda: merge_meeting(done)

    assert is_linear(growth(parting, 1_000))


@pytest.mark.parametrize("apart_us", [SLOT_US, APART_US + 2 * SLOT_US, 40 * APART_US])
def test_dirty_slots_are_joined_and_cut_to_a_batch_in_the_same_time_each(apart_us: int) -> None:
    def joining(size: int) -> Callable[[], object]:
        dirty = [(1, i * apart_us) for i in range(size)]

        def join() -> None:
            ranges = ranges_of(dirty, [], end_us=0)
            extents = [Extent(1, None, from_us=r.start_us - APART_US, to_us=r.end_us + APART_US) for r in ranges]
            within(zip(ranges, extents, strict=True), Bounds())
            join_reaching([(r, r.end_us + APART_US) for r in ranges])

        return join

    assert is_linear(growth(joining, 1_000))


SLOTS = st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 400).map(lambda i: i * SLOT_US)), max_size=12)


@given(dirty=SLOTS, changed=SLOTS)
def test_ranges_hold_all_that_is_dirty_lie_more_than_a_day_apart_and_hold_no_more(
    dirty: list[tuple[int, int]], changed: list[tuple[int, int]]
) -> None:
    end_us = 420 * SLOT_US
    ranges = ranges_of(dirty, changed, end_us=end_us)
    stretches = [(m, slot, slot + SLOT_US) for m, slot in dirty] + [(m, from_us, end_us) for m, from_us in changed]
    for meter_id, start_us, stretch_end_us in stretches:
        [found] = [r for r in ranges if r.meter_id == meter_id and r.start_us <= start_us < r.end_us]
        assert stretch_end_us <= found.end_us
    for one, other in pairwise(ranges):
        assert (one.meter_id, one.end_us + APART_US) < (other.meter_id, other.start_us)
    for each in ranges:
        assert (each.meter_id, each.start_us) in {(m, start) for m, start, _ in stretches}
        assert (each.meter_id, each.end_us) in {(m, end) for m, _, end in stretches}
