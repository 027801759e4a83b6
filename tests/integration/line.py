"""The main job without a broker: readings in by HTTP, rolled up, and asked for."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg
from fastapi.testclient import TestClient

from services.core.calendar import to_us
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.meter import MeterRule
from services.energy.booking.booking import book
from services.energy.booking.slots import Booking, SlotEnergy
from services.energy.check.asked import CheckAsked
from services.energy.check.books import check_books
from services.energy.check.report import disagreements
from services.energy.check.telling import told_books
from services.energy.rollup.ranges import Bounds
from services.energy.rollup.service import RollUp

QUARTER = timedelta(minutes=15)
Rows = list[dict[str, Any]]


@contextmanager
def rolling_up(database_url: str, bounds: Bounds | None = None) -> Iterator[RollUp]:
    """A roll-up on a connection of its own; `bounds` say how much of it goes into one batch."""
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-rollup") as connection:
        yield RollUp(connection, bounds)


def assert_every_sum_agrees(database: psycopg.Connection) -> None:
    """As `enermon check` compares them."""
    differing = disagreements(database)
    assert not any(differing.values()), differing


def assert_booked_as_the_readings_say(database: psycopg.Connection) -> None:
    """As `enermon check` books them again. The connection is left reading times as the roll-up does."""
    books = check_books(database, CheckAsked())
    assert books.well, told_books(database, books)


class Line:
    """Sends readings of one gateway, rolls up, and reads the sums back."""

    def __init__(self, client: TestClient, database_url: str) -> None:
        self._client = client
        self._database_url = database_url

    def send(self, gateway: str, readings: Iterable[tuple[str, datetime, float]]) -> dict[str, Any]:
        """Send a message and give the answer."""
        message = {"seq": 1, "readings": [{"meter": m, "ts": at.isoformat(), "value": v} for m, at, v in readings]}
        answer = self._client.post("/api/v1/readings", params={"gateway": gateway}, json=message)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def roll_up(self) -> None:
        """Roll up all there is, and see that every sum agrees with those below it, the lowest with the readings."""
        with rolling_up(self._database_url) as rollup:
            while rollup.once():
                pass
        with connect(self._database_url, role=DatabaseRole.READER, application_name="test-check") as connection:
            assert_every_sum_agrees(connection)
            assert_booked_as_the_readings_say(connection)

    def ask(self, **parameters: Any) -> Rows:
        """The rows of an energy query, over all its pages."""
        rows: Rows = []
        while True:
            answer = self._client.get("/api/v1/energy", params=parameters)
            assert answer.status_code == 200, answer.text
            rows += answer.json()["data"]
            if answer.json()["next"] is None:
                return rows
            parameters["cursor"] = answer.json()["next"]

    def total(self, **parameters: Any) -> float | None:
        """The one quantity of a query that answers one row; None where there is no row."""
        rows = self.ask(bucket="total", **parameters)
        assert len(rows) <= 1, rows
        return rows[0]["quantity"] if rows else None

    def marks(self, meter: str) -> list[str]:
        """The quality of each reading of a meter, in order."""
        answer = self._client.get(f"/api/v1/meters/{meter}/readings", params={"limit": 1000})
        return [row["quality"] for row in answer.json()["data"]]


def booked(database: psycopg.Connection, meter: str) -> dict[int, SlotEnergy]:
    """What is booked of a meter, by the start of the slot in microseconds."""
    rows = database.execute(
        "SELECT slot, quantity_pico, measured_s, quality FROM energy_slot JOIN meter USING (meter_id) WHERE code = %s",
        [meter],
    )
    return {to_us(slot): SlotEnergy(pico, measured_s, quality) for slot, pico, measured_s, quality in rows}


def to_be_booked(database: psycopg.Connection, meter: str, rule: MeterRule) -> Booking:
    """What one computation over all stored readings of a meter books."""
    rows = database.execute(
        "SELECT ts, value FROM reading JOIN meter USING (meter_id) WHERE code = %s ORDER BY ts", [meter]
    ).fetchall()
    return book([to_us(ts) for ts, _ in rows], [value for _, value in rows], rule)


def quarters(meter: str, start: datetime, values: Iterable[float]) -> list[tuple[str, datetime, float]]:
    """Readings of a meter at every quarter of an hour from `start`."""
    return [(meter, start + i * QUARTER, value) for i, value in enumerate(values)]
