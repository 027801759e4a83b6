"""Until when each step of handling is to be taken, and which level of supervision hears of it when it is late. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.alerts.rules.rule import Severity
from services.alerts.state.deadlines import STANDARD, Deadlines
from services.alerts.state.handling import (
    NEXT,
    Action,
    ActorKind,
    Case,
    HandlingStep,
    Status,
    shanghai_day,
    standing,
)
from services.core.data.divisions import Level


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done next; `due_on` is the last day for it, in Asia/Shanghai, None where no time is set."""

    action: Action
    due_on: date | None

    def overdue(self, now: datetime) -> bool:
        """Whether its last day is over."""
        return self.due_on is not None and shanghai_day(now) > self.due_on


def due(case: Case, steps: Sequence[HandlingStep], deadlines: Deadlines = STANDARD) -> Due | None:
    """The next step and its last day; None of a closed alert.

    Nothing is urgent about an alert that was resolved before anyone took it up, unless it was severe.
    """
    now_at = standing(case, steps)
    action = NEXT[now_at.status]
    if action is None:
        return None
    since, working = shanghai_day(now_at.since), deadlines.working_days
    if now_at.status is Status.OPEN:
        severe = case.severity is Severity.SEVERE
        if case.resolved_at is not None and not severe:
            return Due(action, None)
        days = deadlines.acknowledge_severe_days if severe else deadlines.acknowledge_days
        return Due(action, since + timedelta(days=days))
    if now_at.status is Status.ACKNOWLEDGED:
        return Due(action, working.after(since, deadlines.explain_working_days))
    if now_at.status is Status.EXPLAINED:
        return Due(action, working.after(since, deadlines.plan_working_days))
    if now_at.status is Status.PLANNED:
        planned = [step.due_on for step in steps if step.action is Action.PLAN and step.due_on is not None]
        return Due(action, working.after(planned[-1], deadlines.verify_working_days) if planned else None)
    return Due(action, working.after(since, deadlines.close_working_days))


def awaits(case: Case, steps: Sequence[HandlingStep]) -> ActorKind | None:
    """Who has to act next; None where nothing is asked of anyone: it is closed, or ended before it was taken up.

    While a breach goes on that is to be rectified, that is the enterprise: its rectification is awaited.
    """
    status = standing(case, steps).status
    if status is Status.CLOSED:
        return None
    if status is Status.OPEN and case.resolved_at is not None and case.severity is not Severity.SEVERE:
        return None
    rectifies = status is Status.PLANNED and case.resolved_at is None
    explains = status in (Status.ACKNOWLEDGED, Status.EXPLAINED)
    if case.enterprise_code is not None and (explains or rectifies):
        return ActorKind.ENTERPRISE
    return ActorKind.SUPERVISION_BODY


@dataclass(frozen=True, slots=True)
class Escalated:
    """An earlier telling that a step is late (alert_event `escalated`), and the highest level it was meant for."""

    at: datetime
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A step that is late, and the level to tell of it now."""

    action: Action
    due_on: date
    days: int
    """Since its last day, in Asia/Shanghai."""
    level: Level


_ABOVE: Mapping[Level, Level] = {"banner": "league", "league": "region", "region": "region"}


def escalation(
    case: Case,
    steps: Sequence[HandlingStep],
    escalated: Sequence[Escalated],
    now: datetime,
    deadlines: Deadlines = STANDARD,
) -> Late | None:
    """The late step to tell of now, to the level above that which was told last; None: none is late, or not yet again.

    Above the region is nobody: it is reminded.
    """
    waiting = due(case, steps, deadlines)
    if waiting is None or waiting.due_on is None or not waiting.overdue(now):
        return None
    today, since = shanghai_day(now), standing(case, steps).since
    told = [past for past in escalated if past.at >= since]
    if told and (today - shanghai_day(told[-1].at)).days < deadlines.escalate_again_days:
        return None
    level = _ABOVE[told[-1].level if told else case.level]
    return Late(action=waiting.action, due_on=waiting.due_on, days=(today - waiting.due_on).days, level=level)
