"""How many readings of a meter a slot may hold: what is beyond would hold up the roll-up of everybody's readings.

What stands is counted only where many come at once: of other slots hardly one is ever full.
"""

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import SLOT_US, from_us
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.chunks import CHUNK_US, parts_of
from services.core.db.statements import Statements
from services.ingest.message import Checked, Rejection

_sql = Statements.beside(__file__, "store.sql")

MOST_A_SLOT = 10_000
"""Eleven a second."""
_MANY = 30


def beyond_room(
    connection: psycopg.Connection, meter_id: NDArray[np.int64], ts_us: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which of these new readings, in order of meter and time, their slots have no room for."""
    slot = ts_us // SLOT_US
    begins = np.flatnonzero(np.append(True, (np.diff(meter_id) != 0) | (np.diff(slot) != 0)))
    sizes = np.diff(np.append(begins, len(ts_us)))
    beyond = np.zeros(len(ts_us), dtype=bool)
    crowds = np.flatnonzero(sizes > _MANY)
    if len(crowds):
        firsts = begins[crowds]
        held = _held(connection, meter_id[firsts], slot[firsts] * SLOT_US)
        for first, size, stored in zip(firsts, sizes[crowds], held, strict=True):
            beyond[first + max(0, MOST_A_SLOT - stored) : first + size] = True
    return beyond


def _held(connection: psycopg.Connection, meter_id: NDArray[np.int64], slot_us: NDArray[np.int64]) -> list[int]:
    """How many readings stand in these slots of meters, counted as far as matters."""
    held = [0] * len(slot_us)
    for part in parts_of(slot_us, slot_us + SLOT_US, chunk_us=CHUNK_US):
        found = _sql.run(
            connection,
            "held_in_slots",
            positions=IntegerParameters(part.places),
            meter_ids=IntegerParameters(meter_id[part.places]),
            slots=TimeParameters(slot_us[part.places]),
            from_ts=from_us(part.from_us),
            to_ts=from_us(part.to_us),
            most=MOST_A_SLOT,
        )
        for position, readings in found.tuples():
            held[position] = readings
    return held


def crowded(message: Checked, index: int) -> Rejection:
    """The rejection of a reading whose slot is full."""
    return Rejection(
        message.meters[index],
        message.times_us[index] // 1000,
        repr(message.values[index]),
        "crowded",
        f"the quarter of an hour holds {MOST_A_SLOT} readings of the meter; no more are taken",
    )
