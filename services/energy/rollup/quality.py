"""What the roll-up and the quality of data tell each other: days to look at, and what does not count as measured."""

from collections.abc import Iterable

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import DAY_US, SHANGHAI_US
from services.core.db.arrays import IntegerParameters
from services.core.db.statements import Statements
from services.energy.past import BEFORE_DAYS

_sql = Statements.beside(__file__, "quality.sql")

Stretch = tuple[int, int]
"""[start, end), microseconds since 1970, on whole hours."""
_MOST_DAYS = 2**20
"""More than there are days from 1970 until the year 4800."""


def mark_due(
    connection: psycopg.Connection,
    dirty: Iterable[tuple[int, int]],
    changed: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> None:
    """Queue the days of these slots (meter, start in microseconds), and of changed hours (the same by column).

    With them go the days after them that have been checked by what was known of the days before.
    """
    pairs = np.array([*dirty], dtype=np.int64).reshape(-1, 2)
    meters, times = (np.concatenate(parts) for parts in zip((pairs[:, 0], pairs[:, 1]), *changed, strict=True))
    days = np.unique(np.abs(meters) * _MOST_DAYS + (times + SHANGHAI_US) // DAY_US)
    _sql.run(
        connection,
        "mark_due",
        meter_ids=IntegerParameters(days // _MOST_DAYS),
        day_numbers=IntegerParameters(days % _MOST_DAYS),
        before_days=BEFORE_DAYS,
    )


def collection_faults(connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, list[Stretch]]:
    """When a fault of the collection is known of these meters."""
    found: dict[int, list[Stretch]] = {}
    for meter_id, starts_us, ends_us in _sql.run(connection, "collection_faults", meter_ids=meter_ids):
        found.setdefault(meter_id, []).append((starts_us, ends_us))
    return found
