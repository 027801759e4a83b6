"""The run `queries`: ten calls over a year of the region, and how their times grow with the number of meters."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from rich.console import Console

from benchmarks import service
from benchmarks.growth_fill import Sums, fill
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.measure import Caller, Question, Timing
from benchmarks.questions import REGION
from benchmarks.year import Year, hourly_region
from services.core.calendar import SHANGHAI
from services.core.db.migrate import upgrade
from services.up.ports import LOOPBACK
from simulators.fleet.region import Region
from simulators.registration import RegistryApi

SIZES = (1_250, 5_000, 20_000)
REFERENCE_SIZE = 5_000
_METERS_AN_ENTERPRISE = 6.25
_V1 = "/api/v1"


@dataclass(frozen=True)
class Grown:
    """The calls at one size. Sizes on disk in bytes, indexes included."""

    meters: int
    enterprises: int
    hours: int
    fill_s: float
    hour_bytes: int
    timings: list[Timing]


@dataclass
class Growth:
    """The run."""

    at: datetime
    machine: Machine
    database: str
    load_before: float
    other_cores: float = 0.0
    sizes: list[Grown] = field(default_factory=list)


def run(folder: Path, *, sizes: tuple[int, ...], years: int, calls: int, console: Console) -> Growth:
    """Fill and ask at each size in turn: of the last of so many years. Raises StartError, RegistrationError,
    psycopg.Error.
    """
    year = Year.before(datetime.now(UTC))
    filled = replace(year, start=year.start.replace(year=year.end.year - years))
    load_before = os.getloadavg()[0]
    with service.database(folder) as database:
        upgrade(database.url)
        hurry(database.url)
        others = OtherLoad()
        found = Growth(datetime.now(UTC), this_machine(), describe(database.url), load_before)
        sums = Sums(start=filled.start.astimezone(SHANGHAI), end=filled.end.astimezone(SHANGHAI))
        known: set[str] = set()
        for size in sizes:
            region = hourly_region(filled, enterprises=round(size / _METERS_AN_ENTERPRISE))
            with service.api(database.url, folder) as api:
                started_s = time.monotonic()
                console.print(f"{size:,} meters: registering …", end=" ")
                registry = RegistryApi(api.url, key=api.key, timeout_s=600.0)
                registry.register(region.registry)
                registry.close()
                fill_region(database.url, region, known, sums, console)
                fill_s = time.monotonic() - started_s
                console.print(f"{fill_s:.0f} s; asking …", end=" ")
                timings = list(_timings(Caller(LOOPBACK, api.port, key=api.key), questions(year, region), calls=calls))
                console.print("done")
            found.sizes.append(_grown(database.url, region, sums, fill_s, timings))
        found.other_cores = others.cores()
        return found


def hurry(database_url: str) -> None:
    """Fill without waiting for the disk: these data are made up, and thrown away."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("ALTER SYSTEM SET max_wal_size = '16GB'")
        connection.execute("SELECT pg_reload_conf()")


def fill_region(database_url: str, region: Region, known: set[str], sums: Sums, console: Console) -> None:
    """Fill in the sums of the meters that are not `known`, and know them from then on."""
    meters = [meter for meter in region.registry.meters if meter.code not in known]
    done = 0
    for number in fill(database_url, meters, sums):
        done += number
        if done % 1000 < number:
            console.print(f"{done:,}", end=" ")
    known |= {meter.code for meter in meters}
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM meter_change")
        connection.execute("VACUUM ANALYZE")


def _timings(caller: Caller, asked: list[Question], *, calls: int) -> Iterator[Timing]:
    for question in asked:
        yield caller.timing(question, calls=calls)


def _grown(database_url: str, region: Region, sums: Sums, fill_s: float, timings: list[Timing]) -> Grown:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(_HOUR_BYTES).fetchone()
    meters = len(region.registry.meters)
    return Grown(
        meters=meters,
        enterprises=len(region.registry.enterprises),
        hours=meters * sums.hours,
        fill_s=fill_s,
        hour_bytes=int(row[0]) if row else 0,
        timings=timings,
    )


_HOUR_BYTES = (
    "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'energy_quarters'::regclass"
)


def questions(year: Year, region: Region) -> list[Question]:
    """Ten calls of a console: the region over a year, and one enterprise in detail."""
    enterprise = region.registry.enterprises[0].credit_code
    whole = {"start": year.start.date().isoformat(), "end": year.end.date().isoformat(), "limit": "10000"}
    scope = {"scope": f"area:{REGION}", **whole}
    last_month = {"start": f"{year.end.year - (year.end.month == 1)}-{(year.end.month - 2) % 12 + 1:02d}-01"}
    asked = [
        ("by carrier, month", "energy", {**scope, "by": "carrier", "bucket": "month"}),
        ("by carrier and flow, month", "energy", {**scope, "by": "carrier,flow", "bucket": "month"}),
        ("by carrier, day", "energy", {**scope, "by": "carrier", "bucket": "day"}),
        ("by carrier and banner, total", "energy", {**scope, "by": "carrier,banner", "bucket": "total"}),
        ("by carrier and banner, month", "energy", {**scope, "by": "carrier,banner", "bucket": "month"}),
        (
            "electricity by league, total",
            "energy",
            {**scope, "by": "league", "bucket": "total", "carrier": "electricity"},
        ),
        ("balance by league, total", "energy/balance", {**scope, "by": "league", "bucket": "total"}),
        ("coal share, month", "indicators/coal_share", {**scope, "bucket": "month"}),
        (
            "an enterprise by carrier, year by day",
            "energy",
            {**scope, "scope": f"enterprise:{enterprise}", "by": "carrier", "bucket": "day"},
        ),
        (
            "an enterprise by meter, month by hour",
            "energy",
            {**scope, **last_month, "scope": f"enterprise:{enterprise}", "by": "meter", "bucket": "hour"},
        ),
    ]
    return [Question(name, f"{_V1}/{path}", tuple(parameters.items())) for name, path, parameters in asked]
