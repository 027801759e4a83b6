"""The roll-up process: takes dirty slots and changed meters, books them again, and keeps every sum above them exact.

One batch is one transaction. Several workers share the meters; each meter is at any time that of one of them.
"""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psycopg
from prometheus_client import REGISTRY, start_http_server
from psycopg import Notify

from services.core.calendar import DAY_US, from_us, to_us
from services.core.clock import utc_now
from services.core.db.effort import Effort, effort_of
from services.core.db.leading import LockKey, Turn, lead_until_told_to_stop
from services.core.db.roles import DatabaseRole
from services.core.db.sharing import ALL_PARTS, Alone, Share
from services.core.host_metrics import HostCollector
from services.core.settings import Settings
from services.core.workers import Workers
from services.energy.rollup import metrics
from services.energy.rollup.adapt import adapt, plan_by_time
from services.energy.rollup.aside import Aside
from services.energy.rollup.booked import BookedWriter, unit_changes
from services.energy.rollup.fast_path import FastPath
from services.energy.rollup.lag import LagCollector
from services.energy.rollup.meters import Accounts, RolledMeter, RolledMeters, read_of
from services.energy.rollup.pace import BatchPace
from services.energy.rollup.queue import Queue, Taken
from services.energy.rollup.ranges import Bounds, DirtyRange, ranges_of
from services.energy.rollup.windows import Results, rebook_small
from services.provenance.sealing import Sealing

log = logging.getLogger("rollup")

IDLE_S = 0.2
# A batch whose answer from the database is there gets its turn beside what is judged after so long (5 ms unless told).
_SWITCH_S = 0.0005
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
        accounts = Accounts()
        self._fast_path = FastPath(connection, accounts)
        self._writer = BookedWriter(connection, accounts)
        self._aside = Aside(
            connection,
            self._bounds,
            pace=self._pace,
            queue=self._queue,
            meters=self._meters,
            writer=self._writer,
        )
        self._was_live = self._was_aside = False
        connection.prepare_threshold = 0
        adapt(connection)
        plan_by_time(connection)
        connection.commit()

    def once(self, parts: Sequence[int] = ALL_PARTS) -> int:
        """Roll up one batch of these parts in one transaction; how many dirty slots and changes it held.

        Or a piece of what is done aside, which counts as one. The connection holds the parts, or nobody else works.
        """
        self._aside.keep_to(parts)
        if not parts:
            return 0
        try:
            with self._connection.transaction():
                done = self._turn(parts)
        except BaseException:
            self._aside.give_up()
            raise
        return done or int(self._aside.wait())

    def _turn(self, parts: Sequence[int]) -> int:
        """What is live, and else in turn what is late and what is done aside."""
        now_us = to_us(utc_now())
        waiting = self._queue.waiting(parts)
        for is_live in (not self._was_live, self._was_live):
            if is_live:
                taken = self._queue.take_live(waiting, now_us=now_us)
            elif self._take_turn_aside():
                self._was_live = False
                return 1
            else:
                taken = self._queue.take_late(parts, waiting, now_us=now_us)
            if taken:
                self._was_live = is_live
                return self._batch(taken, now_us=now_us)
        return int(self._aside.step())

    def _take_turn_aside(self) -> bool:
        self._was_aside = not self._was_aside and self._aside.step()
        return self._was_aside

    def _batch(self, taken: Taken, *, now_us: int) -> int:
        connection = self._connection
        started_s, effort_s = time.monotonic(), self._effort()
        taken = taken.with_other_directions(self._meters.both_ways(connection))
        dirty = np.array(taken.dirty, dtype=np.int64).reshape(-1, 2)
        ranges = ranges_of(dirty, taken.changed, end_us=now_us + DAY_US)
        meters = self._meters.of(connection, sorted({r.meter_id for r in ranges}))
        changed = {meter_id for meter_id, _ in taken.changed}
        fast, ranges = self._fast_path.book(ranges, dirty, meters, changed=changed)
        self._pace.went_fast(meters.keys() - {r.meter_id for r in ranges})
        groups, taken = self._queue.fitting(taken, ranges, meters)
        self._pace.begin(self._effort() - effort_s)
        results, left = self._rebook(groups, meters)
        taken = self._queue.leave(left, taken)
        marked = self._writer.write_marks(results)
        self._queue.add_changes(unit_changes(results))
        self._writer.write(results, meters, fast=fast, due=[*taken.dirty, *marked])
        metrics.ROLLED_UP_SLOTS.inc(len(taken.dirty))
        _tell_of(taken)
        metrics.ROLLUP_S.observe(time.monotonic() - started_s)
        self._pace.batch_took(self._effort() - effort_s)
        # There is more to do where all of it was put back.
        return max(1, len(taken))

    def _rebook(
        self, groups: Sequence[list[DirtyRange]], meters: dict[int, RolledMeter]
    ) -> tuple[Results, list[DirtyRange]]:
        """Book these groups again until the time of a batch is spent; the results, and the ranges that are left."""
        results: Results = []
        left: list[DirtyRange] = []
        for number, group in enumerate(groups):
            effort_s = self._effort()
            booked, costly = rebook_small(self._connection, group, meters, most=self._bounds.judged)
            costly |= {read_of(r.meter_id) for r, b in booked if len(b.booking.slots) > self._bounds.written}
            booked = [each for each in booked if read_of(each[0].meter_id) not in costly]
            results += booked
            left += [r for r in group if read_of(r.meter_id) in costly]
            slots = sum(len(rebooking.booking.slots) for _, rebooking in booked)
            goes_on = self._pace.group_took({r.meter_id for r in group}, self._effort() - effort_s, slots=slots)
            self._pace.note_costly(costly)
            if not goes_on:
                return results, [*left, *(dirty for rest in groups[number + 1 :] for dirty in rest)]
        return results, left


def _tell_of(taken: Taken) -> None:
    """Which slots were booked: the meters by number, and from when to when."""
    if taken.dirty and log.isEnabledFor(logging.DEBUG):
        slots = [slot for _, slot in taken.dirty]
        meters = sorted({meter_id for meter_id, _ in taken.dirty})
        log.debug("slots booked", extra={"meters": meters, "first": from_us(min(slots)), "last": from_us(max(slots))})


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
    port, host = settings.rollup_metrics_port, settings.metrics_host
    beside = (LagCollector(url), HostCollector(settings))
    if settings.rollup_workers > 1:
        _WORKERS.run(settings.rollup_workers, port=port, host=host, beside=beside)
        return
    sys.setswitchinterval(_SWITCH_S)
    if port:
        for each in beside:
            REGISTRY.register(each)
        start_http_server(port, addr=host)
    begin = partial(rolling_up, head_file=settings.seal_head_file, head_file_every_s=settings.seal_head_file_every_s)
    lead_until_told_to_stop(LockKey.ROLLUP, url, begin, role=DatabaseRole.ROLLUP, shared=True)
