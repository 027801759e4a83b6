"""From when on readings are kept: older ones are dropped, or are to be (services/retention)."""

from datetime import datetime
from typing import Any

import psycopg

from services.core.calendar import DAY_US, OPEN_START_US
from services.core.db.leading import LockKey, hold
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "reading_edge.sql")

NEVER_DROPPED_US = 700 * DAY_US
"""The last so much time is always kept, so of what is newer nobody need ask. The table holds every edge to it."""


def kept_from_us(connection: psycopg.Connection[Any]) -> int:
    """Microseconds since 1970; OPEN_START_US where all are kept. Raises psycopg.Error."""
    edge: int | None = _sql.run(connection, "kept_from").scalar_one()
    return OPEN_START_US if edge is None else edge


def kept_from_us_held(connection: psycopg.Connection[Any]) -> int:
    """The same, and nobody moves it until the end of the transaction."""
    _sql.run(connection, "hold_still", key=LockKey.READING_EDGE)
    return kept_from_us(connection)


def move_edge(connection: psycopg.Connection[Any], kept_from: datetime) -> None:
    """Keep readings from then on only; waits for those who store old ones. The transaction is to end at once."""
    hold(connection, LockKey.READING_EDGE)
    _sql.run(connection, "move", kept_from=kept_from)
