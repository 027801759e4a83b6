"""Later values of a time, of gateways whose rule is to take them: they count as corrections, sealed and booked anew."""

from datetime import datetime, timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI, Grain, floor, to_us
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.foreign import Foreign
from services.ingest.intake import ForeignMessage, store_foreign
from services.ingest.registry import RegistryReader
from tests.integration.line import Line, quarters
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

MONTH = floor(utc_now(), Grain.MONTH).astimezone(SHANGHAI)
QUARTER = timedelta(minutes=15)


def total(line: Line, month: datetime) -> float | None:
    end = floor(month + timedelta(days=40), Grain.MONTH)
    return line.total(start=f"{month.date()}", end=f"{end.astimezone(SHANGHAI).date()}")


@pytest.fixture
def plant(registered: Registered, client: TestClient) -> tuple[str, str]:
    """A gateway whose later values count, and its meter."""
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    assert client.patch(f"/api/v1/gateways/{gateway}", json={"corrections": "accept"}).status_code == 200
    return gateway, registered.meter(owner, gateway_code=gateway)


def recorded(database: psycopg.Connection) -> list[tuple[str, float, float, str]]:
    rows = database.execute("SELECT kind, original_value, value, author FROM correction ORDER BY correction_id")
    return rows.fetchall()


def test_later_value_counts_and_the_first_stays_stored(
    line: Line, plant: tuple[str, str], client: TestClient, database: psycopg.Connection
) -> None:
    gateway, meter = plant
    line.send(gateway, quarters(meter, MONTH, [0.0, 10.0, 20.0]))
    line.roll_up()
    assert total(line, MONTH) == 20.0
    later = [(meter, MONTH + 2 * QUARTER, 25.0)]
    assert line.send(gateway, later) == {"seq": 1, "stored": 1, "duplicate": 0, "rejected": []}
    line.roll_up()
    assert total(line, MONTH) == 25.0
    # The same again, and the first again, as a broker repeats them: nothing more is recorded.
    assert line.send(gateway, later)["duplicate"] == 1
    assert line.send(gateway, quarters(meter, MONTH, [0.0, 10.0, 20.0]))["duplicate"] == 3
    by = f"gateway {gateway}"
    assert recorded(database) == [("replace", 20.0, 25.0, by)]
    line.send(gateway, [(meter, MONTH + 2 * QUARTER, 26.0), (meter, MONTH + 2 * QUARTER, 27.0)])
    line.roll_up()
    assert total(line, MONTH) == 27.0
    assert recorded(database)[1:] == [("replace", 20.0, 26.0, by), ("replace", 20.0, 27.0, by)]
    assert database.execute("SELECT value FROM reading ORDER BY ts").fetchall() == [(0.0,), (10.0,), (20.0,)]
    assert database.execute("SELECT count(*) FROM rejected_reading").fetchone() == (0,)
    (newest, *_) = client.get(f"/api/v1/meters/{meter}/corrections").json()["data"]
    assert (newest["value"], newest["counts"], newest["author"]) == (27.0, True, by)
    assert database.execute("SELECT count(*) FROM seal_due WHERE kind = 'correction'").fetchone() == (3,)


def test_what_a_person_corrected_and_months_that_are_over_are_left_to_people(
    line: Line, plant: tuple[str, str], client: TestClient, database: psycopg.Connection
) -> None:
    gateway, meter = plant
    line.send(gateway, quarters(meter, MONTH - QUARTER, [0.0, 10.0, 20.0]))
    given = {"ts": (MONTH + QUARTER).isoformat(), "kind": "replace", "value": 21.0, "reason": "photo"}
    assert client.post(f"/api/v1/meters/{meter}/corrections", json=given).status_code == 201
    for at in (MONTH - QUARTER, MONTH, MONTH + QUARTER):
        told = line.send(gateway, [(meter, at, 99.0)])
        assert [each["code"] for each in told["rejected"]] == ["conflict"]
    assert line.send(gateway, [(meter, MONTH + QUARTER, 21.0)])["duplicate"] == 1
    assert len(recorded(database)) == 1
    assert client.patch(f"/api/v1/gateways/{gateway}", json={"corrections": "keep"}).json()["corrections"] == "keep"
    line.send(gateway, [(meter, MONTH + 2 * QUARTER, 30.0)])
    (refused,) = line.send(gateway, [(meter, MONTH + 2 * QUARTER, 31.0)])["rejected"]
    assert refused["code"] == "conflict"


def test_held_value_that_counts_by_a_correction_is_taken(
    line: Line, plant: tuple[str, str], client: TestClient, database: psycopg.Connection, database_url: str
) -> None:
    gateway, meter = plant
    line.send(gateway, quarters(meter, MONTH, [0.0, 10.0, 20.0]))
    line.send(gateway, [(meter, MONTH + 2 * QUARTER, 25.0)])
    at_us = to_us(MONTH + 2 * QUARTER)
    came = Foreign(gateway, None, ["E"] * 3, [at_us] * 3, [20.0, 25.0, 26.0])
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as intake:
        known = RegistryReader().read(intake)
        message = ForeignMessage(gateway, "test", b"{}", came)
        store_foreign(intake, known, [message], now_us=to_us(utc_now()), writer="test")
    point = {"name": "E", "meter": meter}
    assert client.put(f"/api/v1/gateways/{gateway}/points", json={"points": [point]}).status_code == 200
    outcomes = database.execute("SELECT value, outcome FROM held_reading ORDER BY value").fetchall()
    assert outcomes == [(20.0, "taken"), (25.0, "taken"), (26.0, "conflict")]
