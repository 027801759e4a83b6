"""The run `line`: from publish to energy in every sum, sustained, with all processes on this machine."""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from rich.console import Console

from benchmarks import service
from benchmarks.arrival import Arrival
from benchmarks.cost import OnDisk, on_disk
from benchmarks.history import fill
from benchmarks.limit import Limit, raw_copy, staged_copy
from benchmarks.load import COUNTERS_PER_GATEWAY, METERS_PER_GATEWAY, PROBE_GATEWAY, START_MS, meter_code
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.measure import percentile
from benchmarks.probe import Probe
from benchmarks.publisher import PERCENTS, Order
from benchmarks.rig import Program, Rig, publisher, rig
from benchmarks.usage import Usage, children, own_s, peak_memory_mb
from benchmarks.year import anything_waits, slots_waiting
from services.core.calendar import SHANGHAI, Grain, floor

READINGS = {Arrival.IN_ORDER: 1_500_000, Arrival.LATE: 1_500_000, Arrival.SHUFFLED: 600_000}
WORKERS = (1, 2, 4)
_WINDOW = 20
_LOOK_S = 0.2
_POLL_S = 0.2
"""Between two questions about what is visible: asked all the time it takes a fifth of the two cores."""
_MOST_S = 1800.0
_WAIT_S = 60.0
_YEARS = 5
_HISTORY_METERS = 500


@dataclass(frozen=True)
class History:
    """What stood before a run: a reading an hour of each meter, and all that is booked of it."""

    meters: int
    years: int
    bytes: int


@dataclass(frozen=True)
class Booked:
    """A run of the line. Seconds are those from the first publish until nothing waits in any queue."""

    arrival: Arrival
    workers: int
    history: History | None
    readings: int
    stored: int
    answered_s: float
    seconds: float
    visible_ms: dict[int, float]
    unseen: int
    peak_mb: dict[str, float]
    cpu_s: dict[str, float]
    disk: OnDisk
    left: int
    """Slots that still waited when the run was given up."""

    @property
    def readings_per_s(self) -> float:
        """Readings booked a second."""
        return self.readings / self.seconds


@dataclass
class Lines:
    """The run."""

    at: datetime
    machine: Machine
    database: str
    broker: str
    scale: float
    load_before: float
    other_cores: float = 0.0
    limits: list[Limit] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)

    def limit(self, name: str) -> float:
        """Rows a second of a limit, the mean of its runs."""
        found = [each.rows_per_s for each in self.limits if each.name == name]
        return sum(found) / len(found)

    def of(self, arrival: Arrival, workers: int, *, full: bool) -> Booked | None:
        """The run that was made so."""
        made = (each for each in self.booked if (each.arrival, each.workers) == (arrival, workers))
        return next((each for each in made if (each.history is not None) is full), None)


def run(
    folder: Path, *, scale: float, share: float, workers: Sequence[int], arrivals: Sequence[Arrival], console: Console
) -> Lines:
    """Make the runs: each order, on an empty database and on a full one. Raises StartError, psycopg.Error."""
    load_before = os.getloadavg()[0]
    console.print("starting database and broker, registering the meters")
    with rig(folder) as made:
        others = OtherLoad()
        found = Lines(
            at=datetime.now(UTC),
            machine=this_machine(),
            database=describe(made.database.url),
            broker=made.broker.describe(),
            scale=scale,
            load_before=load_before,
        )
        _limits(made, found, console)
        for full in (False, True) if share else (False,):
            for arrival in arrivals:
                for number in workers:
                    name = f"{arrival}, {number} workers, {'five years there' if full else 'empty'}"
                    console.print(f"{name} …", markup=False, end=" ")
                    taken = _book(made, arrival, number, int(READINGS[arrival] * scale), share if full else 0.0)
                    found.booked.append(taken)
                    console.print(f"{taken.readings_per_s:,.0f} readings/s", markup=False)
        _limits(made, found, console)
        found.other_cores = others.cores()
        return found


def _limits(made: Rig, found: Lines, console: Console) -> None:
    """Twice in a run: a machine is not always equally fast."""
    readings = max(20_000, int(1_000_000 * min(1.0, found.scale)))
    with made.clone() as url:
        taken = [measure(url, readings=readings) for measure in (raw_copy, staged_copy)]
    found.limits += taken
    console.print(", ".join(f"{each.name} {each.rows_per_s:,.0f} rows/s" for each in taken), markup=False)


def _book(made: Rig, arrival: Arrival, workers: int, readings: int, share: float) -> Booked:
    with made.clone() as url, ExitStack() as stack:
        history = _history(url, meters=int(_HISTORY_METERS * share)) if share else None
        ingest = stack.enter_context(made.ingest(url, number=0, shared=False))
        rollup = stack.enter_context(made.rollup(url, workers=workers))
        api = stack.enter_context(service.api(url, made.folder))
        order = Order(
            port=made.broker.port or 0,
            passwords=made.passwords(),
            readings=readings,
            per_message=100,
            window=_WINDOW,
            timeout_s=_MOST_S,
            arrival=arrival,
        )
        publishing = stack.enter_context(publisher(order))
        probe = Probe(
            mqtt_port=made.broker.port or 0,
            password=made.broker.password(PROBE_GATEWAY),
            api_port=api.port,
            api_key=api.key,
            poll_s=_POLL_S,
        )
        usage = Usage(made.watched(ingest=[ingest], **{"roll-up": [rollup]}))
        publisher_s = own_s(publishing.pid)
        started_s = time.monotonic()
        probe.start()
        publishing.begin()
        publishing.wait_until_queued()
        done = publishing.result(queued=True)
        left = _wait_until_booked(url, started_s)
        seconds = time.monotonic() - started_s
        cpu_s = usage.seconds() | {"publisher": max(0.0, done.cpu_s - publisher_s)}
        probe.stop(wait_s=_WAIT_S)
        return Booked(
            arrival=arrival,
            workers=workers,
            history=history,
            readings=done.sent_readings,
            stored=done.stored,
            answered_s=done.last_answer_at_s - started_s,
            seconds=seconds,
            visible_ms={p: percentile(probe.visible_ms, p) for p in PERCENTS} if probe.visible_ms else {},
            unseen=probe.missing,
            peak_mb={"ingest": _peak_mb(ingest), "roll-up": _peak_mb(rollup), "API": peak_memory_mb(api.process.pid)},
            cpu_s=cpu_s,
            disk=on_disk(url),
            left=left,
        )


def _history(url: str, *, meters: int) -> History:
    """Five years of interval meters, which end where the readings of a run begin."""
    interval = range(COUNTERS_PER_GATEWAY, METERS_PER_GATEWAY)
    codes = [meter_code(number // len(interval), interval[number % len(interval)]) for number in range(meters)]
    end = floor(datetime.fromtimestamp(START_MS / 1000, SHANGHAI), Grain.DAY)
    with psycopg.connect(url, autocommit=True) as connection:
        ids = [
            meter_id for (meter_id,) in connection.execute("SELECT meter_id FROM meter WHERE code = ANY (%s)", [codes])
        ]
        for _ in fill(url, ids, start=end - timedelta(days=365 * _YEARS), end=end):
            pass
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return History(meters, _YEARS, size[0] if size else 0)


def _wait_until_booked(url: str, started_s: float) -> int:
    """Until no slot waits, or so long; how many still wait."""
    with psycopg.connect(url, autocommit=True) as connection:
        while anything_waits(connection):
            if time.monotonic() - started_s > _MOST_S:
                return slots_waiting(connection)
            time.sleep(_LOOK_S)
    return 0


def _peak_mb(program: Program) -> float:
    """Of the greatest of its processes."""
    return max(peak_memory_mb(pid) for pid in (program.pid, *children(program.pid)))
