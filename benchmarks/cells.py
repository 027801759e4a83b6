"""What a region can take of its cells: differences of sums, from many at once, by PostgreSQL's logical replication.

No region is part of Enermon yet. This measures what PostgreSQL does of it: so many databases, each with the sums of its
places as a cell keeps them, publish what changes; one database subscribes to all. Both servers are on this machine.
"""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.machine import TICKS_A_S, processes
from services.core.db.connections import connect

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
TABLE = """
CREATE TABLE ledger_hour (
    ledger_id integer NOT NULL,
    hour timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s bigint NOT NULL,
    slot_count bigint NOT NULL,
    PRIMARY KEY (ledger_id, hour)
);
CREATE TABLE heard (cell integer PRIMARY KEY, at timestamptz NOT NULL);
"""
RANGE = 1024
"""Numbers of a cell go up by so many, from its own on: no two cells have one in common."""
HOUR = "2026-01-01 00:00:00+00"


@dataclass(frozen=True, slots=True)
class CellsRow:
    """One rate: rows changed a second in all cells together, and how far the region is behind, in seconds."""

    asked: int
    changed: float
    behind_p50_s: float
    behind_most_s: float
    at_end_s: float
    """How long it takes after the last change until the region has all."""
    cores: float
    """Of the region's server."""


@contextmanager
def _server(folder: Path, name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """A server of PostgreSQL without durability; its address."""
    home, port = folder / name, _free_port()
    account: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    home.mkdir()
    if account:
        shutil.chown(home, "postgres", "postgres")
    data, programs = home / "data", BIN[-1]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home}
    made = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
    subprocess.run(made, check=True, **quiet, **account)  # noqa: S603
    given = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": home, "fsync": "off", **settings}
    words = [word for key, value in given.items() for word in ("-c", f"{key}={value}")]
    child = subprocess.Popen([programs / "postgres", "-D", data, *words], **quiet, **account)  # noqa: S603
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        for _ in range(100):
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield url
    finally:
        child.terminate()
        child.wait(60)


class CellsRun:
    """So many cells of one server, and a region of another."""

    def __init__(self, cells_url: str, region_url: str, *, cells: int, ledgers: int) -> None:
        self._cells_url, self._region_url = cells_url, region_url
        self._cells, self._ledgers = cells, ledgers

    def url(self, cell: int) -> str:
        return self._cells_url.rpartition("/")[0] + f"/cell_{cell}"

    def prepare(self) -> None:
        """Each cell with its sums, published; the region subscribed to all of them."""
        with connect(self._region_url, role=None, application_name="cells") as region:
            region.autocommit = True
            region.execute(TABLE)
            for cell in range(1, self._cells + 1):
                with connect(self._cells_url, role=None, application_name="cells") as server:
                    server.autocommit = True
                    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"cell_{cell}")))
                with connect(self.url(cell), role=None, application_name="cells") as connection:
                    connection.execute(TABLE)
                    connection.execute(
                        "INSERT INTO ledger_hour SELECT %s + %s * k, %s, 0, 0, 0 FROM generate_series(0, %s) AS k",
                        [cell, RANGE, HOUR, self._ledgers - 1],
                    )
                    connection.execute("INSERT INTO heard VALUES (%s, now())", [cell])
                    connection.execute("CREATE PUBLICATION up FOR TABLE ledger_hour, heard")
                region.execute(
                    sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION up").format(
                        sql.Identifier(f"cell_{cell}"), sql.Literal(self.url(cell))
                    )
                )

    def wait_until_all_is_there(self) -> None:
        """As many rows as the cells have together."""
        wanted = self._cells * self._ledgers
        with connect(self._region_url, role=None, application_name="cells") as region:
            region.autocommit = True
            while self._scalar(region, "SELECT count(*) FROM ledger_hour") < wanted:
                time.sleep(0.2)

    def at_rate(self, rate: int, *, seconds: float, pid: int) -> CellsRow:
        """Change so many rows a second, a batch of each cell once a second, and see how far the region is behind."""
        each = max(1, rate // self._cells)
        stopping, changed, behind = threading.Event(), [0], list[float]()
        began_s, began_cpu_s = time.monotonic(), _cpu_s(pid)

        def send(cells: Sequence[int]) -> None:
            with ExitStack() as stack:
                lines = {
                    cell: stack.enter_context(connect(self.url(cell), role=None, application_name="cells"))
                    for cell in cells
                }
                while not stopping.is_set():
                    round_s = time.monotonic()
                    for cell, line in lines.items():
                        with line.transaction():
                            line.execute(
                                "UPDATE ledger_hour SET quantity_pico = quantity_pico + 1, slot_count = slot_count + 1"
                                " WHERE ledger_id < %s",
                                [cell + RANGE * each],
                            )
                            line.execute("UPDATE heard SET at = clock_timestamp()")
                        changed[0] += min(each, self._ledgers)
                    stopping.wait(max(0.0, 1.0 - (time.monotonic() - round_s)))

        numbers = list(range(1, self._cells + 1))
        senders = [threading.Thread(target=send, args=(numbers[i::4],)) for i in range(4)]
        for sender in senders:
            sender.start()
        with connect(self._region_url, role=None, application_name="cells") as region:
            region.autocommit = True
            while time.monotonic() - began_s < seconds:
                time.sleep(1.0)
                asked = "SELECT extract(EPOCH FROM clock_timestamp() - min(at))::float8 FROM heard"
                behind.append(self._scalar(region, asked))
            took_s, cpu_s = time.monotonic() - began_s, _cpu_s(pid) - began_cpu_s
            stopping.set()
            for sender in senders:
                sender.join()
            at_end_s = self._until_equal(region)
        later = sorted(behind[len(behind) // 3 :])
        return CellsRow(rate, changed[0] / took_s, later[len(later) // 2], later[-1], at_end_s, cpu_s / took_s)

    def _until_equal(self, region: psycopg.Connection) -> float:
        began_s, wanted = time.monotonic(), 0.0
        for cell in range(1, self._cells + 1):
            with connect(self.url(cell), role=None, application_name="cells") as line:
                wanted += self._scalar(line, "SELECT sum(quantity_pico)::float8 FROM ledger_hour")
        while self._scalar(region, "SELECT sum(quantity_pico)::float8 FROM ledger_hour") != wanted:
            time.sleep(0.2)
        return time.monotonic() - began_s

    @staticmethod
    def _scalar(connection: psycopg.Connection, statement: str) -> float:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return float(row[0])


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def _cpu_s(pid: int) -> float:
    """Processor time of a server and of the processes below it that live."""
    return sum(told.own_ticks for number, told in processes().items() if pid in (number, told.parent)) / TICKS_A_S


def run(folder: Path, *, cells: int, ledgers: int, rates: Sequence[int], seconds: float) -> list[CellsRow]:
    """Each rate in turn, the smallest first."""
    many = cells + 20
    publisher: dict[str, Any] = {"wal_level": "logical", "max_replication_slots": many, "max_wal_senders": many}
    publisher |= {"max_connections": 3 * many, "autovacuum_naptime": "5s"}
    subscriber: dict[str, Any] = {"max_logical_replication_workers": 2 * many, "max_worker_processes": 2 * many + 10}
    subscriber |= {"max_replication_slots": 2 * many, "max_connections": 200, "autovacuum_naptime": "5s"}
    with _server(folder, "cells", publisher) as cells_url, _server(folder, "region", subscriber) as region_url:
        work = CellsRun(cells_url, region_url, cells=cells, ledgers=ledgers)
        work.prepare()
        work.wait_until_all_is_there()
        pid = int((folder / "region" / "data" / "postmaster.pid").read_text().split()[0])
        return [work.at_rate(rate, seconds=seconds, pid=pid) for rate in sorted(rates)]
