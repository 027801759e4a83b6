"""What waits for the roll-up: readings that are stored and not yet in the sums."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, Field

from services.core.calendar import SHANGHAI
from services.core.db.statements import Statements
from services.energy.wanted import Among

_SQL = Statements.beside(__file__, "pending.sql")

MOST_SEEN = 100_000
"""So many rows of a queue are looked at: in a backlog of millions an answer must not wait for their count."""


class PendingSums(BaseModel):
    """Readings of the scope that are stored and not yet in these sums."""

    slots: int = Field(description="Quarter hours of meters, in the range, that have new readings")
    meters: int = Field(description="Meters of which some wait, or which are booked again since the registry changed")
    since: datetime | None = Field(description="The earliest moment of the range whose sums may change")
    is_partial: bool = Field(
        description=f"More than {MOST_SEEN} quarter hours wait in all: the others were not looked at, and may be of"
        " this scope too"
    )


def pending_sums(connection: Connection, among: Among, *, start: datetime, end: datetime) -> dict[str, Any] | None:
    """What of these meters, in the range, waits for the roll-up, as PendingSums; None if nothing does."""
    meter_ids = among.meter_ids
    row = _SQL.run(
        connection,
        "pending",
        is_all=meter_ids is None,
        meter_ids=list(meter_ids or ()),
        start=start,
        end=end,
        most=MOST_SEEN,
    ).one()
    if not row.meters and not row.is_partial:
        return None
    since = None if row.since is None else row.since.astimezone(SHANGHAI)
    return {"slots": row.slots, "meters": row.meters, "since": since, "is_partial": row.is_partial}
