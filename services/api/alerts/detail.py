"""One alert whole: what it stands on, what happened to it, who was told, and what is to be done."""

from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.alerts.state.handling import Actor
from services.api.alerts import nouns
from services.api.alerts.deliveries import Delivery, deliveries_of_alert
from services.api.alerts.fields import ReasonAnswer
from services.api.alerts.listing import ALERTS, SQL, deadlines
from services.api.alerts.model import Alert, reason_answers
from services.api.alerts.saying import shown
from services.api.database import Database

MOST_DELIVERIES = 200


class HistoryEntry(BaseModel):
    """Something that happened to an alert: an event of the alert service, or a step of a person."""

    at: datetime
    by: str = Field(description="service, supervision_body or enterprise")
    actor: str | None = Field(
        description="The account that took the step; before there were accounts: code of the body, or credit code"
    )
    actor_name: str | None = Field(description="What the account is called")
    kind: str = Field(description="fired, reopened, resolved, ... of the service; acknowledge, explain, ... of people")
    text: str | None
    due_on: date | None
    reference: str | None
    detail: dict[str, Any] = Field(description="What belongs to an event of the service")


class CannotJudge(BaseModel):
    """Since when and why its rule cannot judge its subject."""

    since: datetime
    reasons: list[ReasonAnswer]


class AlertDetail(Alert):
    """An alert with all that belongs to it."""

    rule_body: dict[str, Any] | None = Field(description="The rule in the version that judged it")
    evidence: dict[str, Any] = Field(
        description="Frozen when it fired: numbers, coverage, coefficient rows, range of readings"
    )
    cannot_judge: CannotJudge | None = Field(description="null: its subject can be judged, or is judged no more")
    history: list[HistoryEntry] = Field(description="In order of time")
    deliveries: list[Delivery] = Field(description="The newest 200 messages that speak of it, the newest first")


def alert_of(database: Database, alert_id: int, *, now: datetime) -> dict[str, Any]:
    """The alert as AlertDetail describes it. Raises Refused where there is none."""
    with database.read() as connection:
        deliveries = deliveries_of_alert(connection, alert_id, most=MOST_DELIVERIES)
        return whole(connection, alert_id, now=now) | {"deliveries": deliveries}


def whole(connection: Connection, alert_id: int, *, now: datetime) -> dict[str, Any]:
    """The same without the messages, which name addresses of people. Raises Refused where there is no such alert."""
    rows = ALERTS.rows(connection, "entry.alert_id = :alert_id", {"alert_id": alert_id, **deadlines()}, most=1)
    if not rows:
        raise nouns.ALERT.refuse_unknown(str(alert_id))
    row = rows[0]
    rule = SQL.run(connection, "rule_of_alert", rule=row["rule"], rule_version=row["rule_version"])
    return shown(connection, rows, now=now)[0] | {
        "rule_body": rule.scalar(),
        "evidence": row["evidence"],
        "cannot_judge": _cannot_judge(connection, alert_id),
        "history": _history(connection, alert_id),
    }


def _cannot_judge(connection: Connection, alert_id: int) -> dict[str, Any] | None:
    row = SQL.run(connection, "state_of_alert", alert_id=alert_id).mappings().first()
    if row is None or row["cannot_since"] is None:
        return None
    return {"since": row["cannot_since"], "reasons": reason_answers(row["cannot_reasons"])}


def _history(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """Events and steps in one order of time; what happened at once, the event first."""
    events = [_event(row) for row in SQL.run(connection, "events", alert_id=alert_id).mappings()]
    steps = [_step(row) for row in SQL.run(connection, "steps", alert_id=alert_id).mappings()]
    return sorted([*events, *steps], key=lambda entry: entry["at"])


def _event(row: DictRow) -> dict[str, Any]:
    nothing = dict.fromkeys(("actor", "actor_name", "text", "due_on", "reference"))
    return {"at": row["at"], "by": "service", "kind": row["kind"], "detail": row["detail"], **nothing}


def _step(row: DictRow) -> dict[str, Any]:
    actor = Actor.parse(row["actor"])
    return {
        "at": row["at"],
        "by": str(actor.kind),
        "actor": row["account"] or actor.code,
        "actor_name": row["display_name"],
        "kind": row["action"],
        **{name: row[name] for name in ("text", "due_on", "reference")},
        "detail": {},
    }
