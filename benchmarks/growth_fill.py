"""A year of energy of many meters, written straight into the tables of the sums: what the roll-up would write.

It takes minutes where a roll-up of as many readings would take hours. `enermon check` finds nothing to object to.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.db.engine import connect
from services.core.db.queries import load
from services.core.domain.calendar import to_us
from services.ingest.rollup import service as rollup_service
from services.ingest.rollup.adapt import adapt
from services.ingest.rollup.meters import Accounts, load_meters
from simulators.registry import Meter

_POSTGRES_EPOCH_US = 946_684_800_000_000
_HOUR_US = 3_600_000_000
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"
_METERS_A_COPY = 50
_WRITERS = 2
_PICO_PER_MILLI = 1_000_000_000
_HOUR_ROW = np.dtype(
    {
        "names": [
            *("n", "l0", "meter_id", "l1", "account_id", "l2", "hour", "l3", "quantity_pico"),
            *("l4", "measured_s", "l5", "slot_count", "l6", "quality"),
        ],
        "formats": [*(">i2", ">i4", ">i4", ">i4", ">i4", ">i4", ">i8", ">i4", ">i8"), *(">i4", ">i2") * 3],
    }
)
_SUM_ROW = np.dtype(
    {
        "names": [
            "n",
            "l0",
            "owner",
            "l1",
            "account_id",
            "l2",
            "period",
            "l3",
            "milli",
            "l4",
            "seconds",
            "l5",
            "slots",
        ],
        "formats": [">i2", *(">i4", ">i4") * 2, *(">i4", ">i8") * 4],
    }
)
_SQL = load(str(Path(__file__)), "growth_fill.sql")


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
            _SQL.create_stage(connection)
            _SQL.empty_ledgers(connection)
            for table, edges in self.grains():
                for ledger_id, milli in self._milli.items():
                    _copy(connection, "sums", self.rows(ledger_id, 0, milli, edges, meters=self._meters[ledger_id]))
                getattr(_SQL, f"book_ledger_{table}")(connection)
                _SQL.empty_stage(connection)

    def grains(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Name of a grain, and the numbers of the hours with which its periods begin."""
        yield "hour", np.arange(self.hours)
        yield "day", np.arange(0, self.hours, 24)
        yield "month", self.months

    def rows(
        self, owner: int, account_id: int, milli: NDArray[np.int64], edges: NDArray[np.int64], *, meters: int
    ) -> bytes:
        """Sums between the edges as rows of the stage."""
        lengths = np.diff(np.append(edges, self.hours))
        wire = np.empty(len(edges), _SUM_ROW)
        wire["n"] = 6
        wire["l0"], wire["l1"] = 4, 4
        wire["l2"], wire["l3"], wire["l4"], wire["l5"] = 8, 8, 8, 8
        wire["owner"], wire["account_id"] = owner, account_id
        wire["period"] = self.first_us + edges * _HOUR_US
        wire["milli"] = np.add.reduceat(milli, edges)
        wire["seconds"], wire["slots"] = lengths * 3600 * meters, lengths * 4 * meters
        return wire.tobytes()

    @property
    def first_us(self) -> int:
        """Its beginning as PostgreSQL counts."""
        return to_us(self.start) - _POSTGRES_EPOCH_US


def fill(database_url: str, meters: Sequence[Meter], sums: Sums) -> Iterator[int]:
    """Book a year of these meters, which hold nothing yet; gives the number of meters of each step."""
    with connect(database_url, application_name="bench-fill") as connection:
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
    connection = connect(database_url, application_name="bench-fill-2")
    connection.execute("SET synchronous_commit = off")
    connection.commit()
    return connection


def _numbered(connection: psycopg.Connection, meters: Sequence[Meter]) -> list[tuple[int, int, float]]:
    """Number, account and rated quantity an hour of each meter, by number."""
    rated = {meter.code: meter.rated_per_hour or 100.0 for meter in meters}
    ids = {code: meter_id for code, meter_id in connection.execute("SELECT code, meter_id FROM meter") if code in rated}
    connection.commit()
    sql = load(rollup_service.__file__, "rollup.sql")
    adapt(connection)
    rolled = load_meters(sql, connection, sorted(ids.values()))
    now_us = to_us(datetime.now().astimezone())
    keys = {meter_id: meter.account_at(now_us) for meter_id, meter in rolled.items()}
    accounts = Accounts(sql).ids(connection, set(keys.values()))
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
    wire = np.empty(count * len(part), _HOUR_ROW)
    wire["n"] = 7
    wire["l0"], wire["l1"], wire["l2"], wire["l3"] = 4, 4, 8, 8
    wire["l4"], wire["l5"], wire["l6"] = 2, 2, 2
    wire["meter_id"] = np.repeat([meter_id for meter_id, _, _ in part], count)
    wire["account_id"] = np.repeat([account_id for _, account_id, _ in part], count)
    wire["hour"] = np.tile(sums.first_us + np.arange(first, last) * _HOUR_US, len(part))
    wire["quantity_pico"] = np.concatenate([each[first:last] for each in milli]) * _PICO_PER_MILLI
    wire["measured_s"], wire["slot_count"], wire["quality"] = 3600, 4, 0
    _copy(connection, "energy_hour", wire.tobytes())
    connection.commit()


def _copy_days(
    connection: psycopg.Connection,
    part: Sequence[tuple[int, int, float]],
    milli: Sequence[NDArray[np.int64]],
    sums: Sums,
) -> None:
    with connection.transaction():
        _SQL.create_stage(connection)
        for grain, edges in sums.grains():
            if grain == "hour":
                continue
            rows = [
                sums.rows(meter_id, account_id, mine, edges, meters=1)
                for (meter_id, account_id, _), mine in zip(part, milli, strict=True)
            ]
            _copy(connection, "sums", b"".join(rows))
            getattr(_SQL, f"book_energy_{grain}")(connection)
            _SQL.empty_stage(connection)


_COLUMNS = {
    "energy_hour": "meter_id, account_id, hour, quantity_pico, measured_s, slot_count, quality",
    "sums": "owner, account_id, period, milli, seconds, slots",
}


def _copy(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    statement = f"COPY {table} ({_COLUMNS[table]}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(_HEAD + rows + _TAIL)


def _month_edges(start: datetime, end: datetime) -> NDArray[np.int64]:
    edges, at = [], start
    while at < end:
        edges.append(int((at - start) / timedelta(hours=1)))
        at = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return np.array(edges)
