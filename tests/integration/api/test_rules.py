"""Rules in versions, and rules tried on past data."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.core.calendar import SHANGHAI
from tests.integration.alerted import BODY, Raised
from tests.integration.clock import ask_at
from tests.integration.judged import Plant
from tests.integration.line import Line
from tests.integration.registered import JUNGAR, Registered
from tests.signed_in import ADMINISTRATOR

RULES = "/api/v1/rules"


def put(client: TestClient, slug: str, **change: Any) -> Any:
    return client.put(f"{RULES}/{slug}", json=change)


def refusal(answer: Any) -> tuple[int, str, list[tuple[str, str]]]:
    body = answer.json()
    return answer.status_code, body["code"], [(e["field"], e["code"]) for e in body.get("errors", [])]


@pytest.mark.store
def test_rule_is_made_changed_and_switched_off_in_versions(client: TestClient) -> None:
    made = put(client, "pue_high", body=BODY, note="试行")
    assert made.status_code == 200, made.text
    assert {name: made.json()[name] for name in ("version", "created", "enabled", "shipped", "origin", "note")} == {
        "version": 1,
        "created": True,
        "enabled": True,
        "shipped": False,
        "origin": "own",
        "note": "试行",
    }
    stricter = BODY | {"compare": {"op": ">", "number": 1.25}}
    assert put(client, "pue_high", body=stricter).json()["version"] == 2
    off = put(client, "pue_high", enabled=False).json()
    assert (off["version"], off["enabled"], off["body"]["compare"]) == (3, False, {"op": ">", "number": 1.25})
    rule = client.get(f"{RULES}/pue_high").json()
    assert [(v["version"], v["enabled"], v["body"]["compare"]["number"]) for v in rule["versions"]] == [
        (3, False, 1.25),
        (2, True, 1.25),
        (1, True, 1.3),
    ]
    assert {v["author"] for v in rule["versions"]} == {ADMINISTRATOR}


def test_rule_that_says_the_same_is_not_written_again(client: TestClient, database: psycopg.Connection) -> None:
    put(client, "pue_high", body=BODY)
    again = put(client, "pue_high", body=BODY | {"hold_s": 0, "running": False}, enabled=True).json()
    assert (again["version"], again["created"]) == (1, False)
    assert database.execute("SELECT count(*) FROM rule_version").fetchone() == (1,)


def test_shipped_rule_can_be_changed_and_stays_known_as_shipped(client: TestClient, raised: Raised) -> None:
    raised.rule("pue_high")
    changed = put(client, "pue_high", enabled=False).json()
    assert (changed["version"], changed["shipped"], changed["origin"]) == (2, False, "shipped")
    assert [v["shipped"] for v in client.get(f"{RULES}/pue_high").json()["versions"]] == [False, True]


@pytest.mark.store
def test_rules_are_listed_narrowed_and_paged(client: TestClient, raised: Raised) -> None:
    raised.rule("a_rule")
    raised.rule("b_rule", severity="severe", title={"zh": "严重", "en": "Severe 100%"})
    put(client, "c_rule", body=BODY | {"slug": "c_rule", "indicator": "coal_share", "subject": "banner"}, enabled=False)
    raised.state("firing", "unit:U-1", rule="b_rule")
    raised.state("pending", "unit:U-2", rule="b_rule")

    def found(**parameters: Any) -> list[str]:
        answer = client.get(RULES, params=parameters)
        assert answer.status_code == 200, answer.text
        return [row["slug"] for row in answer.json()["data"]]

    assert found() == ["a_rule", "b_rule", "c_rule"]
    assert found(enabled=False) == found(origin="own") == found(indicator="coal_share") == ["c_rule"]
    assert found(enabled=True) == found(origin="shipped") == ["a_rule", "b_rule"]
    assert found(severity="severe") == found(q="严重") == found(q="100%") == ["b_rule"]
    rows = {row["slug"]: row for row in client.get(RULES).json()["data"]}
    assert {slug: row["firing"] for slug, row in rows.items()} == {"a_rule": 0, "b_rule": 1, "c_rule": 0}
    assert (rows["b_rule"]["title_zh"], rows["b_rule"]["severity"]) == ("严重", "severe")
    first = client.get(RULES, params={"limit": 2}).json()
    assert found(limit=2, cursor=first["next"]) == ["c_rule"]
    for given in ({"enabled": "perhaps"}, {"origin": "x"}, {"severity": "x"}, {"indicator": "'"}, {"colour": "red"}):
        assert client.get(RULES, params=given).status_code == 422, given


def test_change_of_a_version_that_is_not_the_newest_is_refused(client: TestClient) -> None:
    put(client, "pue_high", body=BODY)
    put(client, "pue_high", enabled=False, based_on=1)
    late = put(client, "pue_high", enabled=True, based_on=1)
    assert refusal(late)[:2] == (409, "version_conflict")
    assert late.json()["version"] == 2
    assert refusal(put(client, "other", body=BODY | {"slug": "other"}, based_on=3))[:2] == (409, "version_conflict")
    assert put(client, "other", body=BODY | {"slug": "other"}, based_on=0).status_code == 200


def test_of_changes_at_once_each_becomes_a_version_or_is_told(client: TestClient, database: psycopg.Connection) -> None:
    put(client, "pue_high", body=BODY)

    def change(number: int) -> int:
        body = BODY | {"compare": {"op": ">", "number": 1.3 + number}}
        return int(put(client, "pue_high", body=body, based_on=1).status_code)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(change, range(1, 7))) == [200] + [409] * 5
    assert database.execute("SELECT max(version), count(*) FROM rule_version").fetchone() == (2, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"indicator": "none"}, "body.indicator"),
        ({"severity": "deadly"}, "body.severity"),
        ({"severity": ["severe"]}, "body.severity"),
        ({"compare": {"op": ">", "number": "1.3"}}, "body.compare.number"),
        ({"compare": {"op": ">", "number": 1e300}}, "body.compare.number"),
        ({"compare": {"op": ">", "number": 10**400}}, "body.compare.number"),
        ({"compare": {"op": ">", "number": True}}, "body.compare.number"),
        ({"compare": []}, "body.compare"),
        ({"hold_s": -1}, "body.hold_s"),
        ({"hold_s": 10**30}, "body.hold_s"),
        ({"colour": "red"}, "body.colour"),
        ({"": "red"}, 'body.""'),
        ({"slug": "other"}, "body.slug"),
        ({"title": {"zh": "一", "en": "x" * 10_000}}, "body.title.en"),
        ({"text": {"zh": "{secret}", "en": "x"}}, "body.text.zh"),
        ({"text": {"zh": "{value.__class__}", "en": "x"}}, "body.text.zh"),
        ({"title": {"zh": "a\x00b", "en": "x"}}, "body"),
        ({"scope": {"areas": ["ordos"]}}, "body.scope.areas"),
        ({"scope": {"areas": ["999999"]}}, "body.scope.areas"),
        ({"scope": {"processes": ["magic"]}}, "body.scope.processes"),
        ({"compare": {"benchmark": "baseline"}}, "body.compare.benchmark"),
        ({"compare": {"target": True}, "subject": "enterprise"}, "body.compare.target"),
        ({"inhibits": True}, "body.inhibits"),
    ],
)
def test_body_that_is_no_rule_is_refused_with_the_field(client: TestClient, change: dict[str, Any], field: str) -> None:
    answer = put(client, "pue_high", body=BODY | change)
    assert refusal(answer)[:2] == (422, "invalid_body")
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert re.search("[\u4e00-\u9fff]", fault["reason_zh"])
    assert client.get(f"{RULES}/pue_high").json()["code"] == "unknown_rule"


def test_what_is_no_change_is_refused_without_failing(client: TestClient) -> None:
    odd: tuple[dict[str, Any], ...] = (
        {},
        {"body": BODY, "author": "王工"},
        {"body": []},
        {"body": {}},
        {"enabled": True},
    )
    for given in odd:
        answer = client.put(f"{RULES}/pue_high", json=given)
        assert refusal(answer)[:2] == (422, "invalid_body"), given
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    for raw in (
        b'{"body": {"slug": NaN}}',
        b'{"body": {"compare": {"op": ">", "number": Infinity}}}',
        b'{"body": {"title": "\\ud800"}}',
        b'{"body": {"\\u0000": 1}}',
        b"[" * 60_000,
        b'{"body": ' + b'{"a":' * 10_000,
        json.dumps({"body": BODY | {"scope": deep}}).encode(),
        json.dumps({"body": {f"k{n}": n for n in range(3_000)}}).encode(),
    ):
        answer = client.put(f"{RULES}/pue_high", content=raw, headers={"Content-Type": "application/json"})
        assert refusal(answer)[:2] == (422, "invalid_body"), raw[:60]
    for slug in ("PUE", "x" * 65, "%00", "a-b", "%27"):
        assert client.put(f"{RULES}/{slug}", json={"body": BODY}).status_code in (404, 422)
        assert client.get(f"{RULES}/{slug}").status_code in (404, 422)


# --- trying a rule ----------------------------------------------------------------------------------------------------


@pytest.fixture
def halls(registered: Registered, database_url: str, client: TestClient) -> dict[str, Plant]:
    """A data hall at PUE 1.42 and one at 1.2, in January and February 2026."""
    line = Line(client, database_url)
    made = {}
    for name, total in (("WASTEFUL", 142.0), ("THRIFTY", 120.0)):
        unit = {"code": name, "name_zh": "机房", "process": "data_centre"}
        plant = Plant(registered, line, unit=unit, trade="data_centre", valid_from="2026-01-01")
        plant.uses("2026-01-01", "2026-03-01", {("electricity", "input"): total, ("electricity", "it_load"): 100.0})
        made[name] = plant
    line.roll_up()
    return made


@pytest.fixture
def _in_march(client: TestClient) -> None:
    ask_at(client, datetime(2026, 3, 2, tzinfo=SHANGHAI))


@pytest.mark.usefixtures("_in_march")
def test_rule_tried_on_last_month_tells_what_would_have_fired(
    client: TestClient, halls: dict[str, Plant], database: psycopg.Connection
) -> None:
    answer = client.post(f"{RULES}/dry_run", json={"body": BODY})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["start"], told["end"]) == ("2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z")
    assert (told["slug"], told["severity"], told["alerts"], told["subjects"]) == ("pue_high", "warning", 1, 1)
    (alert,) = told["data"]
    assert (alert["subject"], alert["area"], alert["enterprise"]) == (
        "unit:WASTEFUL",
        JUNGAR,
        halls["WASTEFUL"].enterprise,
    )
    assert alert["value"] == pytest.approx(1.42)
    assert (alert["limit"], alert["resolved_at"]) == (1.3, None)
    assert (alert["period_start"], alert["period_end"]) == ("2025-12-31T16:00:00Z", "2026-01-31T16:00:00Z")
    counts = database.execute("SELECT (SELECT count(*) FROM alert), (SELECT count(*) FROM rule_version)").fetchone()
    assert counts == (0, 0)


@pytest.mark.usefixtures("_in_march", "halls")
def test_rule_that_is_there_is_tried_by_its_slug_in_its_newest_version(client: TestClient) -> None:
    put(client, "pue_high", body=BODY)
    put(client, "pue_high", body=BODY | {"compare": {"op": ">", "number": 1.1}})
    told = client.post(f"{RULES}/dry_run", json={"slug": "pue_high", "start": "2026-02-01"}).json()
    assert sorted(alert["subject"] for alert in told["data"]) == ["unit:THRIFTY", "unit:WASTEFUL"]


@pytest.mark.usefixtures("_in_march")
def test_trial_that_cannot_be_is_refused_with_the_reason(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{RULES}/dry_run"
    for given, code, field in (
        ({}, "invalid_body", "body"),
        ({"slug": "pue_high", "body": BODY}, "invalid_body", "body"),
        ({"slug": "none"}, "unknown_rule", None),
        ({"body": BODY | {"severity": "x"}}, "invalid_body", "body.severity"),
        ({"body": BODY, "start": 0}, "invalid_body", "start"),
        ({"body": BODY, "start": True}, "invalid_body", "start"),
        ({"body": BODY, "start": "2026-02-01T00:00:00"}, "invalid_body", "start"),
        ({"body": BODY, "end": "1999-01-01"}, "invalid_body", "end"),
        ({"body": BODY, "start": "2026-02-02", "end": "2026-02-01"}, "cannot_dry_run", None),
        ({"body": BODY, "start": "2026-04-01", "end": "2026-05-01"}, "cannot_dry_run", None),
        ({"body": BODY, "start": "2024-01-01"}, "cannot_dry_run", None),
        ({"body": BODY, "limit": 3}, "invalid_body", "limit"),
    ):
        answer = client.post(address, json=given)
        assert answer.json()["code"] == code, (given, answer.text)
        assert [e["field"] for e in answer.json().get("errors", [])] == ([field] if field else []), given
    with monkeypatch.context() as busy:
        busy.setattr("services.api.alerts.dry_run._at_once", _Taken())
        assert refusal(client.post(address, json={"body": BODY}))[:2] == (503, "busy")
    assert client.post(address, json={"body": BODY}).json()["alerts"] == 0


@pytest.mark.usefixtures("_in_march")
def test_trial_over_no_time_is_refused_with_the_true_reason(client: TestClient) -> None:
    for given, reason in (
        ({"start": "2026-04-01", "end": "2026-05-01"}, "start 2026-04-01T00:00:00+08:00 does not lie before now"),
        ({"start": "2026-03-02"}, "start 2026-03-02T00:00:00+08:00 does not lie before now"),
        ({"start": "2026-03-01"}, "left out, end is that of the last complete month, 2026-03-01T00:00:00+08:00"),
        ({"end": "2026-02-01"}, "left out, start is that of the last complete month, 2026-02-01T00:00:00+08:00"),
        ({"start": "2026-02-02", "end": "2026-02-02"}, "the end must lie after the start"),
    ):
        answer = client.post(f"{RULES}/dry_run", json={"body": BODY} | given)
        assert refusal(answer)[:2] == (422, "cannot_dry_run"), given
        assert reason in answer.json()["detail"], given


@pytest.mark.usefixtures("_in_march")
def test_rule_of_what_is_known_of_the_moment_only_says_that_it_has_no_past(client: TestClient) -> None:
    body = BODY | {
        "indicator": "gateway_silence_s",
        "period": "now",
        "subject": "gateway",
        "compare": {"op": ">=", "number": 3600},
    }
    answer = client.post(f"{RULES}/dry_run", json={"body": body})
    assert refusal(answer)[:2] == (422, "rule_without_past")


@pytest.mark.usefixtures("_in_march")
def test_trial_ends_now_where_the_end_lies_in_the_future(client: TestClient) -> None:
    told = client.post(f"{RULES}/dry_run", json={"body": BODY, "start": "2026-03-01", "end": "2026-05-01"}).json()
    assert (told["start"], told["end"]) == ("2026-02-28T16:00:00Z", "2026-03-01T16:00:00Z")


class _Taken:
    """A semaphore that someone else holds."""

    def acquire(self, *, blocking: bool) -> bool:
        return blocking
