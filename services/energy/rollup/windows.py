"""Reads what each dirty range needs and books it again, reading further where the judging asks for more."""

from collections import defaultdict

import psycopg

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.statements import Statements
from services.core.meter import Kind, Mark
from services.energy.booking.booking import NeedsMore, Readings, Rebooking, rebook
from services.energy.booking.steps import UNIT_OF_MARK
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.ranges import DirtyRange, join_reaching, merge_meeting
from services.energy.rollup.reach import RangeReach, read_sides

_sql = Statements.beside(__file__, "windows.sql")


def rebook_all(
    connection: psycopg.Connection, ranges: list[DirtyRange], meters: dict[int, RolledMeter]
) -> list[tuple[DirtyRange, Rebooking]]:
    """Book every dirty range again; the results do not overlap."""
    meter_ids = sorted({read_of(r.meter_id) for r in ranges})
    corrected = frozenset(_sql.run(connection, "corrected_meters", meter_ids=meter_ids).scalars())
    done: list[tuple[DirtyRange, Rebooking]] = []
    open_ranges = [r for r in ranges if r.meter_id in meters]
    while open_ranges:
        open_ranges.sort(key=lambda r: (r.meter_id, r.start_us))
        reaches = [
            RangeReach(r, meters[r.meter_id].rule, corrected=read_of(r.meter_id) in corrected) for r in open_ranges
        ]
        done, open_ranges = merge_meeting(done + _rebook_each(connection, reaches))
    return done


def _rebook_each(connection: psycopg.Connection, reaches: list[RangeReach]) -> list[tuple[DirtyRange, Rebooking]]:
    done: list[tuple[DirtyRange, Rebooking]] = []
    while reaches:
        at_hand = _read(connection, reaches)
        last_us = [max(readings.times_us, default=OPEN_START_US) for readings in at_hand]
        joined = join_reaching([(reach.dirty, at_us) for reach, at_us in zip(reaches, last_us, strict=True)])
        unfinished: list[RangeReach] = []
        for reach, readings in zip(reaches, at_hand, strict=True):
            dirty = joined[reach.dirty]
            if dirty != reach.dirty:
                if not (unfinished and unfinished[-1].dirty == dirty):
                    unfinished.append(RangeReach(dirty, reach.rule, corrected=reach.corrected))
                continue
            outcome = rebook(readings, reach.rule, dirty_from_us=dirty.start_us, dirty_to_us=dirty.end_us)
            if isinstance(outcome, NeedsMore):
                reach.further(outcome)
                unfinished.append(reach)
            else:
                done.append((dirty, outcome))
        reaches = unfinished
    return done


def _read(connection: psycopg.Connection, reaches: list[RangeReach]) -> list[Readings]:
    sides = read_sides(connection, reaches)
    rows: list[list[tuple[int, float]]] = []
    reached: list[tuple[bool, bool]] = []
    for position, reach in enumerate(reaches):
        early = sorted(sides[position, -1], reverse=True)
        late = sorted(sides[position, 1])
        reached.append((len(early) <= reach.before, len(late) <= reach.after))
        rows.append([*reversed(early[: reach.before]), *sorted(sides[position, 0]), *late[: reach.after]])
    corrected_us = _correct(connection, reaches, rows, reached)
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
    reaches: list[RangeReach],
    rows: list[list[tuple[int, float]]],
    reached: list[tuple[bool, bool]],
) -> dict[int, list[int]]:
    """Let the rows say what people have corrected them to; the corrected times by position.

    Corrections count as far as the rows reach: without end where there are no others beyond them.
    """
    positions = [p for p, reach in enumerate(reaches) if reach.corrected]
    if not positions:
        return {}
    found: dict[int, dict[int, float | None]] = defaultdict(dict)
    for position, ts, value in _sql.run(
        connection,
        "corrections",
        positions=IntegerParameters(positions),
        meter_ids=IntegerParameters(read_of(reaches[p].dirty.meter_id) for p in positions),
        starts=TimeParameters(OPEN_START_US if reached[p][0] else rows[p][0][0] for p in positions),
        ends=TimeParameters(OPEN_END_US if reached[p][1] else rows[p][-1][0] for p in positions),
    ).tuples():
        found[position][ts] = value
    for position, corrections in found.items():
        counting = dict(rows[position]) | corrections
        rows[position] = sorted((ts, value) for ts, value in counting.items() if value is not None)
    return {position: sorted(corrections) for position, corrections in found.items()}


def _read_marks(
    connection: psycopg.Connection, reaches: list[RangeReach], rows: list[list[tuple[int, float]]]
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
    connection: psycopg.Connection, reaches: list[RangeReach], rows: list[list[tuple[int, float]]]
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
