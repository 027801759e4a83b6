"""The roll-up's queue: what is live goes before what is late, and no batch holds more than its bounds allow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg

from services.core.db.queries import load
from services.core.domain.calendar import HOUR_US
from services.core.domain.counter import LONGEST_GAP_US
from services.core.domain.meter import Kind
from services.core.intake.validate import EARLIEST_US
from services.ingest import metrics
from services.ingest.rollup.adapt import Moment
from services.ingest.rollup.meters import RolledMeter
from services.ingest.rollup.ranges import Bounds, DirtyRange, Extent, within

_sql = load(__file__, "queue.sql")

_ASIDE_BATCHES = 5
# Each may mean to book years of a meter again.
MOST_CHANGES = 10
LIVE_US = 2 * HOUR_US
_LEAST_LATE = 1_000
# What is late is done in batches of about this length: no live reading waits longer for it.
_BATCH_S = 1.0

Slots = list[tuple[int, int]]
"""(meter, start of the slot in microseconds since 1970); of changes, the moment from which on all is changed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from the queue for one batch."""

    dirty: Slots
    changed: Slots
    live_from_us: int

    def __len__(self) -> int:
        return len(self.dirty) + len(self.changed)


class Queue:
    """Takes batches, and puts back what does not fit. `bounds` are those of a batch of full size."""

    def __init__(self, connection: psycopg.Connection, bounds: Bounds) -> None:
        self._connection = connection
        self._bounds = bounds
        self._late = bounds.dirty

    def take(self, *, now_us: int) -> Taken:
        """The next batch: dirty slots of the last hours first, older ones as far as there is room, changed meters."""
        connection = self._connection
        live_from_us = now_us - LIVE_US
        most = self._bounds.dirty
        most_changes = max(1, MOST_CHANGES * self._late // most)
        changed = _sql.take_changes(connection, most=most_changes, earliest=Moment(EARLIEST_US))
        changes = [(meter_id, from_us) for meter_id, from_us in changed]
        dirty = list(_sql.take_dirty(connection, most=most))
        if len(dirty) == most:
            late = [(meter_id, slot) for meter_id, slot in set(dirty) if slot < live_from_us]
            self._lay_aside(late)
            dirty = [(meter_id, slot) for meter_id, slot in dirty if slot >= live_from_us]
            dirty += _sql.put_aside(connection, most=most * _ASIDE_BATCHES, live_from=Moment(live_from_us))
        if len(dirty) < self._late:
            dirty += _sql.take_late(connection, most=self._late - len(dirty))
        return Taken(dirty, changes, live_from_us)

    def pace(self, *, took_s: float) -> None:
        """Take more or fewer late slots next time, by how long this batch has taken."""
        if took_s > _BATCH_S:
            self._late = max(min(_LEAST_LATE, self._bounds.dirty), self._late // 2)
        elif took_s < _BATCH_S / 2:
            self._late = min(self._bounds.dirty, self._late * 2)

    def fitting(
        self, taken: Taken, ranges: Sequence[DirtyRange], meters: Mapping[int, RolledMeter]
    ) -> tuple[list[DirtyRange], Taken]:
        """The ranges, or pieces of them, to do now, and what was taken for them. The rest is back in the queue."""
        known = [r for r in ranges if r.meter_id in meters]
        live = {meter_id for meter_id, slot in taken.dirty if slot >= taken.live_from_us}
        known.sort(key=lambda r: (r.meter_id not in live, r.meter_id, r.start_us))
        now, left = within(zip(known, self._extents(known, meters), strict=True), self._bounds)
        if not left:
            return now, taken
        for_later = [(m, slot) for m, slot in set(taken.dirty) if m in left and slot >= left[m]]
        self._lay_aside([(m, slot) for m, slot in for_later if slot < taken.live_from_us])
        self._put_back([(m, slot) for m, slot in for_later if slot >= taken.live_from_us])
        changes = [(m, max(from_us, left[m])) for m, from_us in taken.changed if m in left]
        _sql.put_back_changes(self._connection, **_columns(changes, "from_times"))
        kept = [(m, slot) for m, slot in taken.dirty if m not in left or slot < left[m]]
        return now, replace(taken, dirty=kept)

    def _extents(self, ranges: Sequence[DirtyRange], meters: Mapping[int, RolledMeter]) -> list[Extent]:
        most = self._bounds.meter_readings
        found = {
            position: more
            for position, *more in _sql.extents(
                self._connection,
                positions=list(range(len(ranges))),
                meter_ids=[r.meter_id for r in ranges],
                starts=[Moment(r.start_us) for r in ranges],
                ends=[Moment(r.end_us) for r in ranges],
                most=most,
            )
        }
        return [_extent(r, meters[r.meter_id], most, *found[position]) for position, r in enumerate(ranges)]

    def _lay_aside(self, slots: Slots) -> None:
        if slots:
            _sql.lay_aside(self._connection, **_columns(slots, "slots"))
            metrics.ROLLUP_LAID_ASIDE.inc(len(slots))

    def _put_back(self, slots: Slots) -> None:
        if slots:
            _sql.put_back_slots(self._connection, **_columns(slots, "slots"))


def _extent(
    dirty: DirtyRange,
    meter: RolledMeter,
    most: int,
    readings: int,
    first_us: int | None,
    last_us: int | None,
    before_us: int | None,
    after_us: int | None,
) -> Extent:
    """From the reading before the range, or its first, to the one after it, or its last: so far energy can change."""
    rule = meter.rule
    reach_us = LONGEST_GAP_US if rule.kind is Kind.COUNTER else 2 * rule.interval_us
    full_us = last_us if readings == most else None
    from_us = first_us if before_us is None else max(before_us, dirty.start_us - reach_us)
    to_us = last_us if after_us is None else min(after_us, dirty.end_us + reach_us)
    return Extent(
        readings, full_us, dirty.end_us if from_us is None else from_us, dirty.start_us if to_us is None else to_us
    )


def _columns(rows: Iterable[tuple[int, int]], times: str) -> dict[str, list[int] | list[Moment]]:
    rows = list(rows)
    return {"meter_ids": [meter_id for meter_id, _ in rows], times: [Moment(at_us) for _, at_us in rows]}
