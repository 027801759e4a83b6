"""How far the handling of alerts has come: what is to be done, by whom and until when."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.alerts.notify.case import case_of, steps_of
from services.alerts.state.handling import (
    Action,
    ActorKind,
    Case,
    HandlingStep,
    Status,
    allowed,
    shanghai_day,
    standing,
)
from services.alerts.state.lateness import awaits, due

Awaited = Literal["body", "enterprise"]
"""Who has to act next."""
AWAITED: Mapping[ActorKind, Awaited] = {ActorKind.SUPERVISION_BODY: "body", ActorKind.ENTERPRISE: "enterprise"}


class Allowed(BaseModel):
    """What each kind of actor may do now."""

    supervision_body: list[Action]
    enterprise: list[Action]


class DueStep(BaseModel):
    """What is to be done next, and by when."""

    action: Action
    due_on: date | None = Field(description="Last day, in Asia/Shanghai; null: no time is set")
    overdue: bool
    days_late: int = Field(description="Days since its last day; 0: it is not over")


class Handling(BaseModel):
    """How far the handling of an alert has come."""

    status: Status
    since: datetime
    allowed: Allowed
    awaiting: Awaited | None = Field(
        description="Who has to act next: the supervision body or the enterprise; null: nothing is asked of anyone"
    )
    due: DueStep | None = Field(description="null: it is closed")


def handling_of(row: Mapping[str, Any], *, now: datetime) -> Handling:
    """How the handling of an alert stands at `now`, from its row with its steps."""
    return handling(case_of(row), steps_of(row), now)


def handling(case: Case, steps: Sequence[HandlingStep], now: datetime) -> Handling:
    """How the handling stands at `now`, after these steps."""
    now_at, waiting, whom = standing(case, steps), due(case, steps), awaits(case, steps)
    late = waiting is not None and whom is not None and waiting.overdue(now)
    return Handling.model_construct(
        status=now_at.status,
        since=now_at.since,
        allowed=allowed_to(case, now_at.status),
        awaiting=None if whom is None else AWAITED[whom],
        due=None
        if waiting is None
        else DueStep.model_construct(
            action=waiting.action,
            due_on=waiting.due_on,
            overdue=late,
            days_late=(shanghai_day(now) - waiting.due_on).days if late and waiting.due_on is not None else 0,
        ),
    )


def allowed_to(case: Case, status: Status) -> Allowed:
    """What body and enterprise may do in `status`; an alert that is of no enterprise is not for one."""
    return Allowed.model_construct(
        supervision_body=list(allowed(case, status, ActorKind.SUPERVISION_BODY)),
        enterprise=list(allowed(case, status, ActorKind.ENTERPRISE)) if case.enterprise_code else [],
    )
