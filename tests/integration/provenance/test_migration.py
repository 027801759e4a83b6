"""A database of a version without batches keeps every reading, and is sealed from then on."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from services.core.db import migrate
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.adapt import adapt
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from services.up.stack import Stack
from tests.integration.migrating import database_of

pytestmark = pytest.mark.store


@pytest.fixture
def old_url(stack: Stack) -> Iterator[str]:
    """A database with the schema of before."""
    with database_of(stack, name="test_before_batches", revision="0004") as url:
        yield url


def test_each_commit_of_before_becomes_a_sealed_batch_and_no_reading_is_lost(old_url: str) -> None:
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO reading (meter_id, ts, value, received_at)"
            " SELECT meter_id, timestamptz '2025-01-01T00:00Z' + step * interval '7 days 15 min',"
            "     meter_id + step / 3.0, timestamptz '2026-01-01T00:00:00.123456Z' + (step / 10) * interval '1 s'"
            " FROM generate_series(1, 20) AS meter_id CROSS JOIN generate_series(0, 49) AS step"
        )
        before = connection.execute("SELECT meter_id, ts, value, received_at FROM reading ORDER BY 1, 2").fetchall()
    migrate.upgrade(old_url)
    with psycopg.connect(old_url, autocommit=True) as connection:
        after = connection.execute(
            "SELECT meter_id, ts, value, received_at FROM reading JOIN stored_batch USING (batch_id) ORDER BY 1, 2"
        ).fetchall()
        batches = connection.execute(
            "SELECT writer, readings, received_at FROM stored_batch ORDER BY batch_id"
        ).fetchall()
    assert after == before
    assert [(writer, readings) for writer, readings, _ in batches] == [("before sealing", 200)] * 5
    assert batches[0][2] == datetime(2026, 1, 1, 0, 0, 0, 123456, UTC)
    with connect(old_url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
        adapt(connection)
        Sealing(connection).when_due()
    found = verify(old_url)
    assert found.well, found.lines()
    assert (found.seals, found.batches, found.readings, found.waiting) == (5, 5, 1000, 0)
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE reading SET value = 1000 WHERE meter_id = 7 AND ts = '2025-01-01T00:00Z'")
    (told,) = verify(old_url).differences.told
    assert "1 written later (changed): meter number 7 2025-01-01T08:00:00+08:00 1000.0" in told
