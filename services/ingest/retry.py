"""Takes in rejected readings that are not to be rejected any more.

Their meter was not registered with their gateway and is now, or their time of long ago is right after all.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from services.core.calendar import DAY_US, from_us, to_us
from services.core.db.statements import Statements
from services.ingest.message import TAKEN_IN, Decoded
from services.ingest.store import store
from services.ingest.validate import BEFORE_USE_US, KEEPS_DAYS, KnownRegistry, check

_sql = Statements.beside(__file__, "retry.sql")


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of kept readings: each is stored, duplicate, conflict or refused."""

    stored: int = 0
    duplicate: int = 0
    conflict: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _KeptReading:
    rejection_id: int
    gateway: str
    meter: str
    ts_us: int | None
    value: float


def retry(
    connection: psycopg.Connection,
    known: KnownRegistry,
    *,
    gateway: str | None,
    meter: str | None,
    most: int,
    now_us: int,
    writer: str,
    believe_old: bool = False,
) -> Retried:
    """Store up to `most` kept readings, oldest first, and mark their rows, which stay. Raises psycopg.Error.

    With `believe_old` those too that are held for their time: a person says that it is right.
    Storing and marking are two transactions: if it dies between them, the next one finds duplicates and marks them.
    """
    with connection.transaction():
        rows = _sql.run(
            connection,
            "kept_readings",
            gateway=gateway,
            meter=meter,
            most=most,
            believe_old=believe_old,
            before_use_days=BEFORE_USE_US // DAY_US,
            keeps_days=KEEPS_DAYS,
        )
        kept = [
            _KeptReading(
                row.rejection_id, row.gateway_code, row.meter_code, _time_us(row.ts_text), _value(row.value_text)
            )
            for row in rows
        ]
    if not kept:
        return Retried()
    by_gateway: dict[str, list[_KeptReading]] = defaultdict(list)
    for one in kept:
        by_gateway[one.gateway].append(one)
    checked = [
        check(_message(code, mine), known, now_us=now_us, believe_old=believe_old)
        for code, mine in sorted(by_gateway.items())
    ]
    # What is rejected again stands in its row already.
    answers = store(connection, [replace(message, rejected=()) for message in checked], writer=writer)
    with connection.transaction():
        outcomes = dict(
            _sql.run(
                connection,
                "note_outcomes",
                ids=[k.rejection_id for k in kept],
                meters=[k.meter for k in kept],
                times=[None if k.ts_us is None else from_us(k.ts_us) for k in kept],
                values=[k.value for k in kept],
            )
        )
    stored = sum(answer.stored for answer in answers)
    return Retried(
        stored=stored,
        duplicate=max(0, outcomes.get("taken", 0) - stored),
        conflict=outcomes.get("conflict", 0),
        refused=outcomes.get("refused", 0),
    )


def _message(gateway: str, kept: list[_KeptReading]) -> Decoded:
    timed = [(k.meter, k.ts_us, k.value) for k in kept if k.ts_us is not None]
    meters, times_us, values = [m for m, _, _ in timed], [t for _, t, _ in timed], [v for _, _, v in timed]
    return Decoded(gateway, None, meters, times_us, values, format=TAKEN_IN)


def _time_us(text: str) -> int | None:
    """The time as it is kept: epoch milliseconds, or with an offset; None if it cannot be read or written."""
    try:
        moment = from_us(int(text) * 1000) if text.isdecimal() and len(text) <= 15 else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return None if moment.tzinfo is None else to_us(moment)


def _value(text: str) -> float:
    """The number as it is kept; NaN, which nobody takes, if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
