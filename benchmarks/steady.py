"""At a steady rate: how long until a reading is answered, and until the API shows it; and how fast the roll-up is."""

import threading
import time
from dataclasses import dataclass

import psycopg

from benchmarks import service
from benchmarks.load import PROBE_GATEWAY, Shape
from benchmarks.measure import percentile
from benchmarks.probe import Probe
from benchmarks.publisher import PERCENTS, Order
from benchmarks.rig import Rig, publisher
from benchmarks.usage import Usage, own_s, peak_memory_mb
from benchmarks.year import slots_waiting

_LOOK_S = 0.5
_WAIT_S = 60.0


@dataclass(frozen=True)
class Steady:
    """A run at a fixed rate, with ingest, roll-up, API, publisher, broker and database on this machine."""

    shape: Shape
    wanted_per_s: float
    seconds: float
    readings: int
    stored: int
    answered_ms: dict[int, float]
    visible_ms: dict[int, float]
    probes: int
    unseen: int
    poll_p50_ms: float
    most_dirty_slots: int
    dirty_slots_at_end: int
    rollup_peak_mb: float
    cpu_s: dict[str, float]
    publisher_late_ms: float


@dataclass(frozen=True)
class RolledUp:
    """A backlog that the roll-up worked off alone."""

    readings: int
    seconds: float
    peak_mb: float
    cpu_s: dict[str, float]

    @property
    def readings_per_s(self) -> float:
        """Readings a second; here each has a slot of its own."""
        return self.readings / self.seconds


def steady(rig: Rig, *, shape: Shape, per_s: float, seconds: float) -> Steady:
    """Send so many readings a second for so long. Raises StartError, psycopg.Error."""
    order = Order(
        port=rig.broker.port or 0,
        passwords=rig.passwords(),
        readings=int(per_s * seconds),
        per_message=shape.per_message,
        rate=per_s,
        timeout_s=seconds + _WAIT_S,
    )
    with (
        rig.clone() as url,
        rig.ingest(url, number=0, shared=False) as ingest,
        rig.rollup(url) as rollup,
        service.api(url, rig.folder) as api,
        publisher(order) as publishing,
    ):
        probe = Probe(
            mqtt_port=rig.broker.port or 0,
            password=rig.broker.password(PROBE_GATEWAY),
            api_port=api.port,
            api_key=api.key,
        )
        backlog = _Backlog(url)
        usage = Usage(rig.watched(ingest=[ingest], **{"roll-up": [rollup]}))
        publisher_s, api_s = own_s(publishing.pid), own_s(api.process.pid)
        backlog.start()
        probe.start()
        publishing.begin()
        done = publishing.result(queued=False)
        cpu_s = usage.seconds()
        cpu_s |= {"publisher": max(0.0, done.cpu_s - publisher_s), "API": own_s(api.process.pid) - api_s}
        probe.stop(wait_s=_WAIT_S)
        found = backlog.stop()
        return Steady(
            shape=shape,
            wanted_per_s=per_s,
            seconds=seconds,
            readings=done.sent_readings,
            stored=done.stored,
            answered_ms=done.latency_ms,
            visible_ms={p: percentile(probe.visible_ms, p) for p in PERCENTS} if probe.visible_ms else {},
            probes=len(probe.visible_ms),
            unseen=probe.missing,
            poll_p50_ms=percentile(probe.polls_ms, 50) if probe.polls_ms else 0.0,
            most_dirty_slots=max(found),
            dirty_slots_at_end=found[-1],
            rollup_peak_mb=peak_memory_mb(rollup.pid),
            cpu_s=cpu_s,
            publisher_late_ms=done.late_ms,
        )


def roll_up_backlog(rig: Rig, database_url: str) -> RolledUp:
    """Work off what waits in this database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE reading")
        readings = slots_waiting(connection)
        with rig.rollup(database_url) as rollup:
            usage = Usage(rig.watched(**{"roll-up": [rollup]}))
            started_s = time.monotonic()
            while slots_waiting(connection):
                time.sleep(_LOOK_S)
            seconds = time.monotonic() - started_s
            return RolledUp(readings, seconds, peak_memory_mb(rollup.pid), usage.seconds())


class _Backlog:
    """Counts the dirty slots that wait, twice a second."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._found: list[int] = [0]
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._count)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> list[int]:
        self._ending.set()
        self._thread.join()
        return self._found

    def _count(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._ending.wait(_LOOK_S):
                self._found.append(slots_waiting(connection))
