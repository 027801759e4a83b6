"""What would be read otherwise if a gateway were moved to another version of its profile: tried on kept messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.registry.profiles import SQL, TriedValue, told_values
from services.core.calendar import to_us
from services.ingest.message import UnreadableMessage
from services.ingest.profiles.decode import Came
from services.ingest.profiles.trial import ProfileTrial, TrialValue, tried

_MOST_TOLD = 50


class MovedMessage(BaseModel):
    """A kept message that the other version reads otherwise."""

    received_at: datetime
    source: str = Field(description="Its topic, or http")
    gone: list[TriedValue] = Field(description=f"Values that are not read so any more; the first {_MOST_TOLD}")
    added: list[TriedValue] = Field(description=f"Values that are read instead, or besides; the first {_MOST_TOLD}")
    rejected_before: int = Field(description="Values that cannot be read")
    rejected_after: int
    nothing_before: str | None = Field(description="Why it yields nothing, or cannot be read; null: it yields values")
    nothing_after: str | None


class MoveTrial(BaseModel):
    """Both versions on the kept messages of a gateway. Nothing is changed by it."""

    profile: str
    version: int | None = Field(description="Tried against the one that the gateway has; null: it is not kept yet")
    messages: int = Field(description="Kept messages that were tried; 0: there are none yet")
    same: int = Field(description="Messages that say the same by both")
    changed: list[MovedMessage]


def tried_on_kept(connection: Connection, code: str, before: Any, after: Any) -> tuple[int, list[MovedMessage]]:
    """How many messages of the gateway are kept, and those that the document `after` reads otherwise."""
    rows = SQL.run(connection, "kept_messages", code=code).all()
    return len(rows), [changed for row in rows if (changed := _changed(row, code, before, after)) is not None]


def _changed(row: Any, code: str, before: Any, after: Any) -> MovedMessage | None:
    topic = None if row.source == "http" else row.source
    came = Came(to_us(row.received_at), topic, row.retained)
    one, other = _read(before, code, row.payload, came), _read(after, code, row.payload, came)
    if one == other:
        return None
    (was, why_before), (now, why_after) = one, other
    return MovedMessage(
        received_at=row.received_at,
        source=row.source,
        gone=told_values(_beside(was, now)[:_MOST_TOLD]),
        added=told_values(_beside(now, was)[:_MOST_TOLD]),
        rejected_before=len(was.rejected) if was else 0,
        rejected_after=len(now.rejected) if now else 0,
        nothing_before=why_before,
        nothing_after=why_after,
    )


def _read(document: Any, code: str, payload: bytes, came: Came) -> tuple[ProfileTrial | None, str | None]:
    try:
        trial = tried(document, code, payload, came)
    except UnreadableMessage as reason:
        return None, f"{reason.code}: {reason.detail}"
    return trial, trial.nothing or None


def _beside(one: ProfileTrial | None, other: ProfileTrial | None) -> Sequence[TrialValue]:
    """Values of the one that the other does not have, in their order."""
    known = set(other.values) if other else set()
    return [value for value in one.values if value not in known] if one else []
