"""Messages in the API: whom they tell, and every attempt to send them."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.integration.alerted import (
    DELIVERIES,
    EMAIL,
    NOW,
    Raised,
    refusal,
    supervision_body,
)
from tests.integration.registered import Registered


@pytest.mark.store
def test_messages_are_listed_with_attempts_and_the_reason_of_the_last_failure(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    body = supervision_body(client)
    mail = client.post(f"/api/v1/supervision-bodies/{body}/subscriptions", json=EMAIL).json()["subscription_id"]
    enterprise = registered.enterprise()
    of_enterprise = f"/api/v1/enterprises/{enterprise}/subscriptions"
    topic = client.post(of_enterprise, json={"channel": "mqtt"}).json()["subscription_id"]
    one, other = raised.alert(), raised.alert()
    dead = raised.message(
        mail, [one, other], status="dead", attempts=2, last_error="550 no such mailbox", finished_at=NOW
    )
    raised.attempt(dead, "failed", "timeout")
    raised.attempt(dead, "dead", "550 no such mailbox", NOW + timedelta(minutes=1))
    sent = raised.message(topic, [other], status="sent", created_at=NOW + timedelta(minutes=1))
    lost = raised.message(999, list(range(1, 31)), kind="digest", created_at=NOW - timedelta(minutes=1))

    def found(**parameters: Any) -> list[str]:
        answer = client.get(DELIVERIES, params=parameters)
        assert answer.status_code == 200, answer.text
        return [row["message_id"] for row in answer.json()["data"]]

    assert found() == [sent, dead, lost]
    assert found(status="dead") == found(channel="email") == found(body=body) == found(subscription=mail) == [dead]
    assert found(enterprise=enterprise) == found(channel="mqtt") == [sent]
    assert found(kind="digest") == [lost]
    assert found(alert=other) == [sent, dead, lost]
    answer = client.get(DELIVERIES, params={"status": "dead"}).json()
    assert answer["counts"] == {"messages": 1, "status": {"waiting": 0, "sent": 0, "dead": 1}}
    (row,) = answer["data"]
    assert (row["last_error"], row["alert_ids"], row["alerts"]) == ("550 no such mailbox", [one, other], 2)
    assert row["body"] == {"code": body, "name_zh": "节能监察大队", "name_en": "Energy supervision"}
    assert [(a["outcome"], a["detail"]) for a in row["history"]] == [
        ("failed", "timeout"),
        ("dead", "550 no such mailbox"),
    ]
    gone = client.get(f"{DELIVERIES}/{lost}").json()
    assert (gone["subscription_id"], gone["alerts"], len(gone["alert_ids"])) == (999, 30, 20)
    assert gone["content"] == {"kind": "fired"}
    assert client.get(f"{DELIVERIES}/{sent}").json()["address"] == f"enermon/v1/enterprises/{enterprise}/alerts"


@pytest.mark.store
def test_message_says_whom_it_told_whatever_becomes_of_subscription_and_body(
    client: TestClient, raised: Raised
) -> None:
    body = supervision_body(client)
    subscriptions = f"/api/v1/supervision-bodies/{body}/subscriptions"
    number = client.post(subscriptions, json=EMAIL).json()["subscription_id"]
    sent = raised.message(number, [], status="sent")
    test = client.post(f"{subscriptions}/{number}/test").json()["message_id"]
    before = client.get(f"{DELIVERIES}/{sent}").json()
    assert (before["channel"], before["address"], before["body"]["code"]) == ("email", "energy@example.cn", body)
    client.patch(f"{subscriptions}/{number}", json={"address": "other@example.cn"})
    assert client.get(f"{DELIVERIES}/{sent}").json() == before
    assert client.delete(f"{subscriptions}/{number}").status_code == 204
    assert client.delete(f"/api/v1/supervision-bodies/{body}").status_code == 204
    assert client.get(f"{DELIVERIES}/{sent}").json() == before | {
        "body": {"code": body, "name_zh": None, "name_en": None}
    }
    listed = client.get(DELIVERIES, params={"body": body, "channel": "email", "subscription": number}).json()["data"]
    assert {row["message_id"] for row in listed} == {sent, test}


def test_only_a_waiting_message_says_when_it_is_sent_next(client: TestClient, raised: Raised) -> None:
    next_at = {
        status: client.get(f"{DELIVERIES}/{raised.message(1, [], status=status)}").json()["not_before"]
        for status in ("waiting", "sent", "dead")
    }
    assert next_at == {"waiting": "2026-03-02T02:00:00Z", "sent": None, "dead": None}


@pytest.mark.store
def test_messages_are_paged_and_odd_questions_refused(client: TestClient, raised: Raised) -> None:
    made = [raised.message(1, []) for _ in range(5)]
    first = client.get(DELIVERIES, params={"limit": 3}).json()
    second = client.get(DELIVERIES, params={"limit": 3, "cursor": first["next"]}).json()
    seen = [row["message_id"] for page in (first, second) for row in page["data"]]
    assert sorted(seen) == sorted(made)
    for given in (
        {"status": "lost"},
        {"channel": "sms"},
        {"body": "-"},
        {"enterprise": "x"},
        {"alert": "0"},
        {"alert": "9" * 20},
        {"subscription": "x"},
        {"colour": "red"},
    ):
        assert refusal(client.get(DELIVERIES, params=given)) == (422, "invalid_parameter"), given
    for bad in ("x", "abc", "1", "%00", "00000000-0000-0000-0000-00000000000g"):
        answer = client.get(f"{DELIVERIES}/{bad}")
        assert refusal(answer) == (422, "invalid_parameter")
        assert answer.json()["errors"][0]["reason_zh"].startswith("必须是消息编号")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert refusal(client.get(f"{DELIVERIES}/{nobody}")) == (404, "unknown_message")
