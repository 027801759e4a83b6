"""The run `ingest`: how fast readings come in, how soon they are seen, and what that takes of the machine."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks.cost import Costs, OnDisk, costs, on_disk
from benchmarks.delivery import Delivered, Wanted, deliver
from benchmarks.limit import Limit, raw_copy, staged_copy
from benchmarks.load import METERS, Shape
from benchmarks.machine import Machine, OtherLoad, describe, this_machine
from benchmarks.peer import Peer, measure_peer, node_red
from benchmarks.rig import Rig, rig
from benchmarks.steady import RolledUp, Steady, roll_up_backlog, steady
from services.up.errors import StartError

STEPS = ("limit", "queue", "beside", "rollup", "steady", "cost", "peer")
_ONE, _TEN, _HUNDRED, _THOUSAND = Shape(1), Shape(10), Shape(100), Shape(1000)
_SCATTERED = Shape(100, scattered=True)
_PROCESSES = (1, 2, 4)
_STEADY_PER_S = (2_000.0, 10_000.0)
# As many as the broker's queue holds (deploy/mosquitto: 100 000 messages).
_MOST_MESSAGES = 100_000


@dataclass(frozen=True)
class Sizes:
    """How much is sent, as a share of what a whole run sends."""

    scale: float

    def readings(self, whole: int) -> int:
        """Readings of a step; at least a scan of all meters."""
        return max(METERS, int(whole * self.scale))

    def of_queue(self, shape: Shape) -> int:
        """Readings for a full queue."""
        return self.readings(min(2_000_000, _MOST_MESSAGES * shape.per_message))

    @property
    def steady_s(self) -> float:
        """Seconds of a run at a fixed rate."""
        return max(5.0, 45.0 * self.scale)


@dataclass
class Intake:
    """The run. A step that was not asked for left nothing."""

    at: datetime
    machine: Machine
    database: str
    broker: str
    scale: float
    load_before: float
    other_cores: float = 0.0
    limits: list[Limit] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    rolled_up: list[RolledUp] = field(default_factory=list)
    on_disk: list[OnDisk] = field(default_factory=list)
    steady: list[Steady] = field(default_factory=list)
    costs: list[Costs] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def limit(self, name: str) -> float | None:
        """Rows a second of a limit, the mean of its runs."""
        found = [each.rows_per_s for each in self.limits if each.name == name]
        return sum(found) / len(found) if found else None


def run(folder: Path, *, steps: frozenset[str], scale: float, modules: Path, console: Console) -> Intake:
    """Make the chosen steps. Raises StartError, RegistrationError, psycopg.Error."""
    load_before = os.getloadavg()[0]
    console.print("starting database and broker, registering the meters")
    with rig(folder) as made:
        others = OtherLoad()
        found = Intake(
            at=datetime.now(UTC),
            machine=this_machine(),
            database=describe(made.database.url),
            broker=made.broker.describe(),
            scale=scale,
            load_before=load_before,
        )
        chosen = [step for step in _steps(made, found, Sizes(scale), modules) if step.kind in steps]
        for number, step in enumerate(chosen, start=1):
            console.print(f"[{number}/{len(chosen)}] {step.name} …", markup=False, end=" ")
            console.print(step.take(), markup=False)
        found.other_cores = others.cores()
        return found


@dataclass(frozen=True)
class _Step:
    """A measurement; `take` makes it, puts it into the run, and says in a few words what came of it."""

    kind: str
    name: str
    take: Callable[[], str]


def _steps(made: Rig, found: Intake, sizes: Sizes, modules: Path) -> Iterator[_Step]:
    """All, in the order in which they are made. The limit is taken twice: a machine is not always equally fast."""
    yield _Step("limit", "the limit: COPY alone", lambda: _limit(made, found, sizes))
    for shape in (_HUNDRED, _SCATTERED, _THOUSAND, _TEN, _ONE):
        for processes in _PROCESSES if shape in (_HUNDRED, _ONE) else (1,):
            wanted = Wanted(shape, sizes.of_queue(shape), processes=processes)
            name = f"full queue, {shape} a message, {processes} {'process' if processes == 1 else 'processes'}"
            yield _Step("queue", name, partial(_deliver, made, found, wanted))
    for shape, whole in ((_HUNDRED, 1_500_000), (_ONE, 60_000)):
        beside = Wanted(shape, sizes.readings(whole), queued_before=False)
        name = f"publishers beside, {shape} a message"
        yield _Step("beside", name, partial(_deliver, made, found, beside))
    yield _Step("rollup", "roll-up of a backlog", lambda: _roll_up(made, found, sizes))
    for per_s in _STEADY_PER_S:
        name = f"{per_s:,.0f} readings/s, answered and visible"
        yield _Step("steady", name, partial(_steady, made, found, sizes, per_s))
    yield _Step("cost", "parts of ingest by themselves", lambda: _costs(made, found, sizes))
    yield _Step("peer", "Node-RED", lambda: _peer(made, found, sizes, modules))
    yield _Step("limit", "the limit again", lambda: _limit(made, found, sizes))


def _limit(made: Rig, found: Intake, sizes: Sizes) -> str:
    with made.clone() as url:
        taken = [measure(url, readings=sizes.readings(2_000_000)) for measure in (raw_copy, staged_copy)]
    found.limits += taken
    return ", ".join(f"{each.name} {each.rows_per_s:,.0f} rows/s" for each in taken)


def _deliver(made: Rig, found: Intake, wanted: Wanted) -> str:
    delivered = deliver(made, wanted)
    found.delivered.append(delivered)
    return f"{delivered.readings_per_s:,.0f} readings/s {delivered.fault}"


def _roll_up(made: Rig, found: Intake, sizes: Sizes) -> str:
    def then(url: str) -> None:
        found.rolled_up.append(roll_up_backlog(made, url))
        found.on_disk.append(on_disk(url))

    deliver(made, Wanted(_HUNDRED, sizes.readings(400_000), then=then))
    return f"{found.rolled_up[-1].readings_per_s:,.0f} readings/s"


def _steady(made: Rig, found: Intake, sizes: Sizes, per_s: float) -> str:
    taken = steady(made, shape=_HUNDRED, per_s=per_s, seconds=sizes.steady_s)
    found.steady.append(taken)
    return f"answered p99 {taken.answered_ms.get(99, 0):,.0f} ms, visible p99 {taken.visible_ms.get(99, 0):,.0f} ms"


def _costs(made: Rig, found: Intake, sizes: Sizes) -> str:
    for shape, whole in ((_HUNDRED, 400_000), (_SCATTERED, 400_000), (_ONE, 50_000)):
        with made.clone() as url:
            found.costs.append(costs(url, shape=shape, readings=sizes.readings(whole)))
    return ", ".join(f"{c.shape}: {c.decode_us + c.check_us + c.store_us + c.answer_us:.2f} µs" for c in found.costs)


def _peer(made: Rig, found: Intake, sizes: Sizes, modules: Path) -> str:
    folder = node_red(modules)
    if folder is None:
        found.left_out.append("Node-RED: node and npm are not installed, or its packages cannot be fetched")
        return found.left_out[-1]
    for shape, whole in ((_HUNDRED, 1_000_000), (_ONE, 50_000)):
        try:
            found.peers.append(measure_peer(made, folder, shape=shape, readings=sizes.readings(whole)))
        except StartError as error:
            found.left_out.append(f"Node-RED, {shape} a message: {error}")
            return found.left_out[-1]
    return ", ".join(f"{p.shape} a message: {p.readings_per_s:,.0f} readings/s" for p in found.peers)
