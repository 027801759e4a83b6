"""Stretches are parted by the chunks in which they lie."""

from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import DAY_US, OPEN_END_US, OPEN_START_US
from services.core.db.chunks import CHUNK_US, parts_of

STRETCHES = st.lists(st.tuples(st.integers(0, 2000 * DAY_US), st.integers(1, 100 * DAY_US)), max_size=30)


@given(STRETCHES)
def test_each_stretch_is_in_one_part_that_begins_and_ends_in_one_chunk(stretches: list[tuple[int, int]]) -> None:
    starts, ends = [start for start, _ in stretches], [start + length for start, length in stretches]
    parts = list(parts_of(starts, ends, chunk_us=CHUNK_US))
    assert sorted(place for part in parts for place in part.places) == list(range(len(stretches)))
    for part in parts:
        mine = [(starts[place], ends[place]) for place in part.places]
        assert (part.from_us, part.to_us) == (min(start for start, _ in mine), max(end for _, end in mine))
        assert len({start // CHUNK_US for start, _ in mine}) == len({(end - 1) // CHUNK_US for _, end in mine}) == 1
    assert len({(part.from_us // CHUNK_US, (part.to_us - 1) // CHUNK_US) for part in parts}) == len(parts)


def test_what_is_open_stays_open() -> None:
    (part,) = parts_of([OPEN_START_US], [OPEN_END_US], chunk_us=CHUNK_US)
    assert part.wider(DAY_US) == (OPEN_START_US, OPEN_END_US)
    (part,) = parts_of([5], [7], chunk_us=CHUNK_US)
    assert part.wider(3) == (2, 10)
