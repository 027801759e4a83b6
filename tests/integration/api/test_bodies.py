"""Supervision bodies, where they and enterprises are told, and the secrets of their webhooks."""

import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from standardwebhooks.webhooks import Webhook

from tests.integration.alerted import Raised, supervision_body
from tests.integration.registered import DALAD, JUNGAR, KANGBASHI, ORDOS, Registered
from tests.integration.served import api

BODIES = "/api/v1/supervision-bodies"
WEBHOOK = {"channel": "webhook", "address": "https://supervision.example.cn/enermon"}
EMAIL = {"channel": "email", "address": "energy@example.cn"}


@pytest.fixture
def body(client: TestClient) -> str:
    """The address of a supervision body's subscriptions."""
    return f"{BODIES}/{supervision_body(client)}/subscriptions"


def subscribed(client: TestClient, address: str, entry: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(address, json=entry)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def refusal(answer: Any) -> tuple[int, str, list[tuple[str, str]]]:
    body = answer.json()
    return answer.status_code, body["code"], [(e["field"], e["code"]) for e in body.get("errors", [])]


@pytest.mark.store
def test_bodies_are_registered_changed_listed_by_area_and_removed(client: TestClient) -> None:
    supervision_body(client, "SB-ORDOS", ORDOS)
    supervision_body(client, "SB-JUNGAR", JUNGAR)
    supervision_body(client, "SB-REGION", "150000")
    assert [b["code"] for b in client.get(BODIES).json()["data"]] == ["SB-JUNGAR", "SB-ORDOS", "SB-REGION"]
    assert [b["code"] for b in client.get(BODIES, params={"area": ORDOS}).json()["data"]] == ["SB-JUNGAR", "SB-ORDOS"]
    read = client.get(f"{BODIES}/SB-ORDOS").json()
    assert (read["area_level"], read["area_name_zh"], read["subscriptions"]) == ("league", "鄂尔多斯市", 0)
    moved = client.patch(f"{BODIES}/SB-ORDOS", json={"area_code": DALAD, "name_en": None})
    assert (moved.json()["area_code"], moved.json()["name_en"]) == (DALAD, None)
    assert client.delete(f"{BODIES}/SB-ORDOS").status_code == 204
    assert client.get(f"{BODIES}/SB-ORDOS").json()["code"] == "unknown_supervision_body"


def test_body_with_subscriptions_is_not_removed(client: TestClient, body: str) -> None:
    made = subscribed(client, body, EMAIL)
    refused = client.delete(body.removesuffix("/subscriptions"))
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert client.delete(f"{body}/{made['subscription_id']}").status_code == 204
    assert client.delete(body.removesuffix("/subscriptions")).status_code == 204


def test_body_of_an_unknown_area_or_twice_is_refused(client: TestClient) -> None:
    entry = {"code": "SB-1", "name_zh": "监察队", "area_code": "999999"}
    assert refusal(client.post(BODIES, json=entry)) == (422, "invalid_body", [("area_code", "unknown")])
    supervision_body(client, "SB-1")
    again = client.post(BODIES, json=entry | {"area_code": JUNGAR})
    assert refusal(again) == (409, "already_exists", [("code", "already_exists")])
    assert refusal(client.patch(f"{BODIES}/SB-1", json={"area_code": "999999"}))[2] == [("area_code", "unknown")]


def test_subscription_says_where_what_and_when(client: TestClient, body: str, database: psycopg.Connection) -> None:
    rule = Raised(database).rule()
    given = EMAIL | {
        "language": "both",
        "least_severity": "severe",
        "rules": [rule],
        "mode": "daily",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        "enabled": False,
    }
    made = subscribed(client, body, given)
    assert made == given | {
        "subscription_id": made["subscription_id"],
        "off_reason": None,
        "secrets": 0,
        "secret": None,
    }
    changed = client.patch(
        f"{body}/{made['subscription_id']}",
        json={"rules": None, "quiet_from": None, "quiet_to": None, "enabled": True, "address": "new@example.cn"},
    ).json()
    assert changed["address"] == "new@example.cn"
    assert (changed["rules"], changed["quiet_from"], changed["quiet_to"], changed["enabled"]) == (
        None,
        None,
        None,
        True,
    )
    assert changed["mode"] == "daily"
    assert client.get(f"{body}/{made['subscription_id']}").json() == changed
    assert client.get(body).json() == {"data": [changed], "next": None, "total": None}


def test_secret_of_a_webhook_is_shown_once_and_fits_the_standard(
    client: TestClient, body: str, database: psycopg.Connection
) -> None:
    made = subscribed(client, body, WEBHOOK)
    secret = made["secret"]
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert Webhook(secret) is not None
    address = f"{body}/{made['subscription_id']}"
    for answer in (client.get(address), client.get(body), client.patch(address, json={"language": "en"})):
        assert answer.status_code == 200
        assert secret not in answer.text
        assert "whsec_" not in answer.text
    assert database.execute("SELECT secrets FROM subscription").fetchall() == [([secret],)]


@pytest.mark.store
def test_secret_is_replaced_with_both_valid_in_between(
    client: TestClient, body: str, database: psycopg.Connection
) -> None:
    made = subscribed(client, body, WEBHOOK)
    address = f"{body}/{made['subscription_id']}"
    assert refusal(client.post(f"{address}/retire"))[:2] == (409, "nothing_to_retire")
    new = client.post(f"{address}/rotate").json()["secret"]
    assert new != made["secret"]
    assert database.execute("SELECT secrets FROM subscription").fetchone() == ([new, made["secret"]],)
    assert client.get(address).json()["secrets"] == 2
    assert refusal(client.post(f"{address}/rotate"))[:2] == (409, "rotation_under_way")
    assert client.post(f"{address}/retire").json()["secrets"] == 1
    assert database.execute("SELECT secrets FROM subscription").fetchone() == ([new],)


def test_of_many_rotations_at_once_one_passes(client: TestClient, body: str) -> None:
    address = f"{body}/{subscribed(client, body, WEBHOOK)['subscription_id']}/rotate"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(address).status_code, range(8)))
    assert sorted(answers) == [200] + [409] * 7


def test_only_webhooks_have_secrets(client: TestClient, body: str) -> None:
    address = f"{body}/{subscribed(client, body, EMAIL)['subscription_id']}"
    for step in ("rotate", "retire"):
        assert refusal(client.post(f"{address}/{step}"))[:2] == (409, "no_secret")


def test_secret_is_not_logged_when_the_database_fails(
    client: TestClient, body: str, database: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("ALTER TABLE subscription RENAME COLUMN mode TO gone")
    with caplog.at_level(logging.DEBUG):
        answer = client.post(body, json=WEBHOOK)
    assert answer.status_code == 500
    assert "whsec_" not in caplog.text
    database.execute("ALTER TABLE subscription RENAME COLUMN gone TO mode")
    database.execute("ALTER TABLE subscription ADD CHECK (language <> 'en')")
    with caplog.at_level(logging.DEBUG):
        answer = client.post(body, json=WEBHOOK | {"language": "en"})
    assert answer.status_code == 500
    assert "whsec_" not in caplog.text


def test_enterprise_is_told_on_its_own_topic(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    address = f"/api/v1/enterprises/{enterprise}/subscriptions"
    made = subscribed(client, address, {"channel": "mqtt"})
    assert (made["address"], made["secret"]) == (f"enermon/v1/enterprises/{enterprise}/alerts", None)
    assert client.patch(f"{address}/{made['subscription_id']}", json={"language": "en"}).json()["language"] == "en"
    assert refusal(client.post(address, json={"channel": "mqtt"}))[:2] == (409, "already_exists")
    elsewhere = {"channel": "mqtt", "address": "enermon/v1/enterprises/+/alerts"}
    assert refusal(client.post(address, json=elsewhere))[2] == [("address", "fixed_topic")]
    assert subscribed(client, address, EMAIL)["channel"] == "email"


def test_subscription_says_why_the_service_switched_it_off_until_a_person_switches_it_on(
    client: TestClient, body: str, database: psycopg.Connection
) -> None:
    made = subscribed(client, body, EMAIL)
    address, reason = f"{body}/{made['subscription_id']}", "answered 410: the receiver is gone"
    database.execute("UPDATE subscription SET enabled = false, off_reason = %s", [reason])
    shown = client.get(address).json()
    assert (shown["enabled"], shown["off_reason"]) == (False, reason)
    assert client.patch(address, json={"language": "en"}).json()["off_reason"] == reason
    on = client.patch(address, json={"enabled": True}).json()
    assert (on["enabled"], on["off_reason"]) == (True, None)


def test_enterprise_that_is_removed_takes_its_subscriptions_along_and_leaves_what_was_sent(
    client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise(name_zh="云计算公司")
    topic = f"/api/v1/enterprises/{enterprise}/subscriptions"
    made = subscribed(client, topic, {"channel": "mqtt"})["subscription_id"]
    sent = Raised(database).message(made, [], status="sent")
    assert client.delete(f"/api/v1/enterprises/{enterprise}").status_code == 204
    assert database.execute("SELECT count(*) FROM subscription").fetchone() == (0,)
    listed = client.get("/api/v1/deliveries", params={"enterprise": enterprise}).json()["data"]
    assert [(m["message_id"], m["address"]) for m in listed] == [(sent, f"enermon/v1/enterprises/{enterprise}/alerts")]
    assert listed[0]["enterprise"] == {"code": enterprise, "name_zh": None, "name_en": None}


@pytest.mark.store
def test_subscriptions_are_those_of_their_owner(client: TestClient, registered: Registered, body: str) -> None:
    made = subscribed(client, body, WEBHOOK)["subscription_id"]
    other = f"{BODIES}/{supervision_body(client, 'SB-OTHER', KANGBASHI)}/subscriptions"
    enterprise = f"/api/v1/enterprises/{registered.enterprise()}/subscriptions"
    for address in (other, enterprise):
        assert client.get(address).json()["data"] == []
        assert client.get(f"{address}/{made}").json()["code"] == "unknown_subscription"
        for step in ("rotate", "retire", "test"):
            assert client.post(f"{address}/{made}/{step}").json()["code"] == "unknown_subscription"
        assert client.delete(f"{address}/{made}").status_code == 404
    nobody = client.get(f"{BODIES}/NOBODY/subscriptions")
    assert refusal(nobody)[:2] == (404, "unknown_supervision_body")
    assert refusal(client.post(f"{BODIES}/NOBODY/subscriptions", json=EMAIL))[:2] == (404, "unknown_supervision_body")


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"channel": "mqtt"}, ("channel", "literal_error")),
        ({"channel": "sms", "address": "x"}, ("channel", "literal_error")),
        ({"channel": "email"}, ("address", "missing")),
        (EMAIL | {"address": "energy@example.cn\r\nBcc: all@example.cn"}, ("address", "bad_character")),
        (EMAIL | {"address": "energy"}, ("address", "bad_email")),
        (EMAIL | {"address": "a@b@example.cn"}, ("address", "bad_email")),
        (EMAIL | {"address": "Name <a@example.cn>"}, ("address", "bad_email")),
        (EMAIL | {"address": "能源@example.cn"}, ("address", "bad_email")),
        (EMAIL | {"address": f"{'x' * 65}@example.cn"}, ("address", "bad_email")),
        (WEBHOOK | {"address": "http://supervision.example.cn/"}, ("address", "url_without_tls")),
        (WEBHOOK | {"address": "https://user:word@example.cn/"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "https://example.cn/#part"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "https://example.cn:99999/"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "https://[::1"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "https:///path"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "file:///etc/passwd"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "https://exa mple.cn/"}, ("address", "bad_url")),
        (WEBHOOK | {"address": "https://127.0.0.1/"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://2130706433/"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://0x7f.1/"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://10.1.2.3/"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://169.254.169.254/latest"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://[::ffff:10.0.0.1]/"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://[fd00::1]/"}, ("address", "url_private")),
        (WEBHOOK | {"address": "https://LOCALHOST/"}, ("address", "url_private")),
        (EMAIL | {"rules": ["no_such_rule"]}, ("rules.0", "unknown")),
        (EMAIL | {"rules": []}, ("rules", "too_short")),
        (EMAIL | {"rules": ["PUE"]}, ("rules.0", "bad_slug")),
        (EMAIL | {"quiet_from": "22:00"}, ("quiet_from", "only_with")),
        (EMAIL | {"quiet_from": "22:00", "quiet_to": "22:00"}, ("quiet_to", "same_as")),
        (EMAIL | {"quiet_from": "24:00", "quiet_to": "07:00"}, ("quiet_from", "bad_time_of_day")),
        (EMAIL | {"quiet_from": 22, "quiet_to": "07:00"}, ("quiet_from", "bad_time_of_day")),
        (EMAIL | {"enabled": "yes"}, ("enabled", "bool_type")),
        (EMAIL | {"enabled": None}, ("enabled", "bool_type")),
        (EMAIL | {"secrets": ["whsec_mine"]}, ("secrets", "extra_forbidden")),
        (EMAIL | {"address": "x" * 5000}, ("address", "string_too_long")),
    ],
)
def test_what_cannot_be_reached_is_refused_with_the_field(
    client: TestClient, body: str, entry: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert refusal(client.post(body, json=entry)) == (422, "invalid_body", [fault])


def test_operator_may_allow_private_webhooks_without_tls(database_url: str) -> None:
    with api(database_url=database_url, webhook_allow_private=True, webhook_allow_http=True) as client:
        address = f"{BODIES}/{supervision_body(client)}/subscriptions"
        entry = {"channel": "webhook", "address": "http://127.0.0.1:9090/hook"}
        assert subscribed(client, address, entry)["address"] == "http://127.0.0.1:9090/hook"


def test_the_same_address_is_subscribed_once_a_mode(client: TestClient, body: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(body, json=EMAIL).status_code, range(8)))
    assert sorted(answers) == [201] + [409] * 7
    daily = subscribed(client, body, EMAIL | {"mode": "daily"})
    changed = client.patch(f"{body}/{daily['subscription_id']}", json={"mode": "at_once"})
    assert refusal(changed)[:2] == (409, "already_exists")


def test_test_message_waits_for_the_alert_service(client: TestClient, body: str, database: psycopg.Connection) -> None:
    made = subscribed(client, body, WEBHOOK | {"enabled": False})
    answer = client.post(f"{body}/{made['subscription_id']}/test")
    assert answer.status_code == 202, answer.text
    message_id = answer.json()["message_id"]
    read = client.get(f"/api/v1/deliveries/{message_id}").json()
    assert (read["kind"], read["status"], read["channel"], read["body"]["code"]) == (
        "test",
        "waiting",
        "webhook",
        "SB-150622",
    )
    assert read["content"] | {"created_at": None} == {
        "kind": "test",
        "group": "test",
        "language": "zh",
        "created_at": None,
        "link": "http://127.0.0.1:8000/api/v1/alerts",
        "page": "http://127.0.0.1:8000/alerts",
        "alerts": [],
        "count": 0,
        "counts": {"severe": 0, "warning": 0, "notice": 0},
    }


def test_test_messages_do_not_pile_up(client: TestClient, body: str) -> None:
    address = f"{body}/{subscribed(client, body, EMAIL)['subscription_id']}/test"
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: client.post(address).status_code, range(8)))
    assert answers == [202] * 5 + [409] * 3
    assert client.post(address).json()["code"] == "too_many_tests"


def test_what_is_no_subscription_is_refused_without_failing(client: TestClient, body: str) -> None:
    number = subscribed(client, body, EMAIL)["subscription_id"]
    odd: tuple[Any, ...] = (None, [], "x", 1, {}, {"channel": {}}, {"channel": None}, EMAIL | {"address": [1]})
    for given in odd:
        assert client.post(body, json=given).status_code == 422
    for raw in (b"", b"{", b'{"channel": "email", "address": "\\ud800@x.cn"}', b"\xff\xfe", b"[" * 60_000):
        answer = client.post(body, content=raw, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert client.post(body, content=json.dumps(EMAIL | {"address": "x" * 1_100_000})).status_code == 413
    for wrong in ("0", "-1", "x", "9" * 30, "1.5", "%00"):
        assert client.get(f"{body}/{wrong}").status_code in (404, 422), wrong
        assert client.post(f"{body}/{wrong}/test").status_code in (404, 422), wrong
    assert client.patch(f"{body}/{number}", json={"channel": "mqtt"}).status_code == 422
    assert client.patch(f"{body}/{number}", json={"address": None}).status_code == 422
    assert client.patch(f"{body}/{number}", json={}).json()["address"] == "energy@example.cn"
