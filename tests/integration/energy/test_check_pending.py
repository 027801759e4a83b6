"""`enermon check` counts all that waits for the roll-up."""

import psycopg
import pytest

from services.energy.check.report import report

pytestmark = pytest.mark.store


def test_late_slots_that_wait_are_counted(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO dirty_slot (meter_id, slot) VALUES (1, now())")
        connection.execute("INSERT INTO late_slot (meter_id, slot) VALUES (1, now() - INTERVAL '1 year')")
    assert report(database_url).dirty_slots == 2
