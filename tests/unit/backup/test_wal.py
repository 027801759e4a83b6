"""Names of WAL segments are those of PostgreSQL, and a gap between them is found."""

from hypothesis import given
from hypothesis import strategies as st

from services.backup.wal import first_missing, numbers_between, segment_name, segment_number

SEGMENT_BYTES = 16 << 20
NUMBERS = st.integers(1, 1 << 30)


def test_names_are_those_of_the_server() -> None:
    # SELECT pg_walfile_name('1/FF000028'), and of the segment after it
    assert segment_name(1, 0x1FF, SEGMENT_BYTES) == "0000000100000001000000FF"
    assert segment_name(2, 0x200, SEGMENT_BYTES) == "000000020000000200000000"
    assert list(numbers_between("1/FF000028", "2/100", SEGMENT_BYTES)) == [0x1FF, 0x200]
    assert list(numbers_between("0/3000028", "0/4000000", SEGMENT_BYTES)) == [3]


@given(timeline=st.integers(1, 1000), number=NUMBERS, size=st.sampled_from([1 << 20, SEGMENT_BYTES, 1 << 30]))
def test_a_number_is_read_from_its_name(timeline: int, number: int, size: int) -> None:
    assert segment_number(segment_name(timeline, number, size), size) == number


@given(start=NUMBERS, count=st.integers(0, 20), gone=st.sets(st.integers(0, 19)))
def test_the_first_that_is_missing_is_found(start: int, count: int, gone: set[int]) -> None:
    there = [number for number in range(count) if number not in gone]
    names = [segment_name(1, start + number, SEGMENT_BYTES) for number in there]
    missing = [start + number for number in range(max(there, default=0)) if number in gone]
    found = first_missing(names, start=segment_name(1, start, SEGMENT_BYTES), segment_bytes=SEGMENT_BYTES)
    assert found == (missing[0] if missing else None)
