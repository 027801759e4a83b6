"""The readings booked again, in memory, by the code of the roll-up, and held against what is kept."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import psycopg

from services.core.calendar import OPEN_END_US, OPEN_START_US
from services.core.db.arrays import IntegerParameters, TimeParameters
from services.core.db.reading_edge import kept_from_us
from services.core.db.statements import Statements
from services.core.meter import Mark
from services.core.progress import Progress, no_progress
from services.energy.booking.booking import Rebooking
from services.energy.check.asked import CheckAsked, UnknownMetersError
from services.energy.check.difference import DifferingMark, Slot, Stretch, Told, differing_marks, differing_slots
from services.energy.check.waiting import altered, waiting
from services.energy.rollup.adapt import TimeParameter, adapt, plan_by_time
from services.energy.rollup.extents import extents_of
from services.energy.rollup.meters import RolledMeter, RolledMeters
from services.energy.rollup.ranges import Bounds, DirtyRange, within
from services.energy.rollup.stays import AccountKey
from services.energy.rollup.windows import rebook_all

_sql = Statements.beside(__file__, "books.sql")

_METERS_AT_ONCE = 32
_BOUNDS = Bounds(slots=80_000, readings=80_000, meter_slots=20_000, meter_readings=10_000)
"""What is held at once takes some 100 MB."""


class MeterNamed(NamedTuple):
    """A meter as people name it."""

    meter_id: int
    code: str
    unit: str


@dataclass(slots=True)
class Books:
    """What was found."""

    asked: CheckAsked
    meters: Mapping[int, MeterNamed]
    """Those that were looked at, by number."""
    accounts: dict[int, AccountKey]
    """By number; those that are not kept, and were to be, have numbers below zero."""
    slots: int = 0
    """So many were booked again."""
    told: Told = field(default_factory=Told)
    strangers: Sequence[int] = ()
    """Numbers under which energy is kept, and which no meter has."""
    apart: dict[int, list[Stretch]] = field(default_factory=dict)
    """By number the time that waits for the roll-up, which was not compared."""
    kept_from_us: int = OPEN_START_US
    """Readings of before then are kept no longer, so what is booked of that time was not compared."""

    @property
    def well(self) -> bool:
        """Whether what is kept is what the readings say."""
        return not (self.told.slots or self.told.marks or self.strangers)


def check_books(
    connection: psycopg.Connection, asked: CheckAsked, *, progress: Progress = no_progress, bounds: Bounds = _BOUNDS
) -> Books:
    """Book the readings of these meters again, write nothing, and say where what is kept differs.

    The connection is left reading times as `adapt` has it, in the transaction that it is in. Raises UnknownMetersError.
    """
    adapt(connection)
    connection.prepare_threshold = 0
    plan_by_time(connection)
    meters = _chosen(connection, asked)
    accounts = {row.pop("account_id"): AccountKey(**row) for row in _sql.run(connection, "accounts").mappings()}
    edge_us = kept_from_us(connection)
    during = replace(asked, from_us=max(asked.from_us, edge_us))
    found = Books(during, {meter.meter_id: meter for meter in meters}, accounts, kept_from_us=edge_us)
    if not asked.is_part:
        found.strangers = _sql.run(connection, "strangers").scalars().all()
    _Checking(connection, found, progress, bounds).run(beyond=_with_odd_marks(connection, found))
    return found


def _with_odd_marks(connection: psycopg.Connection, found: Books) -> set[int]:
    """Meters with marks that there are not, which are told: no code knows what their readings were taken for."""
    rows = _sql.run(connection, "odd_marks", known=[int(mark) for mark in Mark]).tuples()
    odd = [DifferingMark(number, at_us, mark, None) for number, at_us, mark in rows if abs(number) in found.meters]
    found.told.add(odd)
    return {abs(each.number) for each in odd}


def _chosen(connection: psycopg.Connection, asked: CheckAsked) -> list[MeterNamed]:
    codes = None if asked.codes is None else list(asked.codes)
    meters = _sql.run(connection, "meters", codes=codes).of(MeterNamed).all()
    unknown = set(codes or ()) - {meter.code for meter in meters}
    if unknown:
        raise UnknownMetersError(", ".join(sorted(unknown)))
    if asked.percent >= 100 or not meters:
        return meters
    # Nobody is to know beforehand which.
    number = max(1, round(len(meters) * asked.percent / 100))
    return sorted(random.SystemRandom().sample(meters, number), key=lambda meter: meter.code)


class _Stretches:
    """Times of meters of which something is to be read, by their place."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._times: list[Stretch] = []

    def add(self, number: int, time: Stretch) -> None:
        self._numbers.append(number)
        self._times.append(time)

    def of(self, position: int) -> Stretch:
        return self._times[position]

    def parameters(self) -> dict[str, IntegerParameters]:
        return {
            "positions": IntegerParameters(range(len(self._numbers))),
            "meter_ids": IntegerParameters(self._numbers),
            "starts": TimeParameters(start_us for start_us, _ in self._times),
            "ends": TimeParameters(end_us for _, end_us in self._times),
        }


class _Compared:
    """Up to when a meter was compared: what is booked again of neighbouring stretches overlaps."""

    def __init__(self, asked: CheckAsked) -> None:
        self._from_us, self._to_us = asked.from_us, asked.to_us

    def next(self, start_us: int | None, end_us: int | None) -> Stretch:
        """What of this stretch was not compared yet; an end that is None is open."""
        from_us = max(self._from_us, OPEN_START_US if start_us is None else start_us)
        self._from_us = max(from_us, min(self._to_us, OPEN_END_US if end_us is None else end_us))
        return from_us, self._from_us


class _Checking:
    """A check under way: some meters at a time, and of these some of their time."""

    def __init__(self, connection: psycopg.Connection, found: Books, progress: Progress, bounds: Bounds) -> None:
        self._connection = connection
        self._found = found
        self._progress = progress
        self._bounds = bounds
        self._waits = waiting(connection)
        self._other_marked = frozenset(_sql.run(connection, "marked_other_directions").scalars())
        self._account_ids = {key: account_id for account_id, key in found.accounts.items()}
        self._whole = _sql.run(
            connection,
            "slots_of",
            meter_ids=IntegerParameters(found.meters),
            from_ts=TimeParameter(found.asked.from_us),
            to_ts=TimeParameter(found.asked.to_us),
        ).scalar_one()

    def run(self, *, beyond: Collection[int]) -> None:
        """Check every meter, without those of `beyond`."""
        chosen = [meter_id for meter_id in self._found.meters if meter_id not in beyond]
        for first in range(0, len(chosen), _METERS_AT_ONCE):
            self._check(chosen[first : first + _METERS_AT_ONCE])

    def _check(self, meter_ids: Sequence[int]) -> None:
        connection, asked = self._connection, self._found.asked
        rolled = RolledMeters()
        both_ways = rolled.both_ways(connection) | self._other_marked
        numbers = [number for each in meter_ids for number in ((each, -each) if each in both_ways else (each,))]
        meters = rolled.of(connection, numbers)
        self._found.apart |= altered(connection, numbers, meters, self._waits)
        of_slots = {number: _Compared(asked) for number in numbers}
        of_marks = {number: _Compared(asked) for number in numbers}
        left = dict.fromkeys(numbers, asked.from_us)
        while left:
            ranges = [DirtyRange(number, left[number], asked.to_us) for number in numbers if number in left]
            extents = extents_of(connection, ranges, meters, most=self._bounds.meter_readings, now_us=asked.to_us)
            pieces, left = within(zip(ranges, extents, strict=True), self._bounds)
            results = [(dirty.meter_id, found) for dirty, found in rebook_all(connection, pieces, meters)]
            self._compare_slots(results, meters, of_slots)
            self._compare_marks(results, of_marks)
            self._progress(min(self._found.slots, self._whole), self._whole)

    def _compare_slots(
        self,
        results: Sequence[tuple[int, Rebooking]],
        meters: Mapping[int, RolledMeter],
        compared: Mapping[int, _Compared],
    ) -> None:
        stretches = _Stretches()
        for number, booked in results:
            stretches.add(number, compared[number].next(booked.slots_from_us, booked.slots_to_us))
        kept: dict[int, dict[int, Slot]] = defaultdict(dict)
        for row in _sql.run(self._connection, "kept_slots", **stretches.parameters()).tuples():
            kept[row[0]][row[1]] = row[2:]
        for position, (number, booked) in enumerate(results):
            right = self._right(meters[number], booked, stretches.of(position))
            apart = self._found.apart.get(number, ())
            self._found.told.add(differing_slots(number, right, kept[position], apart=apart))
            self._found.slots += len(right)

    def _right(self, meter: RolledMeter, booked: Rebooking, time: Stretch) -> dict[int, Slot]:
        """The slots of a time as they are to be kept."""
        start_us, end_us = time
        right: dict[int, Slot] = {}
        key, account_id = None, 0
        for slot_us, energy in booked.booking.slots.items():
            if start_us <= slot_us < end_us:
                account = meter.account_at(slot_us)
                if account is not key:
                    key, account_id = account, self._account_id(account)
                right[slot_us] = (account_id, energy.quantity_pico, *meter.measured(slot_us, energy))
        return right

    def _account_id(self, key: AccountKey) -> int:
        account_id = self._account_ids.setdefault(key, -1 - len(self._account_ids))
        self._found.accounts.setdefault(account_id, key)
        return account_id

    def _compare_marks(self, results: Sequence[tuple[int, Rebooking]], compared: Mapping[int, _Compared]) -> None:
        stretches = _Stretches()
        for number, booked in results:
            time = compared[number].next(_next(booked.marks_after_us), _next(booked.marks_to_us))
            stretches.add(number, time)
        kept: dict[int, dict[int, int]] = defaultdict(dict)
        for position, at_us, mark in _sql.run(self._connection, "kept_marks", **stretches.parameters()).tuples():
            kept[position][at_us] = mark
        for position, (number, booked) in enumerate(results):
            start_us, end_us = stretches.of(position)
            right = {at_us: mark for at_us, mark in booked.booking.marks.items() if start_us <= at_us < end_us}
            apart = self._found.apart.get(number, ())
            self._found.told.add(differing_marks(number, right, kept[position], apart=apart))


def _next(moment_us: int | None) -> int | None:
    return None if moment_us is None else moment_us + 1
