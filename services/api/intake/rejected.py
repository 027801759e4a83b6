"""The lists of what was rejected, and of how much of it is not kept."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, equal
from services.api.registry.fields import Code
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "rejected.sql")

_READING_COLUMNS: Mapping[str, Column] = {
    "id": Column(int),
    "received_at": Column(datetime),
    "gateway": Column(),
    "meter": Column(),
    "code": Column(),
    "retried_at": Column(datetime, nullable=True),
}
_MESSAGE_COLUMNS: Mapping[str, Column] = {
    "id": Column(int),
    "received_at": Column(datetime),
    "gateway": Column(nullable=True),
    "code": Column(),
    "payload_bytes": Column(int),
}
_DROPPED_COLUMNS: Mapping[str, Column] = {
    "day": Column(date),
    "gateway": Column(),
    "kind": Column(),
    "reason": Column(),
    "dropped": Column(int),
}
REJECTED_READINGS = Source(
    name="rejected_readings",
    select=SQL["rejected_readings"],
    usual=("-id",),
    columns=_READING_COLUMNS,
    grows=True,
    filters={
        "gateway": equal("gateway"),
        "meter": equal("meter"),
        "code": equal("code"),
        "outcome": Filter("coalesce(entry.outcome, 'open') = ANY(:outcome)"),
    },
)
REJECTED_MESSAGES = Source(
    name="rejected_messages",
    select=SQL["rejected_messages"],
    usual=("-id",),
    columns=_MESSAGE_COLUMNS,
    grows=True,
    filters={"gateway": equal("gateway"), "claimed": equal("claimed"), "code": equal("code")},
)
DROPPED = Source(
    name="dropped",
    select=SQL["dropped"],
    usual=("key",),
    columns={**_DROPPED_COLUMNS, "key": Column()},
    filters={"gateway": equal("gateway")},
)


class RejectedMessageQuery(ListQuery):
    """Which rejected messages, newest first."""

    gateway: Many[Code] | None = None
    claimed: Many[Code] | None = Field(None, description="Which gateway it names without proof")
    code: Many[Code] | None = Field(None, description="Why it was rejected")
    order: Annotated[list[str], OrderedBy(*_MESSAGE_COLUMNS)] = ORDER


class RejectedReadingQuery(ListQuery):
    """Which rejected readings, newest first."""

    gateway: Many[Code] | None = None
    code: Many[Code] | None = Field(None, description="Why it was rejected")
    meter: Many[Code] | None = None
    outcome: Many[Literal["open", "taken", "conflict", "refused"]] | None = Field(
        None, description="What became of it; open: not tried again"
    )
    order: Annotated[list[str], OrderedBy(*_READING_COLUMNS)] = ORDER


class DroppedQuery(ListQuery):
    """Of which gateways, newest day first."""

    gateway: Many[Code] | None = None
    order: Annotated[list[str], OrderedBy(*_DROPPED_COLUMNS)] = ORDER
