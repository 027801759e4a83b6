"""Points of a gateway: said in one act to be meters or unwanted, and what is held of them is taken in."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.foreign import Foreign
from services.ingest.intake import ForeignMessage, store_foreign
from services.ingest.registry import RegistryReader
from tests.integration.registered import Registered

AT = 1_772_416_800_000_000  # 2026-03-02T02:00:00Z


def send(database_url: str, gateway: str, *values: tuple[str, float, str]) -> None:
    """A message of (point, value, flag), a quarter of an hour after another."""
    foreign = Foreign(
        gateway,
        None,
        [point for point, *_ in values],
        [AT + place * 900_000_000 for place in range(len(values))],
        [value for _, value, _ in values],
        [flag for *_, flag in values],
    )
    with connect(database_url, role=DatabaseRole.INGEST, application_name="test") as connection:
        known = RegistryReader().read(connection)
        store_foreign(connection, known, [ForeignMessage(gateway, "test", b"", foreign)], now_us=AT, writer="test")


@pytest.fixture
def plant(registered: Registered) -> tuple[str, str]:
    """A gateway and its meter."""
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    return gateway, registered.meter(unit_code=registered.unit(enterprise), gateway_code=gateway)


def states(client: TestClient, **asked: Any) -> list[tuple[str, str]]:
    return [(each["name"], each["state"]) for each in client.get("/api/v1/points", params=asked).json()["data"]]


def put(client: TestClient, gateway: str, *points: dict[str, Any]) -> Any:
    return client.put(f"/api/v1/gateways/{gateway}/points", json={"points": list(points)}).json()


def test_what_came_before_is_listed_mapped_in_one_act_and_taken_in(
    client: TestClient, database_url: str, plant: tuple[str, str]
) -> None:
    gateway, meter = plant
    send(database_url, gateway, ("E [1]", 1000.0, ""), ("E [1]", 2000.0, "historical"), ("E [1]", 3000.0, "fault"))
    send(database_url, gateway, ("Ua", 230.0, ""), ("site.1", 1.0, ""))
    assert states(client, gateway=gateway) == [("E [1]", "unknown"), ("Ua", "unknown"), ("site.1", "unknown")]
    (seen,) = client.get("/api/v1/points", params={"q": "e [1"}).json()["data"]
    assert (seen["readings"], seen["last_value"], seen["last_ts"]) == (3, 3000.0, "2026-03-02T02:30:00Z")
    told = put(
        client,
        gateway,
        {"name": "E [1]", "meter": meter, "unit_of_measure": "Wh"},
        {"name": "Ua", "ignored": True},
        {"name": "site.*", "ignored": True, "pattern": True},
    )
    assert (told["set"], told["taken"]["stored"], told["taken"]["more"]) == (3, 2, False)
    assert states(client) == [("Ua", "ignored"), ("E [1]", "mapped"), ("site.*", "pattern")]
    read = client.get(f"/api/v1/meters/{meter}/readings").json()["data"]
    assert [each["value"] for each in read] == [1.0, 2.0]
    open_ones = client.get("/api/v1/held-readings", params={"outcome": "open", "point": "E [1]"}).json()["data"]
    assert [(each["value"], each["flag"]) for each in open_ones] == [(3000.0, "fault")]
    taken = client.post("/api/v1/held-readings/take", params={"gateway": gateway, "accept_flags": True}).json()
    assert (taken["stored"], taken["tried"]) == (1, 1)
    assert client.post("/api/v1/held-readings/take", params={"gateway": gateway}).json()["tried"] == 0
    counts = {each["reason"]: each["readings"] for each in client.get("/api/v1/foreign-counts").json()["data"]}
    assert counts == {"fault": 1, "good": 3, "historical": 1, "unknown_point": 5}


def test_removed_point_is_unknown_again(client: TestClient, database_url: str, plant: tuple[str, str]) -> None:
    gateway, meter = plant
    put(client, gateway, {"name": "E", "meter": meter})
    assert client.delete(f"/api/v1/gateways/{gateway}/points", params={"name": "E"}).status_code == 204
    missing = client.delete(f"/api/v1/gateways/{gateway}/points", params={"name": "E"})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_point")
    send(database_url, gateway, ("E", 1.0, ""))
    assert states(client) == [("E", "unknown")]


def test_points_that_do_not_fit_are_refused_by_place(
    client: TestClient, registered: Registered, plant: tuple[str, str], database: psycopg.Connection
) -> None:
    gateway, meter = plant
    elsewhere = registered.meter()
    refused = put(
        client,
        gateway,
        {"name": "a", "meter": elsewhere},
        {"name": "b", "meter": "nobody"},
        {"name": "c", "meter": meter, "unit_of_measure": "m3"},
        {"name": "c", "meter": meter},
    )
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [
        ("points.0.meter", "not_of_gateway"),
        ("points.1.meter", "unknown"),
        ("points.2.unit_of_measure", "bad_unit_of_measure"),
        ("points.3.name", "point_twice"),
    ]
    for entry in ({"name": "a"}, {"name": "a", "meter": meter, "ignored": True}, {"name": "*", "pattern": True}):
        assert put(client, gateway, entry)["errors"][0]["code"] == "meter_or_ignored"
    assert put(client, gateway, {"name": "a", "meter": meter, "factor": 0})["errors"][0]["code"] == "factor_is_zero"
    assert put(client, gateway, {"name": "a", "meter": meter, "factor": -1})["errors"][0]["code"] == "factor_of_counter"
    assert database.execute("SELECT count(*) FROM point").fetchone() == (0,)


def test_points_come_from_a_file_with_what_is_wrong_by_row(
    client: TestClient, database_url: str, plant: tuple[str, str]
) -> None:
    gateway, meter = plant
    send(database_url, gateway, ("E", 1000.0, ""), ("Ua", 230.0, ""))
    header = "gateway,name,meter,unit_of_measure,ignored"
    wrong = f"{header}\n{gateway},E,{meter},t,\n{gateway},Ua,,,\nGW-NONE,E,{meter},,\n"
    told = client.post("/api/v1/import/points", content=wrong.encode(), headers={"Content-Type": "text/csv"}).json()
    assert "meter_or_ignored" in {each["code"] for each in told["errors"] if each["line"] == 3}, told["errors"]
    mended = wrong.replace("Ua,,,", "Ua,,,true")
    told = client.post("/api/v1/import/points", content=mended.encode(), headers={"Content-Type": "text/csv"}).json()
    assert {(each["line"], each["field"], each["code"]) for each in told["errors"]} == {
        (2, "unit_of_measure", "bad_unit_of_measure"),
        (4, "gateway", "unknown"),
    }
    assert states(client, gateway=gateway) == [("E", "unknown"), ("Ua", "unknown")]
    right = f"gateway,name,meter,unit_of_measure,factor,ignored\n{gateway},E,{meter},kWh,2,\n{gateway},Ua,,,,true\n"
    told = client.post("/api/v1/import/points", content=right.encode(), headers={"Content-Type": "text/csv"}).json()
    assert (told["created"], told["error_count"]) == (2, 0)
    assert states(client, gateway=gateway) == [("Ua", "ignored"), ("E", "mapped")]
    taken = client.post("/api/v1/held-readings/take", params={"gateway": gateway}).json()
    assert (taken["stored"], taken["refused"]) == (1, 0)
