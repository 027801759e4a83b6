"""Days and months say which transaction last booked them, or an hour in them."""

import psycopg
import pytest

from services.core.calendar import SHANGHAI
from tests.integration.line import QUARTER, Line
from tests.integration.open_data.conftest import DAY
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

TABLES = {"energy_day": "day", "energy_month": "month", "ledger_day": "day", "ledger_month": "month"}


def booked_by(database: psycopg.Connection) -> dict[str, set[tuple[str, int]]]:
    """Of each table the days or months with the transactions that booked rows of them."""
    return {
        table: {
            (period.astimezone(SHANGHAI).date().isoformat(), int(transaction))
            for period, transaction in database.execute(f"SELECT {column}, booked_by::text FROM {table}".encode())
        }
        for table, column in TABLES.items()
    }


@pytest.mark.usefixtures("booked")
def test_a_day_is_booked_again_by_what_moves_energy_between_its_hours(
    registered: Registered, line: Line, database: psycopg.Connection
) -> None:
    """The sums of the day, and those above it, stay the same."""
    registered.meter(code="COUNTS", gateway_code="G-J", unit_code=unit_of(database), kind="counter")
    line.send("G-J", [("COUNTS", DAY + 8 * QUARTER, 100.0), ("COUNTS", DAY + 40 * QUARTER, 180.0)])
    line.roll_up()
    first = booked_by(database)
    sums = database.execute("SELECT sum(quantity_pico), sum(slot_count) FROM energy_day").fetchone()
    line.send("G-J", [("COUNTS", DAY + 16 * QUARTER, 160.0)])
    line.roll_up()
    assert database.execute("SELECT sum(quantity_pico), sum(slot_count) FROM energy_day").fetchone() == sums
    again = booked_by(database)
    for table, found in again.items():
        newer = {each for each in found if each[1] > max(number for _, number in first[table])}
        assert {period for period, _ in newer} == {"2026-03-02" if table.endswith("day") else "2026-03-01"}, table
        assert found - newer <= first[table]


def unit_of(database: psycopg.Connection) -> str:
    row = database.execute("SELECT unit.code FROM meter JOIN unit USING (unit_id) WHERE meter.code = 'M-J'").fetchone()
    assert row is not None
    return str(row[0])
