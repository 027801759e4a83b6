"""What the roll-up and the quality of data tell each other: days to look at, and what does not count as measured."""

from collections.abc import Iterable
from datetime import timedelta

import psycopg

from services.core.calendar import DAY_US, SHANGHAI
from services.core.db.statements import Statements
from services.energy.past import BEFORE_DAYS
from services.energy.rollup.adapt import IntegerParameters

_sql = Statements.beside(__file__, "quality.sql")

Stretch = tuple[int, int]
"""[start, end), microseconds since 1970, on whole hours."""
_OFFSET_US = SHANGHAI.utcoffset(None) // timedelta(microseconds=1)


def mark_due(connection: psycopg.Connection, dirty: Iterable[tuple[int, int]]) -> None:
    """Put the days of these slots (meter, start in microseconds), and of the hours just booked anew, into the queue.

    With them go the days after them that have been checked by what was known of the days before.
    """
    days = sorted({(abs(meter_id), (slot_us + _OFFSET_US) // DAY_US) for meter_id, slot_us in dirty})
    _sql.run(
        connection,
        "mark_due",
        meter_ids=IntegerParameters(m for m, _ in days),
        day_numbers=IntegerParameters(day for _, day in days),
        before_days=BEFORE_DAYS,
    )


def collection_faults(connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, list[Stretch]]:
    """When a fault of the collection is known of these meters."""
    found: dict[int, list[Stretch]] = {}
    for meter_id, starts_us, ends_us in _sql.run(connection, "collection_faults", meter_ids=meter_ids):
        found.setdefault(meter_id, []).append((starts_us, ends_us))
    return found
