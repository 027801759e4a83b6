"""Writes what was booked: slots and hours where they differ from what stands, and what the sums above gain."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import psycopg

from services.core.calendar import DAY_US, HOUR_US, OPEN_END_US, OPEN_START_US
from services.core.db.arrays import IntegerParameters, LongParameters, TimeParameters
from services.core.db.bulk import RowType, copy_in
from services.core.db.chunks import CHUNK_US, HOURS_CHUNK_US, parts_of
from services.core.db.statements import Statements
from services.energy.booking.booking import Rebooking
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.changes import Changes, Flags, Gains, Periods, Whole, after, changes, hours_of
from services.energy.rollup.meters import RolledMeter
from services.energy.rollup.ranges import DirtyRange
from services.energy.rollup.stays import AccountKey

_sql = Statements.beside(__file__, "writing.sql")

_SLOT = RowType(meter_id="int4", account_id="int4", slot="ts", quantity_pico="int8", measured_s="int2", quality="int2")
_HOUR = RowType(
    meter_id="int4",
    account_id="int4",
    hour="ts",
    quantity_pico="int8",
    measured_s="int2",
    slot_count="int2",
    quality="int2",
)
_MONTH_US = 31 * DAY_US
_NEVER = (OPEN_END_US, OPEN_START_US)

Results = Sequence[tuple[DirtyRange, Rebooking]]
AccountIds = Callable[[set[AccountKey]], Mapping[AccountKey, int]]


class _Stretches(NamedTuple):
    """Stretches of meters' time, whole hours, in which energy is booked again; in some all that is not booked goes."""

    meter_id: Whole
    start_us: Whole
    end_us: Whole
    is_whole: Flags

    def at(self, chosen: Flags) -> "_Stretches":
        """The chosen ones."""
        return _Stretches(self.meter_id[chosen], self.start_us[chosen], self.end_us[chosen], self.is_whole[chosen])

    def joined(self, others: "_Stretches") -> "_Stretches":
        """These and others."""
        return _Stretches(*(np.concatenate(columns) for columns in zip(self, others, strict=True)))


def write_energy(
    connection: psycopg.Connection, results: Results, meters: Mapping[int, RolledMeter], ids: AccountIds, fast: Periods
) -> Changes:
    """Write the slots of these results, and those of `fast` beside which what stands stays; and the hours of both.

    What has changed of the hours is given back.
    """
    judged = _slots(results, meters, ids)
    stretches = _stretches(connection, results, fast)
    kept, may_go = _read(connection, stretches, "slots_kept", CHUNK_US)
    slots = changes(Periods.joined(judged, fast), kept, may_go)
    _write_slots(connection, slots)
    kept_hours, _ = _read(connection, stretches, "hours_kept", HOURS_CHUNK_US)
    hours = changes(hours_of(after(kept, slots)), kept_hours, np.full(len(kept_hours), True))
    _write_hours(connection, hours)
    return hours


def write_sums_of_meters(connection: psycopg.Connection, gains: Gains) -> None:
    """Carry what was gained in hours up to the days and months of meters."""
    for statement, each in (("book_days", gains.by_day()), ("book_months", gains.by_month())):
        if len(each.owner):
            _sql.run(connection, statement, meter_ids=IntegerParameters(each.owner), **_gained(each))


def write_sums_of_places(connection: psycopg.Connection, gains: Gains) -> None:
    """Carry it up to the hours, days and months of places."""
    hours = gains.by_account()
    for statement, each in (
        ("book_ledger_hours", hours),
        ("book_ledger_days", hours.by_day()),
        ("book_ledger_months", hours.by_month()),
    ):
        if len(each.owner):
            _sql.run(connection, statement, **_gained(each))


def tell(connection: psycopg.Connection, hours: Changes) -> None:
    """Tell who listens the first and last hour whose energy has changed, in seconds since 1970."""
    times_us = np.concatenate([each.start_us for each in (hours.added, hours.changed, hours.gone)])
    told = f"{times_us.min() // 1_000_000}/{times_us.max() // 1_000_000}" if len(times_us) else ""
    _sql.run(connection, "tell", told=told)


def _slots(results: Results, meters: Mapping[int, RolledMeter], ids: AccountIds) -> Periods:
    """The slots that were booked meter by meter."""
    booked: list[tuple[int, Whole, Whole, Sequence[AccountKey], Whole]] = []
    for dirty, rebooking in results:
        slots = rebooking.booking.slots
        if slots:
            start_us = np.fromiter(slots, np.int64, len(slots))
            energy = np.fromiter(chain.from_iterable(slots.values()), np.int64, 3 * len(slots)).reshape(-1, 3)
            meter = meters[dirty.meter_id]
            number, keys = meter.accounts_at(start_us)
            booked.append((dirty.meter_id, start_us, meter.counted(start_us, energy), keys, number))
    account_ids = ids({key for *_, keys, _ in booked for key in keys})
    return Periods.joined(
        Periods.none(),
        *(
            Periods(
                np.full(len(start_us), meter_id),
                start_us,
                np.array([account_ids[key] for key in keys])[number],
                energy[:, 0],
                energy[:, 1],
                np.ones(len(start_us), dtype=np.int64),
                energy[:, 2],
            )
            for meter_id, start_us, energy, keys, number in booked
        ),
    )


def _stretches(connection: psycopg.Connection, results: Results, fast: Periods) -> _Stretches:
    """Where something may stand that is to be changed: within the months of which anything was ever booked."""
    meter_id = np.array([r.meter_id for r, _ in results], dtype=np.int64)
    start_us = np.array([OPEN_START_US if b.slots_from_us is None else b.slots_from_us for _, b in results])
    end_us = np.array([OPEN_END_US if b.slots_to_us is None else b.slots_to_us for _, b in results])
    numbers = IntegerParameters(np.unique(meter_id))
    months = {number: (first, last) for number, first, last in _sql.run(connection, "months_kept", meter_ids=numbers)}
    kept = np.array([months.get(number, _NEVER) for number in meter_id.tolist()], dtype=np.int64).reshape(-1, 2)
    found = _Stretches(
        meter_id,
        np.maximum(start_us.astype(np.int64), kept[:, 0]),
        np.minimum(end_us.astype(np.int64), kept[:, 1] + _MONTH_US),
        np.full(len(meter_id), True),
    ).joined(_touched(fast))
    return found.at(found.start_us < found.end_us)


def _touched(fast: Periods) -> _Stretches:
    """Of each meter, in order, from the hour of its first slot to that of its last."""
    if not len(fast):
        return _Stretches(fast.meter_id, fast.start_us, fast.start_us, fast.meter_id != 0)
    begins = np.flatnonzero(np.append(True, np.diff(fast.meter_id) != 0))
    hour_us = fast.start_us - fast.start_us % HOUR_US
    start_us, end_us = np.minimum.reduceat(hour_us, begins), np.maximum.reduceat(hour_us, begins) + HOUR_US
    return _Stretches(fast.meter_id[begins], start_us, end_us, np.full(len(begins), False))


def _read(
    connection: psycopg.Connection, stretches: _Stretches, statement: str, chunk_us: int
) -> tuple[Periods, Flags]:
    """What stands in the stretches, in order, and of each row whether all that is not booked goes there."""
    found: list[Periods] = [Periods.none()]
    whole: list[Flags] = [np.zeros(0, dtype=bool)]
    for part in parts_of(stretches.start_us, stretches.end_us, chunk_us=chunk_us):
        places = np.array(part.places)
        positions, *columns = _sql.run(
            connection,
            statement,
            meter_ids=IntegerParameters(stretches.meter_id[places]),
            starts=TimeParameters(stretches.start_us[places]),
            ends=TimeParameters(stretches.end_us[places]),
            from_ts=TimeParameter(part.from_us),
            to_ts=TimeParameter(part.to_us),
        ).one()
        if positions is not None:
            found.append(Periods(*(column.astype(np.int64) for column in columns)))
            whole.append(stretches.is_whole[places[positions - 1]])
    kept, may_go = Periods(*map(np.concatenate, zip(*found, strict=True))), np.concatenate(whole)
    order = np.argsort(kept.keys(), kind="stable")
    return kept.at(order), may_go[order]


def _write_slots(connection: psycopg.Connection, slots: Changes) -> None:
    if len(slots.added):
        added = _by_chunk(slots.added, CHUNK_US)
        copy_in(connection, "energy_slot", _SLOT.columns, _SLOT.wire(len(added), slot=added.start_us, **_values(added)))
    if len(slots.changed):
        _sql.run(connection, "change_slots", **_parameters(_by_chunk(slots.changed, CHUNK_US)))
    _drop(connection, "drop_slots", slots.gone, CHUNK_US)


def _write_hours(connection: psycopg.Connection, hours: Changes) -> None:
    if len(hours.added):
        added = _by_chunk(hours.added, HOURS_CHUNK_US)
        rows = _HOUR.wire(len(added), hour=added.start_us, slot_count=added.slot_count, **_values(added))
        copy_in(connection, "energy_hour", _HOUR.columns, rows)
    if len(hours.changed):
        changed = _by_chunk(hours.changed, HOURS_CHUNK_US)
        counts = IntegerParameters(changed.slot_count)
        _sql.run(connection, "change_hours", slot_counts=counts, **_parameters(changed))
    _drop(connection, "drop_hours", hours.gone, HOURS_CHUNK_US)


def _by_chunk(periods: Periods, chunk_us: int) -> Periods:
    """The same in order of chunk, meter and time: each chunk is opened once, and filled along its index."""
    return periods.at(np.argsort(periods.start_us // chunk_us, kind="stable"))


def _values(periods: Periods) -> dict[str, Whole]:
    return {
        "meter_id": periods.meter_id,
        "account_id": periods.account_id,
        "quantity_pico": periods.quantity_pico,
        "measured_s": periods.measured_s,
        "quality": periods.quality,
    }


def _parameters(periods: Periods) -> dict[str, IntegerParameters]:
    return {
        "meter_ids": IntegerParameters(periods.meter_id),
        "times": TimeParameters(periods.start_us),
        "account_ids": IntegerParameters(periods.account_id),
        "quantities": LongParameters(periods.quantity_pico),
        "measured": IntegerParameters(periods.measured_s),
        "qualities": IntegerParameters(periods.quality),
    }


def _drop(connection: psycopg.Connection, statement: str, gone: Periods, chunk_us: int) -> None:
    """Drop rows, of one meter and chunk at a time, so that no other chunk is opened."""
    if not len(gone):
        return
    chunk = gone.start_us // chunk_us
    begins = np.flatnonzero(np.append(True, (np.diff(gone.meter_id) != 0) | (np.diff(chunk) != 0)))
    for times_us, meter_id in zip(np.split(gone.start_us, begins[1:]), gone.meter_id[begins].tolist(), strict=True):
        _sql.run(
            connection,
            statement,
            meter_id=meter_id,
            times=TimeParameters(times_us),
            first=TimeParameter(int(times_us[0])),
            last=TimeParameter(int(times_us[-1])),
        )


def _gained(gains: Gains) -> dict[str, IntegerParameters]:
    return {
        "account_ids": IntegerParameters(gains.account_id),
        "times": TimeParameters(gains.start_us),
        "highs": LongParameters(gains.high),
        "lows": LongParameters(gains.low),
        "measured": LongParameters(gains.measured_s),
        "slot_counts": LongParameters(gains.slot_count),
    }
