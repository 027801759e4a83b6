"""How much there is to do for stretches of meters' time: what is done at once is bounded by it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import psycopg

from services.core.calendar import HOUR_US, OPEN_END_US, OPEN_START_US
from services.core.db.statements import Statements
from services.core.meter import Kind
from services.energy.booking.levels import LONGEST_GAP_US
from services.energy.rollup.adapt import IntegerParameters, TimeParameter, TimeParameters
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.ranges import DirtyRange, Extent

_sql = Statements.beside(__file__, "extents.sql")

_NEAR_US = 48 * HOUR_US


class _Probe(NamedTuple):
    """What a range holds: readings as far as they were counted, the first and last of these, and the neighbours."""

    readings: int
    first_us: int | None
    last_us: int | None
    before_us: int | None
    after_us: int | None


def extents_of(
    connection: psycopg.Connection,
    ranges: Sequence[DirtyRange],
    meters: Mapping[int, RolledMeter],
    *,
    most: int,
    now_us: int,
) -> list[Extent]:
    """The extent of each of the ranges; no more than `most` readings of one are counted, none are after `now_us`."""
    if not ranges:
        return []
    near = (min(r.start_us for r in ranges) - _NEAR_US, max(r.end_us for r in ranges) + _NEAR_US)
    found = _probe(connection, dict(enumerate(ranges)), near, most)
    # A counter's energy is spread over gaps of any length; that of others is not.
    far = {
        position: r
        for position, r in enumerate(ranges)
        if Kind.COUNTER in meters[r.meter_id].rule.kinds
        and (found[position].before_us is None or (found[position].after_us is None and near[1] < now_us))
    }
    found |= _probe(connection, far, (OPEN_START_US, OPEN_END_US), most) if far else {}
    return [_extent(r, meters[r.meter_id], found[position], most) for position, r in enumerate(ranges)]


def _probe(
    connection: psycopg.Connection, ranges: Mapping[int, DirtyRange], window_us: tuple[int, int], most: int
) -> dict[int, _Probe]:
    rows = _sql.run(
        connection,
        "extents",
        positions=IntegerParameters(ranges),
        meter_ids=IntegerParameters(read_of(r.meter_id) for r in ranges.values()),
        starts=TimeParameters(r.start_us for r in ranges.values()),
        ends=TimeParameters(r.end_us for r in ranges.values()),
        from_ts=TimeParameter(window_us[0]),
        to_ts=TimeParameter(window_us[1]),
        most=most,
    )
    return {row.position: _Probe(row.readings, row.first_ts, row.last_ts, row.before_ts, row.after_ts) for row in rows}


def _extent(dirty: DirtyRange, meter: RolledMeter, probe: _Probe, most: int) -> Extent:
    """From the reading before the range, or its first, to the one after it, or its last: so far energy can change."""
    rule = meter.rule
    reach_us = max(2 * rule.longest_interval_us, rule.longest_hold_us)
    if Kind.COUNTER in rule.kinds:
        reach_us = LONGEST_GAP_US
    full_us = probe.last_us if probe.readings == most else None
    from_us = probe.first_us if probe.before_us is None else max(probe.before_us, dirty.start_us - reach_us)
    to_us = probe.last_us if probe.after_us is None else min(probe.after_us, dirty.end_us + reach_us)
    return Extent(
        probe.readings,
        full_us,
        from_us=dirty.end_us if from_us is None else from_us,
        to_us=dirty.start_us if to_us is None else to_us,
    )
