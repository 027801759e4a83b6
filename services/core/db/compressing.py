"""Compresses closed chunks of readings where the edition of TimescaleDB can.

Readings of a meter lie together in a compressed chunk, in the order of time. A late one is taken into it by the
database, which opens no more than that meter's part.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg

from services.core.db.connections import connect
from services.core.db.statements import Statements
from services.core.db.timescale import store_of
from services.core.progress import Progress, no_progress

SQL = Statements.beside(__file__, "compressing.sql")

_SET_UP = """
ALTER TABLE reading
SET (timescaledb.compress, timescaledb.compress_segmentby = 'meter_id', timescaledb.compress_orderby = 'ts')
"""
_SIZE = """
SELECT coalesce(sum(after_compression_total_bytes), 0)::bigint
FROM chunk_compression_stats('reading')
WHERE quote_ident(chunk_schema) || '.' || quote_ident(chunk_name) = ANY (%s)
"""


class CannotCompressError(Exception):
    """The edition of the database cannot; the message says which it is."""


class Compressed(NamedTuple):
    """How many chunks were compressed, and the bytes they took before and after."""

    chunks: int
    bytes_before: int
    bytes_after: int


def compress(
    database_url: str, *, older_than: timedelta, now: datetime, progress: Progress = no_progress
) -> Compressed:
    """Compress the chunks of readings that ended so long ago, one by one; it may be stopped and run again.

    The login must own the tables. Raises CannotCompressError with nothing done; psycopg.Error.
    """
    with connect(database_url, role=None, application_name="enermon compress") as connection:
        connection.autocommit = True
        if lacks := store_of(connection).lacks:
            raise CannotCompressError(lacks)
        if not SQL.run(connection, "is_set_up").scalar_one():
            connection.execute(_SET_UP)
        due = SQL.run(connection, "due", closed_before=now - older_than).all()
        for done, chunk in enumerate(due):
            progress(done, len(due))
            connection.execute("SELECT compress_chunk(%s::regclass)", [chunk.name])
        return Compressed(len(due), sum(chunk.bytes for chunk in due), _size(connection, [c.name for c in due]))


def _size(connection: psycopg.Connection, chunks: list[str]) -> int:
    row = connection.execute(_SIZE, [chunks]).fetchone()
    return 0 if row is None else int(row[0])
