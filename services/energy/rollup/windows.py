"""Reads what each dirty range needs and books it again, reading further where the judging asks for more."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import compress
from typing import Any, NamedTuple

import psycopg

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.reading_edge import kept_from_us
from services.core.db.statements import Statements
from services.core.meter import Kind, Mark
from services.energy.booking.booking import NeedsMore, Readings, Rebooking, of_kept, rebook
from services.energy.booking.steps import UNIT_OF_MARK
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.ranges import DirtyRange, join_reaching, merge_meeting
from services.energy.rollup.reach import RangeReach, read_sides

_sql = Statements.beside(__file__, "windows.sql")


LEAST_CARRIED = 100
"""So many readings of before the edge are kept of each meter, if it has them, and more where the judging needs more."""
Results = list[tuple[DirtyRange, Rebooking]]
Work = Callable[[], Any]
Steps = Generator[Work | None, Any, "Rebooked"]
"""Yields what is to be done without the database, and takes what it gives; None where a transaction may end."""


class Rebooked(NamedTuple):
    """Results, which do not overlap, and the meters that are left because too many readings say what they used."""

    results: Results
    left: set[int]


def rebook_all(connection: psycopg.Connection, ranges: list[DirtyRange], meters: dict[int, RolledMeter]) -> Results:
    """Book every dirty range again; the results do not overlap."""
    return rebook_small(connection, ranges, meters, most=None).results


def rebook_small(
    connection: psycopg.Connection, ranges: list[DirtyRange], meters: dict[int, RolledMeter], *, most: int | None
) -> Rebooked:
    """The same, but for the meters, by the number of their readings, of which more than `most` must be at hand."""
    steps = rebook_in_steps(connection, ranges, meters, most=most)
    given: Any = None
    while True:
        try:
            work = steps.send(given)
        except StopIteration as ended:
            rebooked: Rebooked = ended.value
            return rebooked
        given = work() if work is not None else None


def rebook_in_steps(
    connection: psycopg.Connection,
    ranges: list[DirtyRange],
    meters: dict[int, RolledMeter],
    *,
    most: int | None = None,
    at_once: int | None = None,
) -> Steps:
    """The same in steps; between two of them no more than `at_once` ranges are read."""
    meter_ids = sorted({read_of(r.meter_id) for r in ranges})
    edge_us = kept_from_us(connection)
    corrected = frozenset(_sql.run(connection, "corrected_meters", meter_ids=meter_ids).scalars())
    done: Results = []
    left: set[int] = set()
    open_ranges = [r for r in ranges if r.meter_id in meters]
    while open_ranges:
        open_ranges.sort(key=lambda r: (r.meter_id, r.start_us))
        reaches = [
            RangeReach(r, meters[r.meter_id].rule, corrected=read_of(r.meter_id) in corrected) for r in open_ranges
        ]
        found = yield from _rebook_each(connection, reaches, most, at_once, edge_us)
        left |= found.left
        done, open_ranges = merge_meeting(
            [each for each in done + found.results if read_of(each[0].meter_id) not in left]
        )
    return Rebooked(done, left)


def _rebook_each(
    connection: psycopg.Connection, reaches: list[RangeReach], most: int | None, at_once: int | None, edge_us: int
) -> Steps:
    done: Results = []
    left: set[int] = set()
    while reaches:
        at_hand: list[Readings] = []
        for first in range(0, len(reaches), at_once or len(reaches)):
            if first:
                yield None
            at_hand += read_ranges(connection, reaches[first : first + (at_once or len(reaches))], edge_us)
        if most is not None:
            left |= _beyond(reaches, at_hand, most)
            kept = [read_of(reach.dirty.meter_id) not in left for reach in reaches]
            reaches, at_hand = [*compress(reaches, kept)], [*compress(at_hand, kept)]
        last_us = [max(readings.times_us, default=OPEN_START_US) for readings in at_hand]
        joined = join_reaching([(reach.dirty, at_us) for reach, at_us in zip(reaches, last_us, strict=True)])
        alone = [joined[reach.dirty] == reach.dirty for reach in reaches]
        asked = [
            (readings, reach)
            for readings, reach in zip(compress(at_hand, alone), compress(reaches, alone), strict=True)
        ]
        outcomes = iter((yield partial(rebook_these, asked, edge_us)) if asked else ())
        unfinished: list[RangeReach] = []
        for reach, is_alone in zip(reaches, alone, strict=True):
            dirty = joined[reach.dirty]
            if not is_alone:
                if not (unfinished and unfinished[-1].dirty == dirty):
                    unfinished.append(RangeReach(dirty, reach.rule, corrected=reach.corrected))
                continue
            outcome = next(outcomes)
            if isinstance(outcome, NeedsMore):
                reach.further(outcome)
                if most is not None and reach.before + reach.after > most:
                    left.add(read_of(dirty.meter_id))
                unfinished.append(reach)
            else:
                done.append((dirty, outcome))
        reaches = [reach for reach in unfinished if read_of(reach.dirty.meter_id) not in left]
    return Rebooked(done, left)


def rebook_these(asked: Sequence[tuple[Readings, RangeReach]], edge_us: int) -> list[Rebooking | NeedsMore]:
    """What is booked again by each of these; readings of before `edge_us` may have been dropped."""
    return [_rebook_this(readings, reach, edge_us) for readings, reach in asked]


def _rebook_this(readings: Readings, reach: RangeReach, edge_us: int) -> Rebooking | NeedsMore:
    found = rebook(readings, reach.rule, dirty_from_us=reach.dirty.start_us, dirty_to_us=reach.dirty.end_us)
    if isinstance(found, NeedsMore) or not _is_cut(readings.times_us, edge_us):
        return found
    return of_kept(found, readings.times_us[0])


def _is_cut(times_us: Sequence[int], edge_us: int) -> bool:
    """Whether others may have been dropped before these readings: of a meter with fewer before the edge none was."""
    return bisect_left(times_us, edge_us) >= LEAST_CARRIED // 2


def _beyond(reaches: Sequence[RangeReach], at_hand: Sequence[Readings], most: int) -> set[int]:
    """The meters of which more than so many readings are at hand."""
    readings = Counter[int]()
    for reach, found in zip(reaches, at_hand, strict=True):
        readings[read_of(reach.dirty.meter_id)] += len(found.times_us)
    return {meter_id for meter_id, number in readings.items() if number > most}


def read_ranges(connection: psycopg.Connection, reaches: Sequence[RangeReach], edge_us: int) -> list[Readings]:
    """The readings of each range, with so many on either side as it reaches."""
    sides = read_sides(connection, reaches)
    rows: list[list[tuple[int, float]]] = []
    reached: list[tuple[bool, bool]] = []
    for position, reach in enumerate(reaches):
        early = sorted(sides[position, -1], reverse=True)
        late = sorted(sides[position, 1])
        reached.append((len(early) <= reach.before, len(late) <= reach.after))
        rows.append([*reversed(early[: reach.before]), *sorted(sides[position, 0]), *late[: reach.after]])
    corrected_us = _correct(connection, reaches, rows, reached, edge_us)
    marks = _read_marks(connection, reaches, rows)
    units_before = _units_before(connection, reaches, rows)
    return [
        Readings(
            times_us=[ts for ts, _ in mine],
            values=[value for _, value in mine],
            marks=marks[position],
            reaches_start=reached[position][0],
            reaches_end=reached[position][1],
            corrected_us=corrected_us.get(position, ()),
            unit_before=units_before.get(position, 0),
        )
        for position, mine in enumerate(rows)
    ]


def _correct(
    connection: psycopg.Connection,
    reaches: Sequence[RangeReach],
    rows: list[list[tuple[int, float]]],
    reached: list[tuple[bool, bool]],
    edge_us: int,
) -> dict[int, list[int]]:
    """Let the rows say what people have corrected them to; the corrected times by position.

    Corrections count as far as the rows reach: without end where there are no others beyond them, nor ever were.
    """
    positions = [p for p, reach in enumerate(reaches) if reach.corrected]
    if not positions:
        return {}
    begins = {p for p in positions if reached[p][0] and not _is_cut([at_us for at_us, _ in rows[p]], edge_us)}
    found: dict[int, dict[int, float | None]] = defaultdict(dict)
    for position, ts, value in _sql.run(
        connection,
        "corrections",
        positions=IntegerParameters(positions),
        meter_ids=IntegerParameters(read_of(reaches[p].dirty.meter_id) for p in positions),
        starts=TimeParameters(OPEN_START_US if p in begins else rows[p][0][0] for p in positions),
        ends=TimeParameters(OPEN_END_US if reached[p][1] else rows[p][-1][0] for p in positions),
    ).tuples():
        found[position][ts] = value
    for position, corrections in found.items():
        counting = dict(rows[position]) | corrections
        rows[position] = sorted((ts, value) for ts, value in counting.items() if value is not None)
    return {position: sorted(corrections) for position, corrections in found.items()}


def _read_marks(
    connection: psycopg.Connection, reaches: Sequence[RangeReach], rows: list[list[tuple[int, float]]]
) -> dict[int, dict[int, Mark]]:
    filled = [position for position, mine in enumerate(rows) if mine]
    found: dict[int, dict[int, Mark]] = defaultdict(dict)
    for position, ts, quality in _sql.run(
        connection,
        "marks",
        positions=IntegerParameters(filled),
        meter_ids=IntegerParameters(reaches[p].dirty.meter_id for p in filled),
        starts=TimeParameters(rows[p][0][0] for p in filled),
        ends=TimeParameters(rows[p][-1][0] for p in filled),
    ).tuples():
        found[position][ts] = Mark(quality)
    return found


def _units_before(
    connection: psycopg.Connection, reaches: Sequence[RangeReach], rows: list[list[tuple[int, float]]]
) -> dict[int, int]:
    """By position the unit of a counter's register before its first row, where it is not the registered one."""
    filled = [position for position, mine in enumerate(rows) if mine and Kind.COUNTER in reaches[position].rule.kinds]
    found: dict[int, int] = defaultdict(int)
    for position, quality, times in _sql.run(
        connection,
        "unit_changes",
        positions=IntegerParameters(filled),
        meter_ids=IntegerParameters(reaches[p].dirty.meter_id for p in filled),
        starts=TimeParameters(rows[p][0][0] for p in filled),
    ).tuples():
        found[position] += times * UNIT_OF_MARK[Mark(quality)]
    return found
