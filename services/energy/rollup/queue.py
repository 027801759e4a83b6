"""The roll-up's queue: what is live goes before what is late, and no batch holds more than its bounds allow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import psycopg

from services.core.calendar import HOUR_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.sharing import in_turn
from services.core.db.statements import Statements
from services.energy.rollup import metrics
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.extents import extents_of
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.ranges import Bounds, DirtyRange, within
from services.ingest.validate import EARLIEST_US

_sql = Statements.beside(__file__, "queue.sql")

_ASIDE_BATCHES = 5
# Each may mean to book years of a meter again.
MOST_CHANGES = 10
LIVE_US = 2 * HOUR_US
_LEAST_LATE = 2_000
# What is late is done in batches of about so much processor time: live readings wait for no more.
_BATCH_S = 1.0

Slots = list[tuple[int, int]]
"""(meter, start of the slot in microseconds since 1970); of changes, the moment from which on all is changed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from the queue for one batch."""

    dirty: Slots
    changed: Slots
    live_from_us: int

    def with_other_directions(self, both_ways: Collection[int]) -> "Taken":
        """The same, with the other direction of the meters that measure both."""
        dirty = [(-meter_id, slot) for meter_id, slot in self.dirty if meter_id in both_ways]
        changed = [(-meter_id, from_us) for meter_id, from_us in self.changed if meter_id in both_ways]
        return replace(self, dirty=[*self.dirty, *dirty], changed=[*self.changed, *changed])

    def __len__(self) -> int:
        return len(self.dirty) + len(self.changed)


class Queue:
    """Takes batches, and puts back what does not fit. `bounds` are those of a batch of full size."""

    def __init__(self, connection: psycopg.Connection, bounds: Bounds) -> None:
        self._connection = connection
        self._bounds = bounds
        self._late = min(_LEAST_LATE, bounds.dirty)
        self._most = bounds.meter_readings
        self._turns = count()

    def take(self, parts: Sequence[int], *, now_us: int) -> Taken:
        """The next batch of these parts: slots of the last hours first, older ones as far as there is room, changes."""
        connection = self._connection
        live_from_us = now_us - LIVE_US
        most = self._bounds.dirty
        most_changes = max(1, MOST_CHANGES * self._late // most)
        changed = list(
            _sql.run(
                connection,
                "take_changes",
                parts=IntegerParameters(parts),
                most=most_changes,
                earliest=TimeParameter(EARLIEST_US),
            )
        )
        waiting = _sql.run(connection, "waiting", parts=IntegerParameters(in_turn(parts, next(self._turns)))).all()
        fresh = [row.part for row in waiting if row.has_dirty]
        late = [row.part for row in waiting if row.has_late]
        dirty = self._take("take_dirty", fresh, most)
        if len(dirty) == most:
            dirty = self._live_of(dirty, fresh, live_from_us)
            late += [part for part in fresh if part not in late]
        dirty += self._take("take_late", late, self._late - len(dirty))
        return Taken(dirty, changed, live_from_us)

    def _live_of(self, dirty: Slots, parts: Sequence[int], live_from_us: int) -> Slots:
        """The live ones of these slots and of more that wait in the parts; what is older is laid aside."""
        self._lay_aside([(meter_id, slot) for meter_id, slot in set(dirty) if slot < live_from_us])
        live = [(meter_id, slot) for meter_id, slot in dirty if slot >= live_from_us]
        left, filled = self._bounds.dirty * _ASIDE_BATCHES, list(parts)
        while filled and left > 0:
            most = max(1, left // len(filled))
            looked_through, filled = filled, []
            for part in looked_through:
                given = {"part": part, "most": most, "live_from": TimeParameter(live_from_us)}
                found = _sql.run(self._connection, "put_aside", **given).one()
                live += zip(found.meter_ids.tolist(), found.slots.tolist(), strict=True)
                left -= found.taken
                if found.taken == most:
                    filled.append(part)
        return live

    def _take(self, statement: str, parts: Sequence[int], most: int) -> Slots:
        """So many slots of these parts at the most."""
        taken: Slots = []
        for part in parts:
            if len(taken) >= most:
                break
            taken += _sql.run(self._connection, statement, part=part, most=most - len(taken)).tuples()
        return taken

    def pace(self, *, effort_s: float) -> None:
        """Take more or fewer late slots next time, by the processor time that this batch has taken.

        By the clock they would shrink beside other work, where small batches, which cost more each slot, help nobody.
        """
        if effort_s > _BATCH_S:
            self._late = max(min(_LEAST_LATE, self._bounds.dirty), self._late // 2)
        elif effort_s < _BATCH_S / 2:
            self._late = min(self._bounds.dirty, self._late * 2)

    def fitting(
        self, taken: Taken, ranges: Sequence[DirtyRange], meters: Mapping[int, RolledMeter]
    ) -> tuple[list[DirtyRange], Taken]:
        """The ranges, or pieces of them, to do now, and what was taken for them. The rest is back in the queue."""
        known = [r for r in ranges if r.meter_id in meters]
        live = {meter_id for meter_id, slot in taken.dirty if slot >= taken.live_from_us}
        known.sort(key=lambda r: (r.meter_id not in live, r.meter_id, r.start_us))
        extents = extents_of(self._connection, known, meters, most=self._most, now_us=taken.live_from_us + LIVE_US)
        now, left = within(zip(known, extents, strict=True), self._bounds)
        if not left:
            return now, taken
        for_later = [(m, slot) for m, slot in set(taken.dirty) if m in left and slot >= left[m]]
        self._lay_aside([(m, slot) for m, slot in for_later if slot < taken.live_from_us])
        self._put_back([(m, slot) for m, slot in for_later if slot >= taken.live_from_us])
        self.add_changes([(m, max(from_us, left[m])) for m, from_us in taken.changed if m in left])
        kept = [(m, slot) for m, slot in taken.dirty if m not in left or slot < left[m]]
        return now, replace(taken, dirty=kept)

    def add_changes(self, changes: Slots) -> None:
        """Queue meters whose readings are to be booked again from a time on."""
        if changes:
            _sql.run(self._connection, "put_back_changes", **_columns(changes, "from_times"))

    def _lay_aside(self, slots: Slots) -> None:
        if slots:
            _sql.run(self._connection, "lay_aside", **_columns(sorted(slots), "slots"))
            metrics.ROLLUP_DEFERRED.inc(len(slots))

    def _put_back(self, slots: Slots) -> None:
        if slots:
            _sql.run(self._connection, "put_back_slots", **_columns(slots, "slots"))


def _columns(rows: Slots, times: str) -> dict[str, IntegerParameters]:
    return {
        "meter_ids": IntegerParameters(read_of(meter_id) for meter_id, _ in rows),
        times: TimeParameters(at_us for _, at_us in rows),
    }
