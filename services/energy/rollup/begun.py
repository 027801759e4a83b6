"""Which meters have readings before a moment, told for many new ones at once: all older chunks are to be looked at."""

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.db.arrays import IntegerParameters
from services.core.db.statements import Statements
from services.energy.rollup.adapt import TimeParameter

_sql = Statements.beside(__file__, "begun.sql")

Whole = NDArray[np.int64]


def begun_before(connection: psycopg.Connection, meter_ids: Whole, before_us: int) -> Whole:
    """Those of the meters that have a reading before the moment.

    Of meters of which nothing was booked yet there is mostly none: that is seen of all of them in one scan. Only where
    it is not so each is looked at.
    """
    before = TimeParameter(before_us)
    numbers = np.unique(meter_ids)
    old = _found(connection, "booked_before", numbers, before)
    new = numbers[~np.isin(numbers, old)]
    asked = old
    if len(new) and _sql.run(connection, "any_before", meter_ids=IntegerParameters(new), before_ts=before).scalar_one():
        asked = numbers
    return _found(connection, "each_before", asked, before)


def _found(connection: psycopg.Connection, statement: str, meter_ids: Whole, before: TimeParameter) -> Whole:
    if not len(meter_ids):
        return meter_ids
    found = _sql.run(connection, statement, meter_ids=IntegerParameters(meter_ids), before_ts=before)
    return np.array(found.scalars().all(), dtype=np.int64)
