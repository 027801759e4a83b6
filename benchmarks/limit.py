"""The limit: how fast this database takes the same readings by nothing but COPY, one connection, a commit a batch."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks.load import METERS, batches
from services.core.db.bulk import RowType, framed

_ROW = RowType(meter_id="int4", ts="ts", value="float8", batch_id="int8")
# As `reading`: keyed by meter and time, in chunks of 30 days, 8 bytes beside the value.
_TABLE = """
CREATE TABLE limit_reading (
    meter_id integer NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    batch_id bigint NOT NULL,
    PRIMARY KEY (meter_id, ts)
)"""
_HYPERTABLE = """
SELECT create_hypertable(
    'limit_reading', 'ts', chunk_time_interval => interval '30 days', create_default_indexes => false
)
"""
_STAGE = "CREATE TEMPORARY TABLE limit_stage (LIKE limit_reading) ON COMMIT DELETE ROWS"
_TAKE = "INSERT INTO limit_reading SELECT * FROM limit_stage ON CONFLICT DO NOTHING"


@dataclass(frozen=True)
class Limit:
    """A way to write, and its rate."""

    name: str
    rows: int
    seconds: float

    @property
    def rows_per_s(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def raw_copy(database_url: str, *, readings: int) -> Limit:
    """Binary COPY straight into the keyed hypertable."""

    def write(connection: psycopg.Connection, wire: bytes) -> None:
        _copy(connection, "limit_reading", wire)

    return _measure("raw COPY", database_url, readings, write)


def staged_copy(database_url: str, *, readings: int) -> Limit:
    """Binary COPY into a temporary table, then INSERT … ON CONFLICT DO NOTHING: what survives redelivery."""

    def write(connection: psycopg.Connection, wire: bytes) -> None:
        _copy(connection, "limit_stage", wire)
        connection.execute(_TAKE)

    return _measure("staged COPY", database_url, readings, write)


def _measure(name: str, database_url: str, readings: int, write: Callable[[psycopg.Connection, bytes], None]) -> Limit:
    wires = [
        _wire(ids, times_ms, values, number)
        for number, (ids, times_ms, values) in enumerate(batches(np.arange(1, METERS + 1), readings=readings))
    ]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS limit_reading")
        connection.execute(_TABLE)
        connection.execute(_HYPERTABLE)
        connection.execute(_STAGE)
        connection.execute("CHECKPOINT")
        started_s = time.monotonic()
        for wire in wires:
            with connection.transaction():
                write(connection, wire)
        seconds = time.monotonic() - started_s
        row = connection.execute("SELECT count(*) FROM limit_reading").fetchone()
        return Limit(name, row[0] if row else 0, seconds)


def _wire(ids: NDArray[Any], times_ms: NDArray[Any], values: NDArray[Any], number: int) -> bytes:
    return framed(_ROW.wire(len(ids), meter_id=ids, ts=times_ms * 1000, value=values, batch_id=number))


def _copy(connection: psycopg.Connection, table: str, wire: bytes) -> None:
    statement = f"COPY {table} (meter_id, ts, value, batch_id) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(wire)
