"""Readings that go on where the booked ones of their meter end: read and booked for all meters of a batch at once.

Most readings are such. What is in any way special is left to `windows.rebook_all`, meter by meter.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, OPEN_END_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.chunks import CHUNK_US, ChunkPart, parts_of
from services.core.db.statements import Statements
from services.energy.booking.fast_path import Flags, PlainBooking, PlainRule, Whole, Windows, book_plain
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.begun import begun_before
from services.energy.rollup.changes import Periods
from services.energy.rollup.meters import Accounts, RolledMeter
from services.energy.rollup.ranges import DirtyRange

_sql = Statements.beside(__file__, "fast_path.sql")

_MOST_OF_METER = 1_000
_INTERVAL = PlainRule._fields.index("interval_us")


def book_fast_path(
    connection: psycopg.Connection,
    ranges: Sequence[DirtyRange],
    meters: Mapping[int, RolledMeter],
    accounts: Accounts,
    *,
    changed: Collection[int],
    most_readings: int,
) -> tuple[Periods, list[DirtyRange]]:
    """Book what can take the fast path, reading at most so many readings: the slots that are new or can differ.

    The others of their hours count as they are kept. And the ranges that are left; those of meters in `changed` are,
    and those of meters with more than one.
    """
    asked = _asked(connection, ranges, meters, changed=changed, most_readings=most_readings)
    if asked is None:
        return Periods.none(), list(ranges)
    windows = asked.read(connection)
    if windows is None:
        return Periods.none(), list(ranges)
    found = book_plain(windows)
    from_us, to_us, keys = zip(*(meters[r.meter_id].newest for r in asked.ranges), strict=True)
    outside = (found.slot_us < np.array(from_us)[found.owner]) | (found.slot_us >= np.array(to_us)[found.owner])
    plain = found.plain & (np.bincount(found.owner[outside], minlength=len(asked.ranges)) == 0)
    ids = accounts.ids(connection, {key for key, chosen in zip(keys, plain.tolist(), strict=True) if chosen})
    account_ids = np.array([ids.get(key, 0) for key in keys])
    done = {r.meter_id for r, chosen in zip(asked.ranges, plain.tolist(), strict=True) if chosen}
    booked = _booked(found, plain[found.owner] & found.new, asked.meter_ids, account_ids)
    return booked, [r for r in ranges if r.meter_id not in done]


@dataclass(frozen=True, slots=True)
class _RangesAsked:
    """Ranges whose readings are read from `start_us` on, at most `most` of each."""

    ranges: list[DirtyRange]
    meter_ids: Whole
    rules: Whole
    start_us: Whole
    most: Whole
    unmarked: Flags

    def first(self, chosen: Flags) -> "_RangesAsked":
        ranges = [r for r, keep in zip(self.ranges, chosen.tolist(), strict=True) if keep]
        return _RangesAsked(
            ranges,
            self.meter_ids[chosen],
            self.rules[chosen],
            self.start_us[chosen],
            self.most[chosen],
            self.unmarked[chosen],
        )

    def read(self, connection: psycopg.Connection) -> Windows | None:
        """The windows around these ranges; None if there are no readings."""
        pieces: list[tuple[Whole, Whole, NDArray[np.float64]]] = []
        complete = np.full(len(self.ranges), True)
        # With what follows a range it is seen whether more of the meter is at hand.
        ends_us = np.array([r.end_us for r in self.ranges]) + 2 * self.rules[:, _INTERVAL] + 2 * HOUR_US
        for part in parts_of(self.start_us, ends_us, chunk_us=CHUNK_US):
            pieces += self._read_part(connection, part, complete)
        if not pieces:
            return None
        owner, times_us, values = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        order = np.lexsort((times_us, owner))
        owner, times_us, values = owner[order], times_us[order], values[order]
        return Windows(
            rules=self.rules,
            dirty_from_us=np.array([r.start_us for r in self.ranges]),
            dirty_to_us=np.array([r.end_us for r in self.ranges]),
            owner=owner,
            times_us=times_us,
            values=values,
            complete=complete,
            begins=self._begins(connection, owner, times_us),
            unmarked=self.unmarked,
        )

    def _read_part(
        self, connection: psycopg.Connection, part: ChunkPart, complete: Flags
    ) -> Iterator[tuple[Whole, Whole, NDArray[np.float64]]]:
        """Number of the range, times and values; in `complete` is noted which ranges have others after these."""
        places = np.array(part.places)
        owner, times_us, values = _sql.run(
            connection,
            "fast_path_readings",
            meter_ids=IntegerParameters(self.meter_ids[places]),
            starts=TimeParameters(self.start_us[places]),
            most=IntegerParameters(self.most[places]),
            from_ts=TimeParameter(part.from_us),
            to_ts=TimeParameter(part.to_us),
        ).one()
        number = np.zeros(len(places), dtype=np.int64)
        if owner is not None:
            owner = owner.astype(np.int64) - 1
            number = np.bincount(owner, minlength=len(places))
            yield places[owner], times_us, values
        complete[places] = number < self.most[places]
        going_on = _going_on(connection, self.meter_ids[places[complete[places]]], part.to_us)
        complete[places] &= ~np.isin(self.meter_ids[places], going_on)

    def _begins(self, connection: psycopg.Connection, owner: Whole, times_us: Whole) -> Flags:
        """By window: whether the meter has no readings before; not asked where some are at hand from its start on."""
        first = np.minimum(np.searchsorted(owner, np.arange(len(self.ranges))), len(owner) - 1)
        asked = times_us[first] >= self.start_us + 2 * self.rules[:, _INTERVAL]
        if not asked.any():
            return asked
        begun = _begun(connection, self.meter_ids[asked], self.start_us[asked])
        return asked & ~np.isin(self.meter_ids, begun)


def _going_on(connection: psycopg.Connection, meter_ids: Whole, from_us: int) -> Whole:
    """Those of the meters that have readings from a moment on: looked for near it, and then for the few left beyond."""
    found = [np.zeros(0, dtype=np.int64)]
    for start_us, end_us in ((from_us, from_us + CHUNK_US), (from_us + CHUNK_US, OPEN_END_US)):
        given = {
            "meter_ids": IntegerParameters(meter_ids),
            "from_ts": TimeParameter(start_us),
            "to_ts": TimeParameter(end_us),
        }
        found.append(np.array(_sql.run(connection, "meters_going_on", **given).scalars().all(), dtype=np.int64))
        meter_ids = meter_ids[~np.isin(meter_ids, found[-1])]
        if not len(meter_ids):
            break
    return np.concatenate(found)


def _begun(connection: psycopg.Connection, meter_ids: Whole, starts_us: Whole) -> Whole:
    """Those of the meters that have readings before their moments, looked for in the same way."""
    near_us = int(starts_us.min()) - CHUNK_US
    given = {
        "meter_ids": IntegerParameters(meter_ids),
        "starts": TimeParameters(starts_us),
        "from_ts": TimeParameter(near_us),
        "to_ts": TimeParameter(int(starts_us.max())),
    }
    found = np.array(_sql.run(connection, "meters_begun", **given).scalars().all(), dtype=np.int64)
    return np.append(found, begun_before(connection, meter_ids[~np.isin(meter_ids, found)], near_us))


def _asked(
    connection: psycopg.Connection,
    ranges: Sequence[DirtyRange],
    meters: Mapping[int, RolledMeter],
    *,
    changed: Collection[int],
    most_readings: int,
) -> _RangesAsked | None:
    """The ranges that may be plain; None if there is none."""
    often = Counter(r.meter_id for r in ranges)
    rules = {meter_id: meter.plain for meter_id, meter in meters.items() if meter_id not in changed}
    alone = [r for r in ranges if often[r.meter_id] == 1 and rules.get(r.meter_id) is not None]
    if not alone:
        return None
    columns = np.array([rules[r.meter_id] for r in alone], dtype=np.int64)
    is_counter, interval_us = columns[:, 0] != 0, columns[:, _INTERVAL]
    dirty_from_us = np.array([r.start_us for r in alone])
    # A counter is booked from the hour of the reading before the last one on, and one reading may be missing.
    before = is_counter * (2 + np.maximum(1, columns[:, PlainRule._fields.index("levels_before")]))
    reach_us = dirty_from_us - before * interval_us - columns[:, PlainRule._fields.index("begins_before_us")]
    start_us = reach_us - reach_us % HOUR_US - 2 * interval_us
    until_us = np.array([r.end_us for r in alone]) + HOUR_US
    most = (until_us - start_us) // interval_us * 3 // 2 + 8
    nothing_known = np.full(len(alone), True)
    asked = _RangesAsked(alone, np.array([r.meter_id for r in alone]), columns, start_us, most, nothing_known)
    asked = asked.first((most <= _MOST_OF_METER) & (np.cumsum(np.minimum(most, _MOST_OF_METER)) <= most_readings))
    given = {"meter_ids": IntegerParameters(asked.meter_ids), "starts": TimeParameters(asked.start_us)}
    marked = {row.meter_id: row.is_special for row in _sql.run(connection, "marked_meters", **given)}
    if marked:
        asked = replace(asked, unmarked=np.array([r.meter_id not in marked for r in asked.ranges], dtype=bool))
        asked = asked.first(np.array([not marked.get(r.meter_id, False) for r in asked.ranges], dtype=bool))
    return asked if asked.ranges else None


def _booked(found: PlainBooking, chosen: Flags, meter_ids: Whole, account_ids: Whole) -> Periods:
    owner = found.owner[chosen]
    return Periods(
        meter_ids[owner],
        found.slot_us[chosen],
        account_ids[owner],
        found.quantity_pico[chosen],
        found.measured_s[chosen],
        np.ones(len(owner), dtype=np.int64),
        found.quality[chosen],
    )
