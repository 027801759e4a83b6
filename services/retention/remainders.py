"""What stays of batches of which readings are dropped, and the digest of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np
import psycopg

from services.core.db.bulk import RowType, copy_out, times_us
from services.core.db.statements import Statements
from services.provenance.digest import readings_digest

SQL = Statements.beside(__file__, "retain.sql")

_ROW = RowType(batch_id="int8", meter_id="int4", ts="ts", value="float8")
_PAGE = 5_000
_READINGS_AT_ONCE = 250_000


class Remainder(NamedTuple):
    """So many readings of a batch stay, with the SHA-256 of them."""

    batch_id: int
    readings: int
    digest: bytes


def remainders(connection: psycopg.Connection, *, dropped_before: datetime) -> Iterator[Remainder]:
    """Of each batch of which something goes and something stays, by number. `carried_reading` is filled."""
    for batch_ids in _groups(connection, dropped_before):
        rows = copy_out(connection, SQL, "staying", _ROW, batch_ids=batch_ids, dropped_before=dropped_before)
        numbers, starts, counts = np.unique(rows["batch_id"], return_index=True, return_counts=True)
        for number, start, count in zip(numbers.tolist(), starts.tolist(), counts.tolist(), strict=True):
            mine = rows[start : start + count]
            digest = readings_digest(mine["meter_id"].astype(np.int64), times_us(mine["ts"]), mine["value"])
            yield Remainder(number, count, digest)


def _groups(connection: psycopg.Connection, dropped_before: datetime) -> Iterator[list[int]]:
    """Numbers of such batches, so many at a time as hold no more than may be at hand."""
    group: list[int] = []
    size, after = 0, -(2**62)
    while page := SQL.run(connection, "spanning", after=after, dropped_before=dropped_before, most=_PAGE).all():
        for batch_id, readings in page:
            if group and size + readings > _READINGS_AT_ONCE:
                yield group
                group, size = [], 0
            group.append(batch_id)
            size += readings
        after = page[-1].batch_id
    if group:
        yield group
