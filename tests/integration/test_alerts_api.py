"""Alerts in the API: found, read whole, handled step by step, held silent, and what was sent of them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.domain.calendar import SHANGHAI
from tests.integration.alerted import NOW, Raised, api, supervision_body
from tests.integration.registered import JUNGAR, KANGBASHI, ORDOS, SAIHAN, Registered

ALERTS, STATES, SILENCES, DELIVERIES = (
    f"/api/v1/{name}" for name in ("alerts", "alert-states", "silences", "deliveries")
)
BODY = {"actor_kind": "supervision_body", "actor": "SB-150622"}
EMAIL = {"channel": "email", "address": "energy@example.cn"}


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    with api(database_url) as client:
        yield client


@pytest.fixture
def raised(database: psycopg.Connection) -> Raised:
    return Raised(database)


@pytest.fixture(autouse=True)
def _ten_in_the_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("alerts", "silences"):
        monkeypatch.setattr(f"services.api.routes.{module}.utc_now", lambda: NOW)


def numbers(client: TestClient, **parameters: Any) -> list[int]:
    answer = client.get(ALERTS, params=parameters)
    assert answer.status_code == 200, answer.text
    return [alert["alert_id"] for alert in answer.json()["data"]]


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def step(client: TestClient, alert_id: int, action: str, **more: Any) -> Any:
    return client.post(f"{ALERTS}/{alert_id}/steps", json=BODY | {"action": action} | more)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_alerts_are_listed_newest_first_with_names_in_both_languages(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    raised.rule()
    enterprise = registered.enterprise(name_zh="云计算公司", name_en="Cloud Ltd", trade="data_centre")
    unit = registered.unit(enterprise, name_zh="一号机房", name_en="Hall 1")
    old = raised.alert(fired_at=NOW - timedelta(days=2), resolved_at=NOW - timedelta(days=1))
    new = raised.alert(subject_code=unit, enterprise_code=enterprise, area_code=JUNGAR)
    answer = client.get(ALERTS).json()
    assert [alert["alert_id"] for alert in answer["data"]] == [new, old]
    assert answer["data"][0] == {
        "rule": "pue_high",
        "rule_version": 1,
        "title_zh": "数据中心 PUE 偏高",
        "title_en": "PUE too high",
        "subject": f"unit:{unit}",
        "subject_name_zh": "一号机房",
        "subject_name_en": "Hall 1",
        "area": {"code": JUNGAR, "name_zh": "准格尔旗", "name_en": "Jungar Banner"},
        "park": None,
        "enterprise": {"code": enterprise, "name_zh": "云计算公司", "name_en": "Cloud Ltd"},
        "alert_id": new,
        "severity": "warning",
        "state": "firing",
        "status": "open",
        "fired_at": "2026-03-02T01:00:00Z",
        "resolved_at": None,
        "reopened": 0,
        "inhibited_by": None,
        "last_value": {"value": 1.45, "unit": "1", "coverage": 0.98},
    }
    assert answer["counts"] == {
        "alerts": 2,
        "severity": {"severe": 0, "warning": 2, "notice": 0},
        "state": {"firing": 1, "resolved": 1},
        "status": {"open": 2, "acknowledged": 0, "explained": 0, "planned": 0, "verified": 0, "closed": 0},
    }


def test_area_filter_reaches_what_lies_below(client: TestClient, raised: Raised) -> None:
    banner, other = raised.alert(area_code=JUNGAR), raised.alert(area_code=SAIHAN)
    league = raised.alert(subject_kind="area", subject_code=ORDOS, area_code=ORDOS)
    region = raised.alert(subject_kind="area", subject_code="150000", area_code="150000")
    raised.alert(subject_kind="gateway", subject_code="G-1", area_code=None)
    assert numbers(client, area=JUNGAR) == [banner]
    assert numbers(client, area=ORDOS) == [league, banner]
    assert numbers(client, area="150000") == [region, league, other, banner]
    assert client.get(ALERTS, params={"area": ORDOS}).json()["counts"]["alerts"] == 2


def test_every_filter_narrows_list_and_counts(client: TestClient, raised: Raised, registered: Registered) -> None:
    raised.rule()
    raised.rule("gateway_silent", title={"zh": "端设备失联", "en": "Gateway silent"})
    park, enterprise = registered.park(name_zh="零碳园"), registered.enterprise(name_zh="百分之百_公司")
    silent = raised.alert(rule="gateway_silent", subject_kind="gateway", subject_code="GW-77", severity="severe")
    placed = raised.alert(park_code=park, enterprise_code=enterprise, severity="notice")
    over = raised.alert(fired_at=NOW - timedelta(days=40), resolved_at=NOW - timedelta(days=39))
    for given, expected in (
        ({"rule": "gateway_silent"}, [silent]),
        ({"severity": "severe"}, [silent]),
        ({"state": "resolved"}, [over]),
        ({"state": "firing"}, [placed, silent]),
        ({"park": park}, [placed]),
        ({"enterprise": enterprise}, [placed]),
        ({"subject": "gateway:GW-77"}, [silent]),
        ({"subject": "meter:GW-77"}, []),
        ({"since": "2026-03-01"}, [placed, silent]),
        ({"until": "2026-03-01"}, [over]),
        ({"since": "2026-03-02T09:00:00+08:00", "until": "2026-03-02T09:00:01+08:00"}, [placed, silent]),
        ({"q": "失联"}, [silent]),
        ({"q": "gw-7"}, [silent]),
        ({"q": "零碳"}, [placed]),
        ({"q": "百_公"}, [placed]),
        ({"q": "百分_百"}, []),
        ({"q": "%"}, []),
        ({"status": "open"}, [placed, silent, over]),
        ({"status": "closed"}, []),
    ):
        answer = client.get(ALERTS, params=given).json()
        assert [alert["alert_id"] for alert in answer["data"]] == expected, given
        assert answer["counts"]["alerts"] == len(expected), given


def test_pages_follow_one_another_and_keep_the_counts(client: TestClient, raised: Raised) -> None:
    made = [raised.alert(fired_at=NOW - timedelta(minutes=number // 2)) for number in range(7)]
    seen: list[int] = []
    cursor = None
    while True:
        page = client.get(ALERTS, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        assert page["counts"]["alerts"] == 7
        seen += [alert["alert_id"] for alert in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    assert seen == numbers(client, limit=100)
    first = client.get(ALERTS, params={"limit": 3}).json()["next"]
    assert refusal(client.get(ALERTS, params={"limit": 3, "cursor": first, "severity": "severe"})) == (
        400,
        "bad_cursor",
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"area": "999999"},
        {"area": "x"},
        {"park": "NONE"},
        {"enterprise": "91150622MA0N0000XG"},
        {"rule": "none"},
        {"rule": "'; DROP TABLE alert; --"},
        {"severity": "deadly"},
        {"state": "pending"},
        {"status": "done"},
        {"subject": "U-1"},
        {"subject": "planet:3"},
        {"since": "yesterday"},
        {"since": "2026-03-02T09:00:00"},
        {"limit": "0"},
        {"colour": "red"},
        {"q": ""},
        {"q": "\x00"},
        {"q": "x" * 101},
    ],
)
def test_odd_filters_are_refused(client: TestClient, raised: Raised, parameters: dict[str, str]) -> None:
    raised.alert()
    assert refusal(client.get(ALERTS, params=parameters)) == (422, "invalid_parameter")


# --- one alert --------------------------------------------------------------------------------------------------------


def test_alert_is_read_whole(client: TestClient, raised: Raised) -> None:
    raised.rule()
    body = supervision_body(client)
    number = raised.alert(severity="severe", reopened=1)
    raised.event(number, "fired", NOW - timedelta(hours=1), breach_since="2026-03-02T00:00:00+08:00")
    raised.state("firing", "unit:U-1", alert_id=number, cannot_since=NOW, cannot_reasons='[["low_coverage", "0.8"]]')
    subscription = client.post(f"/api/v1/supervision-bodies/{body}/subscriptions", json=EMAIL).json()["subscription_id"]
    message = raised.message(subscription, [number], attempts=2, last_error="451 try later")
    raised.attempt(message, "failed", "timeout")
    raised.attempt(message, "failed", "451 try later", NOW + timedelta(minutes=1))
    assert step(client, number, "acknowledge").status_code == 201
    raised.event(number, "repeated", NOW + timedelta(days=1), number=1)
    alert = client.get(f"{ALERTS}/{number}").json()
    assert alert["evidence"] == {"value": 1.42, "limit": 1.3}
    assert alert["rule_body"]["compare"] == {"op": ">", "number": 1.3}
    assert alert["cannot_judge"]["reasons"] == [
        {
            "code": "low_coverage",
            "of": "0.8",
            "text": "too little was measured: coverage 0.8",
            "text_zh": "实测覆盖不足：完整率 0.8",
        }
    ]
    assert [(entry["by"], entry["kind"], entry["actor"]) for entry in alert["history"]] == [
        ("service", "fired", None),
        ("supervision_body", "acknowledge", "SB-150622"),
        ("service", "repeated", None),
    ]
    assert alert["history"][0]["detail"] == {"breach_since": "2026-03-02T00:00:00+08:00"}
    (sent,) = alert["deliveries"]
    assert (sent["status"], sent["last_error"], sent["address"]) == ("waiting", "451 try later", "energy@example.cn")
    assert [attempt["detail"] for attempt in sent["history"]] == ["timeout", "451 try later"]
    assert alert["status"] == alert["handling"]["status"] == "acknowledged"
    assert alert["handling"]["allowed"] == {
        "supervision_body": ["explain", "reopen", "comment", "attach"],
        "enterprise": [],
    }
    # Monday, and three working days after it.
    assert alert["handling"]["due"] == {"action": "explain", "due_on": "2026-03-05", "overdue": False}


def test_alert_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert refusal(client.get(f"{ALERTS}/1")) == (404, "unknown_alert")
    assert refusal(step(client, 1, "acknowledge")) == (404, "unknown_alert")
    for number in ("0", "-1", "x", "1e3", "9" * 19, "9" * 5000, "%00", "1;DROP TABLE alert"):
        answer = client.get(f"{ALERTS}/{number}")
        assert answer.status_code in (404, 422), number
        assert answer.headers["content-type"] == "application/problem+json"


def test_severe_alert_not_taken_up_in_a_day_is_overdue(client: TestClient, raised: Raised) -> None:
    number = raised.alert(severity="severe", fired_at=NOW - timedelta(days=2))
    due = client.get(f"{ALERTS}/{number}").json()["handling"]["due"]
    assert due == {"action": "acknowledge", "due_on": "2026-03-01", "overdue": True}


# --- handling ---------------------------------------------------------------------------------------------------------


def test_alert_is_handled_from_open_to_closed_by_body_and_enterprise(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    supervision_body(client)
    enterprise = registered.enterprise()
    number = raised.alert(enterprise_code=enterprise)
    by_enterprise = {"actor_kind": "enterprise", "actor": enterprise}
    status = []
    for action, more in (
        ("acknowledge", {}),
        ("explain", by_enterprise | {"text": "冷机故障"}),
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
    planned = alert["history"][3]
    assert (planned["kind"], planned["due_on"], planned["text"]) == ("plan", "2026-04-30", "更换冷机")
    assert numbers(client, status="closed") == [number]
    assert client.get(ALERTS).json()["counts"]["status"]["closed"] == 1


def test_step_that_is_not_allowed_is_refused_with_what_is(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    supervision_body(client)
    enterprise = registered.enterprise()
    number = raised.alert(enterprise_code=enterprise)
    for action, more in (("close", {}), ("verify", {}), ("reopen", {"text": "x"}), ("explain", {"text": "x"})):
        answer = step(client, number, action, **more)
        assert refusal(answer) == (409, "step_not_allowed")
        assert answer.json()["allowed"] == {
            "supervision_body": ["acknowledge", "comment", "attach"],
            "enterprise": ["comment", "attach"],
        }
    by_itself = {"actor_kind": "enterprise", "actor": enterprise}
    assert refusal(step(client, number, "acknowledge", **by_itself)) == (409, "step_not_allowed")
    assert database.execute("SELECT count(*) FROM alert_step").fetchone() == (0,)


def test_step_of_one_whom_the_alert_does_not_concern_is_refused(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    supervision_body(client)
    supervision_body(client, "SB-KANGBASHI", KANGBASHI)
    supervision_body(client, "SB-ORDOS", ORDOS)
    supervision_body(client, "SB-REGION", "150000")
    mine, other = registered.enterprise(), registered.enterprise()
    number = raised.alert(enterprise_code=mine)
    assert refusal(step(client, number, "acknowledge", actor="SB-KANGBASHI")) == (409, "other_actor")
    comment = {"actor_kind": "enterprise", "actor": other, "text": "x"}
    assert refusal(step(client, number, "comment", **comment)) == (409, "other_actor")
    unknown = step(client, number, "acknowledge", actor="SB-NONE")
    assert refusal(unknown) == (422, "invalid_body")
    assert [(e["field"], e["code"]) for e in unknown.json()["errors"]] == [("actor", "unknown")]
    for body in ("SB-REGION", "SB-ORDOS", "SB-150622"):
        assert step(client, number, "comment", actor=body, text="x").status_code == 201


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"action": "comment"}, "text"),
        ({"action": "comment", "text": "   "}, "text"),
        ({"action": "comment", "text": "x" * 1001}, "text"),
        ({"action": "comment", "text": "a\x00b"}, "text"),
        ({"action": "comment", "text": 1}, "text"),
        ({"action": "attach"}, "reference"),
        ({"action": "acknowledge", "due_on": "2026-04-01"}, "due_on"),
        ({"action": "acknowledge", "due_on": "soon"}, "due_on"),
        ({"action": "destroy"}, "action"),
        ({"action": None}, "action"),
        ({"action": ["close"]}, "action"),
        ({"action": "acknowledge", "actor_kind": "king"}, "actor_kind"),
        ({"action": "acknowledge", "actor": ""}, "actor"),
        ({"action": "acknowledge", "actor": {"x": 1}}, "actor"),
        ({"action": "acknowledge", "at": "2020-01-01T00:00:00Z"}, "at"),
    ],
)
def test_step_that_lacks_or_mistakes_something_is_refused_with_the_field(
    client: TestClient, raised: Raised, entry: dict[str, Any], field: str
) -> None:
    supervision_body(client)
    answer = client.post(f"{ALERTS}/{raised.alert()}/steps", json=BODY | entry)
    assert refusal(answer) == (422, "invalid_body")
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert fault["reason"]
    assert fault["reason_zh"]


def test_plan_needs_a_day_that_is_not_over(client: TestClient, raised: Raised) -> None:
    supervision_body(client)
    number = raised.alert()
    step(client, number, "acknowledge")
    step(client, number, "explain", text="x")
    for more in ({}, {"due_on": "2026-03-01"}):
        answer = step(client, number, "plan", text="x", **more)
        assert [e["field"] for e in answer.json()["errors"]] == ["due_on"]
    assert step(client, number, "plan", text="x", due_on="2026-03-02").status_code == 201


def test_of_many_same_steps_at_once_one_passes(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    supervision_body(client)
    number = raised.alert()
    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(lambda _: step(client, number, "acknowledge").status_code, range(8)))
    assert answers == [201] + [409] * 7
    assert database.execute("SELECT action FROM alert_step").fetchall() == [("acknowledge",)]


def test_step_does_not_wait_for_the_alert_service_at_work(
    client: TestClient, raised: Raised, database_url: str
) -> None:
    supervision_body(client)
    number = raised.alert()
    with psycopg.connect(database_url) as service:
        service.execute("UPDATE alert SET last_value = '{}' WHERE alert_id = %s", (number,))
        assert step(client, number, "acknowledge").status_code == 201


def test_breach_that_comes_back_after_closing_is_open_again(client: TestClient, raised: Raised) -> None:
    supervision_body(client)
    number = raised.alert()
    for action, more in (
        ("acknowledge", {}),
        ("explain", {"text": "x"}),
        ("plan", {"text": "x", "due_on": "2026-03-31"}),
        ("verify", {}),
        ("close", {}),
    ):
        assert step(client, number, action, **more).status_code == 201
    assert numbers(client, status="closed") == [number]
    raised._database.execute("UPDATE alert SET reopened = 1 WHERE alert_id = %s", (number,))
    raised.event(number, "reopened", NOW + timedelta(hours=1))
    assert numbers(client, status="open") == [number]
    assert client.get(f"{ALERTS}/{number}").json()["handling"]["allowed"]["supervision_body"][0] == "acknowledge"


# --- states -----------------------------------------------------------------------------------------------------------


def test_what_is_pending_and_what_cannot_be_judged_is_shown_with_reasons(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    raised.rule()
    park = registered.park()
    here = registered.enterprise(park_code=park)
    there = registered.enterprise(area_code=KANGBASHI)
    unit, far = registered.unit(here, name_zh="机房"), registered.unit(there)
    gateway = registered.gateway(here, name="一号")
    meter = registered.meter(unit_code=unit, gateway_code=gateway)
    raised.state("pending", f"unit:{unit}")
    raised.state("ok", f"unit:{far}", cannot_since=NOW, cannot_reasons='[["no_readings", "electricity"]]')
    raised.state("resolved", f"gateway:{gateway}")
    raised.state("firing", f"meter:{meter}", cannot_since=NOW, cannot_reasons='[["new_code", "x"]]')
    raised.state("pending", f"park:{park}")
    raised.state("pending", f"area:{ORDOS}")
    raised.state("pending", "unit:GONE")

    def subjects(**parameters: Any) -> list[str]:
        answer = client.get(STATES, params=parameters)
        assert answer.status_code == 200, answer.text
        return [row["subject"] for row in answer.json()["data"]]

    assert subjects(state="pending") == [f"area:{ORDOS}", f"park:{park}", "unit:GONE", f"unit:{unit}"]
    assert subjects(state="cannot_judge") == [f"meter:{meter}", f"unit:{far}"]
    assert subjects(area=JUNGAR) == [f"gateway:{gateway}", f"meter:{meter}", f"park:{park}", f"unit:{unit}"]
    assert subjects(area=KANGBASHI) == [f"unit:{far}"]
    assert subjects(park=park, state="pending") == [f"park:{park}", f"unit:{unit}"]
    assert subjects(enterprise=there) == [f"unit:{far}"]
    assert subjects(subject=f"meter:{meter}") == [f"meter:{meter}"]
    answer = client.get(STATES, params={"state": "cannot_judge"}).json()
    assert answer["counts"] == {"pending": 4, "firing": 1, "resolved": 1, "cannot_judge": 2}
    odd, silent = answer["data"]
    assert silent["reasons"][0]["text"] == "no readings: electricity"
    assert odd["reasons"] == [{"code": "new_code", "of": "x", "text": "x", "text_zh": "x"}]
    assert (silent["area"]["name_en"], silent["enterprise"]["code"]) == ("Kangbashi District", there)
    assert client.get(STATES, params={"subject": "unit:GONE"}).json()["data"][0]["subject_name_zh"] is None


def test_states_are_paged_in_the_order_of_rule_and_subject(client: TestClient, raised: Raised) -> None:
    for number in range(5):
        raised.state("pending", f"unit:U-{number}")
    first = client.get(STATES, params={"limit": 3}).json()
    second = client.get(STATES, params={"limit": 3, "cursor": first["next"]}).json()
    assert [row["subject"] for page in (first, second) for row in page["data"]] == [f"unit:U-{n}" for n in range(5)]
    assert second["next"] is None
    for given in ({"state": "ok"}, {"state": "x"}, {"area": "999999"}, {"rule": "none"}, {"subject": "U"}, {"x": "1"}):
        assert refusal(client.get(STATES, params=given)) == (422, "invalid_parameter"), given


# --- silences ---------------------------------------------------------------------------------------------------------

QUIET = {"reason": "停产检修", "author": "王工", "ends_at": "2026-03-05T18:00:00+08:00"}


def test_silence_begins_now_and_is_ended_and_kept(client: TestClient, raised: Raised) -> None:
    raised.rule("gateway_silent", title={"zh": "端设备失联", "en": "Gateway silent"})
    made = client.post(SILENCES, json=QUIET | {"rule": "gateway_silent", "area": ORDOS})
    assert made.status_code == 201, made.text
    silence = made.json()
    assert (silence["state"], silence["starts_at"], silence["title_en"]) == (
        "active",
        "2026-03-02T02:00:00Z",
        "Gateway silent",
    )
    assert silence["area"] == {"code": ORDOS, "name_zh": "鄂尔多斯市", "name_en": "Ordos City"}
    address = f"{SILENCES}/{silence['silence_id']}"
    assert client.get(address).json() == silence
    ended = client.post(f"{address}/end", json={"author": "李工"}).json()
    assert (ended["state"], ended["ended_by"], ended["ends_at"]) == (
        "ended",
        "李工",
        "2026-03-02T02:00:00.000001Z",
    )
    assert refusal(client.post(f"{address}/end", json={"author": "李工"})) == (409, "silence_over")
    assert [s["silence_id"] for s in client.get(SILENCES, params={"state": "ended"}).json()["data"]] == [
        silence["silence_id"]
    ]
    assert client.delete(address).status_code == 405


def test_silence_may_begin_later_and_be_ended_before_it_does(client: TestClient) -> None:
    later = client.post(SILENCES, json=QUIET | {"area": ORDOS, "starts_at": "2026-03-04T00:00:00+08:00"}).json()
    assert later["state"] == "upcoming"
    ended = client.post(f"{SILENCES}/{later['silence_id']}/end", json={"author": "李工"})
    assert ended.status_code == 200, ended.text
    assert ended.json()["ends_at"] == "2026-03-03T16:00:00.000001Z"
    again = client.post(f"{SILENCES}/{later['silence_id']}/end", json={"author": "李工"})
    assert refusal(again) == (409, "silence_over")


def test_silences_are_listed_newest_first_and_narrowed(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    rule, enterprise = raised.rule(), registered.enterprise()
    unit = registered.unit(enterprise)
    made = [
        client.post(SILENCES, json=QUIET | given).json()["silence_id"]
        for given in ({"rule": rule}, {"area": JUNGAR}, {"enterprise": enterprise}, {"subject": unit})
    ]
    by_rule, by_area, by_enterprise, by_subject = made

    def found(**parameters: Any) -> list[int]:
        return [row["silence_id"] for row in client.get(SILENCES, params=parameters).json()["data"]]

    assert found() == made[::-1]
    assert found(rule=rule) == [by_rule]
    assert found(area=ORDOS) == [by_area]
    assert found(enterprise=enterprise) == [by_enterprise]
    assert found(subject=unit) == [by_subject]
    first = client.get(SILENCES, params={"limit": 3}).json()
    assert found(limit=3, cursor=first["next"]) == [by_rule]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, ("body", "silences_all")),
        ({"rule": "none"}, ("rule", "unknown")),
        ({"area": "999999"}, ("area", "unknown")),
        ({"enterprise": "91150622MA0N0000XG"}, ("enterprise", "credit_code_check")),
        ({"subject": "NONE"}, ("subject", "unknown")),
        ({"area": ORDOS, "reason": " "}, ("reason", "string_too_short")),
        ({"area": ORDOS, "author": None}, ("author", "string_type")),
        ({"area": ORDOS, "ends_at": "2026-03-02T09:59:59+08:00"}, ("ends_at", "not_later")),
        ({"area": ORDOS, "ends_at": "2027-04-01T00:00:00+08:00"}, ("ends_at", "lasts_too_long")),
        (
            {"area": ORDOS, "starts_at": "2026-01-01T00:00:00+08:00", "ends_at": "2026-02-01T00:00:00+08:00"},
            ("ends_at", "not_later"),
        ),
        ({"area": ORDOS, "ends_at": 1772500000}, ("ends_at", "bad_moment")),
        ({"area": ORDOS, "ends_at": "2026-03-05T18:00:00"}, ("ends_at", "bad_moment")),
        ({"area": ORDOS, "ended_by": "x"}, ("ended_by", "extra_forbidden")),
    ],
)
def test_silence_that_makes_no_sense_is_refused_with_the_field(
    client: TestClient, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = client.post(SILENCES, json=QUIET | given)
    assert refusal(answer) == (422, "invalid_body")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [fault]
    assert client.get(SILENCES).json()["data"] == []


def test_silence_is_ended_once_by_many_at_once(client: TestClient) -> None:
    number = client.post(SILENCES, json=QUIET | {"area": ORDOS}).json()["silence_id"]
    end = f"{SILENCES}/{number}/end"
    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(lambda n: client.post(end, json={"author": f"{n}"}).status_code, range(6)))
    assert answers == [200] + [409] * 5
    assert refusal(client.post(f"{SILENCES}/999/end", json={"author": "x"})) == (404, "unknown_silence")


# --- deliveries -------------------------------------------------------------------------------------------------------


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
    assert (gone["channel"], gone["address"], gone["alerts"], len(gone["alert_ids"])) == (None, None, 30, 20)
    assert gone["content"] == {"kind": "fired"}
    assert client.get(f"{DELIVERIES}/{sent}").json()["address"] == f"enermon/v1/enterprises/{enterprise}/alerts"


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
    assert refusal(client.get(f"{DELIVERIES}/x")) == (422, "invalid_parameter")
    nobody = "00000000-0000-0000-0000-000000000000"
    assert refusal(client.get(f"{DELIVERIES}/{nobody}")) == (404, "unknown_message")


# --- enemies ----------------------------------------------------------------------------------------------------------


def test_bodies_that_are_none_are_refused_without_failing(client: TestClient, raised: Raised) -> None:
    number = raised.alert()
    addresses = [f"{ALERTS}/{number}/steps", SILENCES, f"{SILENCES}/1/end"]
    raws = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        json.dumps({"action": "x" * 10_000}).encode(),
    ]
    for address in addresses:
        for raw in raws:
            answer = client.post(address, content=raw, headers={"Content-Type": "application/json"})
            assert refusal(answer) == (422, "invalid_body"), (address, raw[:20])
        assert client.post(address, content=b" " * 1_000_001).status_code == 413
    assert client.put(f"{ALERTS}/{number}", json={}).status_code == 405


def test_times_are_those_of_the_day_in_shanghai(client: TestClient, raised: Raised) -> None:
    number = raised.alert(fired_at=datetime(2026, 3, 1, 23, 30, tzinfo=SHANGHAI))
    assert numbers(client, since="2026-03-01", until="2026-03-02") == [number]
    assert numbers(client, since="2026-03-02") == []
