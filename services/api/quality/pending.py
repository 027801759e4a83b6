"""What waits for the judgement of quality: days of meters that have readings and were not looked at yet."""

from datetime import date
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.quality.ask import ScopeConditions
from services.api.quality.scores import SQL

MOST_SEEN = 100_000
"""So many rows of the queue are looked at: in a backlog of millions an answer must not wait for their count."""


class PendingDays(BaseModel):
    """Days of meters of the scope that have readings and are in no score yet: they read as missing until they are."""

    meter_days: int = Field(description=f"How many, of the first {MOST_SEEN} rows that wait")
    since: date = Field(description="The earliest of these days")


def pending_days(connection: Connection, place: ScopeConditions, days: tuple[date, date]) -> dict[str, Any] | None:
    """What of the scope in [from, to) waits to be looked at, as PendingDays; None if nothing does."""
    row = SQL.run(
        connection,
        "unjudged",
        from_day=days[0],
        to_day=days[1],
        meter_ids=place.meter_ids,
        unit_ids=place.unit_ids,
        banners=place.banners,
        park_id=place.park_id,
        most=MOST_SEEN,
    ).one()
    return {"meter_days": row.meter_days, "since": row.since} if row.meter_days else None
