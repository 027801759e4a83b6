"""A late step climbs to whoever will hear of it, is told again while it stays late, and no more once it is closed."""

from datetime import datetime, timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY

from tests.integration.judged import Plant
from tests.integration.line import Line
from tests.integration.watched import PUE, SECOND, SILENT, THIRD, Service, Watch

DAY = timedelta(days=1)


@pytest.fixture
def silent(centre: Plant, database: psycopg.Connection) -> None:
    """The gateway of the data centre is silent for good."""
    database.execute("UPDATE gateway_state SET last_message_at = %s", [SECOND - DAY])


def look_daily(watch: Watch, alerts: Service, days: range) -> list[tuple[int, int]]:
    """Day and subscription of each escalated message; every message is taken before the next day."""
    known = len(watch.messages())
    told = []
    for day in days:
        for hours in (0, 6):
            alerts.look(SECOND + day * DAY + timedelta(hours=hours))
        told += [(day, who) for who, kind, _ in watch.messages()[known:] if kind == "escalated"]
        known = len(watch.messages())
        watch.sent()
    return told


def untold() -> float:
    return REGISTRY.get_sample_value("enermon_alerts_untold_total", {"kind": "escalated"}) or 0.0


@pytest.mark.store
def test_late_step_is_told_to_the_league_then_to_the_region_and_to_that_again(
    watch: Watch, alerts: Service, silent: None
) -> None:
    watch.rule(SILENT)
    _, league, region = (watch.subscription(body) for body in ("jungar", "ordos", "region"))
    assert look_daily(watch, alerts, range(10)) == [(4, league), (6, region), (8, region)]
    assert [detail["days_late"] for detail in watch.detail("escalated")] == [1, 3, 5]
    (alert,) = watch.contents()[-1]["alerts"]
    assert alert["late"] == {"step": "acknowledge", "due_on": "2026-03-06", "days_late": 5, "level": "region"}


@pytest.mark.parametrize("without", ["body", "subscription", "wish"])
def test_a_league_that_will_not_hear_is_passed_over(watch: Watch, alerts: Service, silent: None, without: str) -> None:
    watch.rule(SILENT)
    watch.subscription("jungar")
    region = watch.subscription("region")
    if without == "body":
        watch.database.execute("DELETE FROM supervision_body WHERE code = 'ordos'")
    if without == "wish":
        watch.subscription("ordos", least_severity="severe")
    assert look_daily(watch, alerts, range(7)) == [(4, region), (6, region)]
    first = watch.detail("escalated")[0]
    assert (first["asked"], first["level"], first["told"]) == ("league", "region", 1)


def test_late_step_of_which_nobody_hears_is_recorded_counted_and_tried_again(
    watch: Watch, alerts: Service, silent: None, caplog: pytest.LogCaptureFixture
) -> None:
    watch.rule(SILENT)
    watch.subscription("jungar")
    before = untold()
    assert look_daily(watch, alerts, range(6)) == []
    assert watch.detail("escalated") == [
        {"step": "acknowledge", "due_on": "2026-03-06", "days_late": 1, "asked": "league", "level": None, "told": 0}
    ]
    assert untold() - before == 1
    assert "a step is late and nobody is subscribed to hear of it" in caplog.messages
    region = watch.subscription("region")
    assert look_daily(watch, alerts, range(6, 8)) == [(6, region)]


def test_where_only_the_region_has_a_body_it_is_reminded(watch: Watch, alerts: Service, silent: None) -> None:
    watch.rule(SILENT)
    watch.database.execute("DELETE FROM supervision_body WHERE code <> 'region'")
    region = watch.subscription("region")
    assert look_daily(watch, alerts, range(9)) == [(4, region), (6, region), (8, region)]


@pytest.mark.parametrize(("severity", "days"), [("severe", [2]), ("warning", [])])
def test_a_severe_alert_must_be_taken_up_sooner(
    watch: Watch, alerts: Service, silent: None, severity: str, days: list[int]
) -> None:
    # one day for a severe alert, three for others
    watch.rule(SILENT, severity=severity)
    league = watch.subscription("ordos")
    watch.subscription("jungar")
    assert look_daily(watch, alerts, range(4)) == [(day, league) for day in days]


def handled(watch: Watch, at: datetime) -> None:
    """Every step is taken, a minute after the other."""
    for number, action in enumerate(("acknowledge", "explain", "plan", "verify", "close")):
        due_on = at.date() + 30 * DAY if action == "plan" else None
        watch.step(action, at + timedelta(minutes=number), due_on=due_on)


def test_a_closed_alert_that_is_breached_anew_is_open_again_with_new_days_and_its_history(
    watch: Watch, alerts: Service, centre: Plant, client: TestClient, database_url: str
) -> None:
    watch.rule(PUE, reopen_window_s=86400 * 30)
    banner, league = watch.subscription(), watch.subscription("ordos")
    alerts.look(SECOND)
    alerts.look(THIRD)
    handled(watch, THIRD)
    watch.sent()
    assert look_daily(watch, alerts, range(2, 12)) == []
    centre.uses("2026-03-14", "2026-03-15", {("electricity", "input"): 1420.0, ("electricity", "it_load"): 1000.0})
    Line(client, database_url).roll_up()
    # the 14th is judged on the 15th, twelve days after SECOND; three days to take it up
    assert look_daily(watch, alerts, range(12, 17)) == [(16, league)]
    assert watch.events()[:3] == ["fired", "resolved", "reopened"]
    assert watch.detail("escalated")[0]["due_on"] == "2026-03-18"
    assert watch.database.execute("SELECT count(*) FROM alert_step").fetchone() == (5,)
    assert banner not in [who for who, kind, _ in watch.messages() if kind == "escalated"]


def test_a_closed_alert_is_not_repeated(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE, repeat_s=3600)
    watch.subscription()
    alerts.look(SECOND)
    # as the step was taken while the alert service was about to reopen the alert
    handled(watch, SECOND + timedelta(minutes=1))
    for hours in (1, 2):
        alerts.look(SECOND + timedelta(hours=hours))
    assert (watch.kinds(), watch.events()) == (["fired"], ["fired"])
