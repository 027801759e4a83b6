"""On a database with five years of history no statement opens a chunk that holds none of what it is about."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from benchmarks.history import fill
from services.core.calendar import SHANGHAI, to_us
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.db.timescale import store_of
from services.energy.rollup.service import RollUp
from services.ingest.message import Checked
from services.ingest.store import store
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

HOUR = timedelta(hours=1)
TODAY = datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
START = TODAY - timedelta(days=5 * 365)
MARGIN = timedelta(days=20)
"""So far around a reading of an hourly meter are those by which it is judged."""
CHUNK = re.compile(r"_hyper_\d+_\d+_chunk")
Reading = tuple[int, datetime, float]


@pytest.fixture
def chunked(database: psycopg.Connection) -> None:
    if store_of(database).timescale_version is None:
        pytest.skip("plain PostgreSQL has no chunks")


@pytest.fixture
def meters(chunked: None, registered: Registered, database: psycopg.Connection, database_url: str) -> tuple[int, int]:
    """Numbers of an interval meter and a counter with a reading each hour of five years."""
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    for code, kind in (("EVERY-HOUR", "interval"), ("COUNTS", "counter")):
        registered.meter(owner, code=code, gateway_code=gateway, kind=kind, interval_s=3600)
    ids: dict[str, int] = dict(database.execute("SELECT code, meter_id FROM meter").fetchall())
    for _ in fill(database_url, [ids["EVERY-HOUR"]], start=START, end=TODAY):
        pass
    database.execute(
        "INSERT INTO reading (meter_id, ts, value, batch_id)"
        " SELECT %s, hour, 1000 + row_number() OVER (ORDER BY hour), 0"
        " FROM generate_series(%s::timestamptz, %s::timestamptz - interval '1 hour', interval '1 hour') AS hour",
        [ids["COUNTS"], START, TODAY],
    )
    database.execute("ANALYZE reading, energy_quarters")
    return ids["EVERY-HOUR"], ids["COUNTS"]


@contextmanager
def explained(database_url: str, role: DatabaseRole) -> Iterator[tuple[psycopg.Connection, list[str]]]:
    """A connection of this role that tells the plan of each statement that it has run."""
    plans: list[str] = []
    with connect(database_url, role=role, application_name="test-plans") as connection:
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
        connection.execute("SET ROLE NONE")
        connection.execute("LOAD 'auto_explain'")
        for name, value in (("min_duration", "0"), ("analyze", "on"), ("level", "notice")):
            connection.execute(f"SET auto_explain.log_{name} = '{value}'")
        connection.execute(f"SET ROLE {role}")
        connection.commit()
        plans.clear()
        yield connection, plans


def strangers(database: psycopg.Connection, plans: list[str], told: list[datetime]) -> dict[str, str]:
    """The chunks that were opened, and hold nothing within the margin around these times; each with its statement."""
    spans = {
        name: (start, end)
        for name, start, end in database.execute(
            "SELECT chunk_name, range_start, range_end FROM timescaledb_information.chunks"
        ).fetchall()
    }
    found: dict[str, str] = {}
    for plan in plans:
        for name in CHUNK.findall(plan):
            start, end = spans[name]
            if not any(start - MARGIN < at < end + MARGIN for at in told):
                found[f"{name}: {start:%F} to {end:%F}"] = plan[:300]
    return found


def message(readings: list[Reading]) -> Checked:
    return Checked(
        "GW",
        1,
        [str(meter_id) for meter_id, _, _ in readings],
        [meter_id for meter_id, _, _ in readings],
        [to_us(at) for _, at, _ in readings],
        [value for _, _, value in readings],
        (),
    )


def live(meters: tuple[int, int]) -> list[Reading]:
    """The next readings of today, up to now."""
    hours = range(max(1, datetime.now(SHANGHAI).hour))
    interval, counter = meters
    last = 1000 + 5 * 365 * 24
    return [
        reading
        for i in hours
        for reading in ((interval, TODAY + i * HOUR, 4.0), (counter, TODAY + i * HOUR, last + i + 1.0))
    ]


def scattered(meters: tuple[int, int]) -> list[Reading]:
    """Late ones in three of the sixty months, between those that stand."""
    interval, counter = meters
    at = [START + timedelta(days=days, hours=12, minutes=20) for days in (100, 101, 700, 1400)]
    number = [(moment - START) // HOUR for moment in at]
    return [
        *((interval, moment + HOUR, 1.0) for moment in at),
        *((counter, moment, 1000 + n + 1.3) for moment, n in zip(at, number, strict=True)),
    ]


def one_old(meters: tuple[int, int]) -> list[Reading]:
    return scattered(meters)[-1:]


@pytest.mark.parametrize("readings_of", [live, scattered, one_old])
def test_only_chunks_near_the_readings_are_opened(
    readings_of: Callable[[tuple[int, int]], list[Reading]],
    meters: tuple[int, int],
    database: psycopg.Connection,
    database_url: str,
) -> None:
    readings = readings_of(meters)
    told = [at for _, at, _ in readings]
    with explained(database_url, DatabaseRole.INGEST) as (connection, plans):
        answers = store(connection, [message(readings)], writer="test")
        again = store(connection, [message(readings)], writer="test")
        assert [(a.stored, a.duplicate) for a in (*answers, *again)] == [(len(readings), 0), (0, len(readings))]
        assert CHUNK.search("".join(plans))
        assert strangers(database, plans, told) == {}
    with explained(database_url, DatabaseRole.ROLLUP) as (connection, plans):
        rollup = RollUp(connection)
        while rollup.once():
            pass
        assert sum(bool(CHUNK.search(plan)) for plan in plans) > 2
        assert strangers(database, plans, told) == {}
    slots = database.execute(
        "SELECT count(*) FROM energy_slot WHERE meter_id = %s AND slot BETWEEN %s AND %s",
        [meters[1], min(told) - HOUR, max(told)],
    ).fetchone()
    assert slots is not None
    assert slots[0] > 0


def test_a_chunk_that_is_opened_for_nothing_is_seen(
    meters: tuple[int, int], database: psycopg.Connection, database_url: str
) -> None:
    at = datetime.now(UTC)
    with explained(database_url, DatabaseRole.ROLLUP) as (connection, plans):
        connection.execute("SELECT count(*) FROM reading WHERE meter_id = %s", [meters[0]])
    assert len(strangers(database, plans, [at])) > 50
