"""How much there is to do for stretches of meters' time: what is done at once is bounded by it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import psycopg

from services.core.calendar import HOUR_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.chunks import CHUNK_US, ChunkPart, parts_of
from services.core.db.statements import Statements
from services.core.meter import Kind
from services.energy.booking.levels import LONGEST_GAP_US
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.meters import RolledMeter, read_of
from services.energy.rollup.ranges import DirtyRange, Extent

_sql = Statements.beside(__file__, "extents.sql")

_NEAR_US = 48 * HOUR_US
_NEXT_CHUNK_US = 30 * 24 * HOUR_US


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
    found: dict[int, _Probe] = {}
    counters = [Kind.COUNTER in meters[r.meter_id].rule.kinds for r in ranges]
    starts, ends = [r.start_us for r in ranges], [r.end_us for r in ranges]
    parts = [*parts_of(starts, ends, chunk_us=CHUNK_US)]
    for part in parts:
        found |= _probe(connection, ranges, part, most)
    # A counter's energy is spread over gaps of up to LONGEST_GAP_US; that of others is not.
    for near_us, far_us in ((_NEAR_US, _NEXT_CHUNK_US), (_NEXT_CHUNK_US, LONGEST_GAP_US)):
        for part in parts:
            alone = [
                place
                for place in part.places
                if counters[place]
                and (
                    found[place].before_us is None
                    or (found[place].after_us is None and ranges[place].end_us + near_us < now_us)
                )
            ]
            if alone:
                _look_further(connection, ranges, part._replace(places=alone), found, (near_us, far_us))
    return [_extent(r, meters[r.meter_id], found[place], most) for place, r in enumerate(ranges)]


def _probe(
    connection: psycopg.Connection, ranges: Sequence[DirtyRange], part: ChunkPart, most: int
) -> dict[int, _Probe]:
    from_us, to_us = part.wider(_NEAR_US)
    mine = [ranges[place] for place in part.places]
    rows = _sql.run(
        connection,
        "extents",
        positions=IntegerParameters(part.places),
        meter_ids=IntegerParameters(read_of(r.meter_id) for r in mine),
        starts=TimeParameters(r.start_us for r in mine),
        ends=TimeParameters(r.end_us for r in mine),
        from_ts=TimeParameter(from_us),
        to_ts=TimeParameter(to_us),
        most=most,
    )
    return {place: _Probe(*probe) for place, *probe in rows.tuples()}


def _look_further(
    connection: psycopg.Connection,
    ranges: Sequence[DirtyRange],
    part: ChunkPart,
    found: dict[int, _Probe],
    between_us: tuple[int, int],
) -> None:
    """Fill in neighbours that lie so far away, nearer ones are known not to be there; those that are known stay."""
    (start_us, end_us), (from_us, to_us) = (part.wider(by_us) for by_us in between_us)
    for place, before_us, after_us in _sql.run(
        connection,
        "neighbours",
        positions=IntegerParameters(part.places),
        meter_ids=IntegerParameters(read_of(ranges[place].meter_id) for place in part.places),
        from_ts=TimeParameter(from_us),
        start_ts=TimeParameter(start_us),
        end_ts=TimeParameter(end_us),
        to_ts=TimeParameter(to_us),
    ).tuples():
        probe = found[place]
        found[place] = probe._replace(
            before_us=before_us if probe.before_us is None else probe.before_us,
            after_us=after_us if probe.after_us is None else probe.after_us,
        )


def _extent(dirty: DirtyRange, meter: RolledMeter, probe: _Probe, most: int) -> Extent:
    """From the reading before the range, or its first, to the one after it, or its last: so far energy can change.

    No energy is spread over a longer time than its reach: what lies further apart does not meet.
    """
    rule = meter.rule
    is_counter = Kind.COUNTER in rule.kinds
    reach_us = LONGEST_GAP_US if is_counter else max(2 * rule.longest_interval_us, rule.longest_hold_us)
    full_us = probe.last_us if probe.readings == most else None
    before_us, after_us = probe.before_us, probe.after_us
    if probe.first_us is not None and probe.last_us is not None and not is_counter:
        return Extent(probe.readings, full_us, from_us=probe.first_us - reach_us, to_us=probe.last_us + reach_us)
    first_us = after_us if probe.first_us is None else probe.first_us
    last_us = before_us if probe.last_us is None else probe.last_us
    if before_us is not None and first_us is not None and first_us - before_us > reach_us:
        before_us = None
    if after_us is not None and last_us is not None and after_us - last_us > reach_us:
        after_us = None
    from_us = probe.first_us if before_us is None else max(before_us, dirty.start_us - reach_us)
    to_us = probe.last_us if after_us is None else min(after_us, dirty.end_us + reach_us)
    return Extent(
        probe.readings,
        full_us,
        from_us=dirty.end_us if from_us is None else from_us,
        to_us=dirty.start_us if to_us is None else to_us,
    )
