"""Who was told that an alert fires is told once that it ended, and why; and what a changed rule does to its alerts."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.integration.judged import Plant
from tests.integration.watched import FOURTH, PUE, SECOND, THIRD, Service, Watch, service

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
    assert watch.detail("rule_changed") == [{"from": 1, "to": 2, "severity_from": "warning", "severity_to": "severe"}]
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
