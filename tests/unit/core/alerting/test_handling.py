"""Alerts are handled step by step, each by the one whose turn it is, and lateness climbs the levels."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.domain.alerting.handling import (
    MOVES,
    Action,
    Actor,
    ActorKind,
    Case,
    Due,
    Escalated,
    Level,
    Status,
    Step,
    StepRefusedError,
    WorkingDays,
    allowed,
    due,
    escalation,
    standing,
    take,
)
from services.core.domain.alerting.rule import Severity
from services.core.domain.calendar import start_of_day

CREDIT_CODE = "91150622MA0N00001X"
BODY = Actor(ActorKind.SUPERVISION_BODY, "150622")
ENTERPRISE = Actor(ActorKind.ENTERPRISE, CREDIT_CODE)
MONDAY = start_of_day(date(2026, 3, 2)) + timedelta(hours=9)
CASE = Case(severity=Severity.WARNING, fired_at=MONDAY, enterprise_code=CREDIT_CODE)
SEVERE = replace(CASE, severity=Severity.SEVERE)
AREA_CASE = replace(CASE, enterprise_code=None)


def made(action: str, actor: Actor | None = None, *, days: float = 0, due_on: date | None = None) -> Step:
    by_enterprise = action in ("explain", "plan")
    return Step(
        at=MONDAY + timedelta(days=days),
        actor=actor or (ENTERPRISE if by_enterprise else BODY),
        action=Action(action),
        text="as said",
        due_on=due_on or (date(2026, 4, 1) if action == "plan" else None),
        reference="file-1" if action == "attach" else None,
    )


WAY = [made(action) for action in ("acknowledge", "explain", "plan", "verify", "close")]


def test_the_whole_way_from_open_to_closed() -> None:
    reached = [take(CASE, WAY[:number], step).value for number, step in enumerate(WAY)]
    assert reached == ["acknowledged", "explained", "planned", "verified", "closed"]
    assert standing(CASE, WAY).status is Status.CLOSED


BODY_MAY = {
    Status.OPEN: {"acknowledge"},
    Status.ACKNOWLEDGED: {"reopen"},
    Status.EXPLAINED: {"reopen"},
    Status.PLANNED: {"verify", "plan", "reopen"},
    Status.VERIFIED: {"close", "reopen"},
    Status.CLOSED: {"reopen"},
}
ENTERPRISE_MAY = {Status.ACKNOWLEDGED: {"explain"}, Status.EXPLAINED: {"plan"}}


@pytest.mark.parametrize("status", Status)
def test_each_status_allows_each_actor_its_own_actions(status: Status) -> None:
    always = {"comment", "attach"}
    assert set(allowed(CASE, status, ActorKind.SUPERVISION_BODY)) == BODY_MAY[status] | always
    assert set(allowed(CASE, status, ActorKind.ENTERPRISE)) == ENTERPRISE_MAY.get(status, set()) | always


def test_of_an_area_the_supervision_body_itself_explains_and_plans() -> None:
    assert Action.EXPLAIN in allowed(AREA_CASE, Status.ACKNOWLEDGED, ActorKind.SUPERVISION_BODY)
    assert Action.PLAN in allowed(AREA_CASE, Status.EXPLAINED, ActorKind.SUPERVISION_BODY)


def test_comments_and_attachments_move_nothing() -> None:
    steps = [*WAY[:2], made("comment", ENTERPRISE), made("attach")]
    assert take(CASE, WAY[:2], made("comment")) is Status.EXPLAINED
    assert standing(CASE, steps).status is Status.EXPLAINED


def test_a_refusal_says_what_is_allowed() -> None:
    with pytest.raises(StepRefusedError) as refused:
        take(CASE, [], made("close"))
    assert refused.value.code == "step_not_allowed"
    assert refused.value.allowed == (Action.ACKNOWLEDGE, Action.COMMENT, Action.ATTACH)
    assert str(refused.value) == (
        "close is not for a supervision body while the alert is open; allowed: acknowledge, comment, attach"
    )
    assert refused.value.detail_zh.endswith("可执行：acknowledge, comment, attach")


def test_an_enterprise_handles_only_its_own_alerts() -> None:
    other = Actor(ActorKind.ENTERPRISE, "91150622MA0N00002X")
    for case in (CASE, AREA_CASE):
        with pytest.raises(StepRefusedError, match="not of this enterprise"):
            take(case, WAY[:1], made("comment", other))


@pytest.mark.parametrize(
    ("number", "step", "code"),
    [
        (1, replace(made("explain"), text=" "), "text_missing"),
        (2, replace(made("plan"), text=None), "text_missing"),
        (2, replace(made("plan"), due_on=None), "due_on_missing"),
        (2, made("plan", due_on=date(2026, 3, 1)), "due_on_past"),
        (3, replace(made("verify"), due_on=date(2026, 4, 1)), "due_on_not_used"),
        (3, replace(made("reopen"), text=""), "text_missing"),
        (0, replace(made("comment"), text=None), "text_missing"),
        (0, replace(made("attach"), reference=None), "reference_missing"),
    ],
)
def test_a_step_without_what_it_needs_is_refused(number: int, step: Step, code: str) -> None:
    with pytest.raises(StepRefusedError) as refused:
        take(CASE, WAY[:number], step)
    assert refused.value.code == code


def test_a_plan_may_end_today() -> None:
    assert take(CASE, WAY[:2], made("plan", due_on=date(2026, 3, 2))) is Status.PLANNED


def test_a_breach_that_comes_back_after_verification_opens_the_alert_again() -> None:
    back = MONDAY + timedelta(hours=1)
    assert standing(replace(CASE, reopened_at=back), WAY).status is Status.OPEN
    assert standing(replace(CASE, reopened_at=back), WAY).since == back
    assert standing(replace(CASE, reopened_at=back), WAY[:3]).status is Status.PLANNED
    assert standing(replace(CASE, reopened_at=MONDAY - timedelta(hours=1)), WAY).status is Status.CLOSED


def test_an_actor_is_written_with_its_kind() -> None:
    assert Actor.parse(f"enterprise:{CREDIT_CODE}") == ENTERPRISE
    assert str(BODY) == "supervision_body:150622"
    for text in ("", "150622", "operator:1", "enterprise:"):
        with pytest.raises(ValueError, match="is no actor"):
            Actor.parse(text)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Action),
            st.sampled_from([BODY, ENTERPRISE]),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_nothing_is_closed_that_was_not_verified(tries: list[tuple[Action, Actor, bool]]) -> None:
    steps: list[Step] = []
    for hour, (action, actor, complete) in enumerate(tries):
        step = replace(made(action, actor, days=hour / 24), text="as said" if complete else None)
        try:
            reached = take(CASE, steps, step)
        except StepRefusedError:
            continue
        steps.append(step)
        assert standing(CASE, steps).status is reached
    moves = [step.action for step in steps if step.action in MOVES]
    for before, action in zip([None, *moves], moves, strict=False):
        if action is Action.CLOSE:
            assert before is Action.VERIFY
        if action is Action.VERIFY:
            assert before is Action.PLAN


@pytest.mark.parametrize(
    ("case", "taken", "expected"),
    [
        (SEVERE, 0, Due(Action.ACKNOWLEDGE, date(2026, 3, 3))),
        (CASE, 0, Due(Action.ACKNOWLEDGE, date(2026, 3, 5))),
        (CASE, 1, Due(Action.EXPLAIN, date(2026, 3, 5))),
        (CASE, 2, Due(Action.PLAN, date(2026, 3, 9))),
        (CASE, 3, Due(Action.VERIFY, date(2026, 4, 8))),
        (CASE, 4, Due(Action.CLOSE, None)),
        (CASE, 5, None),
    ],
)
def test_each_step_has_its_last_day(case: Case, taken: int, expected: Due | None) -> None:
    assert due(case, WAY[:taken]) == expected


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


def test_lateness_goes_to_the_league_then_to_the_region_each_once() -> None:
    told: list[Escalated] = []
    heard: list[tuple[int, Level]] = []
    for day in range(1, 10):
        for _ in range(3):
            level = escalation(SEVERE, [], told, days_later(day))
            if level is not None:
                told.append(Escalated(days_later(day), level))
                heard.append((day, level))
    assert heard == [(2, "league"), (4, "region")]


def test_what_is_not_late_or_closed_is_not_escalated() -> None:
    assert escalation(SEVERE, [], [], days_later(1)) is None
    assert escalation(SEVERE, WAY, [], days_later(400)) is None
    assert escalation(SEVERE, WAY[:4], [], days_later(400)) is None


def test_an_alert_of_a_league_goes_to_the_region_and_one_of_the_region_no_further() -> None:
    assert escalation(replace(SEVERE, level="league"), [], [], days_later(2)) == "region"
    assert escalation(replace(SEVERE, level="region"), [], [], days_later(20)) is None


def test_the_next_step_that_is_late_is_told_again() -> None:
    told = [Escalated(days_later(2), "league")]
    steps = [made("acknowledge", days=2)]
    assert escalation(SEVERE, steps, told, days_later(5)) is None
    assert escalation(SEVERE, steps, told, days_later(8)) == "league"
