"""Messages and every attempt to send them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.api.alerts import nouns
from services.api.alerts.fields import Channel, IdFilter, MessageKind, MessageStatus, Outcome, Reference
from services.api.alerts.model import reference
from services.api.alerts.statements import Statements
from services.api.alerts.subscription import shown_address
from services.api.database import Database
from services.api.paging import PageQuery, cursor_after, key_of_cursor
from services.api.registry.fields import Code, CreditCode
from services.api.registry.filters import Filter, equal
from services.core.db.statements import run_text

SQL = Statements("deliveries.sql")
MOST_ALERTS_SHOWN = 20
_LIST = "deliveries"

FILTERS: Mapping[str, Filter] = {
    "status": equal("status"),
    "channel": equal("channel"),
    "kind": equal("kind"),
    "body": equal("body_code", parameter="body"),
    "enterprise": equal("enterprise_code", parameter="enterprise"),
    "subscription": equal("subscription_id", parameter="subscription"),
    "alert": Filter("entry.alert_ids @> ARRAY[CAST(%(alert)s AS bigint)]"),
}


class DeliveryQuery(PageQuery):
    """How the list of messages may be narrowed."""

    status: MessageStatus | None = None
    channel: Channel | None = None
    kind: MessageKind | None = None
    body: Code | None = Field(None, description="Supervision body")
    enterprise: CreditCode | None = Field(None, description="Told by its own subscription")
    subscription: IdFilter | None = None
    alert: IdFilter | None = None


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
    channel: Channel = Field(description="Channel, address and whom it tells: as they were when it was written")
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


def deliveries_of(database: Database, query: DeliveryQuery) -> dict[str, Any]:
    """The page of messages that `query` asks for, as DeliveryList describes it."""
    given = query.filters
    parameters: dict[str, Any] = dict(given)
    conditions = [FILTERS[name].condition for name in given]
    with database.read() as connection:
        for name, value in given.items():
            FILTERS[name].require_known(connection, name, value)
        counts = _counts(connection, " AND ".join(conditions) or "true", parameters)
        if query.cursor is not None:
            after = key_of_cursor(query.cursor, of=_LIST, filters=given)
            parameters["after_created_at"], _, parameters["after_id"] = after.partition("/")
            conditions.append(
                "(entry.created_at, entry.message_id) < (%(after_created_at)s, CAST(%(after_id)s AS uuid))"
            )
        rows = _rows(connection, " AND ".join(conditions) or "true", parameters | {"row_limit": query.limit + 1})
        more, rows = len(rows) > query.limit, rows[: query.limit]
        data = _shown(connection, rows)
    last = f"{rows[-1]['created_at'].isoformat()}/{rows[-1]['message_id']}" if more else ""
    following = cursor_after(last, of=_LIST, filters=given) if more else None
    return {"counts": counts, "data": data, "next": following}


def deliveries_of_alert(connection: Connection, alert_id: int, *, most: int) -> list[dict[str, Any]]:
    """The newest messages that speak of an alert."""
    return _shown(connection, _rows(connection, FILTERS["alert"].condition, {"alert": alert_id, "row_limit": most}))


def delivery_of(database: Database, message_id: UUID) -> DeliveryDetail:
    """One message. Raises Refused where there is none."""
    with database.read() as connection:
        rows = _rows(connection, "entry.message_id = %(message_id)s", {"message_id": message_id, "row_limit": 1})
        if not rows:
            raise nouns.DELIVERY.refuse_unknown(str(message_id))
        return DeliveryDetail.model_construct(**_shown(connection, rows)[0], content=rows[0]["content"])


def _rows(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> Sequence[DictRow]:
    statement = (
        "SELECT entry.*, named.* FROM ("  # noqa: S608 - put together from this program's own parts
        f"SELECT * FROM ({SQL['messages']}) AS entry WHERE {condition}"
        " ORDER BY created_at DESC, message_id DESC LIMIT %(row_limit)s"
        f") AS entry {SQL['names_of_entry']} ORDER BY entry.created_at DESC, entry.message_id DESC"
    )
    return run_text(connection, statement, parameters).mappings().all()


def _counts(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    statement = (
        f"SELECT status, count(*) AS messages FROM ({SQL['messages']}) AS entry"  # noqa: S608 - own parts
        f" WHERE {condition} GROUP BY status"
    )
    found = {row["status"]: row["messages"] for row in run_text(connection, statement, parameters).mappings()}
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
