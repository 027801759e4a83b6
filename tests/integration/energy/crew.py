"""Workers of the roll-up beside each other, and what they have kept, by names that do not depend on who came first."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg

from services.core.db.leading import LockKey, lead_and_serve
from services.core.db.roles import DatabaseRole
from services.energy.rollup.ranges import Bounds
from services.energy.rollup.service import RollUp, rolling_up
from tests.integration.running import wait_until

ACCOUNT = "unit_id, enterprise_id, area_code, park_id, carrier, flow"
LEDGER = "place_kind, place_code, ledger.carrier, ledger.flow"
SUMS = "quantity_pico, measured_s, slot_count"
KEPT = {
    "energy_slot": f"SELECT meter_id, slot, {ACCOUNT}, quantity_pico, measured_s, quality FROM energy_slot"
    " JOIN account USING (account_id)",
    "energy_hour": f"SELECT meter_id, hour, {ACCOUNT}, {SUMS}, quality FROM energy_hour"
    " JOIN account USING (account_id)",
    **{
        f"energy_{each}": f"SELECT meter_id, {each}, {ACCOUNT}, {SUMS} FROM energy_{each}"
        " JOIN account USING (account_id) WHERE slot_count > 0"
        for each in ("day", "month")
    },
    **{
        f"ledger_{each}": f"SELECT {LEDGER}, {each}, {SUMS} FROM ledger_{each} JOIN ledger USING (ledger_id)"
        " WHERE slot_count > 0"
        for each in ("hour", "day", "month")
    },
    "reading_mark": "SELECT meter_id, ts, quality FROM reading_mark",
}
"""What is kept of energy; sums of what is not booked any more are as if they were not there."""
QUEUES = ("dirty_slot", "late_slot", "meter_change")
SUMMED = [f"{of}_{each}" for of in ("energy", "ledger") for each in ("day", "month")]
ERASED = ("energy_quarters", *SUMMED, "ledger_hour", "reading_mark", "account_ledger", "account", "ledger", *QUEUES)


def kept(database: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of energy, marks and places, by table."""
    return {name: sorted(database.execute(query.encode()), key=str) for name, query in KEPT.items()}


def erase_energy(database: psycopg.Connection) -> None:
    """Forget what was booked, and have all of it booked again."""
    for table in ERASED:
        database.execute(f"DELETE FROM {table}".encode())
    database.execute("INSERT INTO meter_change (meter_id, from_ts) SELECT meter_id, '-infinity' FROM meter")


def is_rolled_up(database: psycopg.Connection) -> bool:
    """Whether nothing waits."""
    waiting = " OR ".join(f"EXISTS (SELECT FROM {queue})" for queue in QUEUES)
    return database.execute(f"SELECT NOT ({waiting})".encode()).fetchone() == (True,)


class Batches:
    """How many there were, and whether two ever worked on the same part at once."""

    def __init__(self) -> None:
        self.number = 0
        self.met: list[int] = []
        self._at_work: set[int] = set()
        self._lock = threading.Lock()

    def watch(self, once: Any) -> Any:
        """`RollUp.once`, watched."""

        def watched(rollup: RollUp, parts: Sequence[int]) -> int:
            with self._lock:
                self.met += self._at_work & set(parts)
                self._at_work |= set(parts)
            worked: int = once(rollup, parts)
            with self._lock:
                self._at_work -= set(parts)
                self.number += worked > 0
            return worked

        return watched


class Crew:
    """The workers, as threads that do what their processes do."""

    def __init__(self, database: psycopg.Connection) -> None:
        self._database = database

    def pids(self) -> list[int]:
        """Sessions of the database that have parts."""
        found = self._database.execute(
            "SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LockKey.ROLLUP_PART],
        )
        return [pid for (pid,) in found]

    def kill(self, pid: int) -> None:
        """End a session wherever it is."""
        self._database.execute("SELECT pg_terminate_backend(%s)", [pid])

    def wait(self) -> None:
        """Until nothing waits for them."""
        wait_until("all is rolled up", lambda: is_rolled_up(self._database), said=self._doing)

    def _doing(self) -> list[str]:
        found = self._database.execute(
            "SELECT pid, state, wait_event, now() - xact_start, left(query, 80), ARRAY("
            "SELECT mode || ' ' || classid || '/' || objid FROM pg_locks WHERE pg_locks.pid = a.pid"
            " AND locktype = 'advisory' ORDER BY 1) FROM pg_stat_activity AS a WHERE datname = current_database()"
        ).fetchall()
        waiting = [self._database.execute(f"SELECT count(*) FROM {queue}".encode()).fetchone() for queue in QUEUES]
        return [str(waiting), *map(str, found)]


@contextmanager
def working(database: psycopg.Connection, database_url: str, number: int, bounds: Bounds) -> Iterator[Crew]:
    """So many workers until the end of the block."""
    stopping = threading.Event()
    threads = [
        threading.Thread(
            target=lead_and_serve,
            args=(LockKey.ROLLUP, database_url, partial(rolling_up, bounds=bounds)),
            kwargs={"role": DatabaseRole.ROLLUP, "stopping": stopping, "shared": True},
            daemon=True,
        )
        for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    try:
        yield Crew(database)
    finally:
        stopping.set()
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
