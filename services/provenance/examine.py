"""What can be told of a batch whose readings are not those that were stored.

A digest says that something differs, not what. But a row carries the transaction that wrote it as it is now: those
that were written by another than the rest of the batch were changed or added later. Where the rest alone has the
digest, they were added, and that is proved. Of compressed chunks the database no longer says which transaction wrote a
row, and refuses the question for the whole table; so it is asked of each chunk by itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import psycopg
from psycopg import sql

from services.core.calendar import to_us
from services.core.db.statements import Statements
from services.provenance.digest import readings_digest
from services.provenance.found import shanghai_time

_sql = Statements.beside(__file__, "verify.sql")

_MOST_ROWS = 200_000
_MOST_NAMED = 10


class _Row(NamedTuple):
    meter_id: int
    meter: str
    ts: datetime
    value: float


class _BatchRecord(NamedTuple):
    """The record of the batch."""

    batch_id: int
    received_at: datetime
    writer: str
    readings: int
    digest: bytes
    first_ts: datetime
    last_ts: datetime
    written_by: str


def examine(connection: psycopg.Connection, batch_id: int) -> str:
    """A sentence on batch `batch_id`: how its readings differ from those that were stored, as far as can be told."""
    kept = _sql.run(connection, "batch", batch_id=batch_id).of(_BatchRecord).one()
    rows = _sql.run(connection, "rows_of_batch", batch_id=batch_id, most=_MOST_ROWS + 1).of(_Row).all()
    what = f"batch {batch_id} of {kept.writer}, received {shanghai_time(kept.received_at)}, {kept.readings} readings"
    if not rows:
        return f"{what}: all of them are missing"
    if len(rows) > _MOST_ROWS:
        return f"{what}: more than {_MOST_ROWS} stand there now"
    return f"{what}: {'; '.join(_differences(connection, kept, rows))}"


def _differences(connection: psycopg.Connection, kept: _BatchRecord, rows: Sequence[_Row]) -> Iterable[str]:
    written_by = _written_by(connection, kept.batch_id)
    writers = [written_by.get((row.meter_id, row.ts)) for row in rows]
    writer = _writer(kept, writers)
    first = [row for row, by in zip(rows, writers, strict=True) if by in {writer, None}]
    later = [row for row, by in zip(rows, writers, strict=True) if by not in {writer, None}]
    if later and _digest(first) == kept.digest:
        yield f"{len(later)} added later, the others are those that were stored: {_named(later)}"
        return
    too_few, too_many = kept.readings - len(rows), len(rows) - kept.readings
    if later:
        yield f"{len(later)} written later{' (changed)' if not too_many else ' (changed or added)'}: {_named(later)}"
    if too_few > 0:
        yield f"{too_few} missing{_holes(connection, kept, rows)}"
    elif too_many > 0 and not later:
        yield f"{too_many} too many, which cannot be told apart"
    elif not later and None in writers:
        yield "changed; which ones cannot be told, as the chunk is compressed"
    elif not later:
        yield "changed, and written again as a whole: which ones cannot be told"


def _written_by(connection: psycopg.Connection, batch_id: int) -> dict[tuple[int, datetime], str]:
    """The transaction that wrote each reading of the batch as it is now, but for those in compressed chunks."""
    found: dict[tuple[int, datetime], str] = {}
    asked = sql.SQL("SELECT meter_id, ts, xmin::text FROM {} WHERE batch_id = %s")
    for table in _sql.run(connection, "tables_of_readings").all():
        try:
            with connection.transaction():
                rows = connection.execute(asked.format(sql.Identifier(*table)), [batch_id]).fetchall()
        except psycopg.errors.FeatureNotSupported:
            continue
        found |= {(meter_id, ts): by for meter_id, ts, by in rows}
    return found


def _writer(kept: _BatchRecord, writers: Sequence[str | None]) -> str | None:
    """The transaction that stored the batch; after a restore from a dump the one that wrote most of it."""
    if kept.written_by in writers:
        return kept.written_by
    known = Counter(by for by in writers if by is not None)
    return known.most_common(1)[0][0] if known else None


def _digest(rows: Sequence[_Row]) -> bytes:
    return readings_digest(
        np.array([row.meter_id for row in rows], np.int64),
        np.array([to_us(row.ts) for row in rows], np.int64),
        np.array([row.value for row in rows], np.float64),
    )


def _named(rows: Sequence[_Row]) -> str:
    named = ", ".join(f"{row.meter} {shanghai_time(row.ts)} {row.value!r}" for row in rows[:_MOST_NAMED])
    return named if len(rows) <= _MOST_NAMED else f"{named} and {len(rows) - _MOST_NAMED} more"


def _holes(connection: psycopg.Connection, kept: _BatchRecord, rows: Sequence[_Row]) -> str:
    """Where they may have been: holes in the series of the meters that sent through the same gateways."""
    holes = list(
        _sql.run(
            connection,
            "holes",
            meter_ids=sorted({row.meter_id for row in rows}),
            first_ts=kept.first_ts,
            last_ts=kept.last_ts,
            most=_MOST_NAMED,
        )
    )
    if not holes:
        return f", between {shanghai_time(kept.first_ts)} and {shanghai_time(kept.last_ts)}"
    named = ", ".join(
        f"{meter} between {shanghai_time(before)} and {shanghai_time(after)}" for meter, before, after in holes
    )
    return f"; readings are absent there: {named}"
