"""Every change of the registry raises its revision, and tells the roll-up which readings now mean something else."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.integration.registered import ALWAYS, DALAD, JUNGAR, Registered
from tests.signed_in import ADMINISTRATOR

Queue = list[tuple[str, str]]


@pytest.fixture
def queue(database: psycopg.Connection) -> Callable[[], Queue]:
    """What the roll-up would take from the queue: meter and time in UTC, in the order written; it is empty then."""

    def taken() -> Queue:
        database.execute("SET timezone = 'UTC'")
        rows = database.execute(
            "WITH taken AS (DELETE FROM meter_change RETURNING change_id, meter_id, from_ts)"
            " SELECT meter.code, taken.from_ts::text FROM taken JOIN meter USING (meter_id) ORDER BY change_id"
        )
        return [(str(code), str(ts)) for code, ts in rows]

    return taken


def revision(database: psycopg.Connection) -> int:
    row = database.execute("SELECT revision FROM registry_revision").fetchone()
    assert row is not None
    return int(row[0])


def store_reading(database: psycopg.Connection, meter: str, ts: str) -> None:
    database.execute(
        "INSERT INTO reading (meter_id, ts, value, batch_id) SELECT meter_id, %s, 1, 1 FROM meter WHERE code = %s",
        [ts, meter],
    )


def test_registering_meters_raises_the_revision_and_books_nothing_again(
    registered: Registered, database: psycopg.Connection, queue: Callable[[], Queue]
) -> None:
    before = revision(database)
    registered.meter()
    # enterprise, unit, gateway, meter
    assert revision(database) == before + 4
    assert queue() == []


@pytest.mark.parametrize(
    "patch",
    [
        {"multiplier": 2},
        {"unit_of_measure": "MWh"},
        {"flow": "sub"},
        {"register_size": 100000},
        {"rated_per_hour": 500},
        {"interval_s": 3600},
        {"kind": "interval"},
        {"carrier": "heat"},
        {"valid_from": "2026-01-01"},
        {"valid_to": "2027-01-01"},
    ],
)
def test_what_a_meters_readings_mean_is_booked_again_from_the_beginning(
    client: TestClient, registered: Registered, queue: Callable[[], Queue], patch: dict[str, Any]
) -> None:
    meter = registered.meter()
    dated = {} if {"flow", "carrier", "valid_from", "valid_to"} & set(patch) else ALWAYS
    assert client.patch(f"/api/v1/meters/{meter}", json=patch | dated).status_code == 200
    assert queue() == [(meter, "-infinity")]
    assert client.patch(f"/api/v1/meters/{meter}", json=patch | dated).status_code == 200
    assert queue() == [], "the same values again change nothing"


@pytest.mark.store
def test_a_meter_moved_to_another_unit_is_booked_again(
    client: TestClient, registered: Registered, queue: Callable[[], Queue]
) -> None:
    owner = registered.enterprise()
    back, other = registered.unit(owner), registered.unit(owner)
    meter = registered.meter(owner, unit_code=back)
    client.patch(f"/api/v1/meters/{meter}", json={"unit_code": other} | ALWAYS)
    assert queue() == [(meter, "-infinity")]
    change = {"unit_code": back, "valid_from": "2026-07-01"}
    assert client.patch(f"/api/v1/meters/{meter}", json=change).status_code == 200
    assert queue() == [(meter, "2026-06-30 15:59:59.999999+00")]


def test_names_book_nothing_again(
    client: TestClient, registered: Registered, database: psycopg.Connection, queue: Callable[[], Queue]
) -> None:
    meter = registered.meter()
    before = revision(database)
    patch = {"name_zh": "新名", "name_en": "New name"}
    assert client.patch(f"/api/v1/meters/{meter}", json=patch).status_code == 200
    assert queue() == []
    assert revision(database) == before + 1


@pytest.mark.store
def test_a_move_books_all_meters_of_the_enterprise_again_from_its_first_day_in_shanghai(
    client: TestClient, registered: Registered, queue: Callable[[], Queue]
) -> None:
    mover = registered.enterprise()
    meters = sorted(registered.meter(mover) for _ in range(2))
    registered.meter()
    address = f"/api/v1/enterprises/{mover}/memberships"

    assert client.post(address, json={"area_code": DALAD, "valid_from": "2026-07-01"}).status_code == 201
    assert sorted(queue()) == [(meter, "2026-06-30 16:00:00+00") for meter in meters]

    assert client.patch(f"{address}/2026-07-01", json={"area_code": JUNGAR}).status_code == 200
    assert sorted(queue()) == [(meter, "2026-06-30 16:00:00+00") for meter in meters]

    assert client.patch(f"{address}/2026-07-01", json={"area_code": JUNGAR}).status_code == 200
    assert queue() == []

    assert client.delete(f"{address}/2026-07-01").status_code == 204
    assert sorted(queue()) == [(meter, "2026-06-30 16:00:00+00") for meter in meters]
    assert [entry["valid_from"] for entry in client.get(address).json()["data"]] == ["2025-01-01"]


def test_an_enterprise_keeps_its_last_membership(
    client: TestClient, registered: Registered, queue: Callable[[], Queue]
) -> None:
    enterprise = registered.enterprise(valid_from="2025-01-01")
    answer = client.delete(f"/api/v1/enterprises/{enterprise}/memberships/2025-01-01")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_membership")
    assert client.delete(f"/api/v1/enterprises/{enterprise}/memberships/2025-01-02").status_code == 404
    assert queue() == []


def test_one_day_begins_one_membership(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise(valid_from="2025-01-01")
    entry = {"area_code": DALAD, "valid_from": "2025-01-01"}
    answer = client.post(f"/api/v1/enterprises/{enterprise}/memberships", json=entry)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")


def test_a_membership_lies_where_an_enterprise_may_lie(client: TestClient, registered: Registered) -> None:
    park = registered.park(area_code=JUNGAR)
    enterprise = registered.enterprise(park_code=park, valid_from="2025-01-01")
    answer = client.patch(f"/api/v1/enterprises/{enterprise}/memberships/2025-01-01", json={"area_code": DALAD})
    assert answer.json()["errors"][0]["code"] == "park_elsewhere"


@pytest.mark.store
def test_a_replacement_books_again_from_its_time(
    client: TestClient, registered: Registered, queue: Callable[[], Queue]
) -> None:
    meter = registered.meter(register_size=100000)
    address = f"/api/v1/meters/{meter}/replacements"
    entry = {"ts": "2026-03-02T10:30:00+08:00", "final_value": 81233.4, "first_value": 0, "note": "校验期满"}
    assert client.post(address, json=entry).status_code == 201
    assert queue() == [(meter, "2026-03-02 02:30:00+00")]
    assert client.post(address, json=entry).json()["code"] == "already_exists"
    assert queue() == []
    (recorded,) = client.get(address).json()["data"]
    assert (recorded["ts"], recorded["final_value"], recorded["note"]) == ("2026-03-02T02:30:00Z", 81233.4, "校验期满")
    assert client.delete(f"{address}/2026-03-02T02:30:00Z").status_code == 204
    assert queue() == [(meter, "2026-03-02 02:30:00+00")]
    assert client.delete(f"{address}/2026-03-02T02:30:00Z").json()["code"] == "unknown_replacement"


def test_a_replacement_fits_the_register(client: TestClient, registered: Registered) -> None:
    counter, gauge = registered.meter(register_size=1000), registered.meter(kind="gauge", unit_of_measure="kW")
    entry = {"ts": "2026-03-02T10:30:00+08:00", "final_value": 1000.5, "first_value": 0}
    refused = client.post(f"/api/v1/meters/{counter}/replacements", json=entry)
    assert refused.json()["errors"][0]["code"] == "above_register_size"
    refused = client.post(f"/api/v1/meters/{gauge}/replacements", json=entry)
    assert refused.json()["errors"][0]["code"] == "only_for_counters"


def test_a_replacement_fits_the_registers_of_its_time(client: TestClient, registered: Registered) -> None:
    meter = registered.meter(register_size=1000)
    larger = {"register_size": 100000, "valid_from": "2026-03-02T10:30:00+08:00"}
    assert client.patch(f"/api/v1/meters/{meter}", json=larger).status_code == 200
    swap = {"ts": "2026-03-02T10:30:00+08:00", "final_value": 999.0, "first_value": 50_000.0}
    address = f"/api/v1/meters/{meter}/replacements"
    assert client.post(address, json=swap).status_code == 201
    refused = client.post(address, json=swap | {"ts": "2026-03-02T10:29:00+08:00"})
    assert [(fault["field"], fault["code"]) for fault in refused.json()["errors"]] == [
        ("first_value", "above_register_size")
    ]


def test_a_replacement_is_not_recorded_before_it_happens(
    client: TestClient, registered: Registered, queue: Callable[[], Queue]
) -> None:
    address = f"/api/v1/meters/{registered.meter()}/replacements"
    registers = {"final_value": 1000.5, "first_value": 0}
    later, soon = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (11, 9))
    refused = client.post(address, json=registers | {"ts": later.isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_body")
    assert [(fault["field"], fault["code"]) for fault in refused.json()["errors"]] == [("ts", "in_future")]
    assert (client.get(address).json()["data"], queue()) == ([], [])
    assert client.post(address, json=registers | {"ts": soon.isoformat()}).status_code == 201


@pytest.mark.store
def test_an_accepted_reading_is_booked_again_from_its_time(
    client: TestClient, registered: Registered, database: psycopg.Connection, queue: Callable[[], Queue]
) -> None:
    meter = registered.meter()
    address = f"/api/v1/meters/{meter}/acceptances"
    entry = {"ts": "2026-03-02T11:00:00+08:00", "reason": "现场核实"}
    assert client.post(address, json=entry).json()["code"] == "unknown_reading"
    store_reading(database, meter, "2026-03-02T03:00:00Z")
    assert client.post(address, json=entry).status_code == 201
    assert queue() == [(meter, "2026-03-02 03:00:00+00")]
    assert client.post(address, json=entry).json()["code"] == "already_exists"
    (accepted,) = client.get(address).json()["data"]
    assert (accepted["accepted_by"], accepted["reason"]) == (ADMINISTRATOR, "现场核实")
    assert client.delete(f"{address}/2026-03-02T11:00:00+08:00").status_code == 204
    assert queue() == [(meter, "2026-03-02 03:00:00+00")]


def test_a_refused_change_leaves_the_revision(
    client: TestClient, registered: Registered, database: psycopg.Connection, queue: Callable[[], Queue]
) -> None:
    meter = registered.meter()
    before = revision(database)
    assert client.patch(f"/api/v1/meters/{meter}", json={"carrier": "peat"}).status_code == 422
    assert client.delete("/api/v1/parks/none").status_code == 404
    assert revision(database) == before
    assert queue() == []


def test_a_change_waits_for_the_one_before_it(client: TestClient, registered: Registered, database_url: str) -> None:
    """So what a change has checked stays true until it commits: the unit's enterprise cannot go in between."""
    enterprise = registered.enterprise()
    answers = []
    entry = {"code": "U-1", "credit_code": enterprise, "name_zh": "焦炉"}
    change = threading.Thread(target=lambda: answers.append(client.post("/api/v1/units", json=entry)))
    with psycopg.connect(database_url) as other:
        other.execute("UPDATE registry_revision SET revision = revision + 1")
        change.start()
        other.execute("DELETE FROM enterprise WHERE credit_code = %s", [enterprise])
        change.join(timeout=0.3)
        assert answers == []
    change.join(timeout=30)
    assert answers[0].json()["errors"][0]["code"] == "unknown"
