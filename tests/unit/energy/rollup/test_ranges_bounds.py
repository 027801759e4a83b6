"""A batch does no more than its bounds allow, at least one hour of one meter, and what is left can be put back."""

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import DAY_US, HOUR_US, SLOT_US
from services.energy.rollup.ranges import Bounds, DirtyRange, Extent, within


def whole(dirty: DirtyRange, readings: int = 1, full_us: int | None = None) -> tuple[DirtyRange, Extent]:
    """A range whose energy lies within itself."""
    return dirty, Extent(readings, full_us, dirty.start_us, dirty.end_us)


def test_what_fits_is_done_as_it_is() -> None:
    ranges = [DirtyRange(1, 0, SLOT_US), DirtyRange(1, 3 * DAY_US, 4 * DAY_US), DirtyRange(2, 0, SLOT_US)]
    assert within([whole(r) for r in ranges], Bounds()) == (ranges, {})


def test_years_of_a_meter_are_cut_at_a_whole_hour_and_the_rest_is_left() -> None:
    years = DirtyRange(1, 5 * SLOT_US, 1000 * DAY_US)
    now, left = within([whole(years)], Bounds(meter_slots=96))
    assert now == [DirtyRange(1, 5 * SLOT_US, DAY_US + HOUR_US)]
    assert left == {1: DAY_US + HOUR_US}


def test_a_second_dense_with_readings_is_still_done_by_the_hour() -> None:
    dense = DirtyRange(1, HOUR_US, 3 * HOUR_US)
    now, left = within([whole(dense, readings=100, full_us=HOUR_US + 1)], Bounds(meter_readings=100))
    assert (now, left) == ([DirtyRange(1, HOUR_US, 2 * HOUR_US)], {1: 2 * HOUR_US})


def test_gap_before_a_reading_counts_because_energy_is_spread_over_it() -> None:
    after_a_year = DirtyRange(1, 365 * DAY_US, 365 * DAY_US + SLOT_US)
    other = DirtyRange(2, 0, SLOT_US)
    year = Extent(1, None, 0, after_a_year.end_us)
    assert within([(after_a_year, year), whole(other)], Bounds(slots=30_000)) == ([after_a_year], {2: 0})


def test_ranges_of_a_meter_that_would_be_joined_count_once_for_the_time_between_them() -> None:
    first, second = DirtyRange(1, 0, SLOT_US), DirtyRange(1, 10 * DAY_US, 10 * DAY_US + SLOT_US)
    work = [(first, Extent(1, None, 0, second.start_us)), (second, Extent(1, None, 0, second.end_us))]
    assert within(work, Bounds(slots=961, meter_slots=961)) == ([first, second], {})
    assert within(work, Bounds(slots=960, meter_slots=960)) == ([first], {1: second.start_us})


@st.composite
def works(draw: st.DrawFn) -> list[tuple[DirtyRange, Extent]]:
    """Ranges of some meters in order of time, with neighbours near and far."""
    work = []
    for meter_id in range(draw(st.integers(1, 4))):
        at = 0
        for _ in range(draw(st.integers(1, 4))):
            start = at + draw(st.integers(1, 400)) * SLOT_US
            at = start + draw(st.integers(1, 400)) * SLOT_US
            full = draw(st.none() | st.integers(start, at - 1))
            gap = draw(st.integers(0, 500)) * SLOT_US
            work.append(
                (DirtyRange(meter_id, start, at), Extent(draw(st.integers(0, 50)), full, start - gap, at + gap))
            )
    return work


@given(work=works(), slots=st.integers(1, 2000), readings=st.integers(1, 100))
def test_done_and_left_make_up_the_whole_and_something_is_always_done(
    work: list[tuple[DirtyRange, Extent]], slots: int, readings: int
) -> None:
    now, left = within(
        work, Bounds(slots=slots, readings=readings, meter_slots=slots // 2, meter_readings=readings // 2)
    )
    assert now
    for dirty, _ in work:
        done_us = sum(
            min(piece.end_us, dirty.end_us) - piece.start_us
            for piece in now
            if piece.meter_id == dirty.meter_id and dirty.start_us <= piece.start_us < dirty.end_us
        )
        left_us = max(0, dirty.end_us - max(dirty.start_us, left.get(dirty.meter_id, dirty.end_us)))
        assert done_us + left_us == dirty.end_us - dirty.start_us
