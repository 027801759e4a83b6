"""Drops readings that are older than they are kept, chunk by chunk, so that everything that was sealed still holds.

The edge is moved first: from then on older readings are refused. What came before it is booked, judged and sealed; each
batch with a reading that goes is held against its digest; of each meter the last readings before the edge are carried,
from which those after it are counted; and of each batch that goes in part the digest of what stays is kept. Then, in
one transaction, the chunks go and the carried readings are put back. Killed at any point, it goes on when run again.
"""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from services.core.calendar import SHANGHAI, Grain, floor, from_us, months_before, to_us
from services.core.db.arrays import IntegerParameters
from services.core.db.connections import connect
from services.core.db.leading import LockKey, try_to_lead
from services.core.db.reading_edge import kept_from_us, move_edge
from services.core.progress import Progress
from services.energy.rollup.adapt import adapted
from services.energy.rollup.carried import carried_rows
from services.provenance.batches import recount
from services.provenance.digest import RemaindersDigest
from services.provenance.found import Differences
from services.retention.errors import RetentionError
from services.retention.remainders import SQL, Remainder, remainders

LEAST_MONTHS = 25
"""Intake need not ask for the edge of the last 700 days; the longest time that a gateway is believed is shorter."""
CONTEXT = timedelta(days=10)
"""So much at least before the edge is left to the last chunk whole: what is judged after it is judged by it."""
_LOCK_TRIES, _LOCK_TIMEOUT = 60, "2s"
_LOOK_S = 1.0
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class DueDrop:
    """What is to go; `bytes` are those of the chunks with their indexes, before anything is carried."""

    kept_from: datetime
    dropped_before: datetime
    chunks: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Retained:
    """What went, and what of it is there still: the readings carried, and in how many batches something stays."""

    due: DueDrop
    readings: int
    carried: int
    remainders: int


class ReadingRetention:
    """On one connection of the owner of the tables; one at a time works on a database."""

    def __init__(self, connection: psycopg.Connection, *, wait_s: float, progress: Progress) -> None:
        """`wait_s`: so long is waited for what services still have to do with readings that are to go."""
        self._connection = connection
        self._wait_s = wait_s
        self._progress = progress

    def due(self, *, months: int, now: datetime) -> DueDrop | None:
        """What is to go so that the last `months` whole months stay; None: nothing. Raises RetentionError."""
        connection = self._connection
        if not SQL.run(connection, "has_chunks").scalar_one():
            raise RetentionError("readings are dropped by the chunks of TimescaleDB, which this database does not have")
        edge_us = max(kept_from_us(connection), to_us(months_before(floor(now, Grain.MONTH), months)))
        kept_from = from_us(edge_us).astimezone(SHANGHAI)
        found = SQL.run(connection, "chunks", before=kept_from - CONTEXT).one()
        dropped_before = SQL.run(connection, "dropped_before").scalar_one()
        if not found.chunks or (dropped_before is not None and found.dropped_before <= dropped_before):
            return None
        return DueDrop(kept_from, found.dropped_before, found.chunks, found.bytes)

    def drop(self, due: DueDrop) -> Retained:
        """Drop it. Raises RetentionError with nothing dropped; psycopg.Error."""
        connection = self._connection
        if to_us(due.kept_from) > kept_from_us(connection):
            with connection.transaction():
                move_edge(connection, due.kept_from)
        self._wait_for_services(due)
        self._verify(due)
        self._carry(due)
        left = [*remainders(connection, dropped_before=due.dropped_before)]
        counted = SQL.run(connection, "counted", dropped_before=due.dropped_before).one()
        gone = counted.readings - counted.carried
        self._with_lock(lambda: self._replace(due, left, readings=gone, carried=counted.carried))
        SQL.run(connection, "begin_carrying")
        return Retained(due, gone, counted.carried, len(left))

    def _wait_for_services(self, due: DueDrop) -> None:
        by_s = time.monotonic() + self._wait_s
        given = {"kept_from": due.kept_from, "dropped_before": due.dropped_before}
        while True:
            waits = SQL.run(self._connection, "waits", **given).mappings().one()
            late = [service for service, is_waited_for in waits.items() if is_waited_for]
            if not late:
                return
            if time.monotonic() > by_s:
                raise RetentionError(
                    f"readings that are to go are not done with by: {', '.join(late)}. See whether these run"
                    " (enermon check says what waits), and run this again; nothing was dropped"
                )
            time.sleep(_LOOK_S)

    def _verify(self, due: DueDrop) -> None:
        differences = Differences()
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            first, last, readings = SQL.run(self._connection, "batches", dropped_before=due.dropped_before).one()
            if first is not None:
                recount(
                    self._connection,
                    differences,
                    first_batch=first,
                    last_batch=last,
                    readings=readings,
                    progress=self._progress,
                )
        if differences.count:
            told = "; ".join(differences.told[:_MOST_TOLD])
            raise RetentionError(
                f"readings are not those that were sealed, so none was dropped: {told}. enermon verify says all of it"
            )

    def _carry(self, due: DueDrop) -> None:
        connection = self._connection
        SQL.run(connection, "begin_carrying")
        meter_ids = SQL.run(connection, "meter_ids").scalars().all()
        with adapted(connection):
            for rows in carried_rows(connection, meter_ids, to_us(due.kept_from)):
                SQL.run(
                    connection,
                    "carry",
                    meter_ids=IntegerParameters(rows),
                    rows=IntegerParameters(rows.values()),
                    kept_from=due.kept_from,
                    dropped_before=due.dropped_before,
                )

    def _replace(self, due: DueDrop, left: list[Remainder], *, readings: int, carried: int) -> None:
        """The one transaction in which anything goes."""
        connection, digest = self._connection, RemaindersDigest()
        for each in left:
            digest.add(each.batch_id, each.readings, each.digest)
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            drop_id = SQL.run(
                connection,
                "record",
                edge_id=SQL.run(connection, "edge_id", kept_from=due.kept_from).scalar_one(),
                dropped_before=due.dropped_before,
                readings=readings,
                carried=carried,
                remainders=len(left),
                digest=digest.digest(),
            ).scalar_one()
            with connection.cursor() as cursor, cursor.copy("COPY batch_remainder FROM STDIN") as copy:
                for each in left:
                    copy.write_row((drop_id, each.batch_id, each.readings, each.digest))
            SQL.run(connection, "drop_chunks", dropped_before=due.dropped_before)
            SQL.run(connection, "put_back")

    def _with_lock(self, work: Callable[[], None]) -> None:
        """Services go on meanwhile: who does not get a lock soon lets the others pass, and tries again."""
        for _ in range(_LOCK_TRIES):
            try:
                work()
            except psycopg.errors.LockNotAvailable:
                time.sleep(_LOOK_S)
            else:
                return
        raise RetentionError("readings are in use all the time, so their chunks could not be dropped; run this again")


def retain(
    database_url: str, *, months: int, now: datetime, wait_s: float, dry_run: bool, progress: Progress
) -> DueDrop | Retained | None:
    """Keep the readings of the last `months` whole months; what went, with `dry_run` what would, or None: nothing.

    The login must own the tables. Raises RetentionError with nothing dropped; psycopg.Error.
    """
    if months < LEAST_MONTHS:
        raise RetentionError(f"{months} months are too few: at least {LEAST_MONTHS} are always kept")
    with closing(connect(database_url, role=None, application_name="enermon retain")) as connection:
        connection.autocommit = True
        if not try_to_lead(connection, LockKey.RETAINING):
            raise RetentionError("another enermon retain is at work on this database")
        retention = ReadingRetention(connection, wait_s=wait_s, progress=progress)
        due = retention.due(months=months, now=now)
        return due if due is None or dry_run else retention.drop(due)
