"""Profiles: written, tried, given to gateways, and what they read of messages by HTTP."""

import json
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.integration.registered import Registered

AT_MS = 1_772_416_800_000  # 2026-03-02T02:00:00Z
DOCUMENT = {
    "topics": ["x/{gateway}/data"],
    "each": "/rows[]",
    "emit": [{"point": "{.n}", "value": ".v"}],
    "time": {"at": ".t", "format": "epoch_ms"},
}


def message(*rows: tuple[str, Any]) -> bytes:
    return json.dumps({"rows": [{"n": name, "v": value, "t": AT_MS} for name, value in rows]}).encode()


@pytest.fixture
def plant(registered: Registered) -> tuple[str, str]:
    """A gateway and its meter."""
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    return gateway, registered.meter(unit_code=registered.unit(enterprise), gateway_code=gateway)


def token(client: TestClient, gateway: str) -> str:
    return f"{gateway}.{client.post(f'/api/v1/gateways/{gateway}/credentials').json()['password']}"


def telemetry(client: TestClient, with_token: str, body: bytes) -> Any:
    return client.post(f"/api/v1/{with_token}/telemetry", content=body, headers={"Authorization": "", "Cookie": ""})


def test_gateway_that_knows_only_an_address_is_read_by_its_profile(
    client: TestClient, plant: tuple[str, str], database: psycopg.Connection
) -> None:
    gateway, meter = plant
    client.put("/api/v1/profiles/of-the-plant", json={"document": DOCUMENT})
    mine = token(client, gateway)
    before = telemetry(client, mine, message(("E", 1.0)))
    assert (before.status_code, before.json()["rejected"][0]["code"]) == (200, "no_profile")
    given = client.put(f"/api/v1/gateways/{gateway}/profile", json={"profile": "of-the-plant"}).json()
    assert given == {"profile": "of-the-plant", "version": 1}
    client.put(f"/api/v1/gateways/{gateway}/points", json={"points": [{"name": "E", "meter": meter}]})
    told = telemetry(client, mine, message(("E", 1.5), ("Ua", 230))).json()
    assert told == {"seq": None, "stored": 1, "duplicate": 0, "rejected": []}
    native = {"seq": 1, "readings": [{"meter": meter, "ts": AT_MS, "value": 1.5}]}
    assert client.post("/api/v1/readings", params={"gateway": gateway}, json=native).json()["duplicate"] == 1
    nothing = telemetry(client, mine, b'{"rows": []}').json()
    assert (nothing["stored"], nothing["rejected"]) == (0, [])
    (example,) = client.get("/api/v1/foreign-examples", params={"gateway": gateway}).json()["data"]
    assert (example["reason"], example["source"], example["payload_bytes"]) == ("no_rows", "http", 12)
    broken = telemetry(client, mine, b"{").json()
    assert [each["code"] for each in broken["rejected"]] == ["undecodable"]
    kept = database.execute("SELECT code, payload FROM rejected_message ORDER BY message_id").fetchall()
    assert [code for code, _ in kept] == ["no_profile", "undecodable"]


def test_wrong_tokens_are_refused_alike_and_stand_nowhere(client: TestClient, plant: tuple[str, str]) -> None:
    gateway, _ = plant
    mine = token(client, gateway)
    for wrong in (mine[:-1], f"nobody.{mine.partition('.')[2]}", gateway, "x", f"{mine}{'y' * 300}"):
        refused = telemetry(client, wrong, b"{}")
        assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
        assert refused.json()["instance"] == "/api/v1/readings"
        assert wrong not in refused.text or wrong == "x"
    assert mine not in client.get("/metrics").text


def test_written_profile_has_versions_and_gateways_go_on_with_theirs(
    client: TestClient, plant: tuple[str, str]
) -> None:
    gateway, _ = plant
    assert client.put("/api/v1/profiles/mine", json={"document": DOCUMENT}).json()["version"] == 1
    client.put(f"/api/v1/gateways/{gateway}/profile", json={"profile": "mine"})
    changed = DOCUMENT | {"each": "/other[]"}
    assert client.put("/api/v1/profiles/mine", json={"document": changed}).json()["version"] == 2
    assert client.get(f"/api/v1/gateways/{gateway}/profile").json()["version"] == 1
    assert client.get("/api/v1/profiles/mine").json()["document"] == changed
    assert client.get("/api/v1/profiles/mine", params={"version": 1}).json()["document"] == DOCUMENT
    assert client.delete(f"/api/v1/gateways/{gateway}/profile").status_code == 204
    for path in (f"/api/v1/gateways/{gateway}/profile", "/api/v1/profiles/none"):
        assert client.get(path).json()["code"] == "unknown_profile"


def test_shipped_profile_is_kept_as_it_was_given(
    client: TestClient, plant: tuple[str, str], database: psycopg.Connection
) -> None:
    gateway, _ = plant
    listed = client.get("/api/v1/profiles", params={"limit": 1000}).json()["data"]
    assert [each["name"] for each in listed if each["origin"] == "shipped"].count("kepware") == 1
    assert len(listed) == 38
    client.put(f"/api/v1/gateways/{gateway}/profile", json={"profile": "kepware", "version": 1})
    assert database.execute("SELECT name, version, document ->> 'each' FROM profile_version").fetchall() == [
        ("kepware", 1, "/values[]")
    ]
    refused = client.put("/api/v1/profiles/kepware", json={"document": DOCUMENT})
    assert (refused.status_code, refused.json()["code"]) == (409, "profile_is_shipped")


def test_what_is_wrong_with_a_profile_is_told_with_its_place(client: TestClient) -> None:
    wrong = DOCUMENT | {"time": {"at": ".t"}}
    for answer in (
        client.put("/api/v1/profiles/mine", json={"document": wrong}),
        client.post("/api/v1/profiles/try", json={"document": wrong, "payload": "{}"}),
    ):
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert (fault["field"], fault["code"]) == ("document.time.format", "bad_profile")


def test_profile_is_tried_without_storing_anything(client: TestClient, database: psycopg.Connection) -> None:
    asked = {"document": DOCUMENT, "payload": message(("E", "7"), ("F", "x"), ("G", None)).decode()}
    told = client.post("/api/v1/profiles/try", json=asked).json()
    assert told["values"] == [{"point": "E", "ts": "2026-03-02T02:00:00Z", "value": 7.0, "flag": None, "unit": ""}]
    assert [(each["point"], each["code"]) for each in told["rejected"]] == [("F", "not_a_number")]
    assert (told["dropped"], told["nothing"], told["unreadable"]) == ({"no_value": 1}, None, None)
    broken = client.post("/api/v1/profiles/try", json={"profile": "kepware", "payload": "{"}).json()
    assert broken["unreadable"].startswith("undecodable: not JSON")
    neither = client.post("/api/v1/profiles/try", json={"payload": "{}"}).json()
    assert neither["errors"][0]["code"] == "profile_or_name"
    assert database.execute("SELECT count(*) FROM unknown_point").fetchone() == (0,)
