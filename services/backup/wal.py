"""Names of WAL segments, and how far they follow each other."""

import re
from collections.abc import Iterable

SEGMENT = re.compile(r"[0-9A-F]{24}")
HISTORY = re.compile(r"[0-9A-F]{8}\.history")
PARTIAL = ".partial"


def segment_name(timeline: int, number: int, segment_bytes: int) -> str:
    """Name of a segment, as PostgreSQL gives it."""
    high, low = divmod(number, 0x1_0000_0000 // segment_bytes)
    return f"{timeline:08X}{high:08X}{low:08X}"


def segment_number(name: str, segment_bytes: int) -> int:
    """Which one it is, counted from the first on, whatever its timeline."""
    return int(name[8:16], 16) * (0x1_0000_0000 // segment_bytes) + int(name[16:24], 16)


def position(lsn: str) -> int:
    """The byte that ``0/3000028`` names."""
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def numbers_between(first: str, last: str, segment_bytes: int) -> range:
    """Numbers of the segments that hold the bytes from ``first`` (LSN) to before ``last``."""
    start, end = position(first), position(last)
    return range(start // segment_bytes, (max(end, start + 1) - 1) // segment_bytes + 1)


def first_missing(names: Iterable[str], *, start: str, segment_bytes: int) -> int | None:
    """Number of the first segment that is not there between ``start`` and the last one; None where all are."""
    there = {segment_number(name, segment_bytes) for name in names}
    begin = segment_number(start, segment_bytes)
    return next((number for number in range(begin, max(there, default=begin - 1)) if number not in there), None)
