"""The readings, marks and booked energy of some meters over some days, read in bulk and handed out by day."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import DAY_US, SLOT_US, start_of_day, to_us
from services.core.db.bulk import RowType, copy_out, ordered, times_us
from services.core.db.statements import Statements
from services.core.meter import PICO, Flow, Kind, Mark
from services.energy.rollup.adapt import TimeParameter
from services.energy.rollup.meters import RolledMeter, load_meters
from services.quality.checks.day import SLOTS_OF_DAY, MeterDay, MeterFacts, Quantities, Times
from services.quality.estimate import Hours, hours_of

SQL = Statements.beside(__file__, "quality.sql")

_READING = RowType(meter_id="int4", ts="ts", value="float8")
_RECEIVED = RowType(meter_id="int4", ts="ts", received_at="ts")
_SLOT = RowType(meter_id="int4", slot="ts", quantity_pico="int8", measured_s="int2", quality="int2")
_HOURS_OF_DAY = 24


@dataclass(frozen=True, slots=True)
class CheckedMeter:
    """A meter as its checks need it."""

    meter_id: int
    facts: MeterFacts
    rolled: RolledMeter
    product_units: Collection[int]
    """Units that have a product meter."""

    def product_unit_on(self, day: date) -> int | None:
        """The unit it belonged to on the day, if that has a product meter."""
        unit_id = self.rolled.account_at(to_us(start_of_day(day))).unit_id
        return unit_id if unit_id in self.product_units else None


def meters_of(connection: psycopg.Connection, meter_ids: list[int]) -> dict[int, CheckedMeter]:
    """The meters by number; one that is not registered any more is left out."""
    rolled = load_meters(connection, meter_ids)
    product_units = frozenset(SQL.run(connection, "product_units").scalars())
    found = {}
    for row in SQL.run(connection, "facts", meter_ids=meter_ids):
        if row.meter_id in rolled:
            facts = MeterFacts(row.code, row.carrier, Flow(row.flow), rolled[row.meter_id].rule)
            found[row.meter_id] = CheckedMeter(row.meter_id, facts, rolled[row.meter_id], product_units)
    return found


class MeterHistory:
    """One meter over the days read: its days, and its slots in one line."""

    def __init__(
        self, first: date, days: int, readings: NDArray[Any], slots: NDArray[Any], marks: dict[int, Mark]
    ) -> None:
        self._first, self._start_us = first, to_us(start_of_day(first))
        self._times_us, self._values = times_us(readings["ts"]), readings["value"].astype(np.float64)
        self._edges = np.searchsorted(self._times_us, self._start_us + np.arange(days + 1) * DAY_US)
        self._marks: dict[int, dict[int, Mark]] = defaultdict(dict)
        for at_us, mark in marks.items():
            self._marks[(at_us - self._start_us) // DAY_US][at_us] = mark
        place = (times_us(slots["slot"]) - self._start_us) // SLOT_US
        self.pico = np.zeros(days * SLOTS_OF_DAY, dtype=np.int64)
        self.quality = np.full(days * SLOTS_OF_DAY, -1, dtype=np.int64)
        self._measured_s = np.zeros(days * SLOTS_OF_DAY, dtype=np.int64)
        self.pico[place] = slots["quantity_pico"]
        self.quality[place] = slots["quality"]
        self._measured_s[place] = slots["measured_s"]
        self._days: dict[date, MeterDay] = {}

    @cached_property
    def _quantities(self) -> Quantities:
        """What is booked in each slot, carrier's unit; NaN where nothing is."""
        return np.where(self.quality >= 0, self.pico / PICO, np.nan)

    def index(self, day: date) -> int:
        """How many days after the first one read."""
        return (day - self._first).days

    def measured_s(self, day: date) -> int:
        """Seconds of the day that are measured."""
        at = self.index(day) * SLOTS_OF_DAY
        return int(self._measured_s[at : at + SLOTS_OF_DAY].sum())

    def day(self, day: date, received: tuple[Times, Times] | None = None) -> MeterDay:
        """A day; with `received` (times and when each was received) it knows when its readings came."""
        if received is None and day in self._days:
            return self._days[day]
        i = self.index(day)
        span, at = slice(self._edges[i], self._edges[i + 1]), i * SLOTS_OF_DAY
        found = MeterDay(
            day,
            self._times_us[span],
            self._values[span],
            marks=self._marks.get(i, {}),
            slots=self._quantities[at : at + SLOTS_OF_DAY],
            received_us=_received_at(self._times_us[span], received),
        )
        self._days[day] = found
        return found

    def before(self, day: date, days: int) -> list[MeterDay]:
        """Up to so many days before one, in order, without those that have no readings."""
        first = max(0, self.index(day) - days)
        wanted = [first + k for k in range(self.index(day) - first)]
        return [self.day(self._first + timedelta(days=k)) for k in wanted if self._edges[k + 1] > self._edges[k]]

    def hours(self, kind: Kind) -> Hours:
        """All hours read, as those of a meter of this kind."""
        return hours_of(self.pico, self.quality, kind)


_NEVER_US = np.iinfo(np.int64).max // 2


def _received_at(wanted_us: Times, received: tuple[Times, Times] | None) -> Times:
    """When each of these readings was received; far away for one that no gateway sent."""
    if received is None:
        return np.empty(0, dtype=np.int64)
    known_us, at_us = received
    if not len(known_us):
        return np.full(len(wanted_us), _NEVER_US)
    place = np.minimum(np.searchsorted(known_us, wanted_us), len(known_us) - 1)
    return np.where(known_us[place] == wanted_us, at_us[place], _NEVER_US)


class History:
    """Some meters over [first, last]."""

    def __init__(self, connection: psycopg.Connection, meter_ids: list[int], first: date, last: date) -> None:
        self._connection, self._meter_ids, self._first = connection, meter_ids, first
        self._days = (last - first).days + 1
        when = self._when(first, last)
        self._readings = ordered(copy_out(connection, SQL, "readings", _READING, **when))
        self._slots = ordered(copy_out(connection, SQL, "slots", _SLOT, **when))
        self._marks: dict[int, dict[int, Mark]] = defaultdict(dict)
        for meter_id, at_us, quality in SQL.run(connection, "marks", **when).tuples():
            self._marks[meter_id][at_us] = Mark(quality)

    def _when(self, first: date, last: date) -> dict[str, Any]:
        return {
            "meter_ids": self._meter_ids,
            "from_ts": TimeParameter(to_us(start_of_day(first))),
            "to_ts": TimeParameter(to_us(start_of_day(last)) + DAY_US),
        }

    def of(self, meter_id: int) -> MeterHistory:
        """One meter."""
        return MeterHistory(
            self._first,
            self._days,
            _rows_of(self._readings, meter_id),
            _rows_of(self._slots, meter_id),
            self._marks[meter_id],
        )

    def received(self, first: date, last: date) -> dict[int, tuple[Times, Times]]:
        """By meter the times of its readings of these days, and when each was received."""
        rows = ordered(copy_out(self._connection, SQL, "received", _RECEIVED, **self._when(first, last)))
        found = {}
        for meter_id in self._meter_ids:
            mine = _rows_of(rows, meter_id)
            found[meter_id] = (times_us(mine["ts"]), times_us(mine["received_at"]))
        return found

    def products(self, unit_ids: list[int], first: date, last: date) -> dict[tuple[int, date], Quantities]:
        """What units with a product meter made in each hour of these days; NaN where nothing is booked."""
        when = self._when(first, last)
        del when["meter_ids"]
        start_us = to_us(start_of_day(first))
        found: dict[tuple[int, date], Quantities] = defaultdict(lambda: np.full(_HOURS_OF_DAY, np.nan))
        for unit_id, hour_us, quantity_pico in SQL.run(
            self._connection, "products", unit_ids=unit_ids, **when
        ).tuples():
            days, within_us = divmod(hour_us - start_us, DAY_US)
            hour = within_us * _HOURS_OF_DAY // DAY_US
            found[unit_id, first + timedelta(days=days)][hour] = quantity_pico / PICO
        return found


def _rows_of(rows: NDArray[Any], meter_id: int) -> NDArray[Any]:
    first, after = np.searchsorted(rows["meter_id"], [meter_id, meter_id + 1])
    return rows[first:after]
