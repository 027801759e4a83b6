"""How far to read on either side of dirty ranges, and what stands there."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import psycopg

from services.core.calendar import HOUR_US, OPEN_END_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.chunks import CHUNK_US, Part, parts_of
from services.core.db.statements import Statements
from services.core.meter import Kind, MeterRule
from services.energy.booking.booking import NeedsMore
from services.energy.booking.levels import LONGEST_GAP_US
from services.energy.booking.settled import settled_rows
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.meters import read_of
from services.energy.rollup.ranges import DirtyRange

_sql = Statements.beside(__file__, "windows.sql")

_MARGIN_ROWS = 4
_NEAR_US = 48 * HOUR_US
_FURTHER = 8

Sides = dict[tuple[int, int], list[tuple[int, float]]]
"""Readings by the place of a range and side: -1 before the range, 0 in it, 1 after it."""


class Reach:
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


def read_sides(connection: psycopg.Connection, reaches: Sequence[Reach]) -> Sides:
    """The readings in the ranges and so many on either side, with one more that says that there are others."""
    sides: Sides = defaultdict(list)
    for near_us in sorted({reach.near_us for reach in reaches}):
        for part in _parts(reaches, [place for place, reach in enumerate(reaches) if reach.near_us == near_us]):
            _read_near(connection, reaches, part, near_us, sides)
    # Few on a side may only mean that they lie further away.
    for far_us in (LONGEST_GAP_US, 2 * OPEN_END_US):
        for side in (-1, 1):
            few = [place for place in range(len(reaches)) if _lacks(reaches[place], sides[place, side], side)]
            for part in _parts(reaches, few):
                _read_far(connection, reaches, part, far_us, side, sides)
    return sides


def _lacks(reach: Reach, found: Collection[tuple[int, float]], side: int) -> bool:
    return len(found) <= (reach.before if side < 0 else reach.after)


def _parts(reaches: Sequence[Reach], places: Sequence[int]) -> Iterator[Part]:
    """The ranges at these places, by the chunks in which they lie."""
    starts, ends = [reaches[p].start_us for p in places], [reaches[p].end_us for p in places]
    for part in parts_of(starts, ends, chunk_us=CHUNK_US):
        yield part._replace(places=[places[i] for i in part.places])


def _read_near(
    connection: psycopg.Connection, reaches: Sequence[Reach], part: Part, near_us: int, sides: Sides
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


def _read_far(
    connection: psycopg.Connection, reaches: Sequence[Reach], part: Part, far_us: int, side: int, sides: Sides
) -> None:
    """Read one side of the ranges again, so far away."""
    from_us, to_us = part.wider(far_us)
    mine = [reaches[place] for place in part.places]
    for place in part.places:
        sides[place, side].clear()
    for place, ts, value in _sql.run(
        connection,
        "earlier" if side < 0 else "later",
        positions=IntegerParameters(part.places),
        meter_ids=IntegerParameters(read_of(r.dirty.meter_id) for r in mine),
        times=TimeParameters(r.start_us if side < 0 else r.end_us for r in mine),
        rows=IntegerParameters(r.before if side < 0 else r.after for r in mine),
        from_ts=TimeParameter(from_us if side < 0 else part.from_us),
        to_ts=TimeParameter(part.to_us if side < 0 else to_us),
    ).tuples():
        sides[place, side].append((ts, value))
