"""How an alert is handled: which step may follow, and by whom. Pure.

open -> acknowledged -> explained -> planned -> verified -> closed. The status follows from the steps alone; only a
breach that comes back after its rectification was verified opens it again. While the alert fires nothing was rectified:
it can be neither verified nor closed.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.alerts.rules.rule import Severity
from services.alerts.state.deadlines import STANDARD, Deadlines
from services.core.calendar import SHANGHAI
from services.core.data.divisions import Level
from services.core.words import in_chinese


class Status(enum.StrEnum):
    """处置状态."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    EXPLAINED = "explained"
    PLANNED = "planned"
    VERIFIED = "verified"
    CLOSED = "closed"


class Action(enum.StrEnum):
    """处置动作, as in the table alert_step."""

    ACKNOWLEDGE = "acknowledge"
    EXPLAIN = "explain"
    PLAN = "plan"
    VERIFY = "verify"
    CLOSE = "close"
    REOPEN = "reopen"
    COMMENT = "comment"
    ATTACH = "attach"


class ActorKind(enum.StrEnum):
    """Who acts."""

    SUPERVISION_BODY = "supervision_body"
    ENTERPRISE = "enterprise"


MOVES: Mapping[Action, Status] = {
    Action.ACKNOWLEDGE: Status.ACKNOWLEDGED,
    Action.EXPLAIN: Status.EXPLAINED,
    Action.PLAN: Status.PLANNED,
    Action.VERIFY: Status.VERIFIED,
    Action.CLOSE: Status.CLOSED,
    Action.REOPEN: Status.OPEN,
}
"""The status each action leads to; the others move nothing."""

NEXT: Mapping[Status, Action | None] = {
    Status.OPEN: Action.ACKNOWLEDGE,
    Status.ACKNOWLEDGED: Action.EXPLAIN,
    Status.EXPLAINED: Action.PLAN,
    Status.PLANNED: Action.VERIFY,
    Status.VERIFIED: Action.CLOSE,
    Status.CLOSED: None,
}
"""What is to be done next."""

IN_CHINESE: Mapping[str, str] = {**in_chinese("step"), **in_chinese("handling")}
"""Actions and statuses as people say them."""

_AT_ANY_TIME = (Action.COMMENT, Action.ATTACH)
_ONCE_RESOLVED = (Action.VERIFY, Action.CLOSE)
_OF_THE_ENTERPRISE = (Action.EXPLAIN, Action.PLAN)
_WITH_TEXT = (Action.EXPLAIN, Action.PLAN, Action.REOPEN, Action.COMMENT)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step: a body by its code, an enterprise by its credit code; `str()` as in alert_step.actor."""

    kind: ActorKind
    code: str

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """The actor written as supervision_body:CODE or enterprise:CREDIT_CODE. Raises ValueError."""
        kind, mark, code = text.partition(":")
        if not mark or not code or kind not in list(ActorKind):
            raise ValueError(f"{text!r} is no actor; write supervision_body:CODE or enterprise:CREDIT_CODE")
        return cls(ActorKind(kind), code)

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingStep:
    """Something a person did with an alert."""

    at: datetime
    actor: Actor
    action: Action
    text: str | None = None
    due_on: date | None = None
    """Of a plan: the day by which it is carried out."""
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What handling needs to know of an alert."""

    severity: Severity
    fired_at: datetime
    resolved_at: datetime | None = None
    """None: it fires."""
    reopened_at: datetime | None = None
    """When its breach last came back (alert_event `reopened`)."""
    enterprise_code: str | None = None
    """None of an area or a park: then the supervision body itself explains and plans."""
    level: Level = "banner"
    """Level of the area whose body the alert goes to first."""


class StepRefusedError(ValueError):
    """A step is not allowed, or lacks something. `allowed`: the actions this actor may take now."""

    def __init__(self, code: str, detail: str, detail_zh: str, allowed: Sequence[Action]) -> None:
        """`code` is stable; the details say how to mend it."""
        super().__init__(detail)
        self.code = code
        self.detail_zh = detail_zh
        self.allowed = tuple(allowed)


@dataclass(frozen=True, slots=True)
class HandlingStatus:
    """The status of the handling, and since when."""

    status: Status
    since: datetime


def standing(case: Case, steps: Sequence[HandlingStep]) -> HandlingStatus:
    """Where the handling stands after `steps`, given in the order in which they were taken."""
    moved = [step for step in steps if step.action in MOVES]
    if not moved:
        return HandlingStatus(Status.OPEN, case.fired_at)
    last = moved[-1]
    status = MOVES[last.action]
    if status in (Status.VERIFIED, Status.CLOSED) and case.reopened_at is not None and case.reopened_at > last.at:
        return HandlingStatus(Status.OPEN, case.reopened_at)
    return HandlingStatus(status, last.at)


def allowed(case: Case, status: Status, kind: ActorKind) -> tuple[Action, ...]:
    """What this kind of actor may do with the alert in `status`; comments and attachments always."""
    return tuple(action for action in _in_turn(case, status, kind) if not _waits_for_the_end(case, action))


def _in_turn(case: Case, status: Status, kind: ActorKind) -> tuple[Action, ...]:
    """What this kind of actor may do, were the breach over."""
    following = NEXT[status]
    actions = [] if following is None else [following]
    if status is Status.PLANNED:
        # Another date is the body's to grant: an enterprise could put off its own deadline for ever.
        actions.append(Action.PLAN)
    if status is not Status.OPEN:
        actions.append(Action.REOPEN)
    return (*(action for action in actions if _may(case, status, action, kind)), *_AT_ANY_TIME)


def _waits_for_the_end(case: Case, action: Action) -> bool:
    return action in _ONCE_RESOLVED and case.resolved_at is None


def _may(case: Case, status: Status, action: Action, kind: ActorKind) -> bool:
    by_enterprise = action in _OF_THE_ENTERPRISE and status is not Status.PLANNED and case.enterprise_code is not None
    return kind is (ActorKind.ENTERPRISE if by_enterprise else ActorKind.SUPERVISION_BODY)


def take(case: Case, steps: Sequence[HandlingStep], step: HandlingStep, deadlines: Deadlines = STANDARD) -> Status:
    """The status after `step`. Raises StepRefusedError where it is not allowed, or lacks a text, date or reference."""
    status = standing(case, steps).status
    if step.actor.kind is ActorKind.ENTERPRISE and step.actor.code != case.enterprise_code:
        raise StepRefusedError("other_enterprise", "the alert is not of this enterprise", "该预警不属于此用能单位", ())
    actions = allowed(case, status, step.actor.kind)
    if step.action not in actions and step.action in _in_turn(case, status, step.actor.kind):
        raise StepRefusedError(
            "still_firing",
            f"the alert still fires; {step.action} it when it is resolved, or plan another date",
            f"预警尚未解除，不能{IN_CHINESE[step.action]}；请待解除后再办，或另定整改日期",
            actions,
        )
    if step.action not in actions:
        names, names_zh = ", ".join(actions), "、".join(IN_CHINESE[each] for each in actions)
        who = "an enterprise" if step.actor.kind is ActorKind.ENTERPRISE else "a supervision body"
        who_zh = "用能单位" if step.actor.kind is ActorKind.ENTERPRISE else "监察机构"
        raise StepRefusedError(
            "step_not_allowed",
            f"{step.action} is not for {who} while the alert is {status}; allowed: {names}",
            f"预警{IN_CHINESE[status]}时，{who_zh}不能{IN_CHINESE[step.action]}；可以：{names_zh}",
            actions,
        )
    _require(step, actions, deadlines)
    return MOVES.get(step.action, status)


def _require(step: HandlingStep, actions: Sequence[Action], deadlines: Deadlines) -> None:
    done = IN_CHINESE[step.action]
    if step.action in _WITH_TEXT and not (step.text or "").strip():
        raise StepRefusedError("text_missing", f"{step.action} needs a text", f"{done}须填写文字说明", actions)
    if step.action is Action.ATTACH and not (step.reference or "").strip():
        raise StepRefusedError("reference_missing", "attach needs a reference", "补充附件须填写附件编号或地址", actions)
    if step.action is not Action.PLAN:
        if step.due_on is not None:
            raise StepRefusedError(
                "due_on_not_used", "only a plan has a due_on; leave it out", "仅整改计划有完成日期，请删除", actions
            )
        return
    if step.due_on is None:
        raise StepRefusedError(
            "due_on_missing", "plan needs due_on, the day by which it is done", "整改计划须填写完成日期", actions
        )
    if step.due_on > (last := deadlines.last_day_of_plan(shanghai_day(step.at))):
        raise StepRefusedError(
            "due_on_far", f"due_on {step.due_on} is after {last}", f"完成日期 {step.due_on} 晚于 {last}", actions
        )
    if step.due_on < shanghai_day(step.at):
        raise StepRefusedError(
            "due_on_past", f"due_on {step.due_on} is over already", f"完成日期 {step.due_on} 已经过去", actions
        )


def shanghai_day(moment: datetime) -> date:
    """The day of `moment` in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()
