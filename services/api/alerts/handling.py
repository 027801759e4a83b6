"""The handling of one alert in the database: what is to be done, and a step taken."""

from collections.abc import Sequence
from datetime import date, datetime

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.alerts.rules.rule import Severity
from services.alerts.state.deadlines import STANDARD
from services.alerts.state.handling import (
    IN_CHINESE,
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
from services.alerts.state.lateness import due
from services.api.access.principal import Principal
from services.api.alerts import nouns
from services.api.database import Database
from services.api.errors import INVALID_BODY, Refused, refused_fields
from services.api.reasons import Fault
from services.api.registry.fields import Day, Entry, Lines, Note
from services.core.db.leading import LockKey
from services.core.db.statements import Statements
from services.core.reason import InBoth

SQL = Statements.beside(__file__, "alerts.sql")
EXAMPLE: JsonDict = {
    "action": "plan",
    "text": "6 月底前完成余热回收改造",
    "due_on": "2026-06-30",
    "reference": "整改方案〔2026〕3 号",
}

_FIELD_OF_REFUSAL = {
    "text_missing": "text",
    "reference_missing": "reference",
    "due_on_missing": "due_on",
    "due_on_far": "due_on",
    "due_on_past": "due_on",
    "due_on_not_used": "due_on",
}
_KIND_OF_REFUSAL = {"still_firing": nouns.STILL_FIRING}


class StepEntry(Entry):
    """A step as it is taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    action: Action
    text: Lines | None = Field(
        None, description="Of one line or several; demanded with explain, plan, reopen and comment"
    )
    due_on: Day | None = Field(None, description="With plan: the day by which it is carried out")
    reference: Note | None = Field(None, description="Number or address of an attachment; demanded with attach")


class Allowed(BaseModel):
    """What each kind of actor may do now."""

    supervision_body: list[Action]
    enterprise: list[Action]


class DueStep(BaseModel):
    """What is to be done next, and by when."""

    action: Action
    due_on: date | None = Field(description="Last day, in Asia/Shanghai; null: no time is set")
    overdue: bool


class Handling(BaseModel):
    """How far the handling of an alert has come."""

    status: Status
    since: datetime
    allowed: Allowed
    due: DueStep | None = Field(description="null: it is closed")


class StepTaken(BaseModel):
    """A step, and how the handling stands after it."""

    step_id: int
    alert_id: int
    at: datetime
    handling: Handling


def steps_of(connection: Connection, alert_id: int) -> list[HandlingStep]:
    """The steps of an alert in the order in which they were taken."""
    rows = SQL.run(connection, "steps", alert_id=alert_id).mappings()
    return [
        HandlingStep(
            at=row["at"],
            actor=Actor.parse(row["actor"]),
            action=Action(row["action"]),
            text=row["text"],
            due_on=row["due_on"],
            reference=row["reference"],
        )
        for row in rows
    ]


def handling_of(connection: Connection, alert_id: int, steps: Sequence[HandlingStep], *, now: datetime) -> Handling:
    """How the handling of an alert stands at `now`. Raises Refused where there is no such alert."""
    return _handling(_case(_facts(connection, alert_id)), steps, now)


def take_step(database: Database, alert_id: int, entry: StepEntry, acting: Principal, *, now: datetime) -> StepTaken:
    """Take a step. Raises Refused where there is no such alert, or the step is not allowed or lacks something.

    An alert that is neither of the enterprise nor of an area of the account is not seen, and so not known.

    Steps of one alert follow one another, so that the second of two at once is judged by what the first has done.
    """
    with database.write() as connection:
        SQL.run(connection, "hold_steps", family=LockKey.ALERT_STEP, alert_id=alert_id)
        case = _case(_facts(connection, alert_id))
        steps = steps_of(connection, alert_id)
        # Clocks of several servers may differ; the order of steps is that of their times.
        at = max([now, *(step.at for step in steps)])
        given = entry.model_dump(include={"action", "text", "due_on", "reference"})
        step = HandlingStep(at=at, actor=_actor(acting), **given)
        try:
            take(case, steps, step)
        except StepRefusedError as refusal:
            raise _refused(refusal, case, steps, step) from None
        written = given | {"actor": str(step.actor), "action": str(step.action)}
        step_id = SQL.run(connection, "append_step", alert_id=alert_id, at=at, **written).scalar_one()
    handling = _handling(case, [*steps, step], now)
    return StepTaken.model_construct(step_id=step_id, alert_id=alert_id, at=at, handling=handling)


def _facts(connection: Connection, alert_id: int) -> DictRow:
    facts = SQL.run(connection, "case", alert_id=alert_id).mappings().first()
    if facts is None:
        raise nouns.ALERT.refuse_unknown(str(alert_id))
    return facts


def _case(facts: DictRow) -> Case:
    return Case(
        severity=Severity(facts["severity"]),
        fired_at=facts["fired_at"],
        resolved_at=facts["resolved_at"],
        reopened_at=facts["reopened_at"],
        enterprise_code=facts["enterprise_code"],
        level=facts["level"] or "banner",
    )


def _handling(case: Case, steps: Sequence[HandlingStep], now: datetime) -> Handling:
    now_at, waiting = standing(case, steps), due(case, steps)
    late = waiting is not None and waiting.overdue(now)
    return Handling.model_construct(
        status=now_at.status,
        since=now_at.since,
        allowed=_allowed(case, now_at.status),
        due=None
        if waiting is None
        else DueStep.model_construct(action=waiting.action, due_on=waiting.due_on, overdue=late),
    )


def _allowed(case: Case, status: Status) -> Allowed:
    return Allowed.model_construct(
        supervision_body=list(allowed(case, status, ActorKind.SUPERVISION_BODY)),
        enterprise=list(allowed(case, status, ActorKind.ENTERPRISE)) if case.enterprise_code else [],
    )


def _actor(acting: Principal) -> Actor:
    """An account of an enterprise acts for it; any other that may take steps is of a supervision body."""
    enterprise = acting.reach.enterprise
    if enterprise is not None:
        return Actor(ActorKind.ENTERPRISE, enterprise)
    return Actor(ActorKind.SUPERVISION_BODY, acting.name)


def _refused(refusal: StepRefusedError, case: Case, steps: Sequence[HandlingStep], step: HandlingStep) -> Refused:
    if refusal.code in _FIELD_OF_REFUSAL:
        mentions = {
            "action": InBoth(step.action, IN_CHINESE[step.action]),
            "due_on": step.due_on,
            "years": STANDARD.plan_most_years,
        }
        return refused_fields(INVALID_BODY, [Fault(_FIELD_OF_REFUSAL[refusal.code], refusal.code, mentions)])
    may = _allowed(case, standing(case, steps).status).model_dump(mode="json")
    kind = _KIND_OF_REFUSAL.get(refusal.code, nouns.STEP_NOT_ALLOWED)
    return Refused(kind, str(refusal), detail_zh=refusal.detail_zh, allowed=may)
