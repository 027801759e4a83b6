"""What is severe goes before all else, what passes within seconds is not told, and an end fits its beginning."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import psycopg
import pytest

from services.alerts.channels.contract import DeliveryFailed
from services.alerts.notify.outbox import Outbox, Outgoing
from services.alerts.notify.unsent import OVERTAKEN
from tests.integration.judged import Plant
from tests.integration.running import wait_until
from tests.integration.watched import PUE, SECOND, SILENT, THIRD, Service, Watch

pytestmark = pytest.mark.store

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUIET: dict[str, Any] = {"quiet_from": time(9), "quiet_to": time(12)}
SEVERE = PUE | {"slug": "pue_severe", "severity": "severe"}


@contextmanager
def sending_at(database_url: str, now: datetime, *refused: str) -> Iterator[list[Outgoing]]:
    """What a sender delivers while it is `now`; messages of the kinds `refused` are not taken."""
    taken: list[Outgoing] = []

    def deliver(outgoing: Outgoing) -> None:
        if outgoing.kind in refused:
            raise DeliveryFailed("answered 503", permanent=False)
        taken.append(outgoing)

    outbox = Outbox(database_url, deliver, clock=lambda: now)
    outbox.start()
    try:
        yield taken
    finally:
        outbox.stop()


def waiting(watch: Watch) -> list[tuple[Any, ...]]:
    """Kind, numbers of alerts, urgency and time of what waits, in the order in which it goes."""
    return watch.database.execute(
        "SELECT kind, alert_ids, urgent, not_before FROM message"
        " WHERE status = 'waiting' ORDER BY not_before, created_at"
    ).fetchall()


def rule_off_and_on(watch: Watch, alerts: Service, at: datetime, body: dict[str, Any], *, version: int) -> None:
    """The alerts of a rule end a second after `at` and are back a second later."""
    watch.rule(body, version=version, enabled=False)
    alerts.look(at + timedelta(seconds=1))
    watch.rule(body, version=version + 1)
    alerts.look(at + timedelta(seconds=2))


def test_alert_that_becomes_severe_does_not_wait_for_quiet_hours(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    jungar = watch.subscription(**QUIET)
    alerts.look(SECOND)
    assert waiting(watch) == [("fired", [1], False, SECOND + 2 * HOUR)]
    watch.rule(PUE, version=2, severity="severe")
    alerts.look(SECOND + MINUTE)
    assert watch.messages() == [(jungar, "fired", 1)]
    assert waiting(watch) == [("fired", [1], True, SECOND + MINUTE)]
    assert watch.contents()[0]["counts"] == {"severe": 1, "warning": 0, "notice": 0}


def test_severe_alert_that_is_back_goes_before_the_retry_of_its_end(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    watch.rule(SEVERE)
    watch.subscription()
    alerts.look(SECOND)
    watch.sent()
    alerts.look(THIRD)
    with sending_at(database_url, THIRD + MINUTE, "resolved"):
        wait_until(
            "its end is refused", lambda: watch.database.execute("SELECT 1 FROM delivery").fetchone() is not None
        )
    watch.rule(SEVERE, version=2, compare={"op": ">", "number": 1.1})
    alerts.look(THIRD + 2 * MINUTE)
    with sending_at(database_url, THIRD + 2 * MINUTE) as taken:
        wait_until("that it is back is taken", lambda: bool(taken))
    assert [outgoing.kind for outgoing in taken] == ["fired"]
    given_up = watch.database.execute("SELECT kind, last_error FROM message WHERE status = 'dead'").fetchall()
    assert given_up == [("resolved", OVERTAKEN)]


def test_severe_alert_in_one_message_with_a_mild_one_does_not_wait_for_the_retry_of_the_mild_one(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    watch.sent()
    alerts.look(THIRD)
    watch.database.execute(
        "UPDATE message SET attempts = 1, not_before = %s WHERE status = 'waiting'", [THIRD + HOUR]
    )  # its end was refused, and is tried again in an hour
    watch.rule(PUE, version=2, compare={"op": ">", "number": 1.1})
    alerts.look(THIRD + MINUTE)
    watch.rule(SEVERE, compare={"op": ">", "number": 1.1})
    alerts.look(THIRD + MINUTE + timedelta(seconds=1))
    with sending_at(database_url, THIRD + 2 * MINUTE) as taken:
        wait_until("the severe one is taken", lambda: bool(taken))
    assert [(outgoing.kind, outgoing.content["count"]) for outgoing in taken] == [("fired", 2)]
    assert watch.database.execute("SELECT count(*) FROM message WHERE status = 'waiting'").fetchone() == (0,)


def test_severe_alert_passes_whatever_waits_at_its_endpoint(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    watch.rule(PUE, settle_s=0)
    many = [watch.subscription(address=f"https://hook.example/{number}") for number in range(40)]
    alerts.look(SECOND)
    watch.rule(SEVERE)
    alerts.look(SECOND + MINUTE)
    with sending_at(database_url, SECOND + 2 * MINUTE) as taken:
        wait_until("all are taken", lambda: len(taken) >= len(many))
    assert all(outgoing.content["counts"]["severe"] == 1 for outgoing in taken[: len(many)])


def test_mild_alert_that_passes_within_seconds_is_told_to_nobody(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    watch.subscription()
    alerts.look(SECOND)
    assert waiting(watch) == [("fired", [1], False, SECOND + timedelta(seconds=10))]
    watch.rule(PUE, version=2, enabled=False)
    alerts.look(SECOND + timedelta(seconds=9))
    assert (watch.messages(), watch.events()) == ([], ["fired", "resolved"])
    watch.rule(PUE, version=3)
    alerts.look(SECOND + MINUTE)
    alerts.look(SECOND + 2 * MINUTE)
    assert watch.kinds() == ["fired"]


def test_severe_alert_is_told_at_once_and_its_end_once_it_has_stood(
    watch: Watch, alerts: Service, centre: Plant
) -> None:
    watch.rule(SEVERE)
    watch.subscription()
    alerts.look(SECOND)
    assert waiting(watch) == [("fired", [1], True, SECOND)]
    watch.sent()
    for round_ in range(3):
        rule_off_and_on(watch, alerts, SECOND + round_ * MINUTE, SEVERE, version=2 + 2 * round_)
    assert watch.kinds() == ["fired"]
    assert watch.events().count("reopened") == 3
    watch.rule(SEVERE, version=8, enabled=False)
    alerts.look(SECOND + HOUR)
    # it has come back three times: 10 s, three times doubled
    assert waiting(watch) == [("resolved", [1], False, SECOND + HOUR + timedelta(seconds=80))]


def test_rule_says_itself_how_long_what_it_says_must_stand(
    watch: Watch, alerts: Service, centre: Plant, database: psycopg.Connection
) -> None:
    database.execute("UPDATE gateway_state SET last_message_at = %s", [SECOND - 2 * HOUR])
    watch.rule(SILENT | {"inhibits": False})
    watch.rule(PUE | {"slug": "patient", "settle_s": 300}, compare={"op": ">", "number": 1.1})
    for slug in ("silent", "patient"):
        watch.subscription(rules=[slug], address=f"https://{slug}.example/")
    alerts.look(SECOND)
    assert [(at - SECOND).total_seconds() for *_, at in waiting(watch)] == [30, 300]


def test_quiet_hours_that_are_taken_away_let_go_what_waits(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    jungar = watch.subscription(**QUIET)
    alerts.look(SECOND)
    watch.database.execute("UPDATE subscription SET quiet_to = '11:00' WHERE subscription_id = %s", [jungar])
    alerts.look(SECOND + MINUTE)
    assert waiting(watch) == [("fired", [1], False, SECOND + HOUR)]
    watch.database.execute("UPDATE subscription SET quiet_from = NULL, quiet_to = NULL")
    outcome = alerts.look(SECOND + 2 * MINUTE)
    assert (outcome.messages, waiting(watch)) == (1, [("fired", [1], False, SECOND + 2 * MINUTE)])


def test_end_says_that_its_beginning_could_not_be_delivered(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    watch.rule(PUE)
    told = watch.subscription()
    lost = watch.subscription(address="https://lost.example/")
    alerts.look(SECOND)
    watch.sent()
    watch.database.execute("UPDATE message SET status = 'dead' WHERE subscription_id = %s", [lost])
    alerts.look(THIRD)
    with sending_at(database_url, THIRD + MINUTE) as taken:
        wait_until("both ends are taken", lambda: len(taken) == 2)
    said = {each.subscription_id: each.content["alerts"][0].get("beginning_undelivered", False) for each in taken}
    assert said == {told: False, lost: True}
    kept = watch.database.execute(
        "SELECT content #> '{alerts,0,beginning_undelivered}' FROM message"
        " WHERE subscription_id = %s AND kind = 'resolved'",
        [lost],
    ).fetchone()
    assert kept == (True,)


def test_what_a_subscription_was_sent_of_an_alert_is_one_thread(
    watch: Watch, alerts: Service, centre: Plant, database_url: str
) -> None:
    watch.rule(PUE, repeat_s=3600)
    watch.subscription()
    watch.subscription(address="https://two.example/")
    told: list[Outgoing] = []
    for at in (SECOND, SECOND + HOUR, THIRD):
        alerts.look(at)
        with sending_at(database_url, at + MINUTE) as taken:
            wait_until("both are taken", lambda sent=taken: len(sent) == 2)  # type: ignore[misc]
        told += taken
    of_first = [each for each in told if each.subscription_id == told[0].subscription_id]
    assert [each.kind for each in of_first] == ["fired", "repeat", "resolved"]
    fired, repeat, resolved = of_first
    assert (fired.earlier, repeat.earlier) == ([], [fired.message_id])
    assert resolved.earlier == [repeat.message_id, fired.message_id]


def test_enterprise_is_told_of_each_step_with_its_text_and_what_is_next_until_when(
    watch: Watch, alerts: Service, centre: Plant
) -> None:
    watch.rule(PUE)
    watch.subscription()
    own = watch.subscription(None, enterprise_code=centre.enterprise, address="https://own.example/", mode="daily")
    alerts.look(SECOND)
    known = len(watch.messages())
    watch.step("acknowledge", SECOND + MINUTE)
    watch.step("comment", SECOND + MINUTE, text="现场核查")
    watch.step(
        "explain", SECOND + 2 * MINUTE, actor=f"enterprise:{centre.enterprise}", text="冷机故障：\n1. 停机\n2. 已报修"
    )
    alerts.look(SECOND + HOUR)
    alerts.look(SECOND + 2 * HOUR)
    assert watch.messages()[known:] == [(own, "handled", 1)] * 2
    said = [content["alerts"][0] for content in watch.contents()[known:]]
    by_action = {each["step"]["action"]: each for each in said}
    # acknowledged on Tuesday 3 March: three working days to explain; explained that day: five to plan
    assert by_action["explain"]["step"]["text"] == "冷机故障：\n1. 停机\n2. 已报修"
    assert by_action["explain"]["step"]["by"] == "enterprise"
    assert {each["due"]["due_on"] for each in said} == {"2026-03-10"}
    assert by_action["acknowledge"]["step"]["at"] == "2026-03-03T10:01:00+08:00"


def test_message_says_until_when_the_next_step_is_due(watch: Watch, alerts: Service, centre: Plant) -> None:
    watch.rule(PUE)
    watch.rule(SEVERE)
    watch.subscription(rules=["pue_high"])
    watch.subscription(rules=["pue_severe"], address="https://two.example/")
    alerts.look(SECOND)
    due = {content["alerts"][0]["rule"]: content["alerts"][0]["due"] for content in watch.contents()}
    assert due == {
        "pue_high": {"step": "acknowledge", "due_on": "2026-03-06"},
        "pue_severe": {"step": "acknowledge", "due_on": "2026-03-04"},
    }
