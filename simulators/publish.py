"""Publishes feeds through simulated gateways: the common end of the fleet, of replays, and of tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulators.broker import Broker
from simulators.clock import Clock, FixedClock
from simulators.counts import Counts
from simulators.faults.filter import FaultFilter, print_replacement
from simulators.faults.plan import FaultPlan
from simulators.faults.registers import Replacement
from simulators.faults.truth import TruthLog
from simulators.feed import Feed
from simulators.gateway import GatewayLine
from simulators.outbox import Outbox
from simulators.progress import NoProgress, ProgressView, State
from simulators.registry import Registry
from simulators.station import Rules

OUTBOX_FILE = "outbox.sqlite"
TRUTH_FILE = "faults.jsonl"

# Messages under way over all gateways of a run; each has at least two.
_MESSAGES_UNDER_WAY = 1_000
_CAUGHT_UP = 0.999


@dataclass(frozen=True)
class Faults:
    """A plan with what it needs to know about the meters, and who is told of a replaced meter."""

    plan: FaultPlan
    registry: Registry
    on_replacement: Callable[[Replacement], None] = print_replacement


@dataclass(frozen=True, kw_only=True)
class Options:
    """settings: what decides the readings of this run; a state directory made with others is refused."""

    broker: Broker
    state_dir: Path
    clock: Clock = field(default_factory=FixedClock)
    settings: dict[str, str] = field(default_factory=dict)
    faults: Faults | None = None
    progress: ProgressView = field(default_factory=NoProgress)
    resend_after_s: float = 60.0
    registry_retry_s: float = 30.0


def publish(
    feeds: Sequence[Feed], options: Options, *, until: Callable[[], bool] | None = None, outbox: Outbox | None = None
) -> Counts:
    """Send everything and take the answers; returns when all is answered, or when `until` says so.

    Raises StateMismatchError. What is not answered stays in state_dir and is sent by the next run.
    outbox: an open one of state_dir.
    """
    outbox = outbox or Outbox(options.state_dir / OUTBOX_FILE)
    truth = TruthLog(options.state_dir / TRUTH_FILE)
    try:
        outbox.bind(options.settings)
        fresh = all(outbox.position(feed.gateway).cursor is None for feed in feeds)
        line = GatewayLine(
            broker=options.broker,
            feeds=feeds,
            outbox=outbox,
            clock=options.clock,
            rules=Rules(
                window=max(2, min(20, _MESSAGES_UNDER_WAY // max(1, len(feeds)))),
                resend_after_s=options.resend_after_s,
                registry_retry_s=options.registry_retry_s,
            ),
            faults=_filter(options.faults, truth, fresh=fresh),
        )
        reporter = _Reporter(line, options.progress, len(feeds))
        line.run(until=until, each_second=reporter.report)
        reporter.report()
        return line.counts
    finally:
        options.progress.close()
        truth.close()
        outbox.close()


def _filter(faults: Faults | None, truth: TruthLog, *, fresh: bool) -> FaultFilter | None:
    if faults is None or faults.plan.is_empty:
        return None
    return FaultFilter(
        faults.plan, registry=faults.registry, truth=truth, fresh=fresh, on_replacement=faults.on_replacement
    )


class _Reporter:
    def __init__(self, line: GatewayLine, progress: ProgressView, gateways: int) -> None:
        self._line = line
        self._progress = progress
        self._gateways = gateways
        self._live = False

    def report(self) -> None:
        state = State("history", self._line.remaining(), self._line.connected, self._gateways, self._line.counts)
        self._live = self._live or state.fraction >= _CAUGHT_UP
        if self._live:
            state = State("live", state.remaining, state.connected, state.gateways, state.counts)
        self._progress.show(state)
