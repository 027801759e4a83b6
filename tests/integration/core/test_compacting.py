"""Indexes of closed times give back what they have too much, while what they find stays as it was."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from services.core.db.compacting import CLOSED_AFTER, Compacted, compact

START = datetime(2025, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=400)
ENTRY_BYTES = 28

# Meters in no order, each with its readings in the order of time: as they arrive.
READINGS = """
INSERT INTO reading (meter_id, ts, value, batch_id)
SELECT (meter * 7919) %% 400, %(start)s + i * interval '15 minutes', i, i
FROM generate_series(0, 199) AS i, generate_series(0, 399) AS meter
WHERE i %% 3 = 0 OR meter %% 2 = 0
ORDER BY i, md5((i * 1000 + meter)::text)
"""
INDEXES = """
SELECT sum(pg_relation_size(indexrelid))::bigint
FROM pg_inherits JOIN pg_index ON indrelid = inhrelid
WHERE inhparent = 'reading'::regclass
"""
FOUND = "SELECT count(*), sum(value) FROM reading WHERE meter_id BETWEEN 7 AND 90 AND ts < %(end)s"


@pytest.fixture
def readings(database: psycopg.Connection, store: str) -> int:
    """How many were stored."""
    if store == "embedded":
        pytest.skip("plain PostgreSQL has no chunks that close")
    database.execute(READINGS, {"start": START})
    return one(database, "SELECT count(*) FROM reading")


def one(database: psycopg.Connection, statement: str) -> int:
    row = database.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def test_loose_indexes_are_built_anew_once(readings: int, database: psycopg.Connection, database_url: str) -> None:
    end = {"end": START + timedelta(days=1)}
    before, found = one(database, INDEXES), database.execute(FOUND, end).fetchone()
    assert before > 1.3 * ENTRY_BYTES * readings
    done = compact(database_url, now=NOW)
    assert done.indexes == 1
    assert done.bytes_before - done.bytes_after == before - one(database, INDEXES)
    assert done.bytes_after < 1.05 * ENTRY_BYTES * readings + 65_536
    assert database.execute(FOUND, end).fetchone() == found
    assert compact(database_url, now=NOW) == Compacted(0, 0, 0)


def test_a_chunk_that_has_just_ended_is_left_alone(
    readings: int, database: psycopg.Connection, database_url: str
) -> None:
    (ends,) = database.execute(
        "SELECT max(range_end) FROM timescaledb_information.chunks WHERE hypertable_name = 'reading'"
    ).fetchone() or (None,)
    assert compact(database_url, now=ends + CLOSED_AFTER) == Compacted(0, 0, 0)
    assert compact(database_url, now=ends + CLOSED_AFTER + timedelta(seconds=1)).indexes == 1


def test_what_an_interrupted_run_left_is_dropped(
    readings: int, database: psycopg.Connection, database_url: str
) -> None:
    (chunk,) = database.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reading'::regclass"
    ).fetchone() or ("",)
    with pytest.raises(psycopg.errors.UniqueViolation):
        database.execute(f"CREATE UNIQUE INDEX CONCURRENTLY reading_ccnew ON {chunk} (meter_id)")
    assert one(database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 1
    assert compact(database_url, now=NOW).indexes == 1
    assert one(database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == 0
