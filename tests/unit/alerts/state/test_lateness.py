"""Each step of handling has its last day, and lateness climbs the levels until somebody acts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.alerts.rules.rule import Severity
from services.alerts.state.deadlines import WorkingDays
from services.alerts.state.handling import Action, ActorKind, Case
from services.alerts.state.lateness import Due, Escalated, awaits, due, escalation
from services.core.calendar import start_of_day
from services.core.data.divisions import Level
from tests.unit.alerts.state.test_handling import BODY, FIRING, MONDAY, WAY, made

CASE = FIRING
SEVERE = replace(CASE, severity=Severity.SEVERE)
RESOLVED = replace(SEVERE, resolved_at=MONDAY)


@pytest.mark.parametrize(
    ("case", "taken", "expected"),
    [
        (SEVERE, 0, Due(Action.ACKNOWLEDGE, date(2026, 3, 3))),
        (CASE, 0, Due(Action.ACKNOWLEDGE, date(2026, 3, 5))),
        (CASE, 1, Due(Action.EXPLAIN, date(2026, 3, 5))),
        (CASE, 2, Due(Action.PLAN, date(2026, 3, 9))),
        (CASE, 3, Due(Action.VERIFY, date(2026, 4, 8))),
        (CASE, 4, Due(Action.CLOSE, date(2026, 3, 9))),
        (CASE, 5, None),
    ],
)
def test_each_step_has_its_last_day(case: Case, taken: int, expected: Due | None) -> None:
    assert due(case, WAY[:taken]) == expected


def test_who_has_to_act_next_is_the_body_or_the_enterprise_that_explains_plans_and_rectifies() -> None:
    body, enterprise = ActorKind.SUPERVISION_BODY, ActorKind.ENTERPRISE
    over = replace(CASE, resolved_at=MONDAY)
    assert [awaits(CASE, WAY[:taken]) for taken in range(6)] == [body, enterprise, enterprise, enterprise, body, None]
    assert [awaits(over, WAY[:taken]) for taken in range(6)] == [None, enterprise, enterprise, body, body, None]
    assert awaits(RESOLVED, []) is body
    of_area = replace(CASE, enterprise_code=None)
    assert [awaits(of_area, WAY[:taken]) for taken in range(6)] == [body] * 5 + [None]


def test_a_later_plan_moves_the_day_of_verification() -> None:
    later = made("plan", BODY, due_on=date(2026, 5, 11))
    assert due(CASE, [*WAY[:3], later]) == Due(Action.VERIFY, date(2026, 5, 18))


def test_an_alert_resolved_before_anyone_took_it_up_is_urgent_only_if_severe() -> None:
    gone = MONDAY + timedelta(hours=2)
    assert due(replace(CASE, resolved_at=gone), []) == Due(Action.ACKNOWLEDGE, None)
    assert due(replace(SEVERE, resolved_at=gone), []) == Due(Action.ACKNOWLEDGE, date(2026, 3, 3))
    assert due(replace(CASE, resolved_at=gone), WAY[:1]) == Due(Action.EXPLAIN, date(2026, 3, 5))


def test_working_days_leave_out_weekends_and_holidays_and_count_moved_ones() -> None:
    # National Day 2026: 1 to 7 October free, Saturday 10 October worked.
    free = frozenset(date(2026, 10, day) for day in range(1, 8))
    days = WorkingDays(holidays=free, worked_weekends=frozenset({date(2026, 10, 10)}))
    assert WorkingDays().after(date(2026, 3, 6), 1) == date(2026, 3, 9)
    assert days.after(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert days.after(date(2026, 9, 30), 3) == date(2026, 10, 10)


def test_days_are_those_of_shanghai() -> None:
    late_evening_utc = datetime(2026, 3, 2, 17, tzinfo=UTC)
    assert due(replace(SEVERE, fired_at=late_evening_utc), []) == Due(Action.ACKNOWLEDGE, date(2026, 3, 4))


def days_later(days: int) -> datetime:
    return start_of_day(date(2026, 3, 2)) + timedelta(days=days)


def heard(case: Case, days: range, *, reached: Level | None = None) -> list[tuple[int, str, int]]:
    """On which day which level is asked for, and how late the step is then; all are looked for thrice a day.

    `reached`: the level that is told in place of the one that is asked for.
    """
    told: list[Escalated] = []
    found: list[tuple[int, str, int]] = []
    for day in days:
        for _ in range(3):
            late = escalation(case, [], told, days_later(day))
            if late is not None:
                told.append(Escalated(days_later(day), reached or late.level))
                found.append((day, late.level, late.days))
    return found


def test_lateness_goes_to_the_league_then_to_the_region_again_and_again() -> None:
    expected = [(2, "league", 1), (4, "region", 3), (6, "region", 5), (8, "region", 7)]
    assert heard(SEVERE, range(1, 10)) == expected


def test_where_the_league_was_passed_over_the_region_is_next() -> None:
    assert heard(SEVERE, range(1, 6), reached="region") == [(2, "league", 1), (4, "region", 3)]


def test_what_was_missed_while_nobody_looked_comes_once_a_level() -> None:
    assert heard(SEVERE, range(20, 24)) == [(20, "league", 19), (22, "region", 21)]


def test_the_region_is_reminded_of_its_own() -> None:
    assert heard(replace(SEVERE, level="region"), range(1, 7)) == [
        (2, "region", 1),
        (4, "region", 3),
        (6, "region", 5),
    ]
    assert heard(replace(SEVERE, level="league"), range(1, 4)) == [(2, "region", 1)]


def test_a_late_step_is_named_with_its_last_day() -> None:
    late = escalation(SEVERE, [], [], days_later(3))
    assert late is not None
    assert (late.action, late.due_on, late.days, late.level) == (Action.ACKNOWLEDGE, date(2026, 3, 3), 2, "league")


def test_what_is_not_late_or_closed_is_not_escalated() -> None:
    assert escalation(SEVERE, [], [], days_later(1)) is None
    assert escalation(RESOLVED, WAY, [], days_later(400)) is None
    assert escalation(RESOLVED, WAY[:4], [], days_later(7)) is None


def test_what_was_verified_and_is_not_closed_is_late_in_time() -> None:
    late = escalation(RESOLVED, WAY[:4], [], days_later(8))
    assert late is not None
    assert (late.action, late.due_on) == (Action.CLOSE, date(2026, 3, 9))


def test_the_next_step_that_is_late_is_told_again() -> None:
    told = [Escalated(days_later(2), "league")]
    steps = [made("acknowledge", days=2)]
    assert escalation(SEVERE, steps, told, days_later(5)) is None
    late = escalation(SEVERE, steps, told, days_later(8))
    assert late is not None
    assert (late.action, late.level) == (Action.EXPLAIN, "league")
