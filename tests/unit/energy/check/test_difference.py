"""What is kept of a meter held against what is right."""

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import SLOT_US
from services.core.meter import Mark
from services.energy.check.difference import (
    MOST_TOLD,
    DifferingMark,
    DifferingSlots,
    Slot,
    SlotsTogether,
    Told,
    differing_marks,
    differing_slots,
)

SLOTS = st.tuples(st.integers(1, 3), st.integers(-5, 5), st.sampled_from([0, 450, 900]), st.integers(0, 2))
BOOKS = st.dictionaries(st.integers(0, 40).map(lambda n: n * SLOT_US), SLOTS, max_size=30)


def slots(*quantities: int) -> dict[int, Slot]:
    """Slots one after another, wholly measured."""
    return {i * SLOT_US: (7, quantity, 900, 0) for i, quantity in enumerate(quantities)}


def starts(found: list[DifferingSlots]) -> set[int]:
    return {slot_us for each in found for slot_us in range(each.start_us, each.end_us, SLOT_US)}


@given(right=BOOKS, kept=BOOKS)
def test_exactly_the_slots_that_differ_are_found_and_their_sums_are_exact(
    right: dict[int, Slot], kept: dict[int, Slot]
) -> None:
    found = differing_slots(1, right, kept)
    differing = {at for at in right.keys() | kept.keys() if right.get(at) != kept.get(at)}
    assert starts(found) == differing
    assert sum(each.kept.quantity_pico for each in found) == sum(kept[at][1] for at in differing if at in kept)
    assert sum(each.right.quantity_pico for each in found) == sum(right[at][1] for at in differing if at in right)
    assert all(each.kept != each.right for each in found)


@given(right=BOOKS, kept=BOOKS, start=st.integers(0, 40), count=st.integers(0, 40))
def test_slots_in_a_stretch_that_waits_are_not_compared(
    right: dict[int, Slot], kept: dict[int, Slot], start: int, count: int
) -> None:
    stretch = (start * SLOT_US, (start + count) * SLOT_US)
    every, compared = differing_slots(1, right, kept), differing_slots(1, right, kept, apart=[stretch])
    assert starts(compared) == {at for at in starts(every) if not stretch[0] <= at < stretch[1]}


def test_slots_one_after_another_that_lack_energy_are_told_as_one() -> None:
    found = differing_slots(4, slots(5, 5, 5, 5, 5), slots(5, 3, 4, 5, 0))
    assert found == [
        DifferingSlots(4, SLOT_US, 3 * SLOT_US, SlotsTogether(2, 7, 1800, 0, 7), SlotsTogether(2, 10, 1800, 0, 7)),
        DifferingSlots(4, 4 * SLOT_US, 5 * SLOT_US, SlotsTogether(1, 0, 900, 0, 7), SlotsTogether(1, 5, 900, 0, 7)),
    ]


def test_energy_moved_to_the_next_slot_does_not_hide_in_the_sum_of_both() -> None:
    found = differing_slots(4, slots(5, 5), slots(4, 6))
    assert [(each.kept.quantity_pico, each.right.quantity_pico) for each in found] == [(4, 5), (6, 5)]


def test_marks_that_are_missing_or_others_are_found() -> None:
    right, kept = {1: Mark.DIP, 2: Mark.SUSPECT, 3: Mark.RESET}, {1: 1, 2: 2, 4: 99}
    assert differing_marks(4, right, kept) == [
        DifferingMark(4, 2, 2, Mark.SUSPECT),
        DifferingMark(4, 3, None, Mark.RESET),
        DifferingMark(4, 4, 99, None),
    ]


def test_all_differences_are_counted_and_the_first_ones_told() -> None:
    told = Told()
    for i in range(MOST_TOLD):
        told.add([DifferingMark(1, i, None, Mark.DIP)])
    told.add([*differing_slots(1, slots(5, 5), slots(4, 6)), DifferingMark(1, 0, None, Mark.DIP)])
    assert (told.slots, told.marks, len(told.first), told.untold) == (2, MOST_TOLD + 1, MOST_TOLD, 3)
