"""The roll-up's queue: what is live and what is late take turns, and no batch holds more than its bounds allow."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, NamedTuple

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
from services.energy.rollup.ranges import Bounds, DirtyRange, heavy, within
from services.ingest.arranged import LIVE_US
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


@dataclass(frozen=True, slots=True)
class WaitingOfMeter:
    """What waits of one meter: slots, some of them more than once, and changes by their number."""

    meter_id: int
    slots: list[int]
    changes: list[tuple[int, int]]

    def taken(self, live_from_us: int) -> Taken:
        """The same as a batch has it."""
        changed = [(self.meter_id, from_us) for _, from_us in self.changes]
        return Taken([(self.meter_id, slot) for slot in {*self.slots}], changed, live_from_us)


class WaitingParts(NamedTuple):
    """Parts of which live slots wait; and of those of which late ones do, the newest ten days of these."""

    fresh: list[int]
    late: dict[int, int]


_LATE_DAYS_US = 10 * DAY_US
_RECENT_US = 30 * DAY_US
_NEWEST = (OPEN_END_US, 0)


class _LateOrder:
    """Where to take late slots of a part: on from where the last ones ended; in turn the newest, while any are recent.

    So those of yesterday do not wait for those of years, nor these for ever; and what keeps coming of years is gone
    through from one end to the other, as it costs much less where it has become dense meanwhile.
    """

    def __init__(self) -> None:
        self._next = _NEWEST
        self._goes_on = False

    def starts(self, *, any_recent: bool) -> list[tuple[int, int]]:
        """From which ten days, and from which meter in them, one after another; where nothing is left, the newest."""
        self._goes_on = not self._goes_on or not any_recent
        return [*dict.fromkeys([self._next, _NEWEST] if self._goes_on else [_NEWEST])]

    def took(self, taken: Slots, *, is_full: bool) -> None:
        """These were taken; there are more if it is full: the next meter comes next."""
        if self._goes_on and is_full and taken:
            days_us, meter_id = min((_days_of(slot), -meter_id) for meter_id, slot in taken)
            self._next = days_us, 1 - meter_id
        elif self._goes_on:
            self._next = _NEWEST


def _days_of(slot: int) -> int:
    """The ten days in which a slot is, by their start."""
    return slot - slot % _LATE_DAYS_US


class Queue:
    """Takes batches, and puts back what does not fit. `bounds` are those of a batch of full size."""

    def __init__(self, connection: psycopg.Connection, bounds: Bounds, pace: BatchPace) -> None:
        self._connection = connection
        self._bounds = bounds
        self._pace = pace
        self._turns = count()
        self._late: defaultdict[int, _LateOrder] = defaultdict(_LateOrder)

    def waiting(self, parts: Sequence[int]) -> WaitingParts:
        """Those of the parts of which anything waits, in another order each time."""
        rows = _sql.run(self._connection, "waiting", parts=IntegerParameters(in_turn(parts, next(self._turns)))).all()
        late = {row.part: row.late_days for row in rows if row.late_days is not None}
        return WaitingParts([row.part for row in rows if row.has_dirty], late)

    def take_live(self, waiting: WaitingParts, *, now_us: int) -> Taken:
        """Slots of the last hours, and where nothing else waits a few of the others."""
        live_from_us = now_us - LIVE_US
        return Taken(self._take_live(waiting.fresh, live_from_us, alone=not waiting.late), [], live_from_us)

    def take_late(self, parts: Sequence[int], waiting: WaitingParts, *, now_us: int) -> Taken:
        """Older slots, and changes; not those of costly meters."""
        late = self._late_in_order(waiting.late, self._pace.late, recent_us=now_us - _RECENT_US)
        return Taken(late, self._changes(parts), now_us - LIVE_US)

    def look_at(self, meter_id: int) -> WaitingOfMeter:
        """What waits of one meter, of the slots the newest; it stays in the queue until it is `done`."""
        slots = _sql.run(self._connection, "late_of", meter_id=meter_id, most=self._bounds.dirty).scalars().all()
        changes = _sql.run(self._connection, "changes_of", meter_id=meter_id, earliest=TimeParameter(EARLIEST_US))
        return WaitingOfMeter(meter_id, slots, changes.tuples().all())

    def done(self, looked_at: WaitingOfMeter, *, before_us: int) -> None:
        """Take out of the queue what was looked at, up to a moment; what has come since then stays."""
        meter_id = looked_at.meter_id
        slots = Counter(slot for slot in looked_at.slots if slot < before_us)
        if slots:
            given = {"meter_id": meter_id, "slots": TimeParameters(slots)}
            since = Counter(_sql.run(self._connection, "drop_late_of", **given).scalars()) - slots
            self._lay_aside([(meter_id, slot) for slot in since.elements()])
        if looked_at.changes:
            _sql.run(self._connection, "drop_changes", change_ids=[change_id for change_id, _ in looked_at.changes])
            if before_us < OPEN_END_US:
                self.add_changes([(meter_id, max(from_us, before_us)) for _, from_us in looked_at.changes])

    def _late_in_order(self, newest_us: Mapping[int, int], most: int, *, recent_us: int) -> Slots:
        """So many late slots of these parts at the most; by part the newest ten days of which any wait.

        Of all parts alike, so that sums of places gain what is of one time at once; those of too many ten days are laid
        aside again.
        """
        taken: dict[int, Slots] = {}
        begun_us = full = 0
        for place, (part, days_us) in enumerate(newest_us.items()):
            left = -(-(most - sum(map(len, taken.values()))) // (len(newest_us) - place))
            starts = self._late[part].starts(any_recent=days_us >= recent_us)
            begun_us = max(begun_us, starts[0][0])
            taken[part] = []
            for from_us, meter_id in starts:
                if left <= 0:
                    break
                given = {"part": part, "from_days": TimeParameter(from_us), "from_meter": meter_id, "most": left}
                found = self._taken("take_late", but=IntegerParameters(self._pace.costly), **given)
                taken[part] += found
                left -= len(found)
            full |= (left <= 0) << part
        days = {_days_of(slot) for found in taken.values() for _, slot in found}
        now = {*sorted(days, key=lambda each: (each > begun_us, -each))[: self._pace.stretches]}
        kept: Slots = []
        for part, found in taken.items():
            mine = [each for each in found if _days_of(each[1]) in now]
            self._late[part].took(mine, is_full=bool(full >> part & 1) or len(mine) < len(found))
            self._lay_aside({each for each in found if _days_of(each[1]) not in now})
            kept += mine
        self._pace.took(len(kept), stretches=len(now), of=len(days))
        return kept

    def _changes(self, parts: Sequence[int]) -> Slots:
        most = max(1, MOST_CHANGES * self._pace.late // self._bounds.dirty)
        given = {"parts": IntegerParameters(parts), "most": most, "earliest": TimeParameter(EARLIEST_US)}
        given["but"] = IntegerParameters(self._pace.costly)
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
        late = {*dirty} - live - costly
        self._lay_aside(costly)
        if live and (not alone or len(late) > _FEW_LATE):
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
        work = sorted(zip(known, extents, strict=True), key=lambda each: (each[0].meter_id, each[0].start_us))
        aside = heavy(work, self._bounds)
        self._pace.note_costly(aside)
        now, left = within([each for each in work if read_of(each[0].meter_id) not in aside], self._bounds)
        for each, _ in work:
            if read_of(each.meter_id) in aside:
                left.setdefault(each.meter_id, each.start_us)
        return [*self._pace.groups(now)], self._put_back_from(left, taken)

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
