"""Stretches of time, parted by where they lie: a statement that names the time of a part opens no other chunks."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US, OPEN_END_US, OPEN_START_US

Whole = NDArray[np.int64]

CHUNK_US = 30 * DAY_US
"""Readings are kept in chunks of so long, counted from 1970."""
QUARTERS_CHUNK_US = 90 * DAY_US
"""The quarters of hours."""


class ChunkPart(NamedTuple):
    """Stretches that begin in one chunk and end in one, by their places, and [from_us, to_us), which holds them all."""

    places: list[int]
    from_us: int
    to_us: int

    def wider(self, by_us: int) -> tuple[int, int]:
        """The same time and so much on either side; an open end stays open."""
        return max(OPEN_START_US, self.from_us - by_us), min(OPEN_END_US, self.to_us + by_us)


def parts_of(starts_us: Sequence[int] | Whole, ends_us: Sequence[int] | Whole, *, chunk_us: int) -> Iterator[ChunkPart]:
    """ChunkPart the stretches [start, end) by the chunks in which they begin and end, the earliest first."""
    starts, ends = np.asarray(starts_us, np.int64), np.asarray(ends_us, np.int64)
    if not len(starts):
        return
    first, last = starts // chunk_us, np.maximum(ends - 1, starts) // chunk_us
    order = np.lexsort((last, first))
    begins = np.flatnonzero(np.append(True, (np.diff(first[order]) != 0) | (np.diff(last[order]) != 0)))
    for places in np.split(order, begins[1:]):
        yield ChunkPart(places.tolist(), int(starts[places].min()), int(ends[places].max()))
