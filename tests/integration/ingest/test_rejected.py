"""Readings of meters registered later are taken in on request; what was rejected is kept within bounds."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from services.core.clock import utc_now
from services.ingest.retention import MESSAGES_READ, MOST_UNKNOWN_POINTS, Retention, drop
from services.quality.process.service import QualityJudge
from tests.integration.line import QUARTER, Line, quarters
from tests.integration.quality.test_quality import quality
from tests.integration.registered import Registered
from tests.integration.served import RAW

pytestmark = pytest.mark.store

__all__ = ["quality"]

START = datetime(2026, 3, 1, 8, 0, tzinfo=SHANGHAI)
NEVER = "2026-02-30T10:00:00+08:00"
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


def test_a_reading_of_a_clock_that_fell_back_is_held_and_nothing_booked_is_lost(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str
) -> None:
    meter = registered.meter(owner, gateway_code=gateway, interval_s=3600)
    hours = [(meter, datetime(2026, 10, 5, hour, tzinfo=SHANGHAI), 80_000.0 + 2 * hour) for hour in range(24)]
    line.send(gateway, hours)
    answer = line.send(gateway, [(meter, datetime(2000, 1, 10, 0, 0, 5, tzinfo=SHANGHAI), 80_047.0)])
    assert [each["code"] for each in answer["rejected"]] == ["ts_too_old"]
    line.send(gateway, [(meter, datetime(2026, 10, 6, hour, tzinfo=SHANGHAI), 80_048.0 + 2 * hour) for hour in (0, 1)])
    line.roll_up()
    assert line.total(scope=f"meter:{meter}", start="2026-10-05", end="2026-10-06") == 48.0
    assert line.total(scope=f"meter:{meter}", start="2026-10-05", end="2026-10-07") == 50.0


def test_periods_of_a_clock_that_fell_back_are_no_energy_of_that_time(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str
) -> None:
    meter = registered.meter(owner, gateway_code=gateway, kind="interval")
    line.send(gateway, quarters(meter, datetime(2000, 1, 10, tzinfo=SHANGHAI), [25.0, 25.0]))
    line.roll_up()
    assert line.total(scope=f"meter:{meter}", start="2000-01-01", end="2000-02-01") is None
    assert line.total(scope=f"meter:{meter}", start="2026-01-01", end="2026-11-29") is None


def test_held_readings_are_found_and_taken_when_the_meter_is_said_to_be_older_or_a_person_says_so(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str, quality: QualityJudge
) -> None:
    meter = registered.meter(owner, gateway_code=gateway, kind="interval")
    line.send(gateway, quarters(meter, datetime(2018, 6, 1, tzinfo=SHANGHAI), [1.0, 2.0]))
    line.send(gateway, quarters(meter, datetime(2016, 6, 1, tzinfo=SHANGHAI), [4.0, 8.0]))
    quality.sweep(utc_now())
    assert [(each["subject"], each["value"], each["detail"]["oldest"]) for each in held(client)] == [
        (gateway, 4, "2016-06-01T00:00:00+08:00")
    ]
    assert retry(client)["tried"] == 0
    assert client.patch(f"/api/v1/meters/{meter}", json={"valid_from": "2021-01-01"}).status_code == 200
    assert (retry(client)["stored"], retry(client)["tried"]) == (2, 0)
    assert retry(client, accept_old=True)["stored"] == 2
    line.roll_up()
    assert line.total(scope=f"meter:{meter}", start="2016-01-01", end="2019-01-01") == 15.0
    quality.sweep(utc_now())
    assert held(client) == []


def held(client: TestClient) -> list[dict[str, Any]]:
    today = utc_now().astimezone(SHANGHAI).date()
    query = {"start": f"{today - timedelta(days=1)}", "end": f"{today + timedelta(days=1)}", "check": "held_readings"}
    answer = client.get("/api/v1/quality/findings", params=query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


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


def test_a_reading_of_a_day_that_never_was_is_left_alone_and_holds_nothing_up(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str
) -> None:
    registered.meter(owner, code="M-OLD", gateway_code=gateway)
    sent = [{"meter": "M-OLD", "ts": NEVER, "value": 9.0}]
    answer = client.post("/api/v1/readings", params={"gateway": gateway}, json={"id": "never", "readings": sent})
    assert [each["code"] for each in answer.json()["rejected"]] == ["ts_unreadable"]
    line.send(gateway, quarters("M-NEW", START, [1.0]))
    registered.meter(owner, code="M-NEW", gateway_code=gateway)
    assert (retry(client)["tried"], retry(client)["tried"]) == (1, 0)


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
    client.post("/api/v1/readings", params={"gateway": gateway}, content=b"garbage", headers=RAW)
    assert drop(database, ALL, now=datetime.now(UTC)) == {}
    dropped = drop(database, ALL, now=datetime.now(UTC) + timedelta(days=201))
    assert dropped == {(gateway, "rejected_reading", "age"): 5, (gateway, "rejected_message", "age"): 1}
    told = client.get("/api/v1/dropped").json()["data"]
    assert {(row["kind"], row["reason"], row["dropped"]) for row in told} == {
        ("rejected_reading", "age", 5),
        ("rejected_message", "age", 1),
    }


def test_gateways_that_are_not_registered_share_what_is_kept_of_one(
    client: TestClient, gateway: str, database: psycopg.Connection
) -> None:
    for number in range(6):
        for code in (f"GW-INVENTED-{number}", gateway):
            client.post("/api/v1/readings", params={"gateway": code}, content=b"no json", headers=RAW)
    kept = Retention(days=200, readings=1000, messages=4, messages_bytes=10**6)
    assert drop(database, kept, now=datetime.now(UTC)) == {
        ("", "rejected_message", "cap"): 2,
        (gateway, "rejected_message", "cap"): 2,
    }
    left = database.execute("SELECT gateway_code FROM rejected_message ORDER BY message_id").fetchall()
    assert [code for (code,) in left if code != gateway] == [f"GW-INVENTED-{number}" for number in range(2, 6)]
    counted = database.execute("SELECT gateway_code, dropped FROM dropped_count ORDER BY gateway_code").fetchall()
    assert sorted(counted) == sorted([("", 2), (gateway, 2)])


def test_beyond_the_cap_of_a_gateway_its_oldest_are_dropped_and_others_keep_theirs(
    client: TestClient, line: Line, registered: Registered, owner: str, gateway: str, database: psycopg.Connection
) -> None:
    other = registered.gateway(owner)
    line.send(gateway, quarters("nobody", START, map(float, range(30))))
    line.send(other, quarters("nobody", START, map(float, range(10))))
    for i in range(4):
        client.post("/api/v1/readings", params={"gateway": gateway}, content=b"garbage" * (i + 1), headers=RAW)
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


def test_what_is_kept_of_foreign_messages_is_bounded_by_gateway(
    registered: Registered, owner: str, gateway: str, database: psycopg.Connection
) -> None:
    other = registered.gateway(owner)
    for code, count in ((gateway, 30), (other, 3)):
        database.execute(
            "INSERT INTO held_reading (received_at, gateway_code, point, ts, value, unit, flag, stands_for, why)"
            " SELECT now(), %s, 'p', now() + n * interval '1 s', n, '', '', 'moment', 'unknown_point'"
            " FROM generate_series(1, %s) AS n",
            [code, count],
        )
        database.execute(
            "INSERT INTO foreign_message (gateway_code, received_at, source, retained, payload)"
            " SELECT %s, now(), n::text, false, '' FROM generate_series(1, %s) AS n",
            [code, count],
        )
    database.execute(
        "INSERT INTO unknown_point SELECT %s, 'p' || n, now(), now() + n * interval '1 s', 1, now(), 1, ''"
        " FROM generate_series(1, %s) AS n",
        [gateway, MOST_UNKNOWN_POINTS + 2],
    )
    kept = Retention(days=200, readings=20, messages=3, messages_bytes=100)
    assert drop(database, kept, now=datetime.now(UTC)) == {
        (gateway, "held_reading", "cap"): 10,
        (gateway, "unknown_point", "cap"): 2,
    }
    held = database.execute("SELECT gateway_code, count(*), min(value) FROM held_reading GROUP BY 1").fetchall()
    assert sorted(held) == sorted([(gateway, 20, 11.0), (other, 3, 1.0)])
    assert database.execute("SELECT count(*) FROM unknown_point WHERE name IN ('p1', 'p2')").fetchone() == (0,)
    messages = database.execute("SELECT gateway_code, count(*), min(source::int) FROM foreign_message GROUP BY 1")
    assert sorted(messages.fetchall()) == sorted([(gateway, MESSAGES_READ, 11), (other, 3, 1)])
    later = drop(database, kept, now=datetime.now(UTC) + timedelta(days=201))
    assert later == {(gateway, "held_reading", "age"): 20, (other, "held_reading", "age"): 3}
    assert database.execute("SELECT count(*) FROM foreign_message").fetchone() == (0,)
