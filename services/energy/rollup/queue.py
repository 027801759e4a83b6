"""The roll-up's queue: what is live and what is late take turns, and no batch holds more than its bounds allow."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import psycopg

from services.core.calendar import DAY_US, OPEN_END_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.sharing import in_turn
from services.core.db.statements import Statements
from services.energy.rollup import metrics
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.extents import extents_of
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.pace import BatchPace
from services.energy.rollup.ranges import Bounds, DirtyRange, within
from services.ingest.store import LIVE_US
from services.ingest.validate import EARLIEST_US

_sql = Statements.beside(__file__, "queue.sql")

_ASIDE_BATCHES = 5
# Each may mean to book years of a meter again.
MOST_CHANGES = 10
# So few late slots are done with the live ones: two batches would cost more.
_FEW_LATE = 200

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


_LATE_DAYS_US = 10 * DAY_US
_NEWEST = (OPEN_END_US, 0)


class _LateOrder:
    """Where to take late slots of a part: of the newest ten days, and in turn from where the last ones ended.

    So those of yesterday do not wait for those of years, nor these for ever.
    """

    def __init__(self) -> None:
        self._next = _NEWEST
        self._goes_on = False

    def starts(self) -> list[tuple[int, int]]:
        """From which ten days, and from which meter in them, one after another; where nothing is left, the newest."""
        self._goes_on = not self._goes_on
        return [*dict.fromkeys([self._next, _NEWEST] if self._goes_on else [_NEWEST])]

    def took(self, taken: Slots, *, is_full: bool) -> None:
        """These were taken; there are more if it is full: the next meter comes next."""
        if self._goes_on and is_full:
            days_us, meter_id = min((slot - slot % _LATE_DAYS_US, -meter_id) for meter_id, slot in taken)
            self._next = days_us, 1 - meter_id
        elif self._goes_on:
            self._next = _NEWEST


class Queue:
    """Takes batches, and puts back what does not fit. `bounds` are those of a batch of full size."""

    def __init__(self, connection: psycopg.Connection, bounds: Bounds, pace: BatchPace) -> None:
        self._connection = connection
        self._bounds = bounds
        self._pace = pace
        self._was_live = False
        self._turns = count()
        self._late: defaultdict[int, _LateOrder] = defaultdict(_LateOrder)

    def take(self, parts: Sequence[int], *, now_us: int) -> Taken:
        """The next batch of these parts: in turn slots of the last hours, and older ones with changes.

        So those of the last hours wait for one batch of the others, and the others for one of them.
        """
        waiting = _sql.run(
            self._connection, "waiting", parts=IntegerParameters(in_turn(parts, next(self._turns)))
        ).all()
        fresh = [row.part for row in waiting if row.has_dirty]
        late = [row.part for row in waiting if row.has_late]
        live_from_us = now_us - LIVE_US
        for live_turn in (not self._was_live, self._was_live):
            if live_turn:
                taken = Taken(self._take_live(fresh, live_from_us, alone=not late), [], live_from_us)
            else:
                taken = Taken(self._take_late(late), self._changes(parts), live_from_us)
            if taken:
                self._was_live = live_turn
                return taken
        return taken

    def _take_late(self, parts: Sequence[int]) -> Slots:
        """Late slots: of a costly meter all that wait, or those of the others; the rest is laid aside."""
        found = self._late_in_order(parts, self._pace.late)
        meters = {meter_id for meter_id, _ in found}
        turn = self._pace.costly_turn(meters)
        aside = {meter_id for meter_id in meters if self._pace.is_costly(meter_id)} if turn is None else meters - {turn}
        if not aside and turn is None:
            return found
        now = [each for each in found if each[0] not in aside]
        self._lay_aside({each for each in found if each[0] in aside})
        if turn is not None:
            now += _sql.run(self._connection, "take_late_of", meter_id=turn, most=self._bounds.dirty).tuples()
        return now

    def _late_in_order(self, parts: Sequence[int], most: int) -> Slots:
        """So many late slots of these parts at the most: in turn the newest, and those that follow the last ones.

        Of all parts alike, so that sums of places gain what is of one time at once.
        """
        taken: Slots = []
        for place, part in enumerate(parts):
            order = self._late[part]
            left = -(-(most - len(taken)) // (len(parts) - place))
            for days_us, meter_id in order.starts():
                if left <= 0:
                    break
                given = {"part": part, "from_days": TimeParameter(days_us), "from_meter": meter_id, "most": left}
                found = self._taken("take_late", **given)
                order.took(found, is_full=len(found) == left)
                taken, left = taken + found, left - len(found)
        return taken

    def _changes(self, parts: Sequence[int]) -> Slots:
        most = max(1, MOST_CHANGES * self._pace.late // self._bounds.dirty)
        given = {"parts": IntegerParameters(parts), "most": most, "earliest": TimeParameter(EARLIEST_US)}
        return [*_sql.run(self._connection, "take_changes", **given).tuples()]

    def _take_live(self, parts: Sequence[int], live_from_us: int, *, alone: bool) -> Slots:
        """What is live of the queue, and is likely to be done soon; else some of what is late.

        The rest is laid aside. With `alone`, when nothing else is late, a little of that may go with it.
        """
        most = self._bounds.dirty
        dirty = self._take_dirty(parts, most)
        if len(dirty) == most:
            dirty += self._more_live(parts, live_from_us)
        costly = {(meter_id, slot) for meter_id, slot in dirty if self._pace.is_costly(meter_id)}
        live = {(meter_id, slot) for meter_id, slot in dirty if slot >= live_from_us} - costly
        late = {*dirty} - live
        if live and (costly or not alone or len(late) > _FEW_LATE):
            self._lay_aside(late)
            return [*live]
        now = sorted(late)
        self._lay_aside(now[self._pace.late :])
        return [*live, *now[: self._pace.late]]

    def _more_live(self, parts: Sequence[int], live_from_us: int) -> Slots:
        """The live ones of the slots that wait in the parts; what is older is laid aside."""
        live: Slots = []
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

    def _take_dirty(self, parts: Sequence[int], most: int) -> Slots:
        """So many slots of these parts at the most."""
        taken: Slots = []
        for part in parts:
            if len(taken) >= most:
                break
            taken += self._taken("take_dirty", part=part, most=most - len(taken))
        return taken

    def _taken(self, statement: str, **given: Any) -> Slots:
        found = _sql.run(self._connection, statement, **given).one()
        return [*zip(found.meter_ids.tolist(), found.slots.tolist(), strict=True)]

    def fitting(
        self, taken: Taken, ranges: Sequence[DirtyRange], meters: Mapping[int, RolledMeter]
    ) -> tuple[list[list[DirtyRange]], Taken]:
        """The ranges, or pieces of them, to do now, in groups one after another, and what was taken for them.

        The rest is back in the queue.
        """
        known = [r for r in ranges if r.meter_id in meters]
        most, now_us = self._bounds.meter_readings, taken.live_from_us + LIVE_US
        extents = extents_of(self._connection, known, meters, most=most, now_us=now_us)
        work = self._pace.in_order(zip(known, extents, strict=True))
        now, left = within(work, self._bounds)
        return [*self._pace.groups(now, work)], self._put_back_from(left, taken)

    def leave(self, ranges: Sequence[DirtyRange], taken: Taken) -> Taken:
        """Put back what was taken for these ranges, all of their meters at hand; what was taken for the others."""
        left: dict[int, int] = {}
        for each in ranges:
            left[each.meter_id] = min(each.start_us, left.get(each.meter_id, each.start_us))
        return self._put_back_from(left, taken)

    def _put_back_from(self, left: Mapping[int, int], taken: Taken) -> Taken:
        """Put back what is left of each of these meters from a moment on; what was taken beside it."""
        if not left:
            return taken
        for_later = {(m, slot) for m, slot in taken.dirty if m in left and slot >= left[m]}
        aside = {(m, slot) for m, slot in for_later if slot < taken.live_from_us or self._pace.is_costly(m)}
        self._lay_aside(aside)
        self._put_back([*for_later - aside])
        self.add_changes([(m, max(from_us, left[m])) for m, from_us in taken.changed if m in left])
        kept = [(m, slot) for m, slot in taken.dirty if m not in left or slot < left[m]]
        return replace(taken, dirty=kept)

    def add_changes(self, changes: Slots) -> None:
        """Queue meters whose readings are to be booked again from a time on."""
        if changes:
            _sql.run(self._connection, "put_back_changes", **_columns(changes, "from_times"))

    def _lay_aside(self, slots: Collection[tuple[int, int]]) -> None:
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
