"""Alerts are handled step by step, each by the one whose turn it is."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.rules.rule import Severity
from services.alerts.state.deadlines import STANDARD
from services.alerts.state.handling import (
    MOVES,
    Action,
    Actor,
    ActorKind,
    Case,
    HandlingStep,
    Status,
    StepRefusedError,
    allowed,
    standing,
    take,
)
from services.core.calendar import start_of_day

CREDIT_CODE = "91150622MA0N00001X"
BODY = Actor(ActorKind.SUPERVISION_BODY, "150622")
ENTERPRISE = Actor(ActorKind.ENTERPRISE, CREDIT_CODE)
MONDAY = start_of_day(date(2026, 3, 2)) + timedelta(hours=9)
FIRING = Case(severity=Severity.WARNING, fired_at=MONDAY, enterprise_code=CREDIT_CODE)
CASE = replace(FIRING, resolved_at=MONDAY + timedelta(minutes=1))
AREA_CASE = replace(CASE, enterprise_code=None)


def made(action: str, actor: Actor | None = None, *, days: float = 0, due_on: date | None = None) -> HandlingStep:
    by_enterprise = action in ("explain", "plan")
    return HandlingStep(
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


@pytest.mark.parametrize(("taken", "action"), [(3, "verify"), (4, "close")])
def test_while_it_fires_an_alert_is_neither_verified_nor_closed(taken: int, action: str) -> None:
    with pytest.raises(StepRefusedError, match="the alert still fires") as refused:
        take(FIRING, WAY[:taken], made(action))
    assert refused.value.code == "still_firing"
    assert "尚未解除" in refused.value.detail_zh
    assert Action(action) not in refused.value.allowed
    assert Action.REOPEN in refused.value.allowed
    assert take(CASE, WAY[:taken], made(action)) is MOVES[Action(action)]


def test_a_step_out_of_turn_is_refused_as_such_though_the_alert_fires() -> None:
    with pytest.raises(StepRefusedError) as refused:
        take(FIRING, WAY[:1], made("close"))
    assert refused.value.code == "step_not_allowed"


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
    assert refused.value.detail_zh.endswith("可以：受理、备注、补充附件")


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
        (2, made("plan", due_on=date(2029, 3, 3)), "due_on_far"),
        (3, replace(made("verify"), due_on=date(2026, 4, 1)), "due_on_not_used"),
        (3, replace(made("reopen"), text=""), "text_missing"),
        (0, replace(made("comment"), text=None), "text_missing"),
        (0, replace(made("attach"), reference=None), "reference_missing"),
    ],
)
def test_a_step_without_what_it_needs_is_refused(number: int, step: HandlingStep, code: str) -> None:
    with pytest.raises(StepRefusedError) as refused:
        take(CASE, WAY[:number], step)
    assert refused.value.code == code


def test_a_plan_may_end_in_three_years() -> None:
    assert take(CASE, WAY[:2], made("plan", due_on=date(2029, 3, 2))) is Status.PLANNED
    assert STANDARD.last_day_of_plan(date(2028, 2, 29)) == date(2031, 2, 28)


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
    steps: list[HandlingStep] = []
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
