"""A year of energy of many meters, written straight into the tables of the sums: what the roll-up would write.

It takes minutes where a roll-up of as many readings would take hours.
`enermon check` misses nothing but quarters of an hour.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, Grain, following, to_us
from services.core.db.bulk import POSTGRES_EPOCH_US, RowType, copy_in
from services.core.db.connections import connect
from services.energy.rollup.adapt import adapt
from services.energy.rollup.meters import Accounts, load_meters
from simulators.registry import Meter

_METERS_A_COPY = 50
_WRITERS = 2
_PICO_PER_MILLI = 1_000_000_000
_QUARTERS = range(4)
_HOUR_ROW = RowType(
    meter_id="int4",
    account_id="int4",
    hour="ts",
    **{f"quantity_pico_{quarter}": "int8" for quarter in _QUARTERS},
    **{f"measured_s_{quarter}": "int2" for quarter in _QUARTERS},
    **{f"quality_{quarter}": "int2" for quarter in _QUARTERS},
)
# A numeric on the wire: four words, then digits of base 10 000. A quantity is ten thousandths of a unit times 1e8.
_DIGITS, _DIGIT = 5, 10_000
_NUMERIC_BYTES = 8 + 2 * _DIGITS
_WEIGHT = _DIGITS - 1 + 2


def _sum_row(keys: tuple[str, ...], number: str) -> np.dtype[np.void]:
    """A row of sums: its integer keys and its period, the numeric quantity, seconds and slots of type `number`."""
    names, formats = ["n"], [">i2"]
    columns = [*((key, ">i4") for key in keys), ("period", ">i8"), ("quantity", f"({_NUMERIC_BYTES // 2},)>i2")]
    for name, kind in (*columns, ("seconds", number), ("slots", number)):
        names += [f"length_{name}", name]
        formats += [">i4", kind]
    return np.dtype({"names": names, "formats": formats})


_OF_PLACE, _OF_METER = _sum_row(("owner",), ">i8"), _sum_row(("owner", "account_id"), ">i4")


class Sums:
    """Sums of places by hour, kept while meters are added, and written when these are all there."""

    def __init__(self, *, start: datetime, end: datetime) -> None:
        """Months [start, end) of Asia/Shanghai."""
        self.start, self.end = start, end
        self.hours = int((end - start) / timedelta(hours=1))
        self.months = _month_edges(start, end)
        self._milli: dict[int, NDArray[np.int64]] = {}
        self._meters: dict[int, int] = {}

    def add(self, ledger_ids: Sequence[int], milli: NDArray[np.int64]) -> None:
        """A meter's hours, to each of these places."""
        for ledger_id in ledger_ids:
            kept = self._milli.setdefault(ledger_id, np.zeros(self.hours, np.int64))
            kept += milli
            self._meters[ledger_id] = self._meters.get(ledger_id, 0) + 1

    def write(self, connection: psycopg.Connection) -> None:
        """Put them in the place of those that stand."""
        with connection.transaction():
            connection.execute("TRUNCATE ledger_hour, ledger_day, ledger_month")
            for grain, edges in self.grains():
                for ledger_id, milli in self._milli.items():
                    wire = np.empty(len(edges), _OF_PLACE)
                    self.put(wire, milli, edges, meters=self._meters[ledger_id])
                    wire["owner"] = ledger_id
                    copy_in(connection, f"ledger_{grain}", ("ledger_id", grain, *_SUM_COLUMNS), wire.tobytes())

    def grains(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Name of a grain, and the numbers of the hours with which its periods begin."""
        yield "hour", np.arange(self.hours)
        yield "day", np.arange(0, self.hours, 24)
        yield "month", self.months

    def put(self, wire: NDArray[np.void], milli: NDArray[np.int64], edges: NDArray[np.int64], *, meters: int) -> None:
        """Sums between the edges into rows for COPY, all but their keys."""
        lengths = np.diff(np.append(edges, self.hours))
        names = wire.dtype.names or ()
        wire["n"] = len(names) // 2
        for length, name in zip(names[1::2], names[2::2], strict=True):
            wire[length] = wire.dtype[name].itemsize
        wire["period"] = self.first_us + edges * HOUR_US
        left = np.add.reduceat(milli, edges) * 10
        quantity = wire["quantity"]
        quantity[:, :4] = _DIGITS, _WEIGHT, 0, 0
        for place in range(_DIGITS - 1, -1, -1):
            quantity[:, 4 + place] = left % _DIGIT
            left = left // _DIGIT
        wire["seconds"], wire["slots"] = lengths * 3600 * meters, lengths * 4 * meters

    @property
    def first_us(self) -> int:
        """Its beginning as PostgreSQL counts."""
        return to_us(self.start) - POSTGRES_EPOCH_US


def fill(database_url: str, meters: Sequence[Meter], sums: Sums) -> Iterator[int]:
    """Book a year of these meters, which hold nothing yet; gives the number of meters of each step."""
    with connect(database_url, role=None, application_name="bench-fill") as connection:
        connection.execute("SET synchronous_commit = off")
        numbered = _numbered(connection, meters)
        ledgers = _ledgers(connection)
        connection.commit()
        half = sums.hours // 2
        with ThreadPoolExecutor(_WRITERS) as pool, _second(database_url) as other:
            for first in range(0, len(numbered), _METERS_A_COPY):
                part = numbered[first : first + _METERS_A_COPY]
                milli = [_milli(meter_id, rated, sums.hours) for meter_id, _, rated in part]
                early = pool.submit(_copy_hours, connection, part, milli, sums, 0, half)
                late = pool.submit(_copy_hours, other, part, milli, sums, half, sums.hours)
                for (_, account_id, _), mine in zip(part, milli, strict=True):
                    sums.add(ledgers[account_id], mine)
                early.result()
                late.result()
                _copy_days(connection, part, milli, sums)
                yield len(part)
        sums.write(connection)


def _second(database_url: str) -> psycopg.Connection:
    connection = connect(database_url, role=None, application_name="bench-fill-2")
    connection.execute("SET synchronous_commit = off")
    connection.commit()
    return connection


def _numbered(connection: psycopg.Connection, meters: Sequence[Meter]) -> list[tuple[int, int, float]]:
    """Number, account and rated quantity an hour of each meter, by number."""
    rated = {meter.code: meter.rated_per_hour or 100.0 for meter in meters}
    ids = {code: meter_id for code, meter_id in connection.execute("SELECT code, meter_id FROM meter") if code in rated}
    connection.commit()
    adapt(connection)
    rolled = load_meters(connection, sorted(ids.values()))
    now_us = to_us(datetime.now().astimezone())
    keys = {meter_id: meter.account_at(now_us) for meter_id, meter in rolled.items()}
    accounts = Accounts().ids(connection, set(keys.values()))
    by_id = {meter_id: code for code, meter_id in ids.items()}
    return [(meter_id, accounts[keys[meter_id]], rated[by_id[meter_id]]) for meter_id in sorted(by_id)]


def _ledgers(connection: psycopg.Connection) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for account_id, ledger_id in connection.execute("SELECT account_id, ledger_id FROM account_ledger"):
        found.setdefault(account_id, []).append(ledger_id)
    return found


def _milli(meter_id: int, rated: float, hours: int) -> NDArray[np.int64]:
    """Thousandths of a unit in each hour: a week's shape that is a little different for each meter."""
    hour = np.arange(hours)
    share = 0.45 + 0.2 * np.sin((hour + meter_id) * (2 * np.pi / 24)) + 0.1 * np.sin(hour * (2 * np.pi / 168))
    milli: NDArray[np.int64] = (share * rated * 1000.0).astype(np.int64)
    return milli


def _copy_hours(
    connection: psycopg.Connection,
    part: Sequence[tuple[int, int, float]],
    milli: Sequence[NDArray[np.int64]],
    sums: Sums,
    first: int,
    last: int,
) -> None:
    count = last - first
    # A thousandth is divided by four without a rest.
    quarter_pico = np.concatenate([each[first:last] for each in milli]) * (_PICO_PER_MILLI // len(_QUARTERS))
    rows = _HOUR_ROW.wire(
        count * len(part),
        meter_id=np.repeat([meter_id for meter_id, _, _ in part], count),
        account_id=np.repeat([account_id for _, account_id, _ in part], count),
        hour=np.tile(to_us(sums.start) + np.arange(first, last) * HOUR_US, len(part)),
        **{f"quantity_pico_{quarter}": quarter_pico for quarter in _QUARTERS},
        **{f"measured_s_{quarter}": 900 for quarter in _QUARTERS},
        **{f"quality_{quarter}": 0 for quarter in _QUARTERS},
    )
    copy_in(connection, "energy_quarters", _HOUR_ROW.columns, rows)
    connection.commit()


def _copy_days(
    connection: psycopg.Connection,
    part: Sequence[tuple[int, int, float]],
    milli: Sequence[NDArray[np.int64]],
    sums: Sums,
) -> None:
    with connection.transaction():
        for grain, edges in sums.grains():
            if grain == "hour":
                continue
            wire = np.empty(len(edges) * len(part), _OF_METER)
            for number, ((meter_id, account_id, _), mine) in enumerate(zip(part, milli, strict=True)):
                of_meter = wire[number * len(edges) : (number + 1) * len(edges)]
                sums.put(of_meter, mine, edges, meters=1)
                of_meter["owner"], of_meter["account_id"] = meter_id, account_id
            columns = ("meter_id", "account_id", grain, *_SUM_COLUMNS)
            copy_in(connection, f"energy_{grain}", columns, wire.tobytes())


_SUM_COLUMNS = ("quantity_pico", "measured_s", "slot_count")


def _month_edges(start: datetime, end: datetime) -> NDArray[np.int64]:
    edges, at = [], start
    while at < end:
        edges.append(int((at - start) / timedelta(hours=1)))
        at = following(at, Grain.MONTH)
    return np.array(edges)
