"""Alerts in the API: handled step by step, by whom they concern."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.api.access.role import Role
from tests.integration.alerted import (
    ALERTS,
    NOW,
    Raised,
    numbers,
    of_enterprise,
    refusal,
    refuses_no_bodies,
    step,
)
from tests.integration.clock import ask_at
from tests.integration.registered import JUNGAR, KANGBASHI, ORDOS, Registered
from tests.signed_in import ADMINISTRATOR, add_with_key


@pytest.fixture(autouse=True)
def _ten_in_the_morning(client: TestClient) -> None:
    ask_at(client, NOW)


@pytest.mark.store
def test_alert_is_handled_from_open_to_closed_by_body_and_enterprise(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    number = raised.alert(enterprise_code=enterprise, resolved_at=NOW)
    by_enterprise = {"key": of_enterprise(database, enterprise)}
    status = []
    for action, more in (
        ("acknowledge", {}),
        ("explain", by_enterprise | {"text": "冷机故障：\r\n1. 主机停机\r\n2. 已报修"}),
        ("comment", {"text": "现场核查"}),
        ("plan", by_enterprise | {"text": "更换冷机", "due_on": "2026-04-30"}),
        ("attach", by_enterprise | {"reference": "整改方案〔2026〕3 号"}),
        ("verify", {}),
        ("close", {}),
    ):
        answer = step(client, number, action, **more)
        assert answer.status_code == 201, answer.text
        status.append(answer.json()["handling"]["status"])
    assert status == ["acknowledged", "explained", "explained", "planned", "planned", "verified", "closed"]
    alert = client.get(f"{ALERTS}/{number}").json()
    assert alert["handling"]["due"] is None
    assert alert["history"][1]["text"] == "冷机故障：\n1. 主机停机\n2. 已报修"
    planned = alert["history"][3]
    assert (planned["kind"], planned["due_on"], planned["text"]) == ("plan", "2026-04-30", "更换冷机")
    own = f"of.{enterprise.lower()}"
    assert [(each["by"], each["actor"]) for each in alert["history"]] == [
        ("supervision_body", ADMINISTRATOR),
        ("enterprise", own),
        ("supervision_body", ADMINISTRATOR),
        ("enterprise", own),
        ("enterprise", own),
        ("supervision_body", ADMINISTRATOR),
        ("supervision_body", ADMINISTRATOR),
    ]
    assert numbers(client, status="closed") == [number]
    assert client.get(ALERTS).json()["counts"]["status"]["closed"] == 1


def test_step_that_is_not_allowed_is_refused_with_what_is(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    number = raised.alert(enterprise_code=enterprise)
    for action, more in (("close", {}), ("verify", {}), ("reopen", {"text": "x"}), ("explain", {"text": "x"})):
        answer = step(client, number, action, **more)
        assert refusal(answer) == (409, "step_not_allowed")
        assert answer.json()["allowed"] == {
            "supervision_body": ["acknowledge", "comment", "attach"],
            "enterprise": ["comment", "attach"],
        }
    by_itself = of_enterprise(database, enterprise)
    assert refusal(step(client, number, "acknowledge", key=by_itself)) == (409, "step_not_allowed")
    assert database.execute("SELECT count(*) FROM alert_step").fetchone() == (0,)


@pytest.mark.store
def test_step_of_one_whom_the_alert_does_not_concern_is_refused(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    mine, other = registered.enterprise(), registered.enterprise()
    number = raised.alert(enterprise_code=mine)
    for area in (JUNGAR, ORDOS, "150000", KANGBASHI):
        add_with_key(database, f"of.{area}", Role.SUPERVISOR, key=f"enk_{area}", area=area, display_name=f"监察 {area}")
    assert refusal(step(client, number, "acknowledge", key=f"enk_{KANGBASHI}")) == (404, "unknown_alert")
    beside = of_enterprise(database, other)
    assert refusal(step(client, number, "comment", key=beside, text="x")) == (404, "unknown_alert")
    for area in (JUNGAR, ORDOS, "150000"):
        assert step(client, number, "comment", key=f"enk_{area}", text="x").status_code == 201
    history = client.get(f"{ALERTS}/{number}").json()["history"]
    assert [(each["by"], each["actor"], each["actor_name"]) for each in history] == [
        ("supervision_body", f"of.{area}", f"监察 {area}") for area in (JUNGAR, ORDOS, "150000")
    ]


def test_nobody_invents_who_takes_a_step(client: TestClient, raised: Raised, database: psycopg.Connection) -> None:
    invented = {"action": "acknowledge", "actor_kind": "supervision_body", "actor": "SB-INVENTED"}
    answer = client.post(f"{ALERTS}/{raised.alert()}/steps", json=invented)
    assert refusal(answer) == (422, "invalid_body")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [
        ("actor_kind", "extra_forbidden"),
        ("actor", "extra_forbidden"),
    ]
    assert database.execute("SELECT count(*) FROM alert_step").fetchone() == (0,)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"action": "comment"}, "text"),
        ({"action": "comment", "text": "   "}, "text"),
        ({"action": "comment", "text": "x" * 4001}, "text"),
        ({"action": "comment", "text": "a\x00b"}, "text"),
        ({"action": "comment", "text": 1}, "text"),
        ({"action": "attach"}, "reference"),
        ({"action": "acknowledge", "due_on": "2026-04-01"}, "due_on"),
        ({"action": "acknowledge", "due_on": "soon"}, "due_on"),
        ({"action": "destroy"}, "action"),
        ({"action": None}, "action"),
        ({"action": ["close"]}, "action"),
        ({"action": "acknowledge", "at": "2020-01-01T00:00:00Z"}, "at"),
    ],
)
def test_step_that_lacks_or_mistakes_something_is_refused_with_the_field(
    client: TestClient, raised: Raised, entry: dict[str, Any], field: str
) -> None:
    answer = client.post(f"{ALERTS}/{raised.alert()}/steps", json=entry)
    assert refusal(answer) == (422, "invalid_body")
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert fault["reason"]
    assert fault["reason_zh"]


def test_plan_needs_a_day_that_is_not_over(client: TestClient, raised: Raised) -> None:
    number = raised.alert()
    step(client, number, "acknowledge")
    step(client, number, "explain", text="x")
    for more in ({}, {"due_on": "2026-03-01"}, {"due_on": "2029-03-03"}):
        answer = step(client, number, "plan", text="x", **more)
        assert [e["field"] for e in answer.json()["errors"]] == ["due_on"]
    assert answer.json()["errors"][0]["reason_zh"] == "2029-03-03 超过 3 年"
    assert step(client, number, "plan", text="x", due_on="2026-03-02").status_code == 201


def test_of_many_same_steps_at_once_one_passes(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    number = raised.alert()
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: step(client, number, "acknowledge").status_code, range(8)))
    assert answers == [201] + [409] * 7
    assert database.execute("SELECT action FROM alert_step").fetchall() == [("acknowledge",)]


def test_step_does_not_wait_for_the_alert_service_at_work(
    client: TestClient, raised: Raised, database_url: str
) -> None:
    number = raised.alert()
    with psycopg.connect(database_url) as service:
        service.execute("UPDATE alert SET last_value = '{}' WHERE alert_id = %s", (number,))
        assert step(client, number, "acknowledge").status_code == 201


def test_while_it_fires_an_alert_is_neither_verified_nor_closed(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    number = raised.alert()
    for action, more in (
        ("acknowledge", {}),
        ("explain", {"text": "x"}),
        ("plan", {"text": "x", "due_on": "2026-03-31"}),
    ):
        assert step(client, number, action, **more).status_code == 201
    answer = step(client, number, "verify")
    assert refusal(answer) == (409, "still_firing")
    assert "still fires" in answer.json()["detail"]
    assert "尚未解除" in answer.json()["detail_zh"]
    assert answer.json()["allowed"]["supervision_body"] == ["plan", "reopen", "comment", "attach"]
    database.execute("UPDATE alert SET resolved_at = %s WHERE alert_id = %s", (NOW, number))
    assert step(client, number, "verify").status_code == 201
    database.execute("UPDATE alert SET resolved_at = NULL WHERE alert_id = %s", (number,))
    assert refusal(step(client, number, "close")) == (409, "still_firing")
    database.execute("UPDATE alert SET resolved_at = %s WHERE alert_id = %s", (NOW, number))
    assert step(client, number, "close").json()["handling"]["status"] == "closed"


def test_breach_that_comes_back_after_closing_is_open_again(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    number = raised.alert(resolved_at=NOW)
    for action, more in (
        ("acknowledge", {}),
        ("explain", {"text": "x"}),
        ("plan", {"text": "x", "due_on": "2026-03-31"}),
        ("verify", {}),
        ("close", {}),
    ):
        assert step(client, number, action, **more).status_code == 201
    assert numbers(client, status="closed") == [number]
    database.execute("UPDATE alert SET reopened = 1, resolved_at = NULL WHERE alert_id = %s", (number,))
    raised.event(number, "reopened", NOW + timedelta(hours=1))
    assert numbers(client, status="open") == [number]
    assert client.get(f"{ALERTS}/{number}").json()["handling"]["allowed"]["supervision_body"][0] == "acknowledge"


def test_bodies_that_are_none_are_refused_without_failing(client: TestClient, raised: Raised) -> None:
    number = raised.alert()
    refuses_no_bodies(client, f"{ALERTS}/{number}/steps")
    assert client.put(f"{ALERTS}/{number}", json={}).status_code == 405
