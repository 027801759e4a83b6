"""Readings that go on where the booked ones of their meter end: read and booked for all meters of a batch at once.

Most readings are such. What is in any way special is left to `windows.rebook_all`, meter by meter.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import psycopg

from services.core.calendar import HOUR_US
from services.core.db.bulk import RowType
from services.core.db.statements import Statements
from services.energy.booking.fast_path import Flags, PlainBooking, PlainRule, Whole, Windows, book_plain
from services.energy.rollup.adapt import IntegerParameters, TimeParameter, TimeParameters
from services.energy.rollup.meters import Accounts, RolledMeter
from services.energy.rollup.ranges import DirtyRange

_sql = Statements.beside(__file__, "fast_path.sql")

_MOST_OF_METER = 1_000
BOOKED = RowType(
    meter_id="int4",
    account_id="int4",
    slot="ts",
    quantity_pico="int8",
    measured_s="int2",
    quality="int2",
    by_fast_path="bool",
)
REBOOKED = RowType(position="int4", meter_id="int4", start_ts="ts", end_ts="ts", booked_slots="int4")
"""What takes the fast path has no position, and the number of its slots is not noted."""


@dataclass(frozen=True, slots=True)
class FastPath:
    """What was booked, as rows for binary COPY: the slots that are new or can differ, and the ranges of whole hours."""

    booked: bytes
    rebooked: bytes


def book_fast_path(
    connection: psycopg.Connection,
    ranges: Sequence[DirtyRange],
    meters: Mapping[int, RolledMeter],
    accounts: Accounts,
    *,
    changed: Collection[int],
    most_readings: int,
) -> tuple[FastPath, list[DirtyRange]]:
    """Book what can take the fast path, reading at most so many readings; and the ranges that are left.

    Meters in `changed` are left, and those with more than one dirty range.
    """
    asked = _asked(connection, ranges, meters, changed=changed, most_readings=most_readings)
    if asked is None:
        return FastPath(b"", b""), list(ranges)
    windows = asked.read(connection)
    if windows is None:
        return FastPath(b"", b""), list(ranges)
    found = book_plain(windows)
    from_us, to_us, keys = zip(*(meters[r.meter_id].newest for r in asked.ranges), strict=True)
    outside = (found.slot_us < np.array(from_us)[found.owner]) | (found.slot_us >= np.array(to_us)[found.owner])
    plain = found.plain & (np.bincount(found.owner[outside], minlength=len(asked.ranges)) == 0)
    ids = accounts.ids(connection, {key for key, chosen in zip(keys, plain.tolist(), strict=True) if chosen})
    account_ids = np.array([ids.get(key, 0) for key in keys])
    done = {r.meter_id for r, chosen in zip(asked.ranges, plain.tolist(), strict=True) if chosen}
    booked = _booked(found, plain[found.owner] & found.new, asked.meter_ids, account_ids)
    return FastPath(booked, _rebooked(found, plain, asked.meter_ids)), [r for r in ranges if r.meter_id not in done]


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
        owner, times_us, values = _sql.run(
            connection,
            "fast_path_readings",
            meter_ids=IntegerParameters(self.meter_ids),
            starts=TimeParameters(self.start_us),
            most=IntegerParameters(self.most),
            from_ts=TimeParameter(int(self.start_us.min())),
        ).one()
        if owner is None:
            return None
        owner = owner.astype(np.int64) - 1
        order = np.lexsort((times_us, owner))
        owner, times_us, values = owner[order], times_us[order], values[order]
        return Windows(
            rules=self.rules,
            dirty_from_us=np.array([r.start_us for r in self.ranges]),
            dirty_to_us=np.array([r.end_us for r in self.ranges]),
            owner=owner,
            times_us=times_us,
            values=values,
            complete=np.bincount(owner, minlength=len(self.ranges)) < self.most,
            begins=self._begins(connection, owner, times_us),
            unmarked=self.unmarked,
        )

    def _begins(self, connection: psycopg.Connection, owner: Whole, times_us: Whole) -> Flags:
        """By window: whether the meter has no readings before; not asked where some are at hand from its start on."""
        first = np.minimum(np.searchsorted(owner, np.arange(len(self.ranges))), len(owner) - 1)
        asked = times_us[first] >= self.start_us + 2 * self.rules[:, 4]
        if not asked.any():
            return asked
        given = {"meter_ids": IntegerParameters(self.meter_ids[asked]), "starts": TimeParameters(self.start_us[asked])}
        begun = set(_sql.run(connection, "beginning_meters", **given).scalars())
        return np.array([r.meter_id in begun for r in self.ranges], dtype=bool)


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
    is_counter, interval_us = columns[:, 0] != 0, columns[:, 4]
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


def _booked(found: PlainBooking, chosen: Flags, meter_ids: Whole, account_ids: Whole) -> bytes:
    owner = found.owner[chosen]
    return BOOKED.wire(
        len(owner),
        meter_id=meter_ids[owner],
        account_id=account_ids[owner],
        slot=found.slot_us[chosen],
        quantity_pico=found.quantity_pico[chosen],
        measured_s=found.measured_s[chosen],
        quality=found.quality[chosen],
        by_fast_path=True,
    )


def _rebooked(found: PlainBooking, plain: Flags, meter_ids: Whole) -> bytes:
    return REBOOKED.wire(
        int(plain.sum()),
        meter_id=meter_ids[plain],
        start_ts=found.slots_from_us[plain],
        end_ts=found.slots_to_us[plain],
    )
