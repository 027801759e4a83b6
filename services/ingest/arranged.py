"""A batch of checked messages made ready for the database: sorted, in the database's own form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, SLOT_US
from services.core.db.bulk import RowType
from services.ingest.message import Checked
from services.provenance.digest import readings_digest

SLOT = RowType(meter_id="int4", slot="ts")
LIVE_US = 2 * HOUR_US
"""Slots that began within this time are live: they are rolled up before what is late."""


@dataclass(frozen=True, slots=True)
class ReadingRows:
    """The readings of a batch in the order they came: arrays of one length."""

    message: NDArray[np.int64]
    meter_id: NDArray[np.int64]
    ts_us: NDArray[np.int64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BatchMarks:
    """What is told of inserted readings beside them: to the chain of seals, and to the roll-up.

    `queues`: slots as COPY wants them, by the queue that they go into.
    """

    readings: int
    digest: bytes
    first_us: int
    last_us: int
    queues: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Arranged:
    """Messages made ready for the database. Positions are those of readings in the order they came."""

    messages: Sequence[Checked]
    live_from_us: int
    rows: ReadingRows
    staged: NDArray[np.int64]
    """In order of meter and time, the first reading of each place."""
    again: NDArray[np.int64]
    """Later readings of places that are among these already, and in `first` the position of the first one."""
    first: NDArray[np.int64]
    marks: BatchMarks | None
    """Of all that is staged, as if the database had none of it; None if nothing is."""


def arrange(messages: Sequence[Checked], *, now_us: int) -> Arranged:
    """Sort a batch and put it into the database's own form. Pure, so it is done while another batch is stored."""
    rows, live_from_us = rows_of(messages), now_us - LIVE_US
    order = np.lexsort((rows.ts_us, rows.meter_id))  # stable: the first of a place stays the first
    meter_id, ts_us = rows.meter_id[order], rows.ts_us[order]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (meter_id[1:] == meter_id[:-1]) & (ts_us[1:] == ts_us[:-1])
    staged = order[~again]
    return Arranged(
        messages=messages,
        live_from_us=live_from_us,
        rows=rows,
        staged=staged,
        again=order[again],
        first=staged[np.cumsum(~again) - 1][again],
        marks=marks_of(rows, staged, live_from_us) if len(staged) else None,
    )


def rows_of(messages: Sequence[Checked]) -> ReadingRows:
    sizes = [len(m.meter_ids) for m in messages]
    count = sum(sizes)
    return ReadingRows(
        message=np.repeat(np.arange(len(messages)), sizes),
        meter_id=np.fromiter(chain.from_iterable(m.meter_ids for m in messages), np.int64, count),
        ts_us=np.fromiter(chain.from_iterable(m.times_us for m in messages), np.int64, count),
        value=np.fromiter(chain.from_iterable(m.values for m in messages), np.float64, count),
    )


def marks_of(rows: ReadingRows, new: NDArray[np.int64], live_from_us: int) -> BatchMarks:
    """Of the readings at these positions, at least one, which are in order of meter and time."""
    meter_id, ts_us = rows.meter_id[new], rows.ts_us[new]
    slot = ts_us - ts_us % SLOT_US
    fresh = np.ones(len(slot), dtype=bool)
    fresh[1:] = (meter_id[1:] != meter_id[:-1]) | (slot[1:] != slot[:-1])
    is_live = slot >= live_from_us
    queues = {}
    for queue, chosen in (("dirty_slot", fresh & is_live), ("late_slot", fresh & ~is_live)):
        if chosen.any():
            queues[queue] = SLOT.wire(int(chosen.sum()), meter_id=meter_id[chosen], slot=slot[chosen])
    digest = readings_digest(meter_id, ts_us, rows.value[new])
    return BatchMarks(len(new), digest, int(ts_us.min()), int(ts_us.max()), queues)
