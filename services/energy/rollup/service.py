"""The roll-up process: takes dirty slots and changed meters, books them again, and keeps every sum above them exact.

One batch is one transaction. Several workers share the meters; each meter is at any time that of one of them.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psycopg
from prometheus_client import REGISTRY, start_http_server
from psycopg import Notify

from services.core.calendar import DAY_US, OPEN_END_US, OPEN_START_US, to_us
from services.core.clock import utc_now
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.effort import Effort, effort_of
from services.core.db.leading import LockKey, Turn, lead_until_told_to_stop
from services.core.db.roles import DatabaseRole
from services.core.db.sharing import ALL_PARTS, Alone, Share
from services.core.db.statements import Statements
from services.core.settings import Settings
from services.core.workers import Workers
from services.energy.booking.booking import Rebooking
from services.energy.rollup import metrics
from services.energy.rollup.adapt import TimeParameter, adapt, plan_by_time
from services.energy.rollup.fast_path import FastPath
from services.energy.rollup.lag import LagCollector
from services.energy.rollup.meters import Accounts, RolledMeter, RolledMeters
from services.energy.rollup.pace import BatchPace
from services.energy.rollup.quality import mark_due
from services.energy.rollup.queue import Queue, Slots
from services.energy.rollup.ranges import Bounds, DirtyRange, ranges_of
from services.energy.rollup.windows import rebook_all
from services.energy.rollup.writing import tell, write_energy, write_sums_of_meters, write_sums_of_places
from services.provenance.sealing import Sealing

log = logging.getLogger("rollup")

_sql = Statements.beside(__file__, "rollup.sql")

IDLE_S = 0.2
_WORKERS = Workers("rollup", workers="ENERMON_ROLLUP_WORKERS", port="ENERMON_ROLLUP_METRICS_PORT")


class RollUp:
    """Rolls up on one connection; `bounds` say how much of it goes into one batch, `effort` what a batch costs."""

    def __init__(
        self, connection: psycopg.Connection, bounds: Bounds | None = None, *, effort: Effort | None = None
    ) -> None:
        self._connection = connection
        self._effort = effort or effort_of(connection)
        self._bounds = bounds or Bounds()
        self._pace = BatchPace(self._bounds.dirty)
        self._queue = Queue(connection, self._bounds, self._pace)
        self._meters = RolledMeters()
        self._accounts = Accounts()
        self._fast_path = FastPath(connection, self._accounts)
        connection.prepare_threshold = 0
        adapt(connection)
        plan_by_time(connection)
        connection.commit()

    def once(self, parts: Sequence[int] = ALL_PARTS) -> int:
        """Roll up one batch of these parts in one transaction; how many dirty slots and changes it held.

        The connection holds the parts, or nobody else works.
        """
        if not parts:
            return 0
        with self._connection.transaction():
            return self._batch(parts)

    def _batch(self, parts: Sequence[int]) -> int:
        connection = self._connection
        now_us = to_us(utc_now())
        taken = self._queue.take(parts, now_us=now_us)
        if not taken:
            return 0
        started_s, effort_s = time.monotonic(), self._effort()
        taken = taken.with_other_directions(self._meters.both_ways(connection))
        dirty = np.array(taken.dirty, dtype=np.int64).reshape(-1, 2)
        ranges = ranges_of(dirty, taken.changed, end_us=now_us + DAY_US)
        meters = self._meters.of(connection, sorted({r.meter_id for r in ranges}))
        changed = {meter_id for meter_id, _ in taken.changed}
        fast, ranges = self._fast_path.book(ranges, dirty, meters, changed=changed)
        self._pace.went_fast(meters.keys() - {r.meter_id for r in ranges})
        groups, taken = self._queue.fitting(taken, ranges, meters)
        results, left = self._rebook(groups, meters)
        taken = self._queue.leave(left, taken)
        marked = self._write_marks(results)
        written = write_energy(connection, results, meters, partial(self._accounts.ids, connection), fast)
        gains = written.hours.gains()
        self._queue.add_changes(
            [(r.meter_id, b.unit_changed_from_us) for r, b in results if b.unit_changed_from_us is not None]
        )
        write_sums_of_meters(connection, gains)
        slots = written.slots
        others = [(each.meter_id, each.start_us) for each in (slots.added, slots.changed, slots.gone)]
        mark_due(connection, [*taken.dirty, *marked], others)
        tell(connection, slots)
        write_sums_of_places(connection, gains)
        metrics.ROLLED_UP_SLOTS.inc(len(taken.dirty))
        metrics.ROLLUP_S.observe(time.monotonic() - started_s)
        self._pace.batch_took(self._effort() - effort_s)
        overfull = sum(rebooking.booking.overfull for _, rebooking in results)
        if overfull:
            metrics.ROLLUP_OVERFULL.inc(overfull)
            log.warning("slots hold more than any meter can carry and are not booked", extra={"slots": overfull})
        return len(taken)

    def _rebook(
        self, groups: Sequence[list[DirtyRange]], meters: dict[int, RolledMeter]
    ) -> tuple[list[tuple[DirtyRange, Rebooking]], list[DirtyRange]]:
        """Book these groups again until the time of a batch is spent; the results, and the ranges that are left."""
        results: list[tuple[DirtyRange, Rebooking]] = []
        self._pace.begin()
        for number, group in enumerate(groups):
            effort_s = self._effort()
            booked = rebook_all(self._connection, group, meters)
            results += booked
            slots = sum(len(rebooking.booking.slots) for _, rebooking in booked)
            if not self._pace.group_took({r.meter_id for r in group}, self._effort() - effort_s, slots=slots):
                return results, [dirty for rest in groups[number + 1 :] for dirty in rest]
        return results, []

    def _write_marks(self, results: list[tuple[DirtyRange, Rebooking]]) -> Slots:
        """Write the marks of what was judged again; meters and times of those that are others than before."""
        old = _sql.run(
            self._connection,
            "replace_marks",
            meter_ids=IntegerParameters(r.meter_id for r, _ in results),
            afters=TimeParameters(_or(b.marks_after_us, OPEN_START_US) for _, b in results),
            untils=TimeParameters(_or(b.marks_to_us, OPEN_END_US) for _, b in results),
        ).tuples()
        stood = set(old)
        marks = [
            (r.meter_id, at_us, mark)
            for r, b in results
            for at_us, mark in b.booking.marks.items()
            if b.marks_after_us is None or at_us > b.marks_after_us
        ]
        if marks:
            _sql.run(
                self._connection,
                "add_marks",
                meter_ids=[m for m, _, _ in marks],
                times=[TimeParameter(at_us) for _, at_us, _ in marks],
                qualities=[int(mark) for _, _, mark in marks],
            )
        return [(meter_id, at_us) for meter_id, at_us, _ in stood ^ set(marks)]


def _or(moment_us: int | None, otherwise_us: int) -> int:
    return otherwise_us if moment_us is None else moment_us


@contextmanager
def rolling_up(
    connection: psycopg.Connection,
    *,
    bounds: Bounds | None = None,
    head_file: Path | None = None,
    head_file_every_s: float = 3600.0,
) -> Iterator[Turn]:
    """One batch of this worker's meters a turn; one of the workers seals."""
    rollup = RollUp(connection, bounds)
    sealing = Sealing(connection, head_file=head_file, head_file_every_s=head_file_every_s)
    with (
        Share(connection, LockKey.ROLLUP, of_parts=LockKey.ROLLUP_PART) as share,
        Alone(connection, LockKey.SEALING) as sealer,
    ):

        def turn(_told: Sequence[Notify]) -> float:
            worked = rollup.once(share.parts())
            if sealer.holds():
                sealing.when_due()
            return 0.0 if worked else IDLE_S

        yield turn


def run(settings: Settings) -> None:
    """Roll up in the foreground until SIGTERM or SIGINT, by so many workers as are set; waits for the database."""
    url = settings.database_url.get_secret_value()
    port, host, lag = settings.rollup_metrics_port, settings.metrics_host, LagCollector(url)
    if settings.rollup_workers > 1:
        _WORKERS.run(settings.rollup_workers, port=port, host=host, beside=lag)
        return
    if port:
        REGISTRY.register(lag)
        start_http_server(port, addr=host)
    begin = partial(rolling_up, head_file=settings.seal_head_file, head_file_every_s=settings.seal_head_file_every_s)
    lead_until_told_to_stop(LockKey.ROLLUP, url, begin, role=DatabaseRole.ROLLUP, shared=True)
