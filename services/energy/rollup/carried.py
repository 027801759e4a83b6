"""How many readings of before the edge are to be kept of each meter: those from which the ones after it are counted.

What comes after the edge, in whatever order, is then booked as it would be with all readings that ever came: booking
goes back to a settled reading (services/energy/booking/settled.py), and that one is among them with what it needs.
"""

from collections.abc import Iterator, Sequence

import psycopg

from services.core.calendar import SLOT_US
from services.energy.booking.booking import NeedsMore
from services.energy.rollup.meters import RolledMeters, read_of
from services.energy.rollup.ranges import DirtyRange
from services.energy.rollup.reach import RangeReach
from services.energy.rollup.windows import LEAST_CARRIED, read_ranges, rebook_these

_METERS_AT_ONCE = 200


def carried_rows(connection: psycopg.Connection, meter_ids: Sequence[int], edge_us: int) -> Iterator[dict[int, int]]:
    """By meter the number of its last readings before `edge_us` that are to be kept, some meters at a time.

    The connection reads times as `adapt` has it. What of a meter is in the roll-up's queue before the edge is booked.
    """
    rolled = RolledMeters()
    both_ways = rolled.both_ways(connection)
    for first in range(0, len(meter_ids), _METERS_AT_ONCE):
        asked = meter_ids[first : first + _METERS_AT_ONCE]
        numbers = [number for each in asked for number in ((each, -each) if each in both_ways else (each,))]
        meters = rolled.of(connection, numbers)
        rows = dict.fromkeys(asked, LEAST_CARRIED)
        dirty = (DirtyRange(number, edge_us, edge_us + SLOT_US) for number in numbers if number in meters)
        reaches = [RangeReach(each, meters[each.meter_id].rule, corrected=True) for each in dirty]
        while reaches:
            outcomes = rebook_these([*zip(read_ranges(connection, reaches, edge_us), reaches, strict=True)], edge_us)
            lacking = []
            for reach, outcome in zip(reaches, outcomes, strict=True):
                if isinstance(outcome, NeedsMore):
                    reach.further(outcome)
                    lacking.append(reach)
                meter_id = read_of(reach.dirty.meter_id)
                rows[meter_id] = max(rows[meter_id], reach.before)
            reaches = lacking
        yield rows
