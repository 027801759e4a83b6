"""The run `fair`: how long live readings of twenty gateways take into the sums while another gateway floods."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from rich.console import Console

from benchmarks import load, service
from benchmarks.flood import Flood
from benchmarks.live import LiveGateways
from benchmarks.load import PROBE_GATEWAY
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.measure import percentile
from benchmarks.probe import Probe
from benchmarks.publisher import PERCENTS, Order
from benchmarks.report import RESULTS, machine_lines, write_figures
from benchmarks.rig import Rig, publisher, rig
from benchmarks.sheet import Sheet
from benchmarks.usage import Usage, peak_memory_mb
from benchmarks.year import anything_waits, slots_waiting

SECONDS = 30.0
_LOOK_S = 0.2
_WAIT_S = 60.0
_READY_S = 120.0
_MOST_P99_MS = 3_000.0
_MOST_LATER_MS = 1_000.0


@dataclass(frozen=True)
class Flooded:
    """Live readings beside a flood. Milliseconds are those from publish, by percentile."""

    flood: Flood
    sent_messages: int
    answered_messages: int
    stored_readings: int
    stored_ms: dict[int, float]
    visible_ms: dict[int, float]
    """In the tables of energy."""
    shown_ms: dict[int, float]
    """In `GET /energy`, of one more gateway."""
    live: int
    unseen: int
    waiting: int
    """Slots that waited for the roll-up when the flood was at its end."""
    cpu_s: dict[str, float]
    rollup_peak_mb: float


@dataclass
class Fairness:
    """The run."""

    at: datetime
    machine: Machine
    database: str
    broker: str
    seconds: float
    load_before: float
    other_cores: float = 0.0
    floods: list[Flooded] = field(default_factory=list)


def run(folder: Path, *, floods: Sequence[Flood], seconds: float, workers: int, console: Console) -> Fairness:
    """Flood in each of these ways for so long. Raises StartError, psycopg.Error."""
    load_before = os.getloadavg()[0]
    console.print("starting database and broker, registering the meters")
    with rig(folder) as made:
        others = OtherLoad()
        found = Fairness(
            at=datetime.now(UTC),
            machine=this_machine(),
            database=describe(made.database.url),
            broker=made.broker.describe(),
            seconds=seconds,
            load_before=load_before,
        )
        for flood in floods:
            console.print(f"{flood} …", markup=False, end=" ")
            taken = _beside(made, flood, seconds=seconds, workers=workers)
            found.floods.append(taken)
            console.print(f"visible p99 {_ms(taken.visible_ms, 99)} ms, {taken.unseen} unseen", markup=False)
        found.other_cores = others.cores()
        return found


def _beside(made: Rig, flood: Flood, *, seconds: float, workers: int) -> Flooded:
    port = made.broker.port or 0
    with made.clone() as url, ExitStack() as stack:
        live = LiveGateways(url, mqtt_port=port, passwords=made.passwords(), now_ms=int(time.time() * 1000))
        live.prepare()
        ingest = stack.enter_context(made.ingest(url, number=0, shared=False))
        rollup = stack.enter_context(made.rollup(url, workers=workers))
        api = stack.enter_context(service.api(url, made.folder))
        order = Order(
            port=port,
            passwords={code: made.passwords()[code] for code in (load.gateway_code(load.GATEWAYS - 1),)},
            readings=0,
            per_message=0,
            window=flood.window,
            timeout_s=seconds,
            flood=flood,
        )
        publishing = stack.enter_context(publisher(order))
        probe = Probe(mqtt_port=port, password=made.broker.password(PROBE_GATEWAY), api_port=api.port, api_key=api.key)
        with psycopg.connect(url, autocommit=True) as connection:
            _wait_until_booked(connection)
            usage = Usage(made.watched(ingest=[ingest], **{"roll-up": [rollup]}))
            begun_s = time.monotonic()
            publishing.begin()
            live.start()
            probe.start()
            done = publishing.result(queued=False)
            time.sleep(max(0.0, begun_s + seconds - time.monotonic()))
            cpu_s = usage.seconds()
            waiting = slots_waiting(connection)
        live.stop(wait_s=_WAIT_S)
        probe.stop(wait_s=0.0 if live.unseen else _WAIT_S)
        return Flooded(
            flood=flood,
            sent_messages=done.sent_messages,
            answered_messages=done.answered_messages,
            stored_readings=done.stored,
            stored_ms=_percentiles(live.stored_ms),
            visible_ms=_percentiles(live.visible_ms),
            shown_ms=_percentiles(probe.visible_ms),
            live=len(live.visible_ms) + live.unseen,
            unseen=live.unseen + probe.missing,
            waiting=waiting,
            cpu_s=cpu_s,
            rollup_peak_mb=peak_memory_mb(rollup.pid),
        )


def _wait_until_booked(connection: psycopg.Connection) -> None:
    deadline_s = time.monotonic() + _READY_S
    while anything_waits(connection) and time.monotonic() < deadline_s:
        time.sleep(_LOOK_S)


def _percentiles(found_ms: Sequence[float]) -> dict[int, float]:
    return {percent: percentile(found_ms, percent) for percent in (*PERCENTS, 100)} if found_ms else {}


def write_json(run: Fairness, folder: Path = RESULTS) -> Path:
    """All of it in a file named by its time."""
    return write_figures("fair", run.at, asdict(run), folder)


def section(run: Fairness) -> Iterator[str]:
    """The lines for docs/benchmarks.md."""
    versions = (run.database, run.broker, f"Python {run.machine.python}")
    yield from machine_lines(run.at, run.machine, versions, load_before=run.load_before, other_cores=run.other_cores)
    yield f"- Each flood for {run.seconds:.0f} s"
    yield ""
    for sheet in sheets(run):
        yield from sheet.markdown()


def sheets(run: Fairness) -> Iterator[Sheet]:
    """All tables."""
    alone_ms = next((each.visible_ms.get(99, 0.0) for each in run.floods if each.flood is Flood.NONE), 0.0)
    rows = [
        (
            each.flood.value,
            *(_ms(each.visible_ms, percent) for percent in (*PERCENTS, 100)),
            *(_ms(each.shown_ms, percent) for percent in PERCENTS),
            _ms(each.stored_ms, 99),
            _verdict(each, alone_ms),
        )
        for each in run.floods
    ]
    head = (
        "another gateway sends",
        "in the sums p50",
        "p95",
        "p99",
        "worst ms",
        "in `GET /energy` p50",
        "p95",
        "p99 ms",
    )
    yield Sheet("Live readings of twenty gateways", (*head, "stored p99 ms", "goal"), rows)
    took = [
        (
            each.flood.value,
            f"{each.sent_messages:,}",
            f"{each.answered_messages:,}",
            f"{each.stored_readings:,}",
            f"{each.waiting:,}",
            *(f"{each.cpu_s.get(part, 0.0) / run.seconds:.2f}" for part in _PARTS),
            f"{each.rollup_peak_mb:.0f}",
        )
        for each in run.floods
    ]
    counts = ("the flood", "messages the broker took", "answered", "readings stored", "slots waiting at its end")
    yield Sheet("What came of the floods; cores kept busy", (*counts, *_PARTS, "roll-up MB"), took)


def _verdict(each: Flooded, alone_ms: float) -> str:
    if each.unseen or not each.visible_ms:
        return f"not reached: {each.unseen} unseen"
    p99_ms = each.visible_ms[99]
    return "reached" if p99_ms < min(_MOST_P99_MS, alone_ms + _MOST_LATER_MS) else "not reached"


def _ms(found_ms: dict[int, float], percent: int) -> str:
    return f"{found_ms[percent]:,.0f}" if found_ms else ""


_PARTS = ("ingest", "database: storing", "roll-up", "database: roll-up", "broker")
