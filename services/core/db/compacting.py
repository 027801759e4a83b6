"""Gives back the space that the indexes of closed times have too much.

Readings of many meters arrive in the order of time, and the index is in the order of the meters: its pages split where
they are filled, and stay half empty. Once a chunk is closed its index is built anew, beside the old one, so that nobody
waits for it.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg

from services.core.db.connections import connect
from services.core.db.statements import Statements
from services.core.progress import Progress, no_progress

SQL = Statements.beside(__file__, "compacting.sql")

CLOSED_AFTER = timedelta(days=7)
"""So long after the end of a chunk few readings are still added to it."""
# Of the key (meter, time) on a page: 8 bytes of head, 12 of key, 4 that align it, 4 that point to it.
_TUPLE_BYTES = 28
_LOOSENESS = 1.15


class Compacted(NamedTuple):
    """How many indexes were built anew, and the bytes they took before and after."""

    indexes: int
    bytes_before: int
    bytes_after: int


def compact(database_url: str, *, now: datetime, progress: Progress = no_progress) -> Compacted:
    """Build the loose indexes of closed chunks anew, one by one; without TimescaleDB there are none.

    It may be stopped at any time and run again. Raises psycopg.Error; the login must own the tables.
    """
    closed_before = now - CLOSED_AFTER
    with connect(database_url, role=None, application_name="enermon compact") as connection:
        # What runs beside others cannot be part of a transaction.
        connection.autocommit = True
        if not SQL.run(connection, "has_chunks").scalar_one():
            return Compacted(0, 0, 0)
        for row in SQL.run(connection, "left_overs").all():
            _run(connection, f"DROP INDEX CONCURRENTLY {row.name}")
        for row in SQL.run(connection, "unknown_sizes", closed_before=closed_before).all():
            _run(connection, f"ANALYZE {row.name}")
        loose = SQL.run(
            connection,
            "loose_indexes",
            closed_before=closed_before,
            tuple_bytes=_TUPLE_BYTES,
            looseness=_LOOSENESS,
        ).all()
        after = 0
        for done, row in enumerate(loose):
            progress(done, len(loose))
            _run(connection, f"ALTER INDEX {row.name} SET (fillfactor = 100)")
            _run(connection, f"REINDEX INDEX CONCURRENTLY {row.name}")
            after += _size(connection, row.name)
        return Compacted(len(loose), sum(row.bytes for row in loose), after)


def _run(connection: psycopg.Connection, statement: str) -> None:
    """A statement with a name that PostgreSQL has quoted itself."""
    connection.execute(statement.encode())


def _size(connection: psycopg.Connection, index: str) -> int:
    row = connection.execute("SELECT pg_relation_size(%s::regclass)", [index]).fetchone()
    return 0 if row is None else int(row[0])
