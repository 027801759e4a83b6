"""Reads many rows at once as arrays, and writes them: binary COPY, laid over a numpy type. A row is described once."""

from collections.abc import Collection
from typing import Any

import numpy as np
import psycopg
from numpy.typing import ArrayLike, NDArray

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.db.statements import Statements

POSTGRES_EPOCH_US = 946_684_800_000_000
"""From 1970 to the moment from which PostgreSQL counts its microseconds."""
MINUS_INFINITY, INFINITY = -(2**63), 2**63 - 1
"""Of a timestamptz on the wire."""
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"
_NULL = -1
_WIRE = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float8": ">f8", "ts": ">i8", "bool": "i1"}


class RowType:
    """Rows of binary COPY: their columns in order, each int2 to int8, float8, bool or ts (timestamptz)."""

    def __init__(self, **columns: str) -> None:
        self.columns = columns

    def layout(self, given: Collection[str]) -> np.dtype[Any]:
        """A row on the wire in which the columns `given` have a value, and the others are NULL."""
        parts: list[tuple[str, str]] = [("_count", ">i2")]
        for name, kind in self.columns.items():
            parts.append((f"_{name}_bytes", ">i4"))
            if name in given:
                parts.append((name, _WIRE[kind]))
        return np.dtype(parts)

    def wire(self, number: int, **values: ArrayLike) -> bytes:
        """So many rows as COPY takes them, of arrays or single values by column; one that is left out is NULL.

        Times are microseconds since 1970, infinite from OPEN_START_US down and from OPEN_END_US up.
        """
        layout = self.layout(values.keys())
        rows = np.empty(number, layout)
        rows["_count"] = len(self.columns)
        for name, kind in self.columns.items():
            rows[f"_{name}_bytes"] = layout[name].itemsize if name in values else _NULL
            if name in values:
                rows[name] = wire_moments(np.asarray(values[name], np.int64)) if kind == "ts" else values[name]
        return rows.tobytes()

    def read(self, sent: bytearray) -> NDArray[Any]:
        """The rows of all that binary COPY has sent. Raises ValueError for a row that is not as described, or has NULL.

        The bytes may be added to.
        """
        layout = self.layout(self.columns)
        number, rest = divmod(len(sent) - len(_HEAD) - len(_TAIL), layout.itemsize)
        if rest:  # NULL takes no bytes: what is left is looked at as a row too, which says what is wrong with it
            sent += bytes(layout.itemsize)
            number += 1
        rows = np.frombuffer(sent, layout, number, len(_HEAD))
        self._require_as_described(rows)
        return rows

    def _require_as_described(self, rows: NDArray[Any]) -> None:
        """Only the first fault counts: after a value of another length, all others stand elsewhere."""
        said = {"_count": len(self.columns)} | {f"_{name}_bytes": rows.dtype[name].itemsize for name in self.columns}
        faults: list[tuple[int, str]] = []
        for field, expected in said.items():
            wrong = rows[field] != expected
            if wrong.any():
                faults.append((int(wrong.argmax()), field))
        if not faults:
            return
        row, field = min(faults, key=lambda fault: fault[0])
        found = int(rows[field][row])
        if field == "_count":
            raise ValueError(f"row {row} has {found} columns, not {said[field]}")
        column = field.removeprefix("_").removesuffix("_bytes")
        what = "is NULL" if found == _NULL else f"has {found} bytes"
        raise ValueError(f"{column} {what} in row {row}, and not {said[field]} bytes of {self.columns[column]}")


def copy_out(
    connection: psycopg.Connection, statements: Statements, name: str, rows: RowType, **parameters: Any
) -> NDArray[Any]:
    """The rows of the statement `name`, whose columns are those of `rows`, none of them NULL.

    Raises psycopg.Error; ValueError for columns that are others, or NULL.
    """
    statement = f"COPY ({statements.text_for(name, parameters)}) TO STDOUT (FORMAT binary)"
    sent = bytearray()
    with connection.cursor() as cursor, cursor.copy(statement.encode(), parameters) as copy:
        for part in copy:
            sent += part
    return rows.read(sent)


def framed(*rows: bytes) -> bytes:
    """All that binary COPY is sent for these rows, which are in its form."""
    return b"".join((_HEAD, *rows, _TAIL))


def copy_in(connection: psycopg.Connection, table: str, columns: Collection[str], *rows: bytes) -> None:
    """Write rows, which are in the form of binary COPY, into these columns of a table. Raises psycopg.Error."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(framed(*rows))


def ordered(rows: NDArray[Any]) -> NDArray[Any]:
    """The rows by their first two columns: sorted here in less time than by the database."""
    first, second = [name for name in rows.dtype.names or () if not name.startswith("_")][:2]
    return rows[np.lexsort((rows[second], rows[first]))]


def times_us(column: NDArray[Any]) -> NDArray[np.int64]:
    """Microseconds since 1970 of a column of type ts."""
    return column.astype(np.int64) + POSTGRES_EPOCH_US


def wire_moments(moments_us: NDArray[np.int64]) -> NDArray[np.int64]:
    """Microseconds since 1970 as a timestamptz is on the wire."""
    finite = np.where(moments_us >= OPEN_END_US, 0, moments_us) - POSTGRES_EPOCH_US
    wired = np.where(moments_us <= OPEN_START_US, MINUS_INFINITY, finite)
    return np.where(moments_us >= OPEN_END_US, INFINITY, wired)
