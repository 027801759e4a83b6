"""What waits in the queues of a version without parts still waits, in its part."""

import psycopg
import pytest

from services.core.db import migrate
from services.up.stack import Stack
from tests.integration.migrating import database_of

pytestmark = pytest.mark.store

QUEUES = {"dirty_slot": "slot", "late_slot": "slot", "quality_due": "day"}


def test_queues_of_before_are_divided_with_all_that_is_in_them(stack: Stack) -> None:
    with database_of(stack, name="test_before_parts", revision="0037") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for queue, when in QUEUES.items():
                connection.execute(
                    f"INSERT INTO {queue} (meter_id, {when}) SELECT n, '2026-03-01' FROM generate_series(1, 400) AS n,"
                    " generate_series(1, 2)".encode()
                )
        migrate.upgrade(url)
        with psycopg.connect(url, autocommit=True) as connection:
            for queue in QUEUES:
                rows = connection.execute(f"SELECT tableoid::regclass::text, meter_id FROM {queue}".encode()).fetchall()
                assert sorted(meter_id for _, meter_id in rows) == sorted([*range(1, 401)] * 2)
                assert {name for name, _ in rows} == {f"{queue}_{part}" for part in range(16)}
                assert all(name == f"{queue}_{(m ^ m >> 4 ^ m >> 8) & 15}" for name, m in rows)
