"""How far to read on either side of dirty ranges, and what stands there."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import psycopg

from services.core.calendar import HOUR_US, OPEN_END_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.chunks import CHUNK_US, ChunkPart, parts_of
from services.core.db.statements import Statements
from services.core.meter import Kind, MeterRule
from services.energy.booking.booking import NeedsMore
from services.energy.booking.levels import LONGEST_GAP_US
from services.energy.booking.settled import settled_rows
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.begun import begun_before
from services.energy.rollup.meters import read_of
from services.energy.rollup.ranges import DirtyRange

_sql = Statements.beside(__file__, "windows.sql")

_MARGIN_ROWS = 4
_NEAR_US = 48 * HOUR_US
_FURTHER = 8

Sides = dict[tuple[int, int], list[tuple[int, float]]]
"""Readings by the place of a range and side: -1 before the range, 0 in it, 1 after it."""


class RangeReach:
    """How far to read on either side of a dirty range."""

    def __init__(self, dirty: DirtyRange, rule: MeterRule, *, corrected: bool) -> None:
        self.dirty = dirty
        self.corrected = corrected
        self.rule = rule
        self.own_us = 4 * rule.longest_interval_us + HOUR_US if Kind.INTERVAL in rule.kinds else 0
        # One reading beyond the hours of an interval meter shows that all of their readings are at hand.
        margin = 1 if rule.kinds == {Kind.INTERVAL} else _MARGIN_ROWS + 3600 // rule.newest.interval_s
        before, after = settled_rows(rule) if Kind.COUNTER in rule.kinds else (0, 0)
        self.before, self.after = margin + before, margin + after

    def further(self, more: NeedsMore) -> None:
        self.before *= _FURTHER if more.before else 1
        self.after *= _FURTHER if more.after else 1

    def rows(self, side: int) -> int:
        """So many readings are wanted before (-1) or after (1) the range."""
        return self.before if side < 0 else self.after

    @property
    def near_us(self) -> int:
        """So far on either side lie mostly as many readings as are wanted: 48 h, or eight times as much, and so on."""
        wanted_us, near_us = 2 * max(self.before, self.after) * self.rule.longest_interval_us, _NEAR_US
        while near_us < wanted_us:
            near_us *= _FURTHER
        return near_us

    @property
    def start_us(self) -> int:
        """From here on all is read, up to before `end_us`."""
        return self.dirty.start_us - self.own_us

    @property
    def end_us(self) -> int:
        """See `start_us`."""
        return self.dirty.end_us + self.own_us


def read_sides(connection: psycopg.Connection, reaches: Sequence[RangeReach]) -> Sides:
    """The readings in the ranges and so many on either side, with one more that says that there are others."""
    sides: Sides = defaultdict(list)
    for near_us in sorted({reach.near_us for reach in reaches}):
        alike = [place for place, reach in enumerate(reaches) if reach.near_us == near_us]
        starts, ends = [reaches[p].start_us for p in alike], [reaches[p].end_us for p in alike]
        for found in parts_of(starts, ends, chunk_us=CHUNK_US):
            part = found._replace(places=[alike[i] for i in found.places])
            _read_near(connection, reaches, part, near_us, sides)
            _read_far(connection, reaches, part, near_us, sides)
    return sides


def _read_far(
    connection: psycopg.Connection, reaches: Sequence[RangeReach], part: ChunkPart, near_us: int, sides: Sides
) -> None:
    """Few on a side may only mean that they lie further away."""
    early = _lacking(reaches, part.places, sides, -1)
    if early:
        numbers = [read_of(reaches[place].dirty.meter_id) for place in early]
        begun = set(begun_before(connection, np.array(numbers), part.wider(near_us)[0]).tolist())
        early = [place for place, number in zip(early, numbers, strict=True) if number in begun]
    far_us = max(near_us, LONGEST_GAP_US)
    for start_us, end_us in ((near_us, far_us), (far_us, 2 * OPEN_END_US)):
        (start_from_us, start_to_us), (from_us, to_us) = part.wider(start_us), part.wider(end_us)
        early = _lacking(reaches, early, sides, -1)
        _read_side(connection, reaches, early, -1, (from_us, start_from_us), sides)
        late = _lacking(reaches, part.places, sides, 1)
        _read_side(connection, reaches, late, 1, (start_to_us, to_us), sides)


def _lacking(reaches: Sequence[RangeReach], places: Sequence[int], sides: Sides, side: int) -> list[int]:
    """The places of the ranges that have no more than the readings wanted on that side."""
    return [place for place in places if len(sides[place, side]) <= reaches[place].rows(side)]


def _read_near(
    connection: psycopg.Connection, reaches: Sequence[RangeReach], part: ChunkPart, near_us: int, sides: Sides
) -> None:
    from_us, to_us = part.wider(near_us)
    mine = [reaches[place] for place in part.places]
    for place, side, ts, value in _sql.run(
        connection,
        "windows",
        positions=IntegerParameters(part.places),
        meter_ids=IntegerParameters(read_of(r.dirty.meter_id) for r in mine),
        starts=TimeParameters(r.start_us for r in mine),
        ends=TimeParameters(r.end_us for r in mine),
        before=IntegerParameters(r.before for r in mine),
        after=IntegerParameters(r.after for r in mine),
        from_ts=TimeParameter(from_us),
        to_ts=TimeParameter(to_us),
    ).tuples():
        sides[place, side].append((ts, value))


def _read_side(
    connection: psycopg.Connection,
    reaches: Sequence[RangeReach],
    places: Sequence[int],
    side: int,
    between_us: tuple[int, int],
    sides: Sides,
) -> None:
    """Read what is wanting on one side of the ranges at these places, between two moments; all up to there is read."""
    from_us, to_us = between_us
    if not places or from_us >= to_us:
        return
    for place, ts, value in _sql.run(
        connection,
        "earlier" if side < 0 else "later",
        positions=IntegerParameters(places),
        meter_ids=IntegerParameters(read_of(reaches[place].dirty.meter_id) for place in places),
        rows=IntegerParameters(reaches[place].rows(side) + 1 - len(sides[place, side]) for place in places),
        from_ts=TimeParameter(from_us),
        to_ts=TimeParameter(to_us),
    ).tuples():
        sides[place, side].append((ts, value))
