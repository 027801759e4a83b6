"""Rules held against the past: alerts begin and end at the moments asked for, once, and are told when settled."""

from datetime import timedelta

import psycopg
import pytest

from services.alerts.past import PastJudgement, judge_past, read_moments
from services.core.settings import Settings
from tests.integration.judged import Plant
from tests.integration.watched import PUE, SECOND, THIRD, Service, Watch

pytestmark = pytest.mark.store


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, alerts_link="https://enermon.example")


def moments(*slugs: str) -> list[PastJudgement]:
    return [PastJudgement(at=at, rules=slugs or ("pue_high",)) for at in (THIRD, SECOND)]


def test_alert_begins_and_ends_as_of_then_and_both_are_told(
    watch: Watch, centre: Plant, settings: Settings, database: psycopg.Connection
) -> None:
    watch.rule(PUE, settle_s=10)
    jungar = watch.subscription()
    assert judge_past(settings, moments()) == 2
    rows = database.execute("SELECT fired_at, resolved_at, (evidence #>> '{observed,value}')::float FROM alert")
    assert rows.fetchall() == [(SECOND, THIRD, 1.42)]
    assert watch.messages() == [(jungar, "fired", 1), (jungar, "resolved", 1)]


def test_asked_again_nothing_is_judged_twice(watch: Watch, centre: Plant, settings: Settings) -> None:
    watch.rule(PUE)
    assert judge_past(settings, moments()) == 2
    assert judge_past(settings, moments()) == 0
    assert watch.events() == ["fired", "resolved"]


def test_what_lies_before_all_that_was_judged_is_passed_over(
    watch: Watch, centre: Plant, alerts: Service, settings: Settings
) -> None:
    watch.rule(PUE)
    alerts.look(SECOND + timedelta(hours=1))
    assert judge_past(settings, moments()) == 1
    assert watch.events() == ["fired", "resolved"]


def test_unknown_rule_is_named(watch: Watch, centre: Plant, settings: Settings) -> None:
    with pytest.raises(ValueError, match="no rule that is switched on is called pue_low"):
        judge_past(settings, moments("pue_low"))
    assert watch.events() == []


def test_moments_are_read_line_by_line() -> None:
    text = '{"at": "2026-03-03T10:00:00+08:00", "rules": ["pue_high"]}\n\n'
    assert read_moments(text) == [PastJudgement(at=SECOND, rules=("pue_high",))]
    with pytest.raises(ValueError, match="timezone"):
        read_moments('{"at": "2026-03-03T10:00:00", "rules": []}')
