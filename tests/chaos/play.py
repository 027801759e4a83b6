"""The whole play: gateways send, faults strike one after another, and at the end the books are opened."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from services.core.meter import PICO
from tests.chaos.faults import FAULTS, Fault, rollup_killed_summing, struck
from tests.chaos.poison import Poisoner, not_kept
from tests.chaos.stage import NORMAL, Stage
from tests.chaos.truth import Truth
from tests.chaos.world import FLOOD_GATEWAY, NEW_GATEWAY
from tests.integration.running import wait_until

MOST_INGEST_BYTES = 250_000_000
MOST_ROLLUP_BYTES = 500_000_000
# While one gateway floods, 99 of 100 messages of the others are answered within this, or three times the quiet time.
ANSWERED_IN_FLOOD_S = 10.0
DUPLICATES = "duplicates=0.05,shuffle=0.2,lost_connection=0.002,late=0.05"


@dataclass(frozen=True)
class Length:
    """hold_s: how long a lasting fault is held; again_until_s: faults go on being drawn until so long after the start;
    answers: readings to be answered after each; sums_awaited: after each, all that is stored is rolled up before the
    next; most_s: for a part of the end to be done.
    """

    hold_s: float
    again_until_s: float
    answers: int
    acts_per_s: float
    foreign_acts_per_s: float
    flood_messages: int
    new_messages: int
    quiet_s: float
    sums_awaited: bool
    most_s: float = 300.0


SHORT = Length(
    hold_s=2.0,
    again_until_s=0.0,
    answers=200,
    acts_per_s=20.0,
    foreign_acts_per_s=1.0,
    flood_messages=600,
    new_messages=14,
    quiet_s=3.0,
    sums_awaited=False,
)
LONG = Length(
    hold_s=60.0,
    again_until_s=900.0,
    answers=2000,
    acts_per_s=8.0,
    foreign_acts_per_s=2.0,
    flood_messages=900,
    new_messages=140,
    quiet_s=30.0,
    sums_awaited=True,
    most_s=900.0,
)


@dataclass(frozen=True)
class Scene:
    """One fault: when it struck, how long it lasted; after how long gateways were answered again, and all that was
    stored by then was rolled up. Seconds.
    """

    name: str
    what: str
    at_s: float
    lasted_s: float
    answered_s: float
    rolled_up_s: float | None


@dataclass
class Outcome:
    """What happened, and in `wrong` all that is not as it must be."""

    seed: int
    store: str
    scenes: list[Scene] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)
    latency_s: dict[str, dict[str, float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Play:
    """Call `run` once. say: is told each step, for people."""

    def __init__(self, stage: Stage, length: Length, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._length = length
        self._say = say
        self._draw = random.Random(stage.world.seed)
        self._started_s = time.monotonic()
        self._flood_epoch_s = (0.0, 0.0)
        self._quiet_epoch_s = (0.0, 0.0)
        self.outcome = Outcome(stage.world.seed, stage.store)

    def run(self) -> Outcome:
        """Play to the end."""
        stage, world = self._stage, self._stage.world
        stage.register(world.registry)
        rate = self._length.acts_per_s
        stage.send(NORMAL, world.normal_gateways, acts_per_s=rate, faults=DUPLICATES)
        stage.others.send(stage.proxies, acts_per_s=self._length.foreign_acts_per_s)
        self.outcome.skipped += [stage.others.lacks] * bool(stage.others.lacks)
        stage.wait_for_answers(500)
        self._send_unregistered()
        self._flood()
        for fault in FAULTS:
            self._strike(fault)
        self._poison()
        self._registry_changes()
        while time.monotonic() - self._started_s < self._length.again_until_s:
            self._strike(self._draw.choice(FAULTS))
        self._end()
        return self.outcome

    def _strike(self, fault: Fault) -> None:
        stage, length = self._stage, self._length
        if fault.name == "disk full" and stage.volume.lacks:
            self.outcome.skipped.append(f"{fault.name}: NOT CHECKED, {stage.volume.lacks}")
            return
        began_s = time.monotonic()
        summed = length.sums_awaited or fault.strike is rollup_killed_summing
        answered_s, rolled_up_s = struck(
            stage, fault, hold_s=length.hold_s, draw=self._draw, answers=length.answers, summed=summed
        )
        lasted_s = time.monotonic() - began_s - max(answered_s, rolled_up_s or 0.0)
        at_s = began_s - self._started_s
        self.outcome.scenes.append(Scene(fault.name, fault.what, at_s, lasted_s, answered_s, rolled_up_s))
        took = f"{lasted_s:.1f} s; answered {answered_s:.1f} s later"
        took += "" if rolled_up_s is None else f", rolled up {rolled_up_s:.1f} s later"
        self._say(f"{at_s:7.1f} s  {fault.name}: {took}")

    def _send_unregistered(self) -> None:
        """1 000 meters of which nobody has heard."""
        length, stage = self._length, self._stage
        stage.send(
            "new",
            [NEW_GATEWAY],
            acts_per_s=4.0,
            steps_a_message=1,
            most_messages=length.new_messages,
            window=4,
            registry_patience_s=0.0,
        )
        wait_until("readings of unknown meters refused", lambda: stage.state("new").rejected > 0)

    def _flood(self) -> None:
        """One gateway sends as fast as it can, far beyond its 20 messages under way."""
        stage, length = self._stage, self._length
        quiet_from_s = time.time()
        threading.Event().wait(length.quiet_s)
        self._quiet_epoch_s = (quiet_from_s, time.time())
        stage.send(
            "flood",
            [FLOOD_GATEWAY],
            acts_per_s=10_000.0,
            steps_a_message=10,
            most_messages=length.flood_messages,
            window=length.flood_messages,
            resend_after_s=5.0,
        )
        wait_until("the flood begins to be answered", lambda: stage.state("flood").answered > 0)
        flood_from_s = time.time()
        wait_until("the flood is answered", lambda: stage.state("flood").remaining == 0, within_s=length.most_s)
        self._flood_epoch_s = (flood_from_s - 1.0, time.time())
        self._say(f"{time.monotonic() - self._started_s:7.1f} s  flood answered: {stage.state('flood')}")
        if length.sums_awaited:
            stage.wait_for_roll_up(within_s=length.most_s)

    def _poison(self) -> None:
        self._stage.finish("flood", within_s=self._length.most_s)
        self.outcome.wrong += Poisoner(self._stage).run()
        with self._stage.database() as connection:
            self.outcome.wrong += not_kept(connection)
        self._say(f"{time.monotonic() - self._started_s:7.1f} s  poison answered")

    def _registry_changes(self) -> None:
        """What a registry is told in the middle of everything: changed meters, a move, and the unknown meters."""
        stage = self._stage
        for swap in stage.world.swaps():
            stage.record(swap)
        for move in stage.world.moves():
            stage.move(move)
        stage.finish("new", within_s=self._length.most_s)
        stage.register_late(stage.world.unregistered_meters)
        refused = stage.state("new").rejected
        self._say(f"{time.monotonic() - self._started_s:7.1f} s  taken in late: {stage.taken_in} of {refused}")
        if stage.taken_in != refused:
            self.outcome.wrong.append(f"{stage.taken_in} of {refused} readings of unknown meters were taken in")

    def _end(self) -> None:
        stage, outcome = self._stage, self.outcome
        began_s = time.monotonic()
        stage.finish(NORMAL, within_s=self._length.most_s)
        with stage.database() as connection:
            stage.others.finish(connection, within_s=self._length.most_s)
        self._say(f"{time.monotonic() - self._started_s:7.1f} s  all is answered")
        wait_until("everything rolled up", stage.rolled_up, within_s=self._length.most_s)
        outcome.numbers["seconds to answer and roll up what was left"] = round(time.monotonic() - began_s, 1)
        self._say(f"{time.monotonic() - self._started_s:7.1f} s  all is rolled up")
        truth, batch, found = stage.judge()
        outcome.wrong += found + stage.check()
        outcome.wrong += [f"{name} ended by itself: exit codes {codes}" for name, codes in stage.deaths().items()]
        self._say(f"{time.monotonic() - self._started_s:7.1f} s  all is compared")
        states = [stage.state(name) for name in stage.specs]
        outcome.numbers |= {
            "readings answered": sum(s.answered for s in states),
            "readings stored": truth.count,
            "answered as duplicates": sum(s.duplicate for s in states),
            "messages answered": truth.messages,
            "gateway connections lost": sum(s.reconnects for s in states),
            "slots compared": sum(map(len, batch.slots.values())),
            "sums compared": sum(map(len, batch.meters.values())) + sum(map(len, batch.places.values())),
            "electricity of the whole, kWh": _electricity(batch.slots, stage) / PICO,
            **stage.others.numbers(),
        }
        for state in states:
            for code, number in state.by_code.items():
                outcome.refused[code] = outcome.refused.get(code, 0) + number
        self._latencies(truth)
        self._memory()

    def _latencies(self, truth: Truth) -> None:
        for name, (from_s, to_s) in {"quiet": self._quiet_epoch_s, "flood": self._flood_epoch_s}.items():
            took = [
                took_s
                for gateway in self._stage.world.normal_gateways
                for at_s, took_s in truth.latencies_s[gateway]
                if from_s <= at_s <= to_s
            ]
            if took:
                p50, p99 = np.percentile(took, [50, 99])
                self.outcome.latency_s[name] = {"messages": len(took), "p50": float(p50), "p99": float(p99)}
        took_s = {name: each["p99"] for name, each in self.outcome.latency_s.items()}
        if took_s.get("flood", np.inf) > max(ANSWERED_IN_FLOOD_S, 3 * took_s.get("quiet", 0.0)):
            self.outcome.wrong.append(f"a gateway that floods held up the others: {self.outcome.latency_s}")

    def _memory(self) -> None:
        peaks = self._stage.peaks()
        self.outcome.peak_mb = {name: round(peak / 1e6, 1) for name, peak in peaks.items()}
        for name, peak in peaks.items():
            most = {"ingest": MOST_INGEST_BYTES, "rollup": MOST_ROLLUP_BYTES}.get(name.partition("-")[0])
            if most is not None and peak > most:
                self.outcome.wrong.append(f"{name} held {peak / 1e6:.0f} MB, more than {most / 1e6:.0f} MB")


def _electricity(slots: dict[str, dict[int, tuple[int, int, int]]], stage: Stage) -> int:
    carriers = {m.code: m.carrier for m in (*stage.world.registry.meters, *stage.world.unregistered_meters)}
    return sum(p for code, mine in slots.items() if carriers[code] == "electricity" for p, _, _ in mine.values())
