"""Readings of meters registered later are taken in on request; what was rejected is kept within bounds."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.ingest.retention import Retention, drop
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
ALL = Retention(days=200, readings=1000, messages=1000, messages_bytes=10**6)


@pytest.fixture
def owner(registered: Registered) -> str:
    return registered.enterprise()


@pytest.fixture
def gateway(registered: Registered, owner: str) -> str:
    return registered.gateway(owner)


def retry(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/rejected-readings/retry", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def stored(database: psycopg.Connection) -> list[tuple[datetime, float]]:
    return database.execute("SELECT ts, value FROM reading ORDER BY ts").fetchall()


def outcomes(database: psycopg.Connection) -> Counter[str | None]:
    return Counter(outcome for (outcome,) in database.execute("SELECT outcome FROM rejected_reading"))


def test_readings_of_a_meter_registered_since_are_taken_once_and_their_rows_stay(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str, database: psycopg.Connection
) -> None:
    odd = START + timedelta(days=1, microseconds=250_001)
    line.send(gateway, [*quarters("M-NEW", START, [1.5, 2.5, 3.5]), ("M-NEW", odd, 4.5), ("M-OTHER", START, 9.0)])
    assert retry(client)["tried"] == 0
    registered.meter(owner, code="M-NEW", gateway_code=gateway)
    expected = {"tried": 4, "stored": 4, "duplicate": 0, "conflict": 0, "refused": 0, "more": False}
    assert retry(client, gateway=gateway) == expected
    assert stored(database) == [*((START + i * QUARTER, 1.5 + i) for i in range(3)), (odd, 4.5)]
    assert outcomes(database) == {"taken": 4, None: 1}
    assert retry(client)["tried"] == 0
    line.roll_up()
    assert line.total(scope="meter:M-NEW", start="2026-03-01", end="2026-03-03", by="meter") == 3.0


def test_what_came_meanwhile_stays_and_is_told_apart(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str, database: psycopg.Connection
) -> None:
    line.send(gateway, quarters("M-NEW", START, [1.0, 2.0, 3.0]))
    registered.meter(owner, code="M-NEW", gateway_code=gateway)
    line.send(gateway, quarters("M-NEW", START, [1.0, 7.0]))
    found = retry(client, meter="M-NEW")
    assert (found["stored"], found["duplicate"], found["conflict"]) == (1, 1, 1)
    assert [value for _, value in stored(database)] == [1.0, 7.0, 3.0]


def test_the_list_says_what_became_of_each_reading_and_can_be_asked_for_it(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str
) -> None:
    line.send(gateway, [*quarters("M-NEW", START, [1.0, 2.0]), ("M-OTHER", START, 9.0)])
    registered.meter(owner, code="M-NEW", gateway_code=gateway)
    line.send(gateway, [("M-NEW", START, 7.0)])
    retry(client)
    unknown = {"code": "unknown_meter"}
    listed = client.get("/api/v1/rejected-readings", params=unknown).json()["data"]
    assert {(row["meter"], row["value"]): row["outcome"] for row in listed} == {
        ("M-NEW", "1.0"): "conflict",
        ("M-NEW", "2.0"): "taken",
        ("M-OTHER", "9.0"): None,
    }
    assert [row["retried_at"] is None for row in listed] == [row["outcome"] is None for row in listed]
    for outcome, value in {"open": "9.0", "taken": "2.0", "conflict": "1.0"}.items():
        asked = client.get("/api/v1/rejected-readings", params=unknown | {"outcome": outcome}).json()["data"]
        assert [row["value"] for row in asked] == [value]
    assert client.get("/api/v1/rejected-readings", params={"outcome": "refused"}).json()["data"] == []
    asked_amiss = client.get("/api/v1/rejected-readings", params={"outcome": "lost"})
    assert (asked_amiss.status_code, asked_amiss.json()["errors"][0]["field"]) == (422, "outcome")


def test_meter_registered_with_another_gateway_is_not_taken_from_this_one(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str
) -> None:
    line.send(gateway, quarters("M-NEW", START, [1.0]))
    registered.meter(owner, code="M-NEW", gateway_code=registered.gateway(owner))
    assert retry(client)["tried"] == 0


@pytest.mark.parametrize("ts", ["253402329599000", "-62135625600000", "9" * 15, "9" * 30, "noon", "2026-03-01"])
def test_kept_time_that_cannot_be_stored_holds_nothing_up(
    client: TestClient,
    line: Line,
    registered: Registered,
    owner: str,
    gateway: str,
    database: psycopg.Connection,
    ts: str,
) -> None:
    line.send(gateway, quarters("M-NEW", START, [1.0, 2.0]))
    database.execute(
        """
        UPDATE rejected_reading
        SET ts_text = %s
        WHERE rejection_id = (SELECT min(rejection_id) FROM rejected_reading)
        """,
        [ts],
    )
    database.commit()
    registered.meter(owner, code="M-NEW", gateway_code=gateway)
    found = retry(client)
    assert (found["stored"], found["refused"]) == (1, 1)
    assert retry(client)["tried"] == 0


def test_many_are_taken_in_parts(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str, database: psycopg.Connection
) -> None:
    line.send(gateway, quarters("M-NEW", START, map(float, range(25))))
    registered.meter(owner, code="M-NEW", gateway_code=gateway)
    assert [retry(client, most=10)["stored"] for _ in range(4)] == [10, 10, 5, 0]
    assert len(stored(database)) == 25


def test_old_rejected_readings_and_messages_are_dropped_and_counted(
    client: TestClient, line: Line, gateway: str, database: psycopg.Connection
) -> None:
    line.send(gateway, quarters("nobody", START, map(float, range(5))))
    client.post("/api/v1/readings", params={"gateway": gateway}, content=b"garbage")
    assert drop(database, ALL, now=datetime.now(UTC)) == {}
    dropped = drop(database, ALL, now=datetime.now(UTC) + timedelta(days=201))
    assert dropped == {(gateway, "rejected_reading", "age"): 5, (gateway, "rejected_message", "age"): 1}
    told = client.get("/api/v1/dropped").json()["data"]
    assert {(row["kind"], row["reason"], row["dropped"]) for row in told} == {
        ("rejected_reading", "age", 5),
        ("rejected_message", "age", 1),
    }


def test_beyond_the_cap_of_a_gateway_its_oldest_are_dropped_and_others_keep_theirs(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str, database: psycopg.Connection
) -> None:
    other = registered.gateway(owner)
    line.send(gateway, quarters("nobody", START, map(float, range(30))))
    line.send(other, quarters("nobody", START, map(float, range(10))))
    for i in range(4):
        client.post("/api/v1/readings", params={"gateway": gateway}, content=b"garbage" * (i + 1))
    kept = Retention(days=200, readings=20, messages=3, messages_bytes=7 * 7)
    assert drop(database, kept, now=datetime.now(UTC)) == {
        (gateway, "rejected_reading", "cap"): 10,
        (gateway, "rejected_message", "cap"): 2,
    }
    left = database.execute("SELECT gateway_code, count(*), min(value_text::float) FROM rejected_reading GROUP BY 1")
    assert {row[0]: row[1:] for row in left} == {gateway: (20, 10.0), other: (10, 0.0)}
    assert drop(database, kept, now=datetime.now(UTC)) == {}
    pages = [client.get("/api/v1/dropped", params={"limit": 1}).json()]
    pages.append(client.get("/api/v1/dropped", params={"limit": 1, "cursor": pages[0]["next"]}).json())
    assert sorted(page["data"][0]["dropped"] for page in pages) == [2, 10]
    assert pages[1]["next"] is None
