"""What takes long is found out at little cost, and remembered; late slots are taken as far as they are soon done."""

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import SLOT_US
from services.energy.rollup.pace import BATCH_S, BatchPace
from services.energy.rollup.ranges import DirtyRange

DAY_US = 96 * SLOT_US


def groups(pace: BatchPace, *meters: int) -> list[list[int]]:
    return [[r.meter_id for r in group] for group in pace.groups(DirtyRange(meter, 0, SLOT_US) for meter in meters)]


def test_first_meter_is_tried_alone_and_then_more_at_once() -> None:
    assert [len(group) for group in groups(BatchPace(100), *range(20))] == [1, 2, 4, 8, 5]


def test_what_took_long_is_remembered_and_forgotten_once_it_does_not() -> None:
    pace = BatchPace(100)
    for meter in (1, -2):
        pace.begin()
        assert not pace.group_took({meter}, BATCH_S, slots=0)
    assert [pace.is_costly(meter) for meter in (1, -1, 2, 3)] == [True, True, True, False]
    pace.begin()
    assert pace.group_took({1}, 0.01, slots=0)
    pace.went_fast({2})
    assert [pace.is_costly(meter) for meter in (1, 2)] == [False, False]


def test_meters_that_took_long_together_are_tried_alone_before_one_is_called_costly() -> None:
    pace = BatchPace(100)
    pace.begin()
    assert not pace.group_took({1, 2, 3, -4}, BATCH_S, slots=0)
    assert not pace.costly
    assert groups(pace, 1, 2, 3, 4, 5, 6, 7) == [[1], [2], [3], [4], [5, 6, 7]]
    for meter in (1, 2):
        pace.group_took({meter}, 0.5 if meter == 2 else 0.01, slots=0)
    assert pace.costly == [2]
    assert groups(pace, 1, 3, 5) == [[1], [3], [5]]


def test_slots_to_write_count_as_time() -> None:
    pace = BatchPace(100)
    pace.begin()
    assert not pace.group_took({1}, 0.01, slots=300_000)
    assert pace.is_costly(1)


def test_of_costly_meters_the_one_that_waited_longest_is_next() -> None:
    pace, done = BatchPace(100), []
    pace.note_costly([1, 2, -3])
    for _ in range(6):
        done.append(pace.costly[0])
        pace.note_costly(done[-1:])
    assert done == [1, 2, 3, 1, 2, 3]


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


def test_stretches_of_time_grow_only_where_all_of_them_were_needed() -> None:
    pace = BatchPace(20_000)
    first = pace.stretches
    pace.took(1_000, stretches=1, of=1)
    pace.batch_took(0.01)
    assert (pace.late, pace.stretches) == (2_000, first)
    pace.took(300, stretches=first, of=5 * first)
    assert pace.late == 600
    pace.batch_took(0.01)
    assert (pace.late, pace.stretches) == (1_200, 2 * first)
    pace.took(300, stretches=2 * first, of=2 * first)
    pace.batch_took(4 * BATCH_S)
    assert pace.stretches == first // 2
    pace.batch_took(9 * BATCH_S)
    assert pace.stretches == first // 2


@given(st.lists(st.tuples(st.integers(-12, 12), st.integers(0, 500)), unique=True), st.sets(st.integers(0, 12)))
def test_all_work_is_in_one_group_and_no_meter_in_two(days: list[tuple[int, int]], suspects: set[int]) -> None:
    pace = BatchPace(100)
    if len(suspects) > 1:
        pace.group_took(suspects, BATCH_S, slots=0)
    waiting = [DirtyRange(meter, day * DAY_US, day * DAY_US + SLOT_US) for meter, day in sorted(days)]
    found = [*pace.groups(waiting)]
    assert [each for group in found for each in group] == waiting
    meters = [{r.meter_id for r in group} for group in found]
    assert sum(map(len, meters)) == len({meter for meter, _ in days})
