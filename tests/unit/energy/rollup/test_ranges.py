"""Dirty slots are joined where they lie close; results that contradict each other are done again as one."""

from services.core.calendar import DAY_US, SLOT_US
from services.energy.booking.booking import Booking, Rebooking
from services.energy.rollup.ranges import APART_US, DirtyRange, merge_meeting, ranges_of


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
