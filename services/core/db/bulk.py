"""Reads many rows at once as arrays, and writes them: binary COPY, out laid over a numpy type."""

from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

POSTGRES_EPOCH_US = 946_684_800_000_000
"""From 1970 to the moment from which PostgreSQL counts its microseconds."""
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"


def row_type(**columns: str) -> np.dtype[Any]:
    """The type of a binary COPY row of these columns, not null: int2 to int8, float8, ts (timestamptz)."""
    wire = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8", "ts": ">i8"}
    parts: list[tuple[str, str]] = [("_count", ">i2")]
    for name, kind in columns.items():
        parts += [(f"_{name}_bytes", ">i4"), (name, wire[kind])]
    return np.dtype(parts)


def copy_out(connection: psycopg.Connection, query: str, rows: np.dtype[Any], **parameters: Any) -> NDArray[Any]:
    """The rows of `query`, whose columns are those of `rows`, in its order. Raises psycopg.Error."""
    statement = f"COPY ({query.rstrip().rstrip(';')}) TO STDOUT (FORMAT binary)"
    sent = bytearray()
    with connection.cursor() as cursor, cursor.copy(statement.encode(), parameters) as copy:
        for part in copy:
            sent += part
    return np.frombuffer(sent, rows, (len(sent) - len(_HEAD) - len(_TAIL)) // rows.itemsize, len(_HEAD))


def framed(*rows: bytes) -> bytes:
    """All that binary COPY is sent for these rows, which are in its form."""
    return b"".join((_HEAD, *rows, _TAIL))


def copy_in(connection: psycopg.Connection, table: str, *rows: bytes) -> None:
    """Write rows, which are in the form of binary COPY, into a table: its name, and columns. Raises psycopg.Error."""
    statement = f"COPY {table} FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(framed(*rows))


def ordered(rows: NDArray[Any]) -> NDArray[Any]:
    """The rows by their first two columns: sorted here in less time than by the database."""
    first, second = [name for name in rows.dtype.names or () if not name.startswith("_")][:2]
    return rows[np.lexsort((rows[second], rows[first]))]


def times_us(column: NDArray[Any]) -> NDArray[np.int64]:
    """Microseconds since 1970 of a column of type ts."""
    return column.astype(np.int64) + POSTGRES_EPOCH_US
