"""Meters that take long are booked aside, one after another: nobody's live readings wait for them.

What is read and written of such a meter goes in pieces, each a transaction of its own between the batches, on the same
connection; what needs no database is done by a thread meanwhile. What waits of the meter stays in the queue until all
of it is done, and no batch takes it: if the process ends, it is begun again. What is stored or changed in between waits
too, and is booked after it.
"""

from collections.abc import Collection, Generator
from functools import partial
from threading import Thread
from time import thread_time
from typing import Any

import psycopg

from services.core.calendar import DAY_US, OPEN_END_US, to_us
from services.core.clock import utc_now
from services.core.db.sharing import part_of
from services.energy.rollup import metrics
from services.energy.rollup.booked import BookedWriter, unit_changes
from services.energy.rollup.extents import extents_of
from services.energy.rollup.meters import RolledMeters
from services.energy.rollup.pace import COSTLY_S, BatchPace
from services.energy.rollup.pieces import in_pieces
from services.energy.rollup.quality import mark_due
from services.energy.rollup.queue import Queue, WaitingOfMeter
from services.energy.rollup.ranges import Bounds, ranges_of, within
from services.energy.rollup.windows import Work, rebook_in_steps
from services.energy.rollup.writing import months_kept
from services.ingest.arranged import LIVE_US

_RANGES_AT_ONCE = 30
_WAIT_S = 0.1


class BesideThread:
    """Does one piece of work beside this thread, if any."""

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._given: Any = None
        self._error: BaseException | None = None
        self.took_s = 0.0
        """Processor time of all that was done since this was set to 0."""

    def start(self, work: Work) -> None:
        """Begin this; nothing else is under way."""
        self._given = self._error = None
        # It holds nothing that must be put in order, and ends with the process.
        self._thread = Thread(target=self._do, args=(work,), daemon=True)
        self._thread.start()

    def _do(self, work: Work) -> None:
        begun_s = thread_time()
        try:
            self._given = work()
        except BaseException as error:  # noqa: BLE001 - raised by `result`
            self._error = error
        self.took_s += thread_time() - begun_s

    def is_busy(self, *, wait_s: float = 0.0) -> bool:
        """Whether it is still at work, after waiting for its end so long."""
        if self._thread is not None:
            self._thread.join(wait_s)
        return self._thread is not None and self._thread.is_alive()

    def result(self) -> Any:
        """What the last work gave, once. Raises what it raised."""
        given, error = self._given, self._error
        self._given = self._error = self._thread = None
        if error is not None:
            raise error
        return given


class Aside:
    """Books the costly meters of a worker."""

    def __init__(
        self,
        connection: psycopg.Connection,
        bounds: Bounds,
        *,
        pace: BatchPace,
        queue: Queue,
        meters: RolledMeters,
        writer: BookedWriter,
    ) -> None:
        self._connection = connection
        self._bounds = bounds
        self._pace = pace
        self._queue = queue
        self._meters = meters
        self._writer = writer
        self._beside = BesideThread()
        self._steps: Generator[Work | None, Any, None] | None = None
        self._meter_id = 0
        self._parts: Collection[int] = ()

    def give_up(self) -> None:
        """Begin again with what is under way: a transaction was undone."""
        self._steps = None

    def keep_to(self, parts: Collection[int]) -> None:
        """Give up what is not of these parts any more: another worker books it, from the begin."""
        self._parts = parts
        if part_of(self._meter_id) not in parts:
            self._steps = None

    def step(self) -> bool:
        """Do the next piece, in this transaction; whether there was one."""
        if self._beside.is_busy():
            return False
        given = self._beside.result()
        if self._steps is None:
            given = None
            if not self._begin():
                return False
        steps, self._steps = self._steps, None
        assert steps is not None
        try:
            work = steps.send(given)
        except StopIteration:
            return True
        # Not before it went well: what was undone with its transaction is begun again.
        self._steps = steps
        if work is not None:
            self._beside.start(work)
        return True

    def wait(self) -> bool:
        """Wait a little for what is done beside; whether anything is under way."""
        self._beside.is_busy(wait_s=_WAIT_S)
        return self._steps is not None

    def _begin(self) -> bool:
        """Begin with the costly meter that has waited longest; whether there is one of which anything waits."""
        for meter_id in self._pace.costly:
            if part_of(meter_id) not in self._parts:
                continue
            waiting = self._queue.look_at(meter_id)
            if waiting.slots or waiting.changes:
                self._beside.took_s = 0.0
                self._meter_id, self._steps = meter_id, self._book(waiting)
                return True
            self._pace.went_fast({meter_id})
        return False

    def _book(self, waiting: WaitingOfMeter) -> Generator[Work | None, Any, None]:
        connection, meter_id, now_us = self._connection, waiting.meter_id, to_us(utc_now())
        taken = waiting.taken(now_us - LIVE_US).with_other_directions(self._meters.both_ways(connection))
        ranges = ranges_of(taken.dirty, taken.changed, end_us=now_us + DAY_US)
        meters = self._meters.of(connection, sorted({r.meter_id for r in ranges}))
        ranges = [r for r in ranges if r.meter_id in meters]
        extents = extents_of(connection, ranges, meters, most=self._bounds.meter_readings, now_us=now_us)
        ranges, left = within(zip(ranges, extents, strict=True), self._bounds)
        before_us = min(left.values(), default=OPEN_END_US)
        found = yield from rebook_in_steps(connection, ranges, meters, at_once=_RANGES_AT_ONCE)
        results = found.results
        months = months_kept(connection, [r.meter_id for r, _ in results])
        pieces = yield partial(in_pieces, results, months, slots=self._bounds.written)
        for piece in pieces:
            self._writer.write(piece, meters)
            yield None
        marked = self._writer.write_marks(results)
        mark_due(connection, [*(each for each in taken.dirty if each[1] < before_us), *marked], ())
        self._queue.add_changes(unit_changes(results))
        self._queue.done(waiting, before_us=before_us)
        metrics.ROLLED_UP_SLOTS.inc(sum(slot < before_us for _, slot in taken.dirty))
        self._pace.went_fast({meter_id})
        if self._beside.took_s > COSTLY_S:
            self._pace.note_costly({meter_id})
