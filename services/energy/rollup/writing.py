"""Writes what was booked: hours whose slots differ from what stands, and what the sums above gain."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import psycopg

from services.core.calendar import DAY_US, HOUR_US, OPEN_END_US, OPEN_START_US
from services.core.db.arrays import IntegerParameters, LongParameters, TimeParameters
from services.core.db.bulk import RowType, copy_in
from services.core.db.chunks import QUARTERS_CHUNK_US, parts_of
from services.core.db.statements import Statements
from services.energy.booking.booking import Rebooking
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.changes import Changes, Flags, Gains, Periods, Whole, after, changes, hours_of, keys_of
from services.energy.rollup.meters import RolledMeter
from services.energy.rollup.quarters import QUARTERS, QuarterRows
from services.energy.rollup.ranges import DirtyRange
from services.energy.rollup.stays import AccountKey

_sql = Statements.beside(__file__, "writing.sql")

_ROW = RowType(
    meter_id="int4",
    account_id="int4",
    hour="ts",
    **{f"quantity_pico_{quarter}": "int8" for quarter in range(QUARTERS)},
    **{f"measured_s_{quarter}": "int2" for quarter in range(QUARTERS)},
    **{f"quality_{quarter}": "int2" for quarter in range(QUARTERS)},
)
_MONTH_US = 31 * DAY_US
_NEVER = (OPEN_END_US, OPEN_START_US)

Results = Sequence[tuple[DirtyRange, Rebooking]]
AccountIds = Callable[[set[AccountKey]], Mapping[AccountKey, int]]


class _BookedStretches(NamedTuple):
    """Stretches of meters' time, whole hours, in which energy is booked again; in some all that is not booked goes."""

    meter_id: Whole
    start_us: Whole
    end_us: Whole
    is_whole: Flags

    def at(self, chosen: Flags) -> "_BookedStretches":
        """The chosen ones."""
        return _BookedStretches(
            self.meter_id[chosen], self.start_us[chosen], self.end_us[chosen], self.is_whole[chosen]
        )

    def joined(self, others: "_BookedStretches") -> "_BookedStretches":
        """These and others."""
        return _BookedStretches(*(np.concatenate(columns) for columns in zip(self, others, strict=True)))


class WrittenEnergy(NamedTuple):
    """What has changed: of slots, and of the hours in which they are."""

    slots: Changes
    hours: Changes


def write_energy(
    connection: psycopg.Connection, results: Results, meters: Mapping[int, RolledMeter], ids: AccountIds, fast: Periods
) -> WrittenEnergy:
    """Write the slots of these results, and those of `fast` beside which what stands stays."""
    judged = _slots(results, meters, ids)
    stretches = _stretches(connection, results, fast)
    kept, may_go = _read(connection, stretches)
    slots = changes(Periods.joined(judged, fast), kept, may_go)
    now = after(kept, slots)
    _write_hours(connection, kept, now, slots)
    kept_hours = hours_of(kept)
    return WrittenEnergy(slots, changes(hours_of(now), kept_hours, np.full(len(kept_hours), True)))


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


def tell(connection: psycopg.Connection, slots: Changes) -> None:
    """Tell who listens the hours of the first and the last slot whose energy has changed, in seconds since 1970."""
    times_us = np.concatenate([each.start_us for each in (slots.added, slots.changed, slots.gone)])
    times_us -= times_us % HOUR_US
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


def _stretches(connection: psycopg.Connection, results: Results, fast: Periods) -> _BookedStretches:
    """Where something may stand that is to be changed: within the months of which anything was ever booked."""
    meter_id = np.array([r.meter_id for r, _ in results], dtype=np.int64)
    start_us = np.array([OPEN_START_US if b.slots_from_us is None else b.slots_from_us for _, b in results])
    end_us = np.array([OPEN_END_US if b.slots_to_us is None else b.slots_to_us for _, b in results])
    months = months_kept(connection, meter_id.tolist())
    kept = np.array([months.get(number, _NEVER) for number in meter_id.tolist()], dtype=np.int64).reshape(-1, 2)
    found = _BookedStretches(
        meter_id,
        np.maximum(start_us.astype(np.int64), kept[:, 0]),
        np.minimum(end_us.astype(np.int64), kept[:, 1] + _MONTH_US),
        np.full(len(meter_id), True),
    ).joined(_touched(fast))
    return found.at(found.start_us < found.end_us)


def months_kept(connection: psycopg.Connection, numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of each meter the first and the last month of which anything was ever booked."""
    meter_ids = IntegerParameters(sorted({*numbers}))
    return {number: (first, last) for number, first, last in _sql.run(connection, "months_kept", meter_ids=meter_ids)}


def _touched(fast: Periods) -> _BookedStretches:
    """Of each meter, in order, the hours of its slots, with those between that are fewer than a day."""
    if not len(fast):
        return _BookedStretches(fast.meter_id, fast.start_us, fast.start_us, fast.meter_id != 0)
    hour_us = fast.start_us - fast.start_us % HOUR_US
    begins = np.flatnonzero(np.append(True, (np.diff(fast.meter_id) != 0) | (np.diff(hour_us) > DAY_US)))
    start_us, end_us = np.minimum.reduceat(hour_us, begins), np.maximum.reduceat(hour_us, begins) + HOUR_US
    return _BookedStretches(fast.meter_id[begins], start_us, end_us, np.full(len(begins), False))


def _read(connection: psycopg.Connection, stretches: _BookedStretches) -> tuple[Periods, Flags]:
    """The slots that stand in the stretches, in order, and of each whether all that is not booked goes there."""
    found: list[Periods] = [Periods.none()]
    whole: list[Flags] = [np.zeros(0, dtype=bool)]
    for part in parts_of(stretches.start_us, stretches.end_us, chunk_us=QUARTERS_CHUNK_US):
        places = np.array(part.places)
        positions, meter_id, hour_us, account_id, booked, *numbers = _sql.run(
            connection,
            "quarters_kept",
            meter_ids=IntegerParameters(stretches.meter_id[places]),
            starts=TimeParameters(stretches.start_us[places]),
            ends=TimeParameters(stretches.end_us[places]),
            from_ts=TimeParameter(part.from_us),
            to_ts=TimeParameter(part.to_us),
        ).one()
        if positions is not None:
            wide = [
                np.stack(numbers[i : i + QUARTERS], axis=1).astype(np.int64) for i in range(0, len(numbers), QUARTERS)
            ]
            one_each = (column.astype(np.int64) for column in (meter_id, hour_us, account_id, booked))
            slots, row = QuarterRows(*one_each, *wide).slots()
            found.append(slots)
            whole.append(stretches.is_whole[places[positions - 1]][row])
    kept, may_go = Periods(*map(np.concatenate, zip(*found, strict=True))), np.concatenate(whole)
    order = np.argsort(kept.keys(), kind="stable")
    return kept.at(order), may_go[order]


def _write_hours(connection: psycopg.Connection, kept: Periods, now: Periods, slots: Changes) -> None:
    """Write the hours in which a slot is new, another or gone, as they are now."""
    touched = np.unique(np.concatenate([_hour_keys(each) for each in (slots.added, slots.changed, slots.gone)]))
    hours = QuarterRows.of(now.at(np.isin(_hour_keys(now), touched)))
    before = np.unique(_hour_keys(kept))
    stand = np.isin(_hour_keys_of(hours), before)
    added, changed = _by_chunk(hours.at(~stand)), _by_chunk(hours.at(stand))
    if len(added):
        # A row on the wire has room for what it holds: one kind of row for each set of quarters.
        wires = [_wire(added.at(added.booked == booked), int(booked)) for booked in np.unique(added.booked)]
        copy_in(connection, "energy_quarters", _ROW.columns, *wires)
    if len(changed):
        _sql.run(connection, "change_quarters", **_parameters(changed))
    gone = QuarterRows.of(slots.gone)
    _drop(connection, gone.at(~np.isin(_hour_keys_of(gone), _hour_keys(now))))


def _wire(hours: QuarterRows, booked: int) -> bytes:
    """Hours that all have these quarters, as COPY takes them."""
    given = {name: column for name, column in hours.columns().items() if booked >> int(name[-1]) & 1}
    ids = {"meter_id": hours.meter_id, "account_id": hours.account_id, "hour": hours.hour_us}
    return _ROW.wire(len(hours), **ids, **given)


def _hour_keys(periods: Periods) -> Whole:
    return keys_of(periods.meter_id, periods.start_us - periods.start_us % HOUR_US)


def _hour_keys_of(hours: QuarterRows) -> Whole:
    return keys_of(hours.meter_id, hours.hour_us)


def _by_chunk(hours: QuarterRows) -> QuarterRows:
    """The same in order of chunk, meter and time: each chunk is opened once, and filled along its index."""
    return hours.at(np.argsort(hours.hour_us // QUARTERS_CHUNK_US, kind="stable"))


def _parameters(hours: QuarterRows) -> dict[str, IntegerParameters]:
    numbers = {
        name: (LongParameters if name.startswith("quantity") else IntegerParameters)(column)
        for name, column in hours.columns().items()
    }
    return numbers | {
        "meter_ids": IntegerParameters(hours.meter_id),
        "times": TimeParameters(hours.hour_us),
        "account_ids": IntegerParameters(hours.account_id),
        "booked": IntegerParameters(hours.booked),
    }


def _drop(connection: psycopg.Connection, gone: QuarterRows) -> None:
    """Drop rows, of one meter and chunk at a time, so that no other chunk is opened."""
    if not len(gone):
        return
    chunk = gone.hour_us // QUARTERS_CHUNK_US
    begins = np.flatnonzero(np.append(True, (np.diff(gone.meter_id) != 0) | (np.diff(chunk) != 0)))
    for times_us, meter_id in zip(np.split(gone.hour_us, begins[1:]), gone.meter_id[begins].tolist(), strict=True):
        _sql.run(
            connection,
            "drop_quarters",
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
