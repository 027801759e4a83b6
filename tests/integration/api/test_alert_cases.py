"""What waits for a decision: alerts by their deadlines, cases by subject, the worklist, and steps of many at once."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import product
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.alerts.notify.case import case_of, steps_of
from services.alerts.notify.telling import alerts_of
from services.alerts.rules.rule import Severity
from services.alerts.state.handling import Status, standing
from services.alerts.state.lateness import awaits, due
from services.api.access.role import Role
from services.api.alerts.handling import AWAITED
from services.api.alerts.listing import ALERTS as LISTED
from services.api.alerts.listing import deadlines
from services.core.calendar import SHANGHAI
from tests.integration.alerted import ALERTS, NOW, Raised, numbers, of_enterprise, refusal, step, supervision_body
from tests.integration.clock import ask_at
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, KANGBASHI, ORDOS, SAIHAN, Registered
from tests.signed_in import ADMINISTRATOR_KEY, add_with_key, bearer

CASES, WORKLIST, STEPS = "/api/v1/cases", "/api/v1/worklist", f"{ALERTS}/steps"
A_DAY = timedelta(days=1)
OBSERVED = {
    "value": 1.42,
    "unit": "1",
    "limit": 1.3,
    "coverage": 0.98,
    "period_start": "2026-02-01T00:00:00+08:00",
    "period_end": "2026-03-01T00:00:00+08:00",
    "text_zh": "一号机房 2026-02 PUE 1.42，高于 1.3",
    "text_en": "Hall 1 2026-02: PUE 1.42, above 1.3",
}
_WAY: tuple[tuple[str, dict[str, str]], ...] = (
    ("acknowledge", {}),
    ("explain", {"text": "冷机故障"}),
    ("plan", {"text": "更换冷机", "due_on": "2026-03-31"}),
    ("verify", {}),
    ("close", {}),
)


@pytest.fixture(autouse=True)
def _ten_in_the_morning(client: TestClient) -> None:
    ask_at(client, NOW)


def handled(database: psycopg.Connection, alert_id: int, taken: int, *, at: datetime = NOW) -> None:
    """The first steps on the way from open to closed, as people took them."""
    for number, (action, more) in enumerate(_WAY[:taken]):
        database.execute(
            "INSERT INTO alert_step (alert_id, at, actor, action, text, due_on) VALUES (%s, %s, %s, %s, %s, %s)",
            (
                alert_id,
                at + number * timedelta(minutes=1),
                "supervision_body:admin",
                action,
                more.get("text"),
                more.get("due_on"),
            ),
        )


@pytest.mark.store
def test_lists_know_of_each_alert_who_acts_next_and_until_when_as_its_handling_says(
    raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    friday = datetime(2026, 2, 27, 23, 30, tzinfo=SHANGHAI)
    for severity, ended, owner, taken, at in product(
        Severity, (None, NOW), (enterprise, None), range(6), (NOW - 9 * A_DAY, friday)
    ):
        number = raised.alert(severity=severity, resolved_at=ended, enterprise_code=owner, fired_at=at)
        handled(database, number, taken, at=at)
    again = raised.alert(reopened=1, fired_at=friday)
    handled(database, again, 5, at=friday)
    raised.event(again, "reopened", NOW - A_DAY)
    with psycopg.connect(database.info.dsn, password=database.info.password) as connection:
        listed = LISTED.rows(connection, "true", deadlines(), most=1000)
        told = alerts_of(connection, [row["alert_id"] for row in listed])
    assert len(listed) == len(Severity) * 2 * 2 * 6 * 2 + 1
    for row in listed:
        case, steps = case_of(told[row["alert_id"]]), steps_of(told[row["alert_id"]])
        waiting, whom = due(case, steps), awaits(case, steps)
        assert row["status"] == standing(case, steps).status
        assert row["awaiting"] == (whom and AWAITED[whom]), row
        assert row["due_on"] == (waiting.due_on if waiting and whom else None), row
    assert {row["status"] for row in listed} == {str(status) for status in Status}


@pytest.mark.store
def test_the_most_urgent_comes_first_by_its_last_day_and_then_by_its_severity(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    tomorrow = raised.alert(severity="severe")
    late = raised.alert(fired_at=NOW - 10 * A_DAY)
    later_and_severe = raised.alert(severity="severe", fired_at=NOW - 7 * A_DAY)
    in_three_days = raised.alert(severity="warning")
    in_three_days_too = raised.alert(severity="notice")
    over = raised.alert(resolved_at=NOW)
    assert numbers(client, order="urgency") == [
        *(late, later_and_severe, tomorrow, in_three_days, in_three_days_too),
        over,
    ]
    assert numbers(client, order="-severity")[:2] == [tomorrow, later_and_severe]
    assert numbers(client, order="severity")[0] == in_three_days_too
    assert numbers(client, due="overdue") == [later_and_severe, late]
    assert sorted(numbers(client, due="week")) == [tomorrow, in_three_days, in_three_days_too]
    assert len(numbers(client, due="overdue,week")) == 5
    first = client.get(ALERTS, params={"order": "urgency", "limit": 4}).json()
    second = client.get(ALERTS, params={"order": "urgency", "limit": 4, "cursor": first["next"]}).json()
    assert [row["alert_id"] for row in second["data"]] == [in_three_days_too, over]
    assert first["counts"]["awaiting"] == {"body": 5, "enterprise": 0}
    assert first["counts"]["overdue"] == {"body": 2, "enterprise": 0}


def test_each_row_says_what_it_says_in_both_languages_and_what_may_be_done(
    client: TestClient, raised: Raised, registered: Registered
) -> None:
    raised.rule()
    last = OBSERVED | {"value": 1.300004, "verdict": "breach"}
    enterprise = registered.enterprise()
    raised.alert(enterprise_code=enterprise, evidence=json.dumps({"observed": OBSERVED}), last_value=json.dumps(last))
    (row,) = client.get(ALERTS).json()["data"]
    assert (row["text_zh"], row["text_en"]) == (OBSERVED["text_zh"], OBSERVED["text_en"])
    assert (row["value_text_zh"], row["limit_text_en"]) == ("1.300004", "1.3")
    assert row["handling"] == {
        "status": "open",
        "since": "2026-03-02T01:00:00Z",
        "allowed": {"supervision_body": ["acknowledge", "comment", "attach"], "enterprise": ["comment", "attach"]},
        "awaiting": "body",
        "due": {"action": "acknowledge", "due_on": "2026-03-05", "overdue": False, "days_late": 0},
    }


@pytest.mark.store
def test_alerts_about_one_subject_are_one_case(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    raised.rule()
    enterprise = registered.enterprise(name_zh="硅铁厂")
    unit, other = registered.unit(enterprise, name_zh="矿热炉"), registered.unit(enterprise)
    about = {"enterprise_code": enterprise, "subject_code": unit}
    warning = raised.alert(**about, fired_at=NOW - 9 * A_DAY)
    severe = raised.alert(**about, rule="deadly", severity="severe")
    raised.alert(**about, rule="gone", resolved_at=NOW)
    raised.alert(subject_code=other, enterprise_code=enterprise, area_code=SAIHAN)
    answer = client.get(CASES).json()
    assert answer["counts"]["cases"] == 2
    assert answer["counts"]["alerts"] == 3
    assert answer["counts"]["severity_of_cases"] == {"severe": 1, "warning": 1, "notice": 0}
    assert answer["counts"]["by_enterprise"] == {enterprise: 2}
    case = answer["data"][0]
    assert [alert["alert_id"] for alert in case.pop("alerts")] == [warning, severe]
    assert case.pop("enterprise")["name_zh"] == "硅铁厂"
    assert case.pop("area")["code"] == JUNGAR
    assert case == {
        "subject": f"unit:{unit}",
        "subject_name_zh": "矿热炉",
        "subject_name_en": None,
        "park": None,
        "severity": "severe",
        "state": "firing",
        "awaiting": ["body"],
        "due_on": "2026-02-24",
        "overdue": True,
        "since": "2026-02-21T02:00:00Z",
        "fired_at": "2026-03-02T01:00:00Z",
        "alert_count": 2,
    }
    assert client.get(CASES, params={"at_rest": True, "subject": f"unit:{unit}"}).json()["counts"]["alerts"] == 3
    handled(database, warning, 1)
    both = client.get(CASES, params={"subject": f"unit:{unit}"}).json()["data"][0]
    assert both["awaiting"] == ["body", "enterprise"]
    assert [len(client.get(CASES, params={"area": area}).json()["data"]) for area in (ORDOS, SAIHAN)] == [1, 1]
    first = client.get(CASES, params={"limit": 1, "order": "-alerts"}).json()
    second = client.get(CASES, params={"limit": 1, "order": "-alerts", "cursor": first["next"]}).json()
    assert [first["data"][0]["alert_count"], second["data"][0]["alert_count"]] == [2, 1]
    assert second["next"] is None


@pytest.mark.store
def test_what_is_to_be_done_is_counted_and_its_first_rows_are_told(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    raised.rule()
    raised.rule("gateway_silent", indicator="gateway_silence_s", subject="gateway")
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise, name="一号")
    mine = {"enterprise_code": enterprise}
    to_acknowledge = raised.alert(**mine, fired_at=NOW - 5 * A_DAY)
    to_verify = raised.alert(**mine, subject_code="U-2", resolved_at=NOW)
    to_close = raised.alert(**mine, subject_code="U-3", resolved_at=NOW)
    to_plan = raised.alert(**mine, subject_code="U-4")
    for number, taken in ((to_verify, 3), (to_close, 4), (to_plan, 2)):
        handled(database, number, taken, at=NOW - 9 * A_DAY)
    to_explain = raised.alert(subject_kind="area", subject_code=JUNGAR, area_code=JUNGAR, enterprise_code=None)
    handled(database, to_explain, 1, at=NOW)
    elsewhere = raised.alert(area_code=KANGBASHI)
    raised.state("firing", f"gateway:{gateway}", rule="gateway_silent")
    raised.state("ok", f"enterprise:{enterprise}", cannot_since=NOW, cannot_reasons='[["low_coverage", "0.5"]]')
    young = '[["too_little_of_period", "0.1"]]'
    raised.state("ok", f"enterprise:{registered.enterprise()}", cannot_since=NOW, cannot_reasons=young)

    def told(**given: Any) -> dict[str, Any]:
        answer = client.get(WORKLIST, params=given)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    work = told(area=JUNGAR)
    lists = (
        "to_acknowledge",
        "to_answer",
        "to_verify",
        "to_close",
        "with_enterprises",
        "overdue_ours",
        "overdue_enterprises",
    )
    assert {name: [row["alert_id"] for row in work[name]["data"]] for name in lists} == {
        "to_acknowledge": [to_acknowledge],
        "to_answer": [to_explain],
        "to_verify": [to_verify],
        "to_close": [to_close],
        "with_enterprises": [to_plan],
        "overdue_ours": [to_close, to_acknowledge],
        "overdue_enterprises": [to_plan],
    }
    assert [row["alert_id"] for row in work["due_in_7_days"]["data"]] == [to_explain]
    assert (work["today"], work["area"]["name_zh"]) == ("2026-03-02", "准格尔旗")
    assert [work["cannot_judge"][name] for name in ("count", "subjects", "provisional")] == [1, 1, 1]
    assert [row["subject"] for row in work["cannot_judge"]["data"]] == [f"enterprise:{enterprise}"]
    assert work["cannot_judge"]["reasons"] == [{"code": "low_coverage", "count": 1}]
    assert [row["gateway"] for row in work["silent_gateways"]["data"]] == [gateway]
    assert told()["to_acknowledge"]["count"] == 2
    assert [row["alert_id"] for row in told(first=1)["to_acknowledge"]["data"]] == [to_acknowledge]
    body = supervision_body(client, "SB-150603", KANGBASHI)
    assert [row["alert_id"] for row in told(body=body)["to_acknowledge"]["data"]] == [elsewhere]
    for given in ({"body": "NONE"}, {"body": body, "area": JUNGAR}, {"first": 0}, {"area": "999999"}):
        assert refusal(client.get(WORKLIST, params=given)) == (422, "invalid_parameter"), given
    add_with_key(database, "jungar", Role.SUPERVISOR, key="enk_jungar", area=JUNGAR)
    seen = client.get(WORKLIST, headers=bearer("enk_jungar")).json()
    assert seen["to_acknowledge"]["count"] == 1
    hidden = client.get(WORKLIST, params={"body": body}, headers=bearer("enk_jungar"))
    assert refusal(hidden) == (422, "invalid_parameter")


def steps(
    client: TestClient, alert_ids: Sequence[Any], action: str, *, key: str = ADMINISTRATOR_KEY, **more: Any
) -> Any:
    return client.post(STEPS, json={"alert_ids": alert_ids, "action": action} | more, headers=bearer(key))


@pytest.mark.store
def test_of_many_steps_each_is_taken_or_says_why_it_is_not(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    one, two, done = (raised.alert(enterprise_code=enterprise) for _ in range(3))
    assert step(client, done, "acknowledge").status_code == 201
    answer = steps(client, [two, done, 999, one, two], "acknowledge").json()
    assert (answer["taken"], answer["refused"]) == (2, 2)
    assert [row["alert_id"] for row in answer["data"]] == [two, done, 999, one]
    taken, refused, unknown, _ = answer["data"]
    assert taken["taken"]["handling"]["status"] == "acknowledged"
    assert refused["problem"]["code"] == "step_not_allowed"
    assert refused["problem"]["instance"] == f"/api/v1/alerts/{done}/steps"
    assert refused["problem"]["allowed"]["enterprise"] == ["explain", "comment", "attach"]
    assert unknown["problem"]["code"] == "unknown_alert"
    assert numbers(client, status="acknowledged") == [done, two, one]
    other = of_enterprise(database, registered.enterprise())
    hidden = steps(client, [one], "comment", key=other, text="x").json()
    assert [row["problem"]["code"] for row in hidden["data"]] == ["unknown_alert"]
    lacks = steps(client, [one], "comment").json()["data"][0]["problem"]
    assert [(fault["field"], fault["code"]) for fault in lacks["errors"]] == [("text", "text_missing")]


def test_of_all_or_none_nothing_is_taken_where_one_is_refused(
    client: TestClient, raised: Raised, database: psycopg.Connection
) -> None:
    one, done = raised.alert(), raised.alert()
    step(client, done, "acknowledge")
    answer = steps(client, [one, done], "acknowledge", all_or_none=True).json()
    assert (answer["taken"], answer["refused"]) == (0, 1)
    assert answer["data"][0] == {"alert_id": one, "taken": None, "problem": None}
    assert numbers(client, status="open") == [one]
    assert steps(client, [one], "acknowledge", all_or_none=True).json()["taken"] == 1
    for alert_ids in ([], ["1"], [0], list(range(1, 202))):
        assert refusal(steps(client, alert_ids, "acknowledge")) == (422, "invalid_body")
    assert database.execute("SELECT count(*) FROM alert_step").fetchone() == (2,)


@pytest.fixture
def hall(client: TestClient, registered: Registered, raised: Raised, line: Line) -> tuple[int, str]:
    """An alert about a data hall whose PUE was 1.2 on the first of March, then 1.42; and the code of the hall."""
    raised.rule(period="day", hold_s=0)
    enterprise = registered.enterprise(trade="data_centre")
    unit = registered.unit(enterprise, process="data_centre", name_zh="一号机房")
    gateway = registered.gateway(enterprise)
    daily: dict[str, Any] = {"unit_code": unit, "gateway_code": gateway, "kind": "interval", "interval_s": 86_400}
    total, it_load = registered.meter(**daily), registered.meter(**daily, flow="it_load")
    for day, value in ((1, 1200.0), (2, 1420.0)):
        at = datetime(2026, 3, day, tzinfo=SHANGHAI)
        line.send(gateway, [(total, at, value), (it_load, at, 1000.0)])
    line.roll_up()
    fired_at = datetime(2026, 3, 3, 0, 5, tzinfo=SHANGHAI)
    second = {"period_start": "2026-03-02T00:00:00+08:00", "period_end": "2026-03-03T00:00:00+08:00"}
    number = raised.alert(
        subject_code=unit,
        enterprise_code=enterprise,
        fired_at=fired_at,
        evidence=json.dumps({"observed": OBSERVED | second, "readings": [{"meter": total}, {"meter": it_load}]}),
    )
    raised.event(number, "fired", fired_at)
    ask_at(client, fired_at + timedelta(hours=12))
    return number, unit


@pytest.mark.store
def test_an_alert_is_seen_over_time_by_the_period_of_its_rule(client: TestClient, hall: tuple[int, str]) -> None:
    number, unit = hall
    series = client.get(f"{ALERTS}/{number}/series").json()
    assert (series["subject"], series["every"], series["unit"], series["hold_s"]) == (f"unit:{unit}", "day", "1", 0)
    days = {point["period_start"]: point for point in series["data"]}
    first, second = days["2026-02-28T16:00:00Z"], days["2026-03-01T16:00:00Z"]
    assert (first["value"], first["verdict"], first["state"], first["limit"]) == (1.2, "ok", "ok", 1.3)
    assert (second["value"], second["verdict"], second["state"], second["coverage"]) == (1.42, "breach", "firing", 1.0)
    before = days["2026-02-27T16:00:00Z"]
    assert (before["value"], before["verdict"]) == (None, "cannot_judge")
    assert before["reasons"][0]["text_zh"]
    assert [(each["kind"], each["value"], each["limit"]) for each in series["frozen"]] == [("fired", 1.42, 1.3)]
    assert len(series["data"]) == 31


@pytest.mark.store
def test_what_is_judged_at_a_moment_is_seen_as_it_fired_and_as_it_is_now(
    client: TestClient, registered: Registered, raised: Raised, database: psycopg.Connection
) -> None:
    raised.rule("gateway_silent", indicator="gateway_silence_s", subject="gateway", period="now")
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    registered.meter(enterprise, gateway_code=gateway)
    heard_at, fired_at = NOW - timedelta(minutes=100), NOW - timedelta(minutes=20)
    database.execute("INSERT INTO gateway_state (gateway_code, last_message_at) VALUES (%s, %s)", [gateway, heard_at])
    number = raised.alert(
        rule="gateway_silent", subject_kind="gateway", subject_code=gateway, fired_at=fired_at, evidence="{}"
    )
    ask_at(client, NOW)
    points = client.get(f"{ALERTS}/{number}/series").json()["data"]
    seen = {datetime.fromisoformat(each["at"]): (each["value"], each["verdict"]) for each in points}
    assert (seen[fired_at], seen[NOW]) == ((80 * 60, "breach"), (100 * 60, "breach"))
    assert min(seen) >= heard_at


@pytest.mark.store
def test_the_file_of_a_case_holds_what_its_alerts_stand_on_with_digests(
    client: TestClient, hall: tuple[int, str]
) -> None:
    number, unit = hall
    step(client, number, "comment", text="=现场核查")
    answer = client.get(f"{CASES}/unit:{unit}/file")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="case-unit-{unit}-2026-03-03.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: sha256(content).hexdigest() for name, content in files.items()}
    assert files[f"alert-{number}/sentence.txt"].decode().splitlines() == [OBSERVED["text_zh"], OBSERVED["text_en"]]
    assert json.loads(files[f"alert-{number}/evidence.json"])["observed"]["value"] == 1.42
    assert json.loads(files[f"alert-{number}/rule.json"])["compare"] == {"op": ">", "number": 1.3}
    readings = list(csv.DictReader(io.StringIO(files["readings.csv"].decode("utf-8-sig"))))
    assert [(row["ts"], row["value"], row["quality"]) for row in readings] == [
        ("2026-03-02T00:00:00+08:00", "1420.0", "good"),
        ("2026-03-02T00:00:00+08:00", "1000.0", "good"),
    ]
    (taken,) = csv.DictReader(io.StringIO(files[f"alert-{number}/steps.csv"].decode("utf-8-sig")))
    assert (taken["kind"], taken["text"]) == ("comment", "'=现场核查")
    assert b"deliveries" not in files["case.json"]
    assert refusal(client.get(f"{CASES}/unit:NONE/file")) == (404, "unknown_alert")
    assert refusal(client.get(f"{CASES}/NONE/file")) == (422, "invalid_parameter")


def test_the_worklist_counts_what_has_happened_since_the_office_closed(
    client: TestClient, raised: Raised, registered: Registered, database: psycopg.Connection
) -> None:
    raised.rule()
    enterprise = registered.enterprise()
    evening = NOW.replace(hour=18, minute=0) - A_DAY
    raised.alert(fired_at=evening - timedelta(minutes=1), enterprise_code=enterprise, area_code=JUNGAR)
    answered = raised.alert(fired_at=evening, enterprise_code=enterprise, area_code=JUNGAR)
    raised.alert(fired_at=evening, resolved_at=NOW, area_code=SAIHAN)
    database.execute(
        "INSERT INTO alert_step (alert_id, at, actor, action, text) VALUES (%s, %s, %s, 'comment', '已查看')",
        (answered, NOW, f"enterprise:{enterprise}"),
    )
    whole = client.get(WORKLIST).json()["since_last_evening"]
    assert whole == {"since": "2026-03-01T18:00:00+08:00", "fired": 2, "resolved": 1, "answered": 1, "corrections": 0}
    of_ordos = client.get(WORKLIST, params={"area": ORDOS}).json()["since_last_evening"]
    assert (of_ordos["fired"], of_ordos["resolved"], of_ordos["answered"]) == (1, 0, 1)
