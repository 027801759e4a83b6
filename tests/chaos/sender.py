"""A process of gateways: `python -m tests.chaos.sender SPEC.json`. It is told to finish by a file, and says how it is
doing in another; what was answered stands in its journal.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from simulators.broker import broker_from_url
from simulators.clock import RealClock
from simulators.faults.filter import FaultFilter
from simulators.faults.plan import parse_plan
from simulators.faults.truth import TruthLog
from simulators.gateway import GatewayLine
from simulators.outbox import Message, Outbox, Position
from simulators.station import Rules
from simulators.wire import Answer
from tests.chaos.feed import WorldFeed, acts_of, plain_acts
from tests.chaos.journal import Entry, Journal
from tests.chaos.world import World


class Spec(msgspec.Struct, kw_only=True, frozen=True):
    """What a sender needs to know.

    steps_a_message: 0 for the wild mixture of `acts_of`; most_messages: of each gateway, 0 for no end.
    """

    seed: int
    world_began_ms: int
    enterprises: int
    new_meters: int
    gateways: list[str]
    mqtt_url: str
    passwords_file: str | None
    folder: str
    began_ms: int
    acts_per_s: float
    steps_a_message: int = 0
    most_messages: int = 0
    window: int = 20
    faults: str = ""
    resend_after_s: float = 10.0
    registry_retry_s: float = 2.0
    registry_patience_s: float = 600.0

    @property
    def journal(self) -> Path:
        """Where the answers are kept."""
        return Path(self.folder) / "journal.jsonl"

    @property
    def state(self) -> Path:
        """Where the sender says how it is doing."""
        return Path(self.folder) / "state.json"

    @property
    def finish(self) -> Path:
        """Is there when the sender is to draw nothing new."""
        return Path(self.folder) / "finish"


class State(msgspec.Struct, frozen=True):
    """Numbers of readings, but for `connected` (gateways) and `messages` (answered)."""

    answered: int = 0
    messages: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    remaining: int = 0
    connected: int = 0
    reconnects: int = 0
    by_code: dict[str, int] = {}
    drained: bool = False


class _Remembering(Outbox):
    """An outbox that can say what a message held and when it was made."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.kept: dict[tuple[str, int], tuple[bytes, float]] = {}

    def unanswered(self, gateway: str) -> list[Message]:
        messages = super().unanswered(gateway)
        self._note(messages)
        return messages

    def append(self, messages: Iterable[Message], *, gateway: str, position: Position) -> None:
        messages = list(messages)
        self._note(messages)
        super().append(messages, gateway=gateway, position=position)

    def forget(self, gateway: str, seq: int) -> None:
        self.kept.pop((gateway, seq), None)
        super().forget(gateway, seq)

    def _note(self, messages: Iterable[Message]) -> None:
        now_s = time.time()
        for message in messages:
            self.kept[message.gateway, message.seq] = (message.payload, now_s)


def run(spec: Spec) -> None:
    """Send until told to finish and everything is answered."""
    world = World(
        seed=spec.seed, began_ms=spec.world_began_ms, enterprises=spec.enterprises, new_meters=spec.new_meters
    )
    folder = Path(spec.folder)
    outbox, journal = _Remembering(folder / "outbox.sqlite"), Journal(spec.journal)
    told = _Told(spec.finish)

    def remember(gateway: str, answers: list[Answer]) -> None:
        now_s = time.time()
        entries = []
        for answer in answers:
            payload, drawn_s = outbox.kept.get((gateway, answer.seq or 0), (b"", 0.0))
            entries.append(Entry(gateway, answer, payload, drawn_s, now_s))
        journal.write(entries)

    passwords = Path(spec.passwords_file) if spec.passwords_file else None
    line = GatewayLine(
        broker=broker_from_url(spec.mqtt_url, passwords_file=passwords),
        feeds=[_feed(spec, world, gateway, told) for gateway in spec.gateways],
        outbox=outbox,
        clock=RealClock(),
        rules=Rules(
            window=spec.window,
            resend_after_s=spec.resend_after_s,
            registry_retry_s=spec.registry_retry_s,
            registry_patience_s=spec.registry_patience_s,
        ),
        faults=_faults(spec, world, folder),
        on_answers=remember,
    )

    def report() -> None:
        told.look()
        _tell(spec.state, line)

    line.run(each_second=report)
    _tell(spec.state, line)
    journal.close()
    outbox.close()


class _Told:
    """Whether the file that says `finish` was there when last looked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = False

    def __call__(self) -> bool:
        return self._told

    def look(self) -> None:
        self._told = self._path.exists()


def _feed(spec: Spec, world: World, gateway: str, told: _Told) -> WorldFeed:
    number = world.gateways.index(gateway)
    acts = acts_of(spec.seed, number)
    if spec.steps_a_message:
        acts = plain_acts(spec.steps_a_message, meters=len(world.series_of(gateway)))
    if spec.most_messages:
        acts = acts[: spec.most_messages]
    return WorldFeed(world, gateway, acts, began_ms=spec.began_ms, acts_per_s=spec.acts_per_s, told_to_finish=told)


def _faults(spec: Spec, world: World, folder: Path) -> FaultFilter | None:
    if not spec.faults:
        return None
    plan = parse_plan(spec.faults, seed=spec.seed)
    return FaultFilter(plan, registry=world.registry, truth=TruthLog(folder / "faults.jsonl"))


def _tell(path: Path, line: GatewayLine) -> None:
    counts: Any = line.counts
    state = State(
        answered=counts.answered,
        messages=counts.messages_answered,
        stored=counts.stored,
        duplicate=counts.duplicate,
        rejected=counts.rejected,
        remaining=line.remaining(),
        connected=line.connected,
        reconnects=counts.reconnects,
        by_code=dict(counts.by_code),
        drained=line.drained,
    )
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(state))
    new.replace(path)


if __name__ == "__main__":
    run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Spec))
