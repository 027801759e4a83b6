"""Who was told that an alert fires is told once that it ended, and why; and what a changed rule does to its alerts."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from services.alerts import rebooked
from services.core.db.statements import Statements
from tests.integration.judged import Plant, midnight
from tests.integration.line import Line
from tests.integration.registered import Registered
from tests.integration.watched import FOURTH, INPUT, LOAD, PUE, SECOND, THIRD, Service, Watch, service

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_silenced_alert_is_told_when_the_silence_ends_and_it_still_fires(
    watch: Watch, alerts: Service, centre: Plant
) -> None:
    watch.rule(PUE)
    jungar = watch.subscription()
    watch.silence(SECOND - HOUR, SECOND + HOUR, area_code="150600")
    alerts.look(SECOND)
    assert (watch.messages(), watch.events()) == ([], ["fired", "inhibited"])
    alerts.look(SECOND + 2 * HOUR)
    assert (watch.messages(), watch.events()) == ([(jungar, "fired", 1)], ["fired", "inhibited", "released"])


def test_silenced_alert_that_ends_meanwhile_is_never_told(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    watch.subscription()
    watch.silence(SECOND - HOUR, THIRD + HOUR, subject_code="DC-1")
    alerts.look(SECOND)
    alerts.look(THIRD)
    alerts.look(THIRD + 2 * HOUR)
    assert (watch.messages(), watch.events()) == ([], ["fired", "inhibited", "resolved"])


def test_alert_told_then_silenced_and_resolved_is_told_resolved_when_the_silence_ends(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    watch.sent()
    watch.silence(SECOND + HOUR, THIRD + HOUR, subject_code="DC-1")
    alerts.look(SECOND + 2 * HOUR)
    alerts.look(THIRD)
    assert watch.events() == ["fired", "inhibited", "resolved"]
    assert watch.kinds() == ["fired"]
    with service(database_url) as started:
        started.look(THIRD + HOUR)
        started.look(THIRD + HOUR + MINUTE)
    assert watch.kinds() == ["fired", "resolved"]
    (alert,) = watch.contents()[-1]["alerts"]
    assert (alert["value"], alert["because"]) == (1.2, "cleared")


@pytest.mark.store
def test_alert_that_comes_back_before_the_silence_ends_is_not_told_again(
    watch: Watch, alerts: Service, centre: Plant
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    watch.silence(SECOND + HOUR, THIRD + HOUR, subject_code="DC-1")
    watch.rule(PUE, version=2, enabled=False)
    alerts.look(SECOND + 2 * HOUR)
    watch.rule(PUE, version=3)
    alerts.look(SECOND + 3 * HOUR)
    assert watch.events() == ["fired", "resolved", "rule_changed", "reopened", "inhibited"]
    alerts.look(THIRD + 2 * HOUR)
    assert watch.kinds() == ["fired", "resolved"]
    assert watch.messages()[-1][2] == 1


def test_only_those_told_that_it_fires_are_told_that_it_ended(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    told = watch.subscription()
    alerts.look(SECOND)
    watch.sent()
    watch.subscription()
    watch.database.execute("UPDATE subscription SET rules = '{other}' WHERE subscription_id = %s", [told])
    alerts.look(THIRD)
    assert watch.messages() == [(told, "fired", 1), (told, "resolved", 1)]


@pytest.mark.parametrize(
    ("change", "because", "value", "limit", "said"),
    [
        ({}, "cleared", 1.2, 1.3, "In order again"),
        ({"enabled": False}, "rule_off", 1.42, 1.3, "The rule was switched off"),
        ({"scope": {"areas": ["150100"]}}, "out_of_scope", 1.42, 1.3, "The rule does not speak of it any more"),
        ({"compare": {"op": ">", "number": 1.5}}, "rule_changed", 1.42, 1.5, "The rule was changed"),
    ],
)
def test_an_end_says_why_with_the_figures_of_now(
    watch: Watch,
    alerts: Service,
    centre: Plant,
    change: dict[str, Any],
    because: str,
    value: float,
    limit: float,
    said: str,
) -> None:
    watch.rule(PUE)
    watch.subscription(language="en")
    alerts.look(SECOND)
    watch.sent()
    if change:
        watch.rule(PUE, version=2, **change)
    alerts.look(SECOND + MINUTE if change else THIRD)
    assert watch.events() == ["fired", "resolved"]
    assert watch.detail("resolved") == [{"because": because}]
    content = watch.contents()[-1]
    (alert,) = content["alerts"]
    assert (content["kind"], alert["because"]) == ("resolved", because)
    assert (alert["value"], alert["limit"]) == (value, limit)
    assert alert["text_en"].startswith(said)


def test_rule_switched_off_and_on_inside_the_window_continues_its_alert(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    watch.sent()
    watch.rule(PUE, version=2, enabled=False)
    for minutes in (1, 2, 3):
        alerts.look(SECOND + minutes * MINUTE)
    watch.sent()
    watch.rule(PUE, version=3)
    alerts.look(SECOND + 4 * MINUTE)
    alerts.look(SECOND + 5 * MINUTE)
    assert watch.events() == ["fired", "resolved", "rule_changed", "reopened"]
    assert watch.kinds() == ["fired", "resolved", "fired"]
    rows = database.execute("SELECT rule_version, reopened, resolved_at FROM alert").fetchall()
    assert rows == [(3, 1, None)]


def test_changed_rule_takes_its_alerts_along_and_the_evidence_stays(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    banner, league = watch.subscription("jungar"), watch.subscription("ordos")
    alerts.look(SECOND)
    before = database.execute("SELECT evidence FROM alert").fetchone()
    assert watch.messages() == [(banner, "fired", 1)]
    watch.sent()
    watch.rule(PUE, version=2, compare={"op": ">", "number": 1.35}, severity="severe")
    for minutes in (1, 2):
        alerts.look(SECOND + minutes * MINUTE)
    assert watch.messages() == [(banner, "fired", 1), (league, "fired", 1)]
    assert watch.events() == ["fired", "rule_changed"]
    (change,) = watch.detail("rule_changed")
    assert change.pop("evidence")["observed"]["limit"] == 1.35
    assert change == {"from": 1, "to": 2, "severity_from": "warning", "severity_to": "severe"}
    assert [alert["limit"] for content in watch.contents() for alert in content["alerts"]] == [1.3, 1.35]
    after = database.execute("SELECT rule_version, severity, last_value ->> 'limit', evidence FROM alert").fetchone()
    assert after == (2, "severe", "1.35", *(before or ()))
    watch.rule(PUE, version=3, severity="notice")
    alerts.look(SECOND + 3 * MINUTE)
    assert len(watch.messages()) == 2
    watch.sent()
    alerts.look(THIRD)
    assert sorted(watch.messages()[2:]) == [(banner, "resolved", 1), (league, "resolved", 1)]


def test_changed_rule_that_cannot_judge_leaves_the_alert_with_the_version_that_did(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    alerts.look(SECOND)
    watch.rule(PUE, version=2, severity="severe")
    alerts.look(FOURTH)
    assert watch.events() == ["fired", "cannot_judge"]
    assert database.execute("SELECT rule_version, severity FROM alert").fetchall() == [(1, "warning")]


def test_what_fires_again_is_told_with_what_was_found_then(
    watch: Watch, alerts: Service, centre: Plant, line: Line, database: psycopg.Connection
) -> None:
    watch.rule(PUE, reopen_window_s=2 * 86_400)
    watch.subscription(language="en")
    alerts.look(SECOND)
    alerts.look(THIRD)
    watch.sent()
    centre.uses("2026-03-04", "2026-03-05", {INPUT: 1600.0, LOAD: 1000.0})
    line.roll_up()
    alerts.look(FOURTH)
    assert watch.events() == ["fired", "resolved", "reopened"]
    content = watch.contents()[-1]
    (alert,) = content["alerts"]
    assert (content["kind"], alert["value"], alert["period_start"]) == ("fired", 1.6, "2026-03-04T00:00:00+08:00")
    assert alert["text_en"] == "Data centre: PUE 1.6, limit 1.3, 2026-03-04"
    assert (alert["fired_at"], alert["reopened_at"]) == ("2026-03-03T10:00:00+08:00", "2026-03-05T10:00:00+08:00")
    (detail,) = watch.detail("reopened")
    assert detail["evidence"]["numerator"]["value"] == 1600.0
    assert {reading["meter"] for reading in detail["evidence"]["readings"]} == {
        centre.meter(*INPUT),
        centre.meter(*LOAD),
    }
    frozen = database.execute("SELECT evidence -> 'observed' ->> 'value' FROM alert").fetchone()
    assert frozen == ("1.42",)


def test_what_fires_again_by_another_version_is_told_with_its_limit(
    watch: Watch, alerts: Service, centre: Plant
) -> None:
    watch.rule(PUE)
    watch.subscription(language="en")
    alerts.look(SECOND)
    alerts.look(THIRD)
    watch.sent()
    watch.rule(PUE, version=2, compare={"op": ">", "number": 1.1})
    alerts.look(THIRD + MINUTE)
    (alert,) = watch.contents()[-1]["alerts"]
    assert (alert["rule_version"], alert["value"], alert["limit"]) == (2, 1.2, 1.1)
    assert alert["text_en"] == "Data centre: PUE 1.2, limit 1.1, 2026-03-03"


@pytest.mark.parametrize(
    ("of_centre", "valid_from", "multiplier", "looked_at", "because", "said"),
    [
        (True, "2026-03-02", 0.875, SECOND + MINUTE, "rebooked", "The readings were given another meaning"),
        (True, "2026-03-02", 0.875, THIRD, "rebooked", "The readings were given another meaning"),
        (True, "2026-03-02", 0.99, THIRD, "cleared", "In order again"),
        (True, "2026-03-06", 0.875, THIRD, "cleared", "In order again"),
        (False, "2026-03-02", 0.875, THIRD, "cleared", "In order again"),
    ],
    ids=["its day", "its day, seen a day later", "its day, still a breach", "a later day", "another unit"],
)
def test_alert_that_ends_because_its_readings_meant_something_else_says_so(
    watch: Watch,
    alerts: Service,
    centre: Plant,
    client: TestClient,
    registered: Registered,
    line: Line,
    of_centre: bool,
    valid_from: str,
    multiplier: float,
    looked_at: datetime,
    because: str,
    said: str,
) -> None:
    watch.rule(PUE)
    watch.subscription(language="en")
    alerts.look(SECOND)
    watch.sent()
    meter = centre.meter(*INPUT) if of_centre else registered.meter(centre.enterprise)
    term = {"valid_from": valid_from, "multiplier": multiplier, "reason": "CT 700/5, not 800/5"}
    assert client.post(f"/api/v1/meters/{meter}/terms", json=term).status_code == 201
    line.roll_up()
    alerts.look(looked_at)
    assert watch.events() == ["fired", "resolved"]
    assert watch.detail("resolved") == [{"because": because}]
    (alert,) = watch.contents()[-1]["alerts"]
    assert alert["because"] == because
    assert alert["text_en"].startswith(said)


def test_the_alert_of_a_unit_stays_when_its_meter_is_sold_later(
    watch: Watch, alerts: Service, centre: Plant, client: TestClient, registered: Registered, line: Line
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    buyer = registered.enterprise()
    sold = {
        "valid_from": "2026-03-03",
        "unit_code": registered.unit(buyer),
        "gateway_code": registered.gateway(buyer),
        "reason": "plant sold",
    }
    for measure in (INPUT, LOAD):
        assert client.post(f"/api/v1/meters/{centre.meter(*measure)}/terms", json=sold).status_code == 201
    line.roll_up()
    alerts.look(SECOND + MINUTE)
    alerts.look(THIRD)
    assert watch.events() == ["fired", "cannot_judge"], "the day after is the buyer's"
    asked = {"scope": "unit:DC-1", "start": "2026-03-02", "end": "2026-03-03", "bucket": "day"}
    (row,) = client.get("/api/v1/indicators/pue", params=asked).json()["data"]
    assert (row["value"], row["verdict"]) == (1.42, "breach")


@pytest.mark.parametrize("kind", ["area", "enterprise", "park"])
def test_the_alert_of_a_place_is_rebooked_by_a_meter_that_was_there(
    watch: Watch, centre: Plant, client: TestClient, database: psycopg.Connection, kind: str
) -> None:
    parked = client.post(
        "/api/v1/parks", json={"code": "P-DC", "name_zh": "园区", "kind": "ordinary", "area_code": "150622"}
    )
    assert parked.status_code == 201
    address = f"/api/v1/enterprises/{centre.enterprise}/memberships/2025-01-01"
    assert client.patch(address, json={"park_code": "P-DC"}).status_code == 200
    database.execute("DELETE FROM reinterpretation")
    subject = {"area": "150600", "enterprise": centre.enterprise, "park": "P-DC"}[kind]
    watch.rule(PUE)
    row = database.execute(
        "INSERT INTO alert (rule, rule_version, subject_kind, subject_code, severity, fired_at, evidence)"
        " VALUES ('pue', 1, %s, %s, 'warning', now(), '{}') RETURNING alert_id",
        [kind, subject],
    ).fetchone()
    assert row is not None
    asked = {
        "alert_ids": list(row),
        "starts": [midnight("2026-03-02")],
        "ends": [midnight("2026-03-03")],
    }
    statements = Statements.beside(rebooked.__file__, "rebooked.sql")
    assert statements.run(database, "rebooked", **asked).scalars().all() == []
    term = {"valid_from": "2026-03-02", "multiplier": 2, "reason": "CT"}
    meter = centre.meter(*INPUT)
    assert client.post(f"/api/v1/meters/{meter}/terms", json=term).status_code == 201
    assert statements.run(database, "rebooked", **asked).scalars().all() == list(row)
    before = asked | {"starts": [midnight("2026-02-28")], "ends": [midnight("2026-03-01")]}
    assert statements.run(database, "rebooked", **before).scalars().all() == []
