"""Readings that go with those around them: read and booked for all meters of a batch at once.

Most readings are such. What is in any way special is left to `windows.rebook_all`, meter by meter.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg

from services.energy.booking.fast_path import book_plain
from services.energy.booking.plain import Flags, PlainBooking, Whole
from services.energy.rollup.changes import Periods
from services.energy.rollup.meters import Accounts, RolledMeter
from services.energy.rollup.plain_windows import PlainWindows, windows_of
from services.energy.rollup.ranges import DirtyRange

_FURTHER = {1: 2, 2: 8, 8: 64, 64: 512}
"""How far to look next where too little is at hand: whether a rise is usual is told by as many levels more, and a meter
may be read less often than it says, or now and then only."""
_NEARER = {further: reach for reach, further in _FURTHER.items()}
_LONGEST_REST = 64
_MOST_AT_HAND = 150_000
"""So many readings are at hand at once, or those of one window more: they take some 400 bytes each meanwhile."""


@dataclass(slots=True)
class _Rest:
    """How often to pass over a meter that was looked at in vain: longer each time."""

    left: int = 0
    times: int = 1

    def is_over(self) -> bool:
        self.left -= 1
        return self.left < 0

    def longer(self) -> None:
        self.left, self.times = self.times, min(_LONGEST_REST, 2 * self.times)


class FastPath:
    """Books what needs no judgement; remembers how far it had to look for each meter."""

    def __init__(self, connection: psycopg.Connection, accounts: Accounts) -> None:
        self._connection = connection
        self._accounts = accounts
        self._reach: dict[int, int] = {}
        self._rests: dict[int, _Rest] = {}

    def book(
        self,
        ranges: Sequence[DirtyRange],
        dirty: Whole,
        meters: Mapping[int, RolledMeter],
        *,
        changed: Collection[int],
    ) -> tuple[Periods, list[DirtyRange]]:
        """The slots that are new or can differ, and the ranges that are left.

        The other slots of their hours count as they are kept. `dirty` are the slots of which the ranges are made, a row
        each; the ranges of meters in `changed` are left, and those of a meter of which any is.
        """
        rules = {r.meter_id: meters[r.meter_id].plain for r in ranges if r.meter_id in meters.keys() - set(changed)}
        asked = {meter_id: rule for meter_id, rule in rules.items() if rule is not None}
        booked: list[Periods] = []
        done: set[int] = set()
        while asked:
            mine = [r for r in ranges if r.meter_id in asked]
            periods, plain, lacking = self._book(windows_of(mine, asked, self._reach, dirty), meters)
            booked.append(periods)
            done |= plain
            asked = {meter_id: asked[meter_id] for meter_id in self._further(lacking)}
        return Periods.joined(Periods.none(), *booked), [r for r in ranges if r.meter_id not in done]

    def _further(self, lacking: set[int]) -> list[int]:
        """The meters for which to look further now; now and then, if it was in vain before."""
        again: list[int] = []
        for meter_id in lacking:
            reach = self._reach.get(meter_id, 1)
            rest = self._rests.setdefault(meter_id, _Rest())
            if reach == 1 and not rest.is_over():
                continue
            further = _FURTHER.get(reach)
            if further is None:
                del self._reach[meter_id]
                rest.longer()
            else:
                self._reach[meter_id] = further
                again.append(meter_id)
        return again

    def _nearer(self, ample: set[int]) -> None:
        """Look less far for these meters from now on: they have become dense."""
        for meter_id in ample & self._reach.keys():
            nearer = _NEARER[self._reach[meter_id]]
            if nearer == 1:
                del self._reach[meter_id]
            else:
                self._reach[meter_id] = nearer

    def _book(self, asked: PlainWindows, meters: Mapping[int, RolledMeter]) -> tuple[Periods, set[int], set[int]]:
        """The slots of the meters of which all windows are plain; these, and those of which more must be at hand."""
        newest = [meters[meter_id].newest for meter_id in asked.meter_ids.tolist()]
        expected_us = np.array([(from_us, to_us) for from_us, to_us, _ in newest])
        plain, lacks, is_ample = (np.full(len(newest), False) for _ in range(3))
        found: list[tuple[Whole, PlainBooking]] = []
        for places in _groups(asked):
            windows = asked.at(places).read(self._connection)
            if windows is not None:
                booked = book_plain(windows)
                plain[places] = booked.plain & ~_outside(booked, expected_us[places])
                lacks[places] = booked.lacks
                is_ample[places] = booked.is_ample
                found.append((places, booked))
        # A meter is booked one way or the other: two results of it must not meet.
        chosen = ~np.isin(asked.meter_ids, asked.meter_ids[~plain])
        keys = {key for (*_, key), taken in zip(newest, chosen.tolist(), strict=True) if taken}
        ids = self._accounts.ids(self._connection, keys)
        account_ids = np.array([ids.get(key, 0) for *_, key in newest])
        periods = [_periods(places, booked, chosen, asked.meter_ids, account_ids) for places, booked in found]
        self._nearer(set(asked.meter_ids[chosen].tolist()) - set(asked.meter_ids[~is_ample].tolist()))
        hopeless = set(asked.meter_ids[~(plain | lacks)].tolist())
        return (
            Periods.joined(Periods.none(), *periods),
            set(asked.meter_ids[chosen].tolist()),
            set(asked.meter_ids[lacks].tolist()) - hopeless,
        )


def _groups(asked: PlainWindows) -> Iterator[Whole]:
    """The windows, in groups of which the readings are at hand at once."""
    group = np.cumsum(asked.most) // _MOST_AT_HAND
    yield from np.split(np.arange(len(group)), np.flatnonzero(np.diff(group)) + 1)


def _outside(booked: PlainBooking, expected_us: Whole) -> Flags:
    """By window: whether it books a slot outside the time of its newest account."""
    from_us, to_us = expected_us[booked.owner].T
    outside = (booked.slot_us < from_us) | (booked.slot_us >= to_us)
    return np.bincount(booked.owner[outside], minlength=len(expected_us)) > 0


def _periods(places: Whole, booked: PlainBooking, chosen: Flags, meter_ids: Whole, account_ids: Whole) -> Periods:
    window = places[booked.owner]
    taken = chosen[window]
    window = window[taken]
    return Periods(
        meter_ids[window],
        booked.slot_us[taken],
        account_ids[window],
        booked.quantity_pico[taken],
        booked.measured_s[taken],
        np.ones(len(window), dtype=np.int64),
        booked.quality[taken],
    )
