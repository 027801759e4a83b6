"""What takes long is done alone and last, and now and then first: nobody waits for it long, nor it for ever."""

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import SLOT_US
from services.energy.rollup.pace import BATCH_S, BatchPace, Work
from services.energy.rollup.ranges import DirtyRange, Extent

DAY_US = 96 * SLOT_US


def work(*meters: int, slots: int = 4, readings: int = 1) -> list[Work]:
    return [
        (DirtyRange(meter, 0, SLOT_US), Extent(readings, None, from_us=0, to_us=slots * SLOT_US)) for meter in meters
    ]


def groups(pace: BatchPace, waiting: list[Work]) -> list[list[int]]:
    ordered = pace.in_order(waiting)
    return [[r.meter_id for r in group] for group in pace.groups([r for r, _ in ordered], ordered)]


def test_first_meter_is_tried_alone_and_then_more_at_once() -> None:
    assert [len(group) for group in groups(BatchPace(100), work(*range(20)))] == [1, 2, 4, 8, 5]


def test_what_may_take_long_is_done_alone_and_last() -> None:
    waiting = work(1, 2) + work(3, slots=40_000) + work(4, 5) + work(6, readings=15_000)
    pace = BatchPace(100)
    pace.begin()
    assert groups(pace, waiting) == [[1], [2, 4], [5], [3], [6]]


def test_what_took_long_is_remembered_and_forgotten_once_it_does_not() -> None:
    pace = BatchPace(100)
    for meter in (1, -2):
        pace.begin()
        assert not pace.group_took({meter}, BATCH_S, slots=0)
    assert [pace.is_costly(meter) for meter in (1, 2, 3)] == [True, True, False]
    pace.begin()
    assert pace.group_took({1}, 0.01, slots=0)
    pace.went_fast({2})
    assert [pace.is_costly(meter) for meter in (1, 2)] == [False, False]


def test_meters_that_took_long_together_are_tried_alone_before_one_is_called_costly() -> None:
    pace = BatchPace(100)
    pace.begin()
    assert not pace.group_took({1, 2, 3, 4}, BATCH_S, slots=0)
    assert not any(pace.is_costly(meter) for meter in (1, 2, 3, 4))
    assert groups(pace, work(1, 2, 3, 4, 5, 6, 7)) == [[5], [6, 7], [1], [2], [3], [4]]
    for meter in (1, 2):
        pace.group_took({meter}, 0.5 if meter == 2 else 0.01, slots=0)
    assert [pace.is_costly(meter) for meter in (1, 2, 3)] == [False, True, False]
    assert groups(pace, work(1, 3, 5)) == [[1], [5], [3]]


def test_slots_to_write_count_as_time() -> None:
    pace = BatchPace(100)
    pace.begin()
    assert not pace.group_took({1}, 0.01, slots=300_000)
    assert pace.is_costly(1)


def test_of_costly_meters_the_one_that_waited_longest_is_next() -> None:
    pace, done = BatchPace(100), []
    for meter in (1, 2, 3):
        pace.group_took({meter}, 1.0, slots=0)
    for _ in range(6):
        meter = pace.costly_turn({1, 2, 3}) or 0
        pace.group_took({meter}, 1.0, slots=0)
        done.append(meter)
    assert done == [1, 2, 3, 1, 2, 3]


def test_costly_meter_has_one_late_batch_of_four() -> None:
    pace = BatchPace(100)
    pace.group_took({9}, 1.0, slots=0)
    assert [pace.costly_turn({1, 2, 9}) for _ in range(8)] == [None, None, None, 9] * 2
    assert pace.costly_turn({9}) == 9
    assert pace.costly_turn({1, 2}) is None


def test_late_slots_of_a_batch_grow_while_it_is_short_and_shrink_when_it_is_long() -> None:
    pace = BatchPace(20_000)
    assert pace.late == 1_000
    for _ in range(9):
        pace.batch_took(0.1)
    assert pace.late == 20_000
    pace.batch_took(2 * BATCH_S)
    assert pace.late == 10_000
    pace.batch_took(4 * BATCH_S)
    assert pace.late == 2_500
    for _ in range(9):
        pace.batch_took(2 * BATCH_S)
    assert pace.late == 500


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 500), st.integers(0, 20_000)), unique_by=lambda r: r[:2]))
def test_all_work_is_in_one_group_and_no_meter_in_two(ranges: list[tuple[int, int, int]]) -> None:
    pace = BatchPace(100)
    waiting = [
        (DirtyRange(m, day * DAY_US, day * DAY_US + SLOT_US), Extent(1, None, from_us=0, to_us=slots * SLOT_US))
        for m, day, slots in ranges
    ]
    ordered = pace.in_order(waiting)
    found = [*pace.groups([r for r, _ in ordered], ordered)]
    assert sorted((r.meter_id, r.start_us) for group in found for r in group) == sorted(
        (r.meter_id, r.start_us) for r, _ in waiting
    )
    meters = [{r.meter_id for r in group} for group in found]
    assert sum(map(len, meters)) == len({m for m, *_ in ranges})
    assert all(len(mine) == 1 for mine in meters if any(m in mine and slots > 10_000 for m, _, slots in ranges))
