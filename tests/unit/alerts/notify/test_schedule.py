"""A rule is evaluated when what it speaks of may have changed, and never all the time."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.alerts.notify.schedule import (
    DEBOUNCE_S,
    LONG_PERIOD_S,
    LONG_UNASKED_S,
    UNASKED_S,
    Schedule,
    ScheduledRule,
)
from services.alerts.rules.rule import RulePeriod
from services.core.calendar import SHANGHAI
from tests.unit.alerts.notify.test_content import RULE

DAY = datetime(2026, 3, 2, tzinfo=SHANGHAI), datetime(2026, 3, 3, tzinfo=SHANGHAI)
BEFORE = DAY[0] - timedelta(days=1), DAY[0]
DAILY = ScheduledRule(1, RULE, DAY)
YEARLY = ScheduledRule(1, replace(RULE, period=RulePeriod.ROLLING_YEAR), DAY)
NOW = ScheduledRule(1, replace(RULE, period=RulePeriod.NOW), None)


def evaluated(**rules: ScheduledRule) -> Schedule:
    """A schedule after an evaluation at 0 that took no time."""
    return evaluated_in(0.0, **rules)


def evaluated_in(took_s: float, **rules: ScheduledRule) -> Schedule:
    """The same after one that took some."""
    schedule = Schedule(poll_s=2.0)
    schedule.evaluated(rules, rules, started_s=0.0, ended_s=took_s)
    return schedule


def test_new_rule_and_new_version_are_due_at_once() -> None:
    schedule = evaluated(day=DAILY)
    assert schedule.due({"day": DAILY, "new": DAILY}, 0.0) == ["new"]
    assert schedule.due({"day": replace(DAILY, version=2)}, 0.0) == ["day"]


def test_booking_in_its_hours_makes_a_rule_due_after_the_debounce() -> None:
    schedule = evaluated(day=DAILY)
    schedule.booked({"day": DAILY}, DAY)
    assert schedule.due({"day": DAILY}, DEBOUNCE_S - 0.1) == []
    assert schedule.due({"day": DAILY}, DEBOUNCE_S) == ["day"]


def test_booking_in_other_hours_makes_it_due_only_when_everything_is() -> None:
    schedule = evaluated(day=DAILY)
    schedule.booked({"day": DAILY}, BEFORE)
    assert schedule.next_due_s({"day": DAILY}) == UNASKED_S


def test_long_periods_follow_unknown_bookings_less_often() -> None:
    rules = {"day": DAILY, "year": YEARLY}
    schedule = evaluated(**rules)
    schedule.booked(rules, None)
    assert schedule.due(rules, DEBOUNCE_S) == ["day"]
    assert schedule.due(rules, LONG_PERIOD_S) == ["day", "year"]


def test_known_booking_makes_a_long_period_due_as_any_other() -> None:
    schedule = evaluated(year=YEARLY)
    schedule.booked({"year": YEARLY}, DAY)
    assert schedule.due({"year": YEARLY}, DEBOUNCE_S) == ["year"]


def test_what_changes_with_time_alone_is_due_at_every_poll() -> None:
    assert evaluated(silent=NOW).next_due_s({"silent": NOW}) == 2.0


def test_without_bookings_every_rule_is_evaluated_now_and_then() -> None:
    rules = {"day": DAILY, "year": YEARLY}
    schedule = evaluated(**rules)
    assert schedule.due(rules, UNASKED_S) == ["day"]
    assert schedule.due(rules, LONG_UNASKED_S) == ["day", "year"]


def test_slow_rule_rests_as_long_as_it_took() -> None:
    schedule = evaluated_in(4.0, day=DAILY)
    schedule.booked({"day": DAILY}, DAY)
    assert schedule.next_due_s({"day": DAILY}) == 8.0


def test_end_of_a_hold_time_makes_a_rule_due() -> None:
    schedule = evaluated(day=DAILY)
    schedule.touch(["day", "gone"])
    assert schedule.due({"day": DAILY}, DEBOUNCE_S) == ["day"]
