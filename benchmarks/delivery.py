"""How fast readings come through broker and ingest into the database, until their gateways have the answers."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg

from benchmarks.load import Shape
from benchmarks.publisher import Done, Order
from benchmarks.rig import Program, PublisherProcess, Rig, publisher
from benchmarks.usage import Usage, own_s, peak_memory_mb
from services.up.errors import StartError

# As docs/mqtt.md asks of gateways.
_WINDOW = 20
_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Delivered:
    """A run. Seconds are those from when ingest may begin to the last answer at its gateway."""

    shape: Shape
    processes: int
    queued_before: bool
    messages: int
    readings: int
    seconds: float
    cpu_s: dict[str, float]
    ingest_peak_mb: float
    fault: str = ""
    enqueue_s: float = 0.0

    @property
    def readings_per_s(self) -> float:
        """Readings a second."""
        return self.readings / self.seconds

    @property
    def messages_per_s(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    def cpu_us(self, part: str) -> float:
        """Processor microseconds of a part for each reading."""
        return self.cpu_s.get(part, 0.0) / self.readings * 1e6


@dataclass(frozen=True)
class Wanted:
    """A run to make."""

    shape: Shape
    readings: int
    processes: int = 1
    queued_before: bool = True
    then: Callable[[str], None] = field(default=lambda _: None)
    """Called with the database's URL once all is stored and ingest has ended."""


def deliver(rig: Rig, wanted: Wanted) -> Delivered:
    """Make the run on a fresh database. Raises StartError, psycopg.Error."""
    shape = wanted.shape
    order = Order(
        port=rig.broker.port or 0,
        passwords=rig.passwords(),
        readings=wanted.readings,
        per_message=shape.per_message,
        scattered=shape.scattered,
        window=0 if wanted.queued_before else _WINDOW,
        timeout_s=_TIMEOUT_S,
    )
    with rig.clone() as database_url:
        with ExitStack() as stack:
            shared = wanted.processes > 1
            ingests = [
                stack.enter_context(rig.ingest(database_url, number=number, shared=shared))
                for number in range(wanted.processes)
            ]
            publishing = stack.enter_context(publisher(order))
            run = _from_full_queue if wanted.queued_before else _beside
            delivered = run(rig, wanted, ingests, publishing, database_url)
        wanted.then(database_url)
    return delivered


def _from_full_queue(
    rig: Rig, wanted: Wanted, ingests: Sequence[Program], publishing: PublisherProcess, database_url: str
) -> Delivered:
    """Ingest is held (SIGSTOP) while the broker's queue fills, then let go."""
    for ingest in ingests:
        ingest.pause()
    publishing.begin()
    enqueue_s = publishing.wait_until_queued()
    usage = Usage(rig.watched(ingest=ingests))
    started_s = time.monotonic()
    for ingest in ingests:
        ingest.resume()
    done = publishing.result(queued=True)
    cpu_s = usage.seconds()
    seconds = done.last_answer_at_s - started_s
    return _delivered(wanted, ingests, done, seconds, cpu_s, database_url, enqueue_s=enqueue_s)


def _beside(
    rig: Rig, wanted: Wanted, ingests: Sequence[Program], publishing: PublisherProcess, database_url: str
) -> Delivered:
    """The gateways publish meanwhile on the same cores, each with a window of unanswered messages."""
    usage = Usage(rig.watched(ingest=ingests))
    before_s = own_s(publishing.pid)
    started_s = time.monotonic()
    publishing.begin()
    publishing.wait_until_queued()
    done = publishing.result(queued=True)
    cpu_s = {**usage.seconds(), "publisher": max(0.0, done.cpu_s - before_s)}
    return _delivered(wanted, ingests, done, done.last_answer_at_s - started_s, cpu_s, database_url, enqueue_s=0.0)


def _delivered(
    wanted: Wanted,
    ingests: Sequence[Program],
    done: Done,
    seconds: float,
    cpu_s: dict[str, float],
    database_url: str,
    *,
    enqueue_s: float,
) -> Delivered:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM reading").fetchone()
    there = row[0] if row else 0
    fault = ""
    if not done.answered_messages:
        raise StartError("no_answer", "no gateway had an answer; see the log of ingest")
    if (there, done.stored) != (done.sent_readings, done.sent_readings):
        fault = f"of {done.sent_readings} readings {there} are stored, {done.stored} were answered as stored"
    return Delivered(
        shape=wanted.shape,
        processes=wanted.processes,
        queued_before=wanted.queued_before,
        messages=done.sent_messages,
        readings=done.sent_readings,
        seconds=seconds,
        cpu_s=cpu_s,
        ingest_peak_mb=max(peak_memory_mb(ingest.pid) for ingest in ingests),
        fault=fault,
        enqueue_s=enqueue_s,
    )
