"""Alerts in the API: found, narrowed and read whole; and where rules stand with what they judge."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from services.core.calendar import SHANGHAI
from tests.integration.alerted import (
    ALERTS,
    EMAIL,
    NOW,
    STATES,
    Raised,
    numbers,
    refusal,
    step,
    supervision_body,
)
from tests.integration.clock import ask_at
from tests.integration.registered import JUNGAR, KANGBASHI, ORDOS, SAIHAN, Registered
from tests.signed_in import ADMINISTRATOR


@pytest.fixture(autouse=True)
def _ten_in_the_morning(client: TestClient) -> None:
    ask_at(client, NOW)


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
        "text_zh": None,
        "text_en": None,
        "value_text_zh": "1.45",
        "value_text_en": "1.45",
        "limit_text_zh": None,
        "limit_text_en": None,
        "handling": {
            "status": "open",
            "since": "2026-03-02T01:00:00Z",
            "allowed": {"supervision_body": ["acknowledge", "comment", "attach"], "enterprise": ["comment", "attach"]},
            "awaiting": "body",
            "due": {"action": "acknowledge", "due_on": "2026-03-05", "overdue": False, "days_late": 0},
        },
    }
    assert answer["counts"] == {
        "alerts": 2,
        "awaiting": {"body": 1, "enterprise": 0},
        "overdue": {"body": 0, "enterprise": 0},
        "severity": {"severe": 0, "warning": 2, "notice": 0},
        "state": {"firing": 1, "resolved": 1},
        "status": {"open": 2, "acknowledged": 0, "explained": 0, "planned": 0, "verified": 0, "closed": 0},
    }


@pytest.mark.store
def test_area_filter_reaches_what_lies_below(client: TestClient, raised: Raised) -> None:
    banner, other = raised.alert(area_code=JUNGAR), raised.alert(area_code=SAIHAN)
    league = raised.alert(subject_kind="area", subject_code=ORDOS, area_code=ORDOS)
    region = raised.alert(subject_kind="area", subject_code="150000", area_code="150000")
    raised.alert(subject_kind="gateway", subject_code="G-1", area_code=None)
    assert numbers(client, area=JUNGAR) == [banner]
    assert numbers(client, area=ORDOS) == [league, banner]
    assert numbers(client, area="150000") == [region, league, other, banner]
    assert client.get(ALERTS, params={"area": ORDOS}).json()["counts"]["alerts"] == 2


@pytest.mark.store
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


@pytest.mark.store
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
        {"awaiting": "nobody"},
        {"due": "tomorrow"},
        {"order": "newest"},
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


def test_times_are_those_of_the_day_in_shanghai(client: TestClient, raised: Raised) -> None:
    number = raised.alert(fired_at=datetime(2026, 3, 1, 23, 30, tzinfo=SHANGHAI))
    assert numbers(client, since="2026-03-01", until="2026-03-02") == [number]
    assert numbers(client, since="2026-03-02") == []


def test_times_of_the_last_evaluation_are_answered_in_utc(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    number = raised.alert()
    times = {"at": "2026-03-02T09:30:00+08:00", "period_start": "2026-03-01T00:00:00+08:00", "period_end": None}
    database.execute("UPDATE alert SET last_value = %s WHERE alert_id = %s", (Jsonb({"value": 1.4} | times), number))
    in_utc = {"at": "2026-03-02T01:30:00Z", "period_start": "2026-02-28T16:00:00Z", "period_end": None}
    assert client.get(f"{ALERTS}/{number}").json()["last_value"] == {"value": 1.4} | in_utc
    assert client.get(ALERTS).json()["data"][0]["last_value"] == {"value": 1.4} | in_utc


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
            "text": "too little was measured: coverage 80 %",
            "text_zh": "实测覆盖不足：完整率 80 %",
        }
    ]
    assert [(entry["by"], entry["kind"], entry["actor"]) for entry in alert["history"]] == [
        ("service", "fired", None),
        ("supervision_body", "acknowledge", ADMINISTRATOR),
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
    assert alert["handling"]["due"] == {"action": "explain", "due_on": "2026-03-05", "overdue": False, "days_late": 0}


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
    assert due == {"action": "acknowledge", "due_on": "2026-03-01", "overdue": True, "days_late": 1}


@pytest.mark.store
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


@pytest.mark.store
def test_states_are_paged_in_the_order_of_rule_and_subject(client: TestClient, raised: Raised) -> None:
    for number in range(5):
        raised.state("pending", f"unit:U-{number}")
    first = client.get(STATES, params={"limit": 3}).json()
    second = client.get(STATES, params={"limit": 3, "cursor": first["next"]}).json()
    assert [row["subject"] for page in (first, second) for row in page["data"]] == [f"unit:U-{n}" for n in range(5)]
    assert second["next"] is None
    for given in ({"state": "ok"}, {"state": "x"}, {"area": "999999"}, {"rule": "none"}, {"subject": "U"}, {"x": "1"}):
        assert refusal(client.get(STATES, params=given)) == (422, "invalid_parameter"), given
