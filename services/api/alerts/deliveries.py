"""Messages and every attempt to send them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, get_args
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.alerts.routing.routing import MessageKind
from services.api.alerts import nouns
from services.api.alerts.fields import Channel, IdFilter, MessageStatus, Outcome, Reference
from services.api.alerts.model import reference
from services.api.alerts.subscription import shown_address
from services.api.database import Database
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Condition, Filter, Source, equal, parameters_of
from services.api.registry.fields import Code, CreditCode
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "deliveries.sql")
MOST_ALERTS_SHOWN = 20

_OF_ALERT = "entry.alert_ids @> ARRAY[CAST(:alert AS bigint)]"
_FILTERS: Mapping[str, Filter] = {
    "status": equal("status"),
    "channel": equal("channel"),
    "kind": equal("kind"),
    "body": equal("body_code", parameter="body"),
    "enterprise": equal("enterprise_code", parameter="enterprise"),
    "subscription": equal("subscription_id", parameter="subscription"),
    "alert": Filter(_OF_ALERT),
}
MESSAGES = Source(
    name="deliveries",
    select=SQL["messages"],
    usual=("-created_at", "-message_id"),
    columns={
        "created_at": Column(datetime),
        "message_id": Column(UUID),
        "finished_at": Column(datetime, nullable=True),
        "status": Column(),
        "channel": Column(),
        "attempts": Column(int),
    },
    filters=_FILTERS,
    names=SQL["names_of_entry"],
    grows=True,
)


class DeliveryQuery(ListQuery):
    """How the list of messages may be narrowed."""

    status: Many[MessageStatus] | None = None
    channel: Many[Channel] | None = None
    kind: Many[MessageKind] | None = None
    body: Many[Code] | None = Field(None, description="Supervision body")
    enterprise: Many[CreditCode] | None = Field(None, description="Told by its own subscription")
    subscription: Many[IdFilter] | None = None
    alert: IdFilter | None = None
    order: Annotated[list[str], OrderedBy("created_at", "finished_at", "status", "channel", "attempts")] = ORDER


class Attempt(BaseModel):
    """One attempt to send a message."""

    at: datetime
    outcome: Outcome
    detail: str
    seconds: float


class Delivery(BaseModel):
    """A message and the attempts to send it."""

    message_id: UUID = Field(description="The same at every attempt; of a webhook its webhook-id")
    kind: MessageKind
    status: MessageStatus = Field(description="dead: given up, last_error says why")
    subscription_id: int
    channel: str = Field(description="Channel, address and whom it tells: as they were when it was written")
    address: str
    body: Reference | None
    enterprise: Reference | None
    alert_ids: list[int] = Field(description="The first 20")
    alerts: int = Field(description="Of how many alerts it speaks")
    created_at: datetime
    not_before: datetime | None = Field(description="When it is sent next; null: it waits no more")
    finished_at: datetime | None
    attempts: int
    last_error: str | None = Field(description="Why the last attempt failed")
    history: list[Attempt] = Field(description="Every attempt, the oldest first")


class DeliveryDetail(Delivery):
    """A message with what it says."""

    content: dict[str, Any]


class DeliveryCounts(BaseModel):
    """How many messages the filters leave, over all pages."""

    messages: int
    status: dict[MessageStatus, int]


class DeliveryList(BaseModel):
    """Messages, the newest first."""

    counts: DeliveryCounts
    data: list[Delivery]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def deliveries_of(database: Database, query: DeliveryQuery) -> dict[str, Any]:
    """The page of messages that `query` asks for, as DeliveryList describes it."""
    with database.read() as connection:
        found = MESSAGES.page(connection, query)
        counts = _counts(connection, MESSAGES.wanted(connection, query), parameters_of(query.filters))
        data = _shown(connection, found.data)
    return {"counts": counts, "data": data, "next": found.next, "total": found.total}


def deliveries_of_alert(connection: Connection, alert_id: int, *, most: int) -> list[dict[str, Any]]:
    """The newest messages that speak of an alert."""
    return _shown(connection, MESSAGES.rows(connection, _OF_ALERT, {"alert": alert_id}, most=most))


def delivery_of(database: Database, message_id: UUID) -> DeliveryDetail:
    """One message. Raises Refused where there is none."""
    with database.read() as connection:
        rows = MESSAGES.rows(connection, "entry.message_id = :message_id", {"message_id": message_id}, most=1)
        if not rows:
            raise nouns.DELIVERY.refuse_unknown(str(message_id))
        return DeliveryDetail.model_construct(**_shown(connection, rows)[0], content=rows[0]["content"])


def _counts(connection: Connection, wanted: Sequence[Condition], parameters: Mapping[str, Any]) -> dict[str, Any]:
    found = {row["status"]: row["rows"] for row in MESSAGES.counted(connection, wanted, parameters, ("status",))}
    return {
        "messages": sum(found.values()),
        "status": {status: found.get(status, 0) for status in get_args(MessageStatus)},
    }


def _shown(connection: Connection, rows: Sequence[DictRow]) -> list[dict[str, Any]]:
    history: dict[UUID, list[Attempt]] = defaultdict(list)
    ids = [row["message_id"] for row in rows]
    for attempt in SQL.run(connection, "attempts", message_ids=ids).mappings():
        history[attempt["message_id"]].append(
            Attempt.model_construct(**{name: attempt[name] for name in Attempt.model_fields})
        )
    return [_of_row(row) | {"history": history[row["message_id"]]} for row in rows]


def _of_row(row: DictRow) -> dict[str, Any]:
    shown = {name: row[name] for name in Delivery.model_fields if name in row}
    return shown | {
        "address": shown_address(row["channel"], row["address"]),
        "body": reference(row, "body"),
        "enterprise": reference(row, "enterprise"),
        "alert_ids": row["alert_ids"][:MOST_ALERTS_SHOWN],
        "alerts": len(row["alert_ids"]),
    }
