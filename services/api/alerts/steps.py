"""Steps of handling as they are taken: of one alert, or of many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from psycopg import Connection
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.alerts.notify.case import case_of, steps_of
from services.alerts.state.deadlines import STANDARD
from services.alerts.state.handling import (
    IN_CHINESE,
    Action,
    Actor,
    ActorKind,
    Case,
    HandlingStep,
    StepRefusedError,
    standing,
    take,
)
from services.api.access.principal import Principal
from services.api.alerts import nouns
from services.api.alerts.fields import MOST_ID
from services.api.alerts.handling import Allowed, Handling, allowed_to, handling
from services.api.database import Database
from services.api.errors import INVALID_BODY, Problem, Refused, details_of, refused_fields
from services.api.reasons import Fault
from services.api.registry.fields import Day, Entry, Lines, Note
from services.core.db.leading import LockKey
from services.core.db.statements import Statements
from services.core.reason import InBoth

SQL = Statements.beside(__file__, "alerts.sql")
MOST_AT_ONCE = 200
EXAMPLE: JsonDict = {
    "action": "plan",
    "text": "6 月底前完成余热回收改造",
    "due_on": "2026-06-30",
    "reference": "整改方案〔2026〕3 号",
}
EXAMPLE_OF_MANY: JsonDict = {"alert_ids": [1, 2], "action": "acknowledge", "all_or_none": False}

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


class StepsEntry(StepEntry):
    """The same step of many alerts."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_OF_MANY]})

    alert_ids: list[Annotated[int, Field(strict=True, ge=1, le=MOST_ID)]] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="Each counts once"
    )
    all_or_none: bool = Field(
        False, strict=True, description="Take none where one is refused; else those that are allowed are taken"
    )


class StepTaken(BaseModel):
    """A step, and how the handling stands after it."""

    step_id: int
    alert_id: int
    at: datetime
    handling: Handling


class StepProblem(Problem):
    """Why the step of one alert was refused."""

    detail_zh: str | None = None
    allowed: Allowed | None = Field(None, description="With step_not_allowed and still_firing: what is allowed")


class StepAnswer(BaseModel):
    """What became of the step of one alert: taken, or the problem with which it was refused."""

    alert_id: int
    taken: StepTaken | None = Field(description="null: it was not taken")
    problem: StepProblem | None = Field(
        description="As the step alone is refused; null: it was taken, or left out because another was refused"
    )


class StepsTaken(BaseModel):
    """What became of the steps, in the order in which they were asked for."""

    taken: int
    refused: int
    data: list[StepAnswer]


@dataclass(frozen=True, slots=True)
class _Tried:
    """A step that may be taken, or why it may not."""

    alert_id: int
    case: Case | None = None
    before: Sequence[HandlingStep] = ()
    step: HandlingStep | None = None
    refusal: Refused | None = None


def take_step(database: Database, alert_id: int, entry: StepEntry, acting: Principal, *, now: datetime) -> StepTaken:
    """Take a step. Raises Refused where there is no such alert, or the step is not allowed or lacks something.

    An alert that is neither of the enterprise nor of an area of the account is not seen, and so not known.
    """
    with database.write() as connection:
        (tried,) = _tried(connection, [alert_id], entry, acting, now)
        if tried.refusal is not None:
            raise tried.refusal
        return _written(connection, [tried], entry, now)[alert_id]


def take_steps(database: Database, entry: StepsEntry, acting: Principal, *, now: datetime) -> StepsTaken:
    """Take the same step of many alerts: of each that allows it, or of all or none."""
    alert_ids = list(dict.fromkeys(entry.alert_ids))
    with database.write() as connection:
        tried = _tried(connection, alert_ids, entry, acting, now)
        refused = {each.alert_id: each.refusal for each in tried if each.refusal is not None}
        may_be = [] if refused and entry.all_or_none else [each for each in tried if each.refusal is None]
        taken = _written(connection, may_be, entry, now)
    answers = [
        StepAnswer.model_construct(
            alert_id=number,
            taken=taken.get(number),
            problem=_problem(refused[number], number) if number in refused else None,
        )
        for number in alert_ids
    ]
    return StepsTaken.model_construct(taken=len(taken), refused=len(refused), data=answers)


def _problem(refusal: Refused, alert_id: int) -> StepProblem:
    return StepProblem.model_validate(details_of(refusal, instance=f"/api/v1/alerts/{alert_id}/steps"))


def _tried(
    connection: Connection, alert_ids: Sequence[int], entry: StepEntry, acting: Principal, now: datetime
) -> list[_Tried]:
    """The step of each alert, held against its rules.

    Steps of one alert follow one another, so that the second of two at once is judged by what the first has done.
    """
    SQL.run(connection, "hold_steps", family=LockKey.ALERT_STEP, alert_ids=sorted(alert_ids))
    rows = {row["alert_id"]: row for row in SQL.run(connection, "cases", alert_ids=list(alert_ids)).mappings()}
    return [_tried_on(number, rows.get(number), entry, acting, now) for number in alert_ids]


def _tried_on(
    alert_id: int, row: Mapping[str, Any] | None, entry: StepEntry, acting: Principal, now: datetime
) -> _Tried:
    if row is None:
        return _Tried(alert_id, refusal=nouns.ALERT.refuse_unknown(str(alert_id)))
    case, steps = case_of(row), steps_of(row)
    # Clocks of several servers may differ; the order of steps is that of their times.
    at = max([now, *(step.at for step in steps)])
    given = entry.model_dump(include={"action", "text", "due_on", "reference"})
    step = HandlingStep(at=at, actor=_actor(acting), **given)
    try:
        take(case, steps, step)
    except StepRefusedError as refusal:
        return _Tried(alert_id, refusal=_refused(refusal, case, steps, step))
    return _Tried(alert_id, case, steps, step)


def _written(connection: Connection, tried: Sequence[_Tried], entry: StepEntry, now: datetime) -> dict[int, StepTaken]:
    """The steps, stored, by the alert of each."""
    rows = [
        {
            "alert_id": each.alert_id,
            "at": each.step.at.isoformat(),
            "actor": str(each.step.actor),
            "action": str(entry.action),
            "text": entry.text,
            "due_on": entry.due_on and entry.due_on.isoformat(),
            "reference": entry.reference,
        }
        for each in tried
        if each.step is not None
    ]
    stored = SQL.run(connection, "append_steps", rows=Jsonb(rows)).mappings()
    numbers = {row["alert_id"]: row["step_id"] for row in stored}
    return {
        each.alert_id: StepTaken.model_construct(
            step_id=numbers[each.alert_id],
            alert_id=each.alert_id,
            at=each.step.at,
            handling=handling(each.case, [*each.before, each.step], now),
        )
        for each in tried
        if each.step is not None and each.case is not None
    }


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
    may = allowed_to(case, standing(case, steps).status).model_dump(mode="json")
    kind = _KIND_OF_REFUSAL.get(refusal.code, nouns.STEP_NOT_ALLOWED)
    return Refused(kind, str(refusal), detail_zh=refusal.detail_zh, allowed=may)
