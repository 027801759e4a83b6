"""What the parts of ingest cost by themselves: processor microseconds a reading, in one process without a broker."""

import time
from dataclasses import dataclass

import psycopg

from benchmarks import load
from benchmarks.load import Shape
from services.core.calendar import to_us
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.ingest.formats.enermon import decode
from services.ingest.mqtt.answers import payloads
from services.ingest.registry import RegistryReader
from services.ingest.store import store
from services.ingest.validate import check

_BATCH = 20_000


@dataclass(frozen=True)
class Costs:
    """Of readings in messages of one shape. `waited_us`: the database's time, in which ingest does nothing."""

    shape: Shape
    readings: int
    decode_us: float
    check_us: float
    store_us: float
    waited_us: float
    answer_us: float


class _Clock:
    """Adds up processor and other seconds of what it encloses."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0

    def __enter__(self) -> None:
        self.cpu_s -= time.thread_time()
        self.wall_s -= time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.cpu_s += time.thread_time()
        self.wall_s += time.monotonic()


def costs(database_url: str, *, shape: Shape, readings: int) -> Costs:
    """Take the parts one by one over batches as ingest makes them. Raises psycopg.Error."""
    held = list(load.messages(shape, readings=readings))
    decoding, checking, storing, answering = _Clock(), _Clock(), _Clock(), _Clock()
    with connect(database_url, role=DatabaseRole.INGEST, application_name="bench-costs") as connection:
        known = RegistryReader().read(connection)
        size = max(1, _BATCH // shape.per_message)
        for first in range(0, len(held), size):
            part = held[first : first + size]
            now_us = to_us(utc_now())
            with decoding:
                decoded = [decode(m.gateway, m.payload) for m in part]
            with checking:
                checked = [check(d, known, now_us=now_us) for d in decoded]
            with storing:
                answers = store(connection, checked, writer="bench")
            with answering:
                list(payloads(a.as_json() for a in answers))
    total = sum(m.readings for m in held)

    def us(seconds: float) -> float:
        return seconds / total * 1e6

    return Costs(
        shape=shape,
        readings=total,
        decode_us=us(decoding.cpu_s),
        check_us=us(checking.cpu_s),
        store_us=us(storing.cpu_s),
        waited_us=us(storing.wall_s - storing.cpu_s),
        answer_us=us(answering.cpu_s),
    )


@dataclass(frozen=True)
class OnDisk:
    """Bytes for each stored reading, indexes included, once all is rolled up; by table."""

    readings: int
    bytes_by_table: dict[str, int]

    def a_reading(self, table: str) -> float:
        """Bytes a reading."""
        return self.bytes_by_table[table] / self.readings


_TABLES = ("reading", "energy_quarters", "energy_day", "energy_month")


def on_disk(database_url: str) -> OnDisk:
    """Sizes of the tables now. Raises psycopg.Error."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM reading").fetchone()
        found = {}
        for table in _TABLES:
            size = connection.execute(_SIZE, {"table": table}).fetchone()
            found[table] = int(size[0]) if size and size[0] else 0
        return OnDisk(row[0] if row else 0, found)


# A hypertable's own relation is empty: its chunks are tables that inherit from it.
_SIZE = """
SELECT sum(pg_total_relation_size(found.relation))
FROM (
    SELECT %(table)s::regclass AS relation
    UNION ALL
    SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = %(table)s::regclass
) AS found
"""
