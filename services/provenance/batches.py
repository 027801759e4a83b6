"""Recomputes the digest of every stored batch from the readings themselves, some batches at a time."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.db.bulk import RowType, copy_out, times_us
from services.core.db.statements import Statements
from services.core.progress import Progress
from services.provenance.digest import packed_readings
from services.provenance.examine import examine
from services.provenance.found import Differences

_sql = Statements.beside(__file__, "verify.sql")

GROUP_READINGS = 250_000
_TOO_MANY = 1_000_000
_PAGE = 20_000
_LAST = 2**62
_MOST_EXAMINED = 20
_MOST_STRANGERS = 20

_PACKED_BYTES = 20
_ROW = RowType(batch_id="int8", meter_id="int4", ts="ts", value="float8")


class _SealedBatch(NamedTuple):
    batch_id: int
    readings: int
    digest: bytes


class Recount(NamedTuple):
    """What was read."""

    batches: int
    agreeing: int
    readings: int


def recount(
    connection: psycopg.Connection,
    differences: Differences,
    *,
    first_batch: int,
    readings: int,
    progress: Progress,
    last_batch: int = _LAST,
) -> Recount:
    """Hold the readings of each batch from one number to another against its digest; there should be `readings`."""
    batches = agreeing = read = examined = 0
    low = first_batch
    for group, is_last in _groups(connection, first_batch, last_batch):
        high = last_batch + 1 if is_last else group[-1].batch_id + 1
        most = sum(batch.readings for batch in group) + _TOO_MANY
        rows = _read(connection, low=low, high=high, most=most)
        if len(rows) == most:
            differences.add(f"more than {_TOO_MANY} readings too many with batch numbers from {low} on; not looked at")
        for batch, digest in zip(group, _digests(rows, group), strict=True):
            if digest == batch.digest:
                agreeing += 1
            elif examined < _MOST_EXAMINED:
                examined += 1
                differences.add(examine(connection, batch.batch_id))
            else:
                differences.add(f"batch {batch.batch_id}: its readings are not those that were stored")
        _tell_strangers(rows, group, differences)
        batches, read, low = batches + len(group), read + len(rows), high
        progress(read, readings)
    return Recount(batches, agreeing, read)


def _groups(
    connection: psycopg.Connection, first_batch: int, last_batch: int
) -> Iterator[tuple[list[_SealedBatch], bool]]:
    """Batches by number in groups of bounded size, and whether it is the last; at least one, which may be empty."""
    group: list[_SealedBatch] = []
    size, after = 0, first_batch - 1
    while page := _page(connection, after, last_batch):
        for batch in page:
            if group and size + batch.readings > GROUP_READINGS:
                yield group, False
                group, size = [], 0
            group.append(batch)
            size += batch.readings
        after = page[-1].batch_id
    yield group, True


def _page(connection: psycopg.Connection, after: int, last: int) -> list[_SealedBatch]:
    return _sql.run(connection, "batches_after", after=after, last=last, most=_PAGE).of(_SealedBatch).all()


def _read(connection: psycopg.Connection, *, low: int, high: int, most: int) -> NDArray[Any]:
    """Readings with batch numbers in [low, high) by batch, meter and time, at most so many."""
    return copy_out(connection, _sql, "readings_of_batches", _ROW, low=low, high=high, most=most)


def _digests(rows: NDArray[Any], group: Sequence[_SealedBatch]) -> Iterator[bytes]:
    """The digest of the rows of each batch."""
    packed = memoryview(packed_readings(rows["meter_id"], times_us(rows["ts"]), rows["value"]))
    numbers = np.array([batch.batch_id for batch in group], np.int64)
    batch_id = rows["batch_id"].astype(np.int64)
    starts, ends = np.searchsorted(batch_id, numbers, "left"), np.searchsorted(batch_id, numbers, "right")
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield hashlib.sha256(packed[start * _PACKED_BYTES : end * _PACKED_BYTES]).digest()


def _tell_strangers(rows: NDArray[Any], group: Sequence[_SealedBatch], differences: Differences) -> None:
    known = np.isin(rows["batch_id"], [batch.batch_id for batch in group])
    numbers, counts = np.unique(rows["batch_id"][~known], return_counts=True)
    for number, count in zip(numbers[:_MOST_STRANGERS].tolist(), counts.tolist(), strict=False):
        differences.add(f"{count} readings name batch {number}, of which nothing is kept: added, or its record is gone")
    if len(numbers) > _MOST_STRANGERS:
        differences.add(f"readings name {len(numbers) - _MOST_STRANGERS} more batches of which nothing is kept")
