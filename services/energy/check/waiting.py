"""Which stretches of meters wait for the roll-up: what is kept of them is known to differ from what is right."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import psycopg

from services.core.calendar import HOUR_US, OPEN_END_US, OPEN_START_US
from services.core.db.statements import Statements
from services.energy.booking.booking import Rebooking
from services.energy.check.difference import Stretch
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.ranges import DirtyRange
from services.energy.rollup.windows import rebook_all
from services.ingest.validate import EARLIEST_US

_sql = Statements.beside(__file__, "waiting.sql")

_RANGES_AT_ONCE = 100


def waiting(connection: psycopg.Connection) -> dict[int, list[Stretch]]:
    """By meter the time with slots or changes in the roll-up's queue, those less than a week apart as one."""
    found: dict[int, list[Stretch]] = defaultdict(list)
    for meter_id, start_us, end_us in _sql.run(connection, "waiting", earliest=TimeParameter(EARLIEST_US)).tuples():
        found[meter_id].append((start_us, end_us))
    return found


def altered(
    connection: psycopg.Connection,
    numbers: Sequence[int],
    meters: dict[int, RolledMeter],
    waits: Mapping[int, Sequence[Stretch]],
) -> dict[int, list[Stretch]]:
    """By number the time that what waits can alter: it reaches from one settled reading to another."""
    ranges = {
        number: [DirtyRange(number, start_us, end_us) for start_us, end_us in waits.get(read_of(number), ())]
        for number in numbers
    }
    # How far it reaches is seen at its ends: a stretch may hold years.
    every = [r for mine in ranges.values() for r in mine if r.start_us > EARLIEST_US]
    heads = _rebooked(connection, [_head(r) for r in every], meters)
    tails = _rebooked(connection, [_tail(r) for r in every if r.end_us < OPEN_END_US], meters)
    return {number: [_reach(r, heads, tails) for r in mine] for number, mine in ranges.items() if mine}


def _head(dirty: DirtyRange) -> DirtyRange:
    return DirtyRange(dirty.meter_id, dirty.start_us, min(dirty.end_us, dirty.start_us + HOUR_US))


def _tail(dirty: DirtyRange) -> DirtyRange:
    return DirtyRange(dirty.meter_id, max(dirty.start_us, dirty.end_us - HOUR_US), dirty.end_us)


def _rebooked(
    connection: psycopg.Connection, ranges: list[DirtyRange], meters: dict[int, RolledMeter]
) -> list[tuple[DirtyRange, Rebooking]]:
    """How far each of the ranges reaches; the energy itself is not kept."""
    found: list[tuple[DirtyRange, Rebooking]] = []
    for first in range(0, len(ranges), _RANGES_AT_ONCE):
        for dirty, rebooking in rebook_all(connection, ranges[first : first + _RANGES_AT_ONCE], meters):
            rebooking.booking.slots.clear()
            found.append((dirty, rebooking))
    return found


def _reach(
    dirty: DirtyRange, heads: Collection[tuple[DirtyRange, Rebooking]], tails: Collection[tuple[DirtyRange, Rebooking]]
) -> Stretch:
    early = [rebooking for held, rebooking in heads if _holds(held, dirty.meter_id, dirty.start_us)]
    late = [rebooking for held, rebooking in tails if _holds(held, dirty.meter_id, dirty.end_us - 1)]
    starts = [start_us for each in early for start_us in (each.slots_from_us, each.marks_after_us)]
    ends = [end_us for each in late for end_us in (each.slots_to_us, each.marks_to_us)]
    changes_unit = any(each.unit_changed_from_us is not None for each in (*early, *late))
    is_open = changes_unit or not ends
    return (
        min(OPEN_START_US if start_us is None else start_us for start_us in starts) if starts else OPEN_START_US,
        OPEN_END_US if is_open else max(OPEN_END_US if end_us is None else end_us + 1 for end_us in ends),
    )


def _holds(dirty: DirtyRange, number: int, moment_us: int) -> bool:
    return dirty.meter_id == number and dirty.start_us <= moment_us < dirty.end_us
