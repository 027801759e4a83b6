"""The run `sizing`: what a region of so many meters takes of processor, memory and disk, as readings come in live."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from rich.console import Console

from benchmarks import packets, service
from benchmarks.cost import OnDisk, on_disk
from benchmarks.load import METERS_PER_GATEWAY, gateway_code, meter_code, value
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.report import RESULTS, machine_lines, write_figures
from benchmarks.rig import Rig, rig
from benchmarks.sheet import Sheet
from benchmarks.usage import children, own_s
from benchmarks.year import anything_waits
from services.core.calendar import SHANGHAI
from services.core.db.connections import connect
from services.ingest.message import Checked
from services.ingest.registry import RegistryReader
from services.ingest.store import store
from services.ingest.validate import KnownMeter
from simulators.wire import Reading, encode, readings_topic

SIZES = (1_000, 10_000, 100_000)
INTERVALS_S = (900, 60)
SECONDS = 120.0
_SETTLE_S = 30.0
_WAIT_S = 900.0
_YEAR_S = 365 * 86_400
DISK_METERS = 500
DISK_READINGS = 3_000_000
_STORED_AT_ONCE = 40


@dataclass(frozen=True)
class Taken:
    """What one region took. Memory is what the processes of a part have for themselves and their share of the rest."""

    meters: int
    interval_s: int
    sent: int
    seconds: float
    cores: dict[str, float]
    memory_mb: dict[str, float]
    waiting: bool
    """Whether something still waited to be booked at the end."""


@dataclass
class Sizing:
    """The run. On disk: by seconds between the readings of a meter."""

    at: datetime
    machine: Machine
    database: str
    load_before: float
    other_cores: float = 0.0
    taken: list[Taken] = field(default_factory=list)
    disk: dict[int, OnDisk] = field(default_factory=dict)


def run(folder: Path, *, sizes: Sequence[int], seconds: float, console: Console) -> Sizing:
    """Each size at each interval. Raises StartError, RegistrationError, psycopg.Error."""
    load_before, others = os.getloadavg()[0], OtherLoad()
    with rig(folder / "disk", gateways=DISK_METERS // METERS_PER_GATEWAY) as made:
        found = Sizing(datetime.now(UTC), this_machine(), describe(made.database.url), load_before)
        for interval_s in INTERVALS_S:
            found.disk[interval_s] = _weigh(made, interval_s)
            console.print(f"every {interval_s} s: {_a_reading(found.disk[interval_s]):.0f} bytes a reading")
    for size in sizes:
        console.print(f"{size:,} meters: registering")
        # Of days before, the quality process would look at each meter's first, once.
        today = datetime.now(SHANGHAI).date().isoformat()
        with rig(folder / str(size), gateways=size // METERS_PER_GATEWAY, since=today) as made:
            for interval_s in INTERVALS_S:
                taken = _take(made, size, interval_s, seconds)
                found.taken.append(taken)
                console.print(f"every {interval_s} s: {sum(taken.cores.values()):.2f} cores", markup=False)
    found.other_cores = others.cores()
    return found


def _take(made: Rig, meters: int, interval_s: int, seconds: float) -> Taken:
    gateways = meters // METERS_PER_GATEWAY
    with made.clone() as url, ExitStack() as stack:
        _store_scans(url, gateways, interval_s)
        _vacuum(made.database.url, url)
        programs = {
            "ingest": stack.enter_context(made.ingest(url, number=0, shared=False)).pid,
            "roll-up": stack.enter_context(made.rollup(url)).pid,
            "quality": stack.enter_context(made.quality(url)).pid,
            "alerts": stack.enter_context(made.alerts(url, given={})).pid,
            "API": stack.enter_context(service.api(url, made.folder)).process.pid,
        }
        assert made.broker.child is not None
        programs |= {"broker": made.broker.child.pid, "database": made.postmaster}
        _wait_until_booked(url)
        sender = _Sender(made, gateways, interval_s)
        sender.start()
        time.sleep(_SETTLE_S)
        before, sent_before, began_s = _cpu(programs), sender.sent, time.monotonic()
        time.sleep(seconds)
        after, lasted_s = _cpu(programs), time.monotonic() - began_s
        sent = sender.sent - sent_before
        memory = {part: sum(map(_own_mb, _tree(pid))) for part, pid in programs.items()}
        sender.stop()
        with psycopg.connect(url, autocommit=True) as connection:
            waiting = anything_waits(connection)
        cores = {part: (after[part] - before[part]) / lasted_s for part in programs}
        return Taken(meters, interval_s, sent, lasted_s, cores, memory, waiting)


def _store_scans(url: str, gateways: int, interval_s: int) -> None:
    """Two scans of each meter before those that are sent: of a counter the first has no energy."""
    newest = int(time.time()) // interval_s - 1
    with connect(url, role=None, application_name="bench-sizing") as connection:
        known = RegistryReader().read(connection).meters
        for first in range(0, gateways, _STORED_AT_ONCE):
            messages = [
                _checked(known, gateway, scan, interval_s)
                for gateway in range(first, min(gateways, first + _STORED_AT_ONCE))
                for scan in (newest - 1, newest)
            ]
            store(connection, messages, writer="bench")
            connection.commit()


def _checked(known: Mapping[str, KnownMeter], gateway: int, scan: int, interval_s: int) -> Checked:
    codes = [meter_code(gateway, meter) for meter in range(METERS_PER_GATEWAY)]
    ids = [known[code].meter_id for code in codes]
    values = [value(meter, scan) for meter in range(METERS_PER_GATEWAY)]
    return Checked(gateway_code(gateway), None, codes, ids, [scan * interval_s * 1_000_000] * len(codes), values, [])


def _vacuum(*urls: str) -> None:
    """What autovacuum would do of so many new rows while others are measured."""
    for url in urls:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def _wait_until_booked(url: str) -> None:
    deadline_s = time.monotonic() + _WAIT_S
    with psycopg.connect(url, autocommit=True) as connection:
        while anything_waits(connection) and time.monotonic() < deadline_s:
            time.sleep(0.5)


class _Sender:
    """Each gateway sends a scan of its meters once an interval; they are spread evenly over it."""

    def __init__(self, made: Rig, gateways: int, interval_s: int) -> None:
        port = made.broker.port or 0
        self._interval_s, self.sent = interval_s, 0
        codes = [gateway_code(number) for number in range(gateways)]
        self._sockets = [packets.connected(code, port=port, password=made.broker.password(code)) for code in codes]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        for each in self._sockets:
            each.close()

    def _run(self) -> None:
        spacing_s, began_s = self._interval_s / len(self._sockets), time.time()
        number = 0
        while not self._stopping.wait(max(0.0, began_s + number * spacing_s - time.time())):
            turn, gateway = divmod(number, len(self._sockets))
            scan = int(began_s) // self._interval_s + turn
            ts_ms = scan * self._interval_s * 1000
            readings = [Reading(meter_code(gateway, m), ts_ms, value(m, scan)) for m in range(METERS_PER_GATEWAY)]
            packet = packets.publish(
                readings_topic(gateway_code(gateway)), turn % 65_535 + 1, encode(seq=turn, readings=readings)
            )
            self._sockets[gateway].sendall(packet)
            self.sent += len(readings)
            number += 1


def _weigh(made: Rig, interval_s: int) -> OnDisk:
    """Bytes of readings that lie as close as this, all booked."""
    gateways = DISK_METERS // METERS_PER_GATEWAY
    scans = DISK_READINGS // DISK_METERS
    newest = int(time.time()) // interval_s
    with made.clone() as url:
        with connect(url, role=None, application_name="bench-sizing") as connection:
            known = RegistryReader().read(connection).meters
            for first in range(newest - scans, newest, _STORED_AT_ONCE):
                messages = [
                    _checked(known, gateway, scan, interval_s)
                    for scan in range(first, min(newest, first + _STORED_AT_ONCE))
                    for gateway in range(gateways)
                ]
                store(connection, messages, writer="bench")
                connection.commit()
        with made.rollup(url, workers=2):
            _wait_until_booked(url)
        return on_disk(url)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for child in children(pid):
        found += _tree(child)
    return found


def _cpu(programs: dict[str, int]) -> dict[str, float]:
    """Of workers that have ended as well: a server's backends come and go."""
    return {part: sum(own_s(each, with_ended=True) for each in _tree(pid)) for part, pid in programs.items()}


def _own_mb(pid: int) -> float:
    """Proportional set size in megabytes; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def _a_reading(disk: OnDisk) -> float:
    return sum(disk.bytes_by_table.values()) / disk.readings


def write_json(run: Sizing, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("sizing", run.at, asdict(run), folder)


def section(run: Sizing) -> Iterator[str]:
    """The lines for docs/sizing.md."""
    versions = (run.database, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    seconds = max(taken.seconds for taken in run.taken)
    yield f"- Each row: {seconds:.0f} s of live readings, 100 meters a gateway, 70 of them counters"
    yield "- One process of each service, which nobody asks; the database with the settings of `enermon up`"
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: Sizing) -> Iterator[Sheet]:
    """All tables."""
    parts = list(run.taken[0].cores)
    yield Sheet(
        "A region, and what it takes",
        ("meters, interval", "readings/s", "cores", "memory GB", "disk GB a year", "of it readings and quarter hours"),
        [
            (
                _name(taken),
                f"{taken.sent / taken.seconds:,.1f}",
                f"{sum(taken.cores.values()):.2f}" + (" (behind)" if taken.waiting and _late(taken) else ""),
                f"{sum(taken.memory_mb.values()) / 1000:.2f}",
                f"{_disk_gb(run, taken):,.1f}",
                f"{_disk_gb(run, taken, 'reading') + _disk_gb(run, taken, 'energy_quarters'):,.1f}",
            )
            for taken in run.taken
        ],
    )
    yield Sheet(
        "Cores by part",
        ("meters, interval", *parts),
        [(_name(taken), *(f"{taken.cores[part]:.3f}" for part in parts)) for taken in run.taken],
    )
    yield Sheet(
        "Memory by part, MB",
        ("meters, interval", *parts),
        [(_name(taken), *(f"{taken.memory_mb[part]:.0f}" for part in parts)) for taken in run.taken],
    )
    tables = list(next(iter(run.disk.values())).bytes_by_table)
    yield Sheet(
        "Bytes a reading, all booked",
        ("interval", *tables, "together"),
        [
            (_interval(interval_s), *(f"{disk.a_reading(each):.1f}" for each in tables), f"{_a_reading(disk):.1f}")
            for interval_s, disk in run.disk.items()
        ],
    )


def _late(taken: Taken) -> bool:
    """Something always waits for a moment while readings come in; it is behind where the machine is full."""
    return sum(taken.cores.values()) > 0.95 * (os.cpu_count() or 1)


def _disk_gb(run: Sizing, taken: Taken, table: str = "") -> float:
    disk = run.disk[taken.interval_s]
    each = disk.a_reading(table) if table else _a_reading(disk)
    return each * taken.meters * _YEAR_S / taken.interval_s / 1e9


def _name(taken: Taken) -> str:
    return f"{taken.meters:,}, {_interval(taken.interval_s)}"


def _interval(seconds: int) -> str:
    return f"{seconds // 60} min"
