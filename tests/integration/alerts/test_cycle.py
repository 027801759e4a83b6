"""From what was measured to what is told: each change once, to whom it concerns, when it is time for it."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from services.alerts.observe.observe import observe_all
from services.alerts.rules.rule import Rule
from services.core.calendar import SHANGHAI
from services.judging.data.tables import Tables
from tests.integration.judged import Plant
from tests.integration.registered import JUNGAR, credit_code
from tests.integration.watched import (
    FOURTH,
    INPUT,
    LINK,
    LOAD,
    PUE,
    SECOND,
    SILENT,
    THIRD,
    Service,
    Watch,
    service,
)


def test_breach_is_told_once_and_its_end_too(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    jungar = watch.subscription()
    for minutes in range(3):
        alerts.look(SECOND + timedelta(minutes=minutes))
    assert watch.messages() == [(jungar, "fired", 1)]
    watch.sent()
    alerts.look(THIRD)
    alerts.look(THIRD + timedelta(minutes=1))
    assert watch.messages() == [(jungar, "fired", 1), (jungar, "resolved", 1)]
    assert watch.events() == ["fired", "resolved"]


def test_message_names_figures_place_and_link(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    watch.subscription(language="en")
    alerts.look(SECOND)
    (content,) = watch.contents()
    (alert,) = content.pop("alerts")
    assert content == {
        "kind": "fired",
        "group": content["group"],
        "language": "en",
        "created_at": "2026-03-03T10:00:00+08:00",
        "link": f"{LINK}/api/v1/alerts/{alert['alert_id']}",
        "page": f"{LINK}/alerts/{alert['alert_id']}",
        "count": 1,
        "counts": {"severe": 0, "warning": 1, "notice": 0},
    }
    assert (alert["value"], alert["limit"], alert["coverage"]) == (1.42, 1.3, 1.0)
    assert alert["text_en"] == "Data centre: PUE 1.42, limit 1.3, 2026-03-02"
    assert (alert["area_code"], alert["area_en"], alert["subject_code"]) == (JUNGAR, "Jungar Banner", "DC-1")
    assert (alert["fired_at"], alert["resolved_at"]) == ("2026-03-03T10:00:00+08:00", None)


def test_evidence_is_frozen_with_readings_and_the_last_value_goes_on(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    alerts.look(SECOND)
    alerts.look(THIRD)
    row = database.execute("SELECT evidence, last_value FROM alert").fetchone()
    assert row is not None
    evidence, last = row
    assert (evidence["observed"]["value"], last["value"], last["verdict"]) == (1.42, 1.2, "ok")
    assert evidence["numerator"]["value"] == 1420.0
    assert {reading["meter"] for reading in evidence["readings"]} == {
        centre.meter(*INPUT),
        centre.meter(*LOAD),
    }


def test_restart_loses_no_state_and_repeats_no_message(watch: Watch, database_url: str, centre: Plant) -> None:
    watch.rule(PUE, hold_s=3600)
    jungar = watch.subscription()
    for minutes in (0, 30, 59, 60, 61, 120):
        with service(database_url) as started:
            started.look(SECOND + timedelta(minutes=minutes))
        assert watch.messages() == ([(jungar, "fired", 1)] if minutes >= 60 else [])


def test_what_cannot_be_judged_is_shown_and_resolves_nothing(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    alerts.look(FOURTH)
    assert watch.events() == ["fired", "cannot_judge"]
    assert watch.kinds() == ["fired"]
    rows = database.execute("SELECT state, cannot_since, cannot_reasons FROM alert_state").fetchall()
    assert [(state, since) for state, since, _ in rows] == [("firing", FOURTH)]
    assert rows[0][2]


def test_severe_alert_goes_to_league_and_region_and_mild_one_to_the_banner(
    watch: Watch, alerts: Service, centre: Plant
) -> None:
    watch.rule(PUE)
    watch.rule(PUE, slug="pue_severe", severity="severe")
    banner, league, region = (watch.subscription(body) for body in ("jungar", "ordos", "region"))
    alerts.look(SECOND)
    assert watch.messages() == [(banner, "fired", 2), (league, "fired", 1), (region, "fired", 1)]


def test_enterprise_is_told_of_its_own_alerts(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    own = watch.subscription(None, enterprise_code=centre.enterprise, channel="mqtt", address=centre.enterprise)
    other = credit_code(77)
    watch.database.execute("INSERT INTO enterprise (credit_code, name_zh, trade) VALUES (%s, '别家', 'coke')", [other])
    watch.subscription(None, enterprise_code=other, channel="mqtt", address=other)
    alerts.look(SECOND)
    assert watch.messages() == [(own, "fired", 1)]


def test_silent_gateway_holds_back_the_alerts_that_depend_on_it(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.rule(SILENT)
    watch.subscription()
    database.execute("UPDATE gateway_state SET last_message_at = %s", [SECOND - timedelta(days=1)])
    alerts.look(SECOND)
    (content,) = watch.contents()
    assert [alert["rule"] for alert in content["alerts"]] == ["silent"]
    held = database.execute("SELECT rule, inhibited_by FROM alert ORDER BY rule").fetchall()
    assert held == [("pue_high", f"alert:{content['alerts'][0]['alert_id']}"), ("silent", None)]


def test_alert_waits_for_the_end_of_quiet_hours_unless_it_is_severe(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.subscription(quiet_from=time(9), quiet_to=time(12))
    alerts.look(SECOND)
    assert database.execute("SELECT not_before FROM message").fetchall() == [(SECOND + timedelta(hours=2),)]


def test_what_comes_back_in_quiet_hours_is_told_after_its_end(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    watch.subscription(quiet_from=time(9), quiet_to=time(12))
    alerts.look(SECOND)
    watch.rule(PUE, version=2, enabled=False)
    alerts.look(SECOND + timedelta(minutes=1))
    watch.rule(PUE, version=3)
    alerts.look(SECOND + timedelta(minutes=2))
    assert watch.kinds() == ["fired", "resolved", "fired"]


def test_digest_tells_of_the_day_once(watch: Watch, alerts: Service, centre: Plant, database_url: str) -> None:
    watch.rule(PUE)
    daily = watch.subscription(mode="daily")
    eight = SECOND.replace(hour=8) + timedelta(days=1)
    alerts.look(SECOND)
    alerts.look(eight - timedelta(minutes=1))
    assert watch.messages() == []
    alerts.look(eight + timedelta(minutes=1))
    with service(database_url) as started:
        started.look(eight + timedelta(minutes=2))
    assert watch.messages() == [(daily, "digest", 1)]


@pytest.mark.store
def test_weekly_digest_tells_on_monday_at_eight_of_the_week_before_once(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    # 2026-03-02 is a Monday: what fires on Tuesday stands in the digest of the 9th, what fires that morning in the next
    watch.rule(PUE)
    watch.rule(PUE | {"slug": "unwanted"})
    weekly = watch.subscription(mode="weekly", rules=["pue_high", "pue_later"])
    monday = datetime(2026, 3, 9, 8, tzinfo=SHANGHAI)
    alerts.look(SECOND)
    for hours in range(24, 24 * 6, 12):
        alerts.look(SECOND + timedelta(hours=hours))
    alerts.look(monday - timedelta(seconds=1))
    assert watch.messages() == []
    watch.rule(SILENT | {"slug": "pue_later"})
    watch.database.execute("UPDATE gateway_state SET last_message_at = %s", [SECOND])
    alerts.look(monday)
    for minutes in (1, 60, 60 * 24):
        with service(database_url) as started:
            started.look(monday + timedelta(minutes=minutes))
    assert watch.messages() == [(weekly, "digest", 1)]
    (content,) = watch.contents()
    assert [(alert["rule"], alert["because"]) for alert in content["alerts"]] == [("pue_high", "cleared")]
    assert content["created_at"] == "2026-03-09T08:00:00+08:00"
    alerts.look(monday + timedelta(days=7))
    assert [alert["rule"] for alert in watch.contents()[-1]["alerts"]] == ["pue_later"]
    assert watch.messages() == [(weekly, "digest", 1)] * 2


@pytest.mark.store
def test_firing_alert_is_told_again_after_its_interval(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE, repeat_s=3600)
    watch.subscription()
    for minutes in range(0, 130, 10):
        alerts.look(SECOND + timedelta(minutes=minutes))
        watch.sent()
    assert watch.kinds() == ["fired", "repeat", "repeat"]


def test_rule_that_cannot_be_read_stops_no_other(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    watch.rule(PUE | {"slug": "broken", "indicator": "nonsense"})
    watch.subscription()
    alerts.look(SECOND)
    assert watch.kinds() == ["fired"]


def test_rule_that_cannot_be_evaluated_stops_no_other(
    watch: Watch, alerts: Service, centre: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(connection: Connection, tables: Tables, rules: Sequence[Rule], *, now: datetime) -> Any:
        if any(rule.slug == "failing" for rule in rules):
            raise ValueError("what it found does not fit")
        return observe_all(connection, tables, rules, now=now)

    monkeypatch.setattr("services.alerts.cycle.observe_all", failing)
    watch.rule(PUE)
    watch.rule(PUE | {"slug": "failing"})
    watch.subscription()
    alerts.look(SECOND)
    assert [alert["rule"] for content in watch.contents() for alert in content["alerts"]] == ["pue_high"]


@pytest.mark.store
def test_alert_that_joins_a_waiting_message_makes_no_second_one(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    jungar = watch.subscription()
    alerts.look(SECOND)
    watch.rule(PUE | {"slug": "pue_too"})
    alerts.look(SECOND + timedelta(seconds=1))
    assert watch.messages() == [(jungar, "fired", 2)]


def test_alert_soon_after_a_sent_message_waits_for_the_window(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    watch.sent()
    watch.rule(PUE | {"slug": "pue_too", "settle_s": 0})
    alerts.look(SECOND + timedelta(seconds=1))
    (row,) = database.execute("SELECT not_before FROM message WHERE status = 'waiting'").fetchall()
    assert row == (SECOND + timedelta(seconds=5),)


def waits(database: psycopg.Connection, meter: str) -> None:
    database.execute("INSERT INTO late_slot SELECT meter_id, %s FROM meter WHERE code = %s", [SECOND, meter])
    database.commit()


def test_a_unit_is_not_judged_while_what_was_stored_of_it_is_not_booked(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.subscription()
    waits(database, centre.meter(*LOAD))
    alerts.look(SECOND)
    assert watch.events() == []
    database.execute("DELETE FROM late_slot")
    database.commit()
    alerts.look(SECOND + timedelta(seconds=2))
    assert watch.events() == ["fired"]
    waits(database, centre.meter(*INPUT))
    alerts.look(THIRD)
    assert watch.events() == ["fired"]


def test_what_waits_long_is_judged_by_what_is_booked(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    watch.rule(PUE)
    watch.subscription()
    waits(database, centre.meter(*LOAD))
    for seconds, events in ((0, []), (9, []), (10, ["fired"])):
        alerts.look(SECOND + timedelta(seconds=seconds))
        assert watch.events() == events
