"""How long live intake and readers wait while a large database is upgraded: python -m benchmarks.upgrade --help.

A database of the revision asked for is filled with as many readings and booked quarters, and migrated while one
connection stores readings, one reads them and one books, without pause. Told of each revision: how long it took, and
the longest that a statement of each of the three took meanwhile.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from alembic import command

from services.core.db import migrate
from services.core.db.roles import make_roles
from services.up.home import Home
from services.up.stack import native_database

METERS = 1_000
FILL = """
INSERT INTO reading (meter_id, ts, value, batch_id)
SELECT meter_id, timestamptz '2025-01-01 00:00+00' + step * interval '15 minutes', step, 1 + step / 96
FROM generate_series(%(first)s::integer, %(last)s::integer) AS step, generate_series(1, %(meters)s::integer) AS meter_id
"""
BOOK = """
INSERT INTO energy_slot (meter_id, account_id, slot, quantity_pico, measured_s, quality)
SELECT meter_id, meter_id, timestamptz '2025-01-01 00:00+00' + step * interval '15 minutes', step, 900, 0
FROM generate_series(%(first)s::integer, %(last)s::integer) AS step, generate_series(1, %(meters)s::integer) AS meter_id
"""
LIVE = {
    "stores": "INSERT INTO reading (meter_id, ts, value, batch_id) VALUES (1, clock_timestamp(), 1, 1)",
    "reads": "SELECT sum(value) FROM reading WHERE meter_id = 7 AND ts >= '2025-01-03' AND ts < '2025-01-04'",
    "books": "INSERT INTO energy_slot VALUES (2, 2, clock_timestamp(), 1, 900, 0)",
}
STEPS = 500
"""Steps of 15 minutes that are filled in one transaction."""


@dataclass
class Live:
    """One connection that does the same statement without pause."""

    url: str
    statement: str
    took: list[tuple[float, float]] = field(default_factory=list)
    """Start and duration of each, seconds."""
    ended_by: str = ""

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop, or until the schema has left it behind."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            while not stopping.is_set():
                began_s = time.monotonic()
                try:
                    connection.execute(self.statement.encode())
                except psycopg.Error as error:
                    self.ended_by = str(error).splitlines()[0]
                    return
                finally:
                    self.took.append((began_s, time.monotonic() - began_s))
                stopping.wait(0.005)

    def longest(self, first_s: float, last_s: float) -> float:
        """The longest that was under way between two moments, ms."""
        return 1000 * max((took for began, took in self.took if began < last_s and began + took > first_s), default=0)


class _Changes(logging.Handler):
    """Notes when each change was done."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[float, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.done.append((time.monotonic(), f"{getattr(record, 'revision', record.getMessage())}"))


def main(
    readings: Annotated[int, typer.Option(help="Readings, and as many quarters that are booked")] = 10_000_000,
    revision: Annotated[str, typer.Option(help="The schema from which it is upgraded, 0007 to 0036")] = "0036",
) -> None:
    """Fill, migrate, tell."""
    with tempfile.TemporaryDirectory(prefix="enermon-upgrade-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder))
        home.prepare()
        database = native_database(home)
        database.start()
        try:
            _measure(database.url, readings, revision)
        finally:
            database.stop()


def _measure(url: str, readings: int, revision: str) -> None:
    with psycopg.connect(url, autocommit=True) as making:
        make_roles(making)
    with migrate.engine_of(url).begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    began_s = time.monotonic()
    with psycopg.connect(url, autocommit=True) as filling:
        filling.execute("SET session_replication_role = replica")
        for first in range(0, readings // METERS, STEPS):
            last = min(first + STEPS, readings // METERS) - 1
            for statement in (FILL, BOOK):
                filling.execute(statement.encode(), {"first": first, "last": last, "meters": METERS})
    typer.echo(f"filled {readings} readings at revision {revision} in {time.monotonic() - began_s:.0f} s")
    stopping, live = threading.Event(), {name: Live(url, statement) for name, statement in LIVE.items()}
    threads = [threading.Thread(target=each.run, args=(stopping,)) for each in live.values()]
    _in_all(threads, threading.Thread.start)
    time.sleep(3)
    changes = _Changes()
    migrate.log.addHandler(changes)
    migrate.log.setLevel(logging.INFO)
    began_s = time.monotonic()
    migrate.upgrade(url)
    changes.done.append((time.monotonic(), "rights"))
    stopping.set()
    _in_all(threads, threading.Thread.join)
    typer.echo(f"{'revision':<38}{'took s':>8}" + "".join(f"{name:>10} ms" for name in live))
    for done_s, name in changes.done:
        waits = "".join(f"{each.longest(began_s, done_s):>13.0f}" for each in live.values())
        typer.echo(f"{name:<38}{done_s - began_s:>8.2f}{waits}")
        began_s = done_s
    for name, each in live.items():
        typer.echo(f"{name}: {len(each.took)} statements, {each.ended_by or 'to the end'}")


def _in_all(threads: list[threading.Thread], do: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        do(thread)


if __name__ == "__main__":
    typer.run(main)
