"""What changes of the kept energy when some is booked again: new, other and gone rows, and what sums gain. Pure."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US, HOUR_US, SHANGHAI_US, SLOT_US

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NUMBERS_OF_SLOTS = 2**26
"""More than there are slots from 1970 until the year 3800."""
_LOW_BITS = 32


class Periods(NamedTuple):
    """Energy of meters in periods of one length, a column each: slots, or hours."""

    meter_id: Whole
    start_us: Whole
    account_id: Whole
    quantity_pico: Whole
    measured_s: Whole
    slot_count: Whole
    quality: Whole

    @classmethod
    def none(cls) -> Self:
        """Of nothing."""
        return cls(*(np.zeros(0, dtype=np.int64) for _ in cls._fields))

    @classmethod
    def joined(cls, *parts: "Periods") -> Self:
        """All of these, in order of meter and time."""
        found = cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
        return found.at(np.argsort(found.keys(), kind="stable")) if len(parts) > 1 else found

    def keys(self) -> Whole:
        """Meter and start as one number, in order of meter and time."""
        return keys_of(self.meter_id, self.start_us)

    def at(self, places: Whole | Flags) -> Self:
        """Those at these places."""
        return type(self)(*(column[places] for column in self))

    def __len__(self) -> int:
        return len(self.meter_id)

    def amounts(self) -> tuple[Whole, Whole, Whole, Whole]:
        """What sums add up, as they hold it: the quantity high and low, seconds, slots."""
        high, low = self.quantity_pico >> _LOW_BITS, self.quantity_pico & (2**_LOW_BITS - 1)
        return high, low, self.measured_s, self.slot_count

    def differs(self, other: "Periods") -> Flags:
        """Where the two, of the same periods, are not the same."""
        pairs = zip(self[2:], other[2:], strict=True)
        found: Flags = np.logical_or.reduce([mine != others for mine, others in pairs])
        return found


def keys_of(meter_id: Whole, start_us: Whole) -> Whole:
    """Meter and start of a slot or hour as one number, in order of meter and time."""
    return meter_id * _NUMBERS_OF_SLOTS + start_us // SLOT_US


class Changes(NamedTuple):
    """Rows to add, rows to change with what stood there before, and rows to drop."""

    added: Periods
    changed: Periods
    before: Periods
    gone: Periods

    def gains(self) -> "Gains":
        """What is more, and less, of each meter and account in each period that has changed."""
        return Gains.of(Periods.joined(self.added, self.changed), Periods.joined(self.before, self.gone))


def changes(booked: Periods, kept: Periods, may_go: Flags) -> Changes:
    """What is to be done so that the kept rows are the booked ones; both in order, `may_go` by kept row.

    A kept row that is not booked stays unless it may go.
    """
    keys, kept_keys = booked.keys(), kept.keys()
    places = np.searchsorted(kept_keys, keys)
    there = np.zeros(len(keys), dtype=bool)
    if len(kept_keys):
        there = kept_keys[np.minimum(places, len(kept_keys) - 1)] == keys
    matched = kept.at(places[there])
    differs = booked.at(there).differs(matched)
    is_booked = np.zeros(len(kept_keys), dtype=bool)
    is_booked[places[there]] = True
    return Changes(booked.at(~there), booked.at(there).at(differs), matched.at(differs), kept.at(may_go & ~is_booked))


def after(kept: Periods, done: Changes) -> Periods:
    """The kept rows, in order, as they are after the changes."""
    touched = np.concatenate([done.before.keys(), done.gone.keys()])
    rest = kept.at(~np.isin(kept.keys(), touched)) if len(touched) else kept
    return Periods.joined(rest, done.added, done.changed)


def hours_of(slots: Periods) -> Periods:
    """Whole hours from their slots, in order of meter and time. An hour has one account."""
    if not len(slots):
        return slots
    hour_us = slots.start_us - slots.start_us % HOUR_US
    edges = edges_of(slots.meter_id, hour_us)
    return Periods(
        slots.meter_id[edges],
        hour_us[edges],
        np.minimum.reduceat(slots.account_id, edges),
        np.add.reduceat(slots.quantity_pico, edges),
        np.add.reduceat(slots.measured_s, edges),
        np.add.reduceat(slots.slot_count, edges),
        np.bitwise_or.reduceat(slots.quality, edges),
    )


class Gains(NamedTuple):
    """What sums gain or lose, a column each. The quantity in 1e-12 is high * 2**32 + low, as one may not hold it."""

    owner: Whole
    account_id: Whole
    start_us: Whole
    high: Whole
    low: Whole
    measured_s: Whole
    slot_count: Whole

    @classmethod
    def of(cls, more: Periods, less: Periods) -> Self:
        """By meter, account and period."""
        parts = [
            (each.meter_id, each.account_id, each.start_us, *(sign * column for column in each.amounts()))
            for sign, each in ((1, more), (-1, less))
        ]
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True))).summed()

    def by_day(self) -> Self:
        """By the start of the day of Asia/Shanghai."""
        local_us = self.start_us + SHANGHAI_US
        return self._replace(start_us=self.start_us - local_us % DAY_US).summed()

    def by_month(self) -> Self:
        """By the start of the month of Asia/Shanghai."""
        local = (self.start_us + SHANGHAI_US).astype("datetime64[us]").astype("datetime64[M]")
        return self._replace(start_us=local.astype("datetime64[us]").astype(np.int64) - SHANGHAI_US).summed()

    def by_account(self) -> Self:
        """Of all meters together, without what adds up to nothing."""
        return self._replace(owner=np.zeros_like(self.owner)).summed().telling()

    def telling(self) -> Self:
        """Without the rows that gain nothing."""
        tells = (self.high != 0) | (self.low != 0) | (self.measured_s != 0) | (self.slot_count != 0)
        return type(self)(*(column[tells] for column in self))

    def summed(self) -> Self:
        """One row of each owner, account and period, in order, also where what is gained adds up to nothing."""
        if not len(self.owner):
            return self
        order = np.lexsort((self.start_us, self.account_id, self.owner))
        columns = [column[order] for column in self]
        edges = edges_of(*columns[:3])
        sums = [np.add.reduceat(column, edges) for column in columns[3:]]
        found = type(self)(*(column[edges] for column in columns[:3]), *sums)
        high, low = found.high + (found.low >> _LOW_BITS), found.low & (2**_LOW_BITS - 1)
        return found._replace(high=high, low=low)


def edges_of(*columns: Whole) -> Whole:
    """Where rows begin that differ from the one before, in columns of which at least one row is given."""
    differs = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(np.append(True, differs))
