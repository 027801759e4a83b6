"""Profiles: written, tried, given to gateways, and what they read of messages by HTTP."""

import json
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.ingest.profiles.shipped import shipped_profiles
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
    assert told == {"seq": None, "stored": 1, "duplicate": 0, "rejected": [], "held": 1, "unread": 0, "dropped": 0}
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


def test_values_of_unknown_points_that_cannot_be_read_are_shown(client: TestClient, plant: tuple[str, str]) -> None:
    gateway, meter = plant
    client.put("/api/v1/profiles/of-the-plant", json={"document": DOCUMENT})
    client.put(f"/api/v1/gateways/{gateway}/profile", json={"profile": "of-the-plant"})
    points = [{"name": "E", "meter": meter}, {"name": "off", "ignored": True}]
    client.put(f"/api/v1/gateways/{gateway}/points", json={"points": points})
    mine = token(client, gateway)
    long = "9" * 150 + "x" * 150
    told = telemetry(client, mine, message(("E", "?"), ("F", "x"), ("F", long), ("G", 7), ("off", 1), ("off", "x")))
    counted = {name: told.json()[name] for name in ("stored", "held", "unread", "dropped")}
    assert counted == {"stored": 0, "held": 1, "unread": 2, "dropped": 2}
    assert [(each["meter"], each["code"]) for each in told.json()["rejected"]] == [(meter, "not_a_number")]

    def seen(point: str) -> list[Any]:
        (row,) = client.get("/api/v1/points", params={"gateway": gateway, "q": point, "state": "unknown"}).json()[
            "data"
        ]
        return [row[name] for name in ("readings", "last_value", "unread", "last_unread_code")] + [row["last_unread"]]

    assert seen("G") == [1, 7.0, 0, None, None]
    assert seen("F")[:4] == [0, None, 2, "not_a_number"]
    assert (len(seen("F")[4]) <= 200, "999" in seen("F")[4]) == (True, True)
    telemetry(client, mine, message(("F", 5), ("G", "y")))
    assert seen("F")[:3] == [1, 5.0, 2]
    assert seen("G")[:4] == [1, 7.0, 1, "not_a_number"]


def test_wrong_tokens_are_refused_alike_and_stand_nowhere(client: TestClient, plant: tuple[str, str]) -> None:
    gateway, _ = plant
    mine = token(client, gateway)
    for wrong in (mine[:-1], f"nobody.{mine.partition('.')[2]}", gateway, "x", f"{mine}{'y' * 300}"):
        refused = telemetry(client, wrong, b"{}")
        assert (refused.status_code, refused.json()["code"]) == (401, "gateway_not_admitted")
        assert (refused.json()["title_zh"], "CODE.PASSWORD" in refused.text) == ("令牌或密码与该端设备不符", True)
        assert refused.json()["instance"] == "/api/v1/readings"
        assert wrong not in refused.text or wrong == "x"
    assert mine not in client.get("/metrics").text


@pytest.mark.parametrize("rest", ["/attributes", "/rpc", "", "/telemetry/more"])
def test_token_in_an_address_that_is_none_stands_nowhere(
    client: TestClient, plant: tuple[str, str], caplog: pytest.LogCaptureFixture, rest: str
) -> None:
    mine = token(client, plant[0])
    with caplog.at_level("DEBUG"):
        answers = [ask(f"/api/v1/{mine}{rest}") for ask in (client.get, client.post)]
    assert {answer.status_code for answer in answers} == {404}
    assert all(mine not in answer.text for answer in answers)
    assert not any(mine in record.getMessage() for record in caplog.records if record.name.startswith("enermon"))


def test_address_with_a_token_may_end_with_a_slash(client: TestClient, plant: tuple[str, str]) -> None:
    mine = token(client, plant[0])
    answer = client.post(f"/api/v1/{mine}/telemetry/", content=b"{}", headers={"Authorization": "", "Cookie": ""})
    assert (answer.status_code, answer.json()["rejected"][0]["code"]) == (200, "no_profile")


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
    assert len(listed) == len(shipped_profiles())
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
        assert fault["reason_zh"] == "解析模板有误：必填：时间格式不作猜测"


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
    garbled = client.post("/api/v1/profiles/try", json={"profile": "kepware", "payload_base64": "?"}).json()
    assert [(each["field"], each["code"]) for each in garbled["errors"]] == [("payload_base64", "bad_base64")]
    assert database.execute("SELECT count(*) FROM unknown_point").fetchone() == (0,)


def test_gateway_tells_what_became_of_what_it_sent_by_format(
    client: TestClient, plant: tuple[str, str], database: psycopg.Connection
) -> None:
    gateway, meter = plant
    client.put("/api/v1/profiles/of-the-plant", json={"document": DOCUMENT})
    client.put(f"/api/v1/gateways/{gateway}/profile", json={"profile": "of-the-plant"})
    client.put(f"/api/v1/gateways/{gateway}/points", json={"points": [{"name": "E", "meter": meter}]})
    mine = token(client, gateway)
    telemetry(client, mine, message(("E", 1.5), ("Ua", 230)))
    telemetry(client, mine, message(("E", 1.5), ("E", 2.5)))
    telemetry(client, mine, b"{")
    native = {
        "seq": 1,
        "readings": [{"meter": meter, "ts": AT_MS + 1000, "value": 2}, {"meter": "?", "ts": 1, "value": 1}],
    }
    client.post("/api/v1/readings", params={"gateway": gateway}, json=native)
    told = client.get(f"/api/v1/gateways/{gateway}/state").json()
    (listed,) = client.get("/api/v1/gateways", params={"cannot_resend": True}).json()["data"]
    assert told.pop("names")["enterprise"].keys() == {told["credit_code"]}
    assert listed == told
    assert (told["cannot_resend"], told["profile"], told["profile_version"]) == (True, "of-the-plant", 1)
    counters = told["counters"]
    assert counters["formats"] == [
        {
            "format": "enermon",
            "messages": 1,
            "stored": 1,
            "duplicate": 0,
            "rejected_readings": {"unknown_meter": 1},
            "rejected_messages": {},
        },
        {
            "format": "profile",
            "messages": 2,
            "stored": 1,
            "duplicate": 1,
            "rejected_readings": {"conflict": 1},
            "rejected_messages": {"undecodable": 1},
        },
    ]
    sums = {name: counters[name] for name in ("stored", "rejected_readings", "rejected_messages")}
    assert sums == {"stored": 2, "rejected_readings": 2, "rejected_messages": 1}
    assert (counters["unknown_points"], counters["held_values"]) == (1, 1)
    database.execute("UPDATE intake_count SET day = day - 2")
    later = client.get(f"/api/v1/gateways/{gateway}/state").json()["counters"]
    assert (later["stored"], later["formats"]) == (0, [])
    asked = {"start": f"{counters['start']}", "end": f"{counters['start']}"}
    assert client.get("/api/v1/gateways", params=asked).json()["code"] == "start_after_end"
    earlier = {"start": "2020-01-01", "end": counters["end"]}
    assert client.get(f"/api/v1/gateways/{gateway}/state", params=earlier).json()["counters"]["stored"] == 2
    client.patch(f"/api/v1/gateways/{gateway}", json={"resends": True})
    assert client.get("/api/v1/gateways", params={"cannot_resend": True}).json()["data"] == []


def test_new_version_is_tried_on_kept_messages_before_a_gateway_is_moved(
    client: TestClient, plant: tuple[str, str]
) -> None:
    gateway, _ = plant
    client.put("/api/v1/profiles/of-the-plant", json={"document": DOCUMENT})
    trial = f"/api/v1/gateways/{gateway}/profile/try"
    assert client.post(trial, json={"profile": "of-the-plant"}).json()["code"] == "unknown_profile"
    client.put(f"/api/v1/gateways/{gateway}/profile", json={"profile": "of-the-plant"})
    none = client.post(trial, json={"profile": "of-the-plant"}).json()
    assert none == {"profile": "of-the-plant", "version": 1, "messages": 0, "same": 0, "changed": []}
    mine = token(client, gateway)
    telemetry(client, mine, message(("E", 1.5)))
    telemetry(client, mine, message(("E", "2.5"), ("F", 1)))
    stricter = DOCUMENT | {"value": {"strings": False}}
    assert client.put("/api/v1/profiles/of-the-plant", json={"document": stricter}).json()["version"] == 2
    for asked in ({"profile": "of-the-plant"}, {"document": stricter}):
        told = client.post(trial, json=asked).json()
        assert (told["messages"], told["same"], told["version"]) == (2, 1, None if "document" in asked else 2)
        (changed,) = told["changed"]
        assert [(each["point"], each["value"]) for each in changed["gone"]] == [("E", 2.5)]
        assert (changed["source"], changed["added"]) == ("http", [])
        assert (changed["rejected_before"], changed["rejected_after"]) == (0, 1)
    nothing = client.post(trial, json={"document": DOCUMENT | {"each": "/other[]"}}).json()
    assert [each["nothing_after"] for each in nothing["changed"]] == ["no_rows", "no_rows"]
    assert client.get(f"/api/v1/gateways/{gateway}/profile").json()["version"] == 1
