"""A year of hourly readings of the demonstration region, and their way into the database as gateways' go."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import psycopg
from numpy.typing import NDArray

from services.core.calendar import Bucket, Grain, bucket_following, floor
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.energy.rollup.service import RollUp
from services.ingest.message import Checked
from services.ingest.registry import RegistryReader
from services.ingest.store import store
from services.ingest.validate import KnownMeter
from simulators.fleet.quantity import SimulatedMeter
from simulators.fleet.region import Region, build_region

HOUR_S = 3600
_HOUR_MS = HOUR_S * 1000
_MONTHS = 12


@dataclass(frozen=True)
class Year:
    """The twelve whole months [start, end) before the one at hand, and that one up to `until`."""

    start: datetime
    end: datetime
    until: datetime

    @classmethod
    def before(cls, now: datetime) -> "Year":
        """The year before `now`."""
        end = floor(now, Grain.MONTH)
        return cls(end.replace(year=end.year - 1), end, floor(now, Grain.HOUR))

    def months(self) -> Iterator[tuple[datetime, datetime]]:
        """Each month with its end, the last one cut at `until`."""
        start = self.start
        while start < self.until:
            following = bucket_following(start, Bucket.MONTH)
            yield start, min(following, self.until)
            start = following

    @property
    def month_count(self) -> int:
        """How many months, the one at hand counted whole."""
        return _MONTHS + (self.until > self.end)


def hourly_region(year: Year, *, enterprises: int, seed: int = 1) -> Region:
    """The demonstration region with meters that read once an hour, valid from the beginning of the year on."""
    region = build_region(
        seed=seed, enterprises=enterprises, valid_from=year.start.date().isoformat(), this_year=year.until.year
    )
    by_gateway = {
        gateway: tuple(replace(each, meter=replace(each.meter, interval_s=HOUR_S)) for each in meters)
        for gateway, meters in region.meters_by_gateway.items()
    }
    meters = [each.meter for group in by_gateway.values() for each in group]
    return Region(replace(region.registry, meters=meters), by_gateway)


def fill(database_url: str, region: Region, year: Year) -> Iterator[int]:
    """Store the readings of the year, a month of all meters in one commit; gives the number of readings of each."""
    with connect(database_url, role=None, application_name="bench-fill") as connection:
        known = RegistryReader().read(connection)
        for start, end in year.months():
            last = end + timedelta(hours=1) if end == year.until else end
            times_ms = np.arange(_ms(start), _ms(last), _HOUR_MS, dtype=np.int64)
            batch = [
                _message(gateway, meters, known.meters, times_ms, end_ms=_ms(end))
                for gateway, meters in region.meters_by_gateway.items()
            ]
            answers = store(connection, batch, writer="bench")
            yield sum(answer.stored for answer in answers)


def slots_waiting(connection: psycopg.Connection) -> int:
    """How many slots wait for the roll-up."""
    row = connection.execute("SELECT (SELECT count(*) FROM dirty_slot) + (SELECT count(*) FROM late_slot)").fetchone()
    return row[0] if row else 0


def anything_waits(connection: psycopg.Connection) -> bool:
    """Whether any slot waits. To count millions five times a second would take a core of those that are measured."""
    row = connection.execute("SELECT EXISTS (TABLE dirty_slot) OR EXISTS (TABLE late_slot)").fetchone()
    return bool(row and row[0])


def roll_up(database_url: str) -> Iterator[int]:
    """Roll up all that waits; gives the number of slots of each batch."""
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="bench-rollup") as connection:
        rollup = RollUp(connection)
        while rolled := rollup.once():
            yield rolled


def _message(
    gateway: str,
    meters: Sequence[SimulatedMeter],
    known: Mapping[str, KnownMeter],
    times_ms: NDArray[np.int64],
    *,
    end_ms: int,
) -> Checked:
    """All readings of a gateway at these times. A counter also shows where it stands at the end of the year."""
    codes: list[str] = []
    columns: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    for each in meters:
        mine = times_ms if each.meter.kind == "counter" else times_ms[times_ms < end_ms]
        codes += [each.meter.code] * len(mine)
        ids = np.full(len(mine), known[each.meter.code].meter_id, dtype=np.int64)
        columns.append((ids, mine * 1000, each.value(mine)))
    ids, times_us, values = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Checked(gateway, None, codes, ids, times_us, values, [])  # type: ignore[arg-type]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
