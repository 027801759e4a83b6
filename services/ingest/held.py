"""What foreign messages said and did not become readings: kept beside them, counted, and taken in later."""

import psycopg

from services.core.calendar import from_us, to_us
from services.core.db.statements import Statements
from services.ingest.foreign import BOOKED, UNKNOWN_UNIT
from services.ingest.message import TAKEN_IN, Decoded, Rejection
from services.ingest.points import NO_POINTS, MeterReading
from services.ingest.retry import Retried
from services.ingest.store import store
from services.ingest.validate import KnownRegistry, check

_sql = Statements.beside(__file__, "held.sql")


def take_in_held(
    connection: psycopg.Connection,
    known: KnownRegistry,
    *,
    gateway: str,
    point: str | None,
    most: int,
    now_us: int,
    writer: str,
    accept_flags: bool = False,
) -> Retried:
    """Store up to `most` held values of points that are meters by now, oldest first, and mark their rows, which stay.

    With `accept_flags` those too that are held for their flag: a person says that they are right. What cannot be taken
    is a rejected reading from then on. Storing and marking are two transactions, as those of rejected readings.
    Raises psycopg.Error.
    """
    with connection.transaction():
        asked = {"booked": sorted(BOOKED), "accept_flags": accept_flags, "most": most, "unknown_unit": UNKNOWN_UNIT}
        rows = list(_sql.run(connection, "open_held", gateway=gateway, point=point, **asked))
    mapped = known.points.get(gateway, NO_POINTS).mapped
    # The registry may have been read before the point was mapped or got its unit, or after it was removed: the next
    # call has them.
    rows = [row for row in rows if row.point in mapped and (row.unit != UNKNOWN_UNIT or mapped[row.point].unit)]
    if not rows:
        return Retried()
    tried = [
        mapped[row.point].reading(to_us(row.ts), row.value, unit=row.unit, flag=row.flag, stands_for=row.stands_for)
        for row in rows
    ]
    taken = [each for each in tried if isinstance(each, MeterReading)]
    rejected = [each for each in tried if isinstance(each, Rejection)]
    message = Decoded(
        gateway,
        None,
        [r.meter for r in taken],
        [r.at_us for r in taken],
        [r.value for r in taken],
        rejected,
        format=TAKEN_IN,
    )
    (answer,) = store(connection, [check(message, known, now_us=now_us)], writer=writer)
    with connection.transaction():
        outcomes = dict(
            _sql.run(
                connection,
                "note_held",
                ids=[row.held_id for row in rows],
                meters=[each.meter for each in tried],
                times=[from_us(each.at_us) if isinstance(each, MeterReading) else None for each in tried],
                values=[float(each.value) for each in tried],
            )
        )
    return Retried(
        stored=answer.stored,
        duplicate=max(0, outcomes.get("taken", 0) - answer.stored),
        conflict=outcomes.get("conflict", 0),
        refused=outcomes.get("refused", 0),
    )
