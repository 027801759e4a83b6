"""Simulated gateways on the wire: one thread drives hundreds of MQTT connections through a selector.

Each gateway follows docs/mqtt.md: what is not answered stays in the outbox and is sent again after a
reconnect and after 60 s.
"""

import logging
import selectors
import time
from collections.abc import Callable, Sequence

import msgspec

from simulators.broker import Broker
from simulators.clock import Clock
from simulators.connection import Connection
from simulators.counts import Counts
from simulators.feed import DraftFilter, Feed
from simulators.outbox import Message, Outbox
from simulators.station import Rules, Station
from simulators.wire import Answer, decode_answers

log = logging.getLogger(__name__)

_SWEEP_S = 0.05
_IDLE_WAIT_S = 0.02
_CONNECTS_A_TURN = 20
_UNREACHABLE_PAUSE_S = 1.0


class _Member:
    """A station with its connection."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.connection: Connection
        self.was_ready = False


class GatewayLine:
    """All gateways of a run. Call `run`; or `turn` again and again, then `close`.

    on_answers is told the answers to a gateway as they come, before anything is forgotten for them.
    """

    def __init__(
        self,
        *,
        broker: Broker,
        feeds: Sequence[Feed],
        outbox: Outbox,
        clock: Clock,
        rules: Rules | None = None,
        faults: DraftFilter | None = None,
        on_answers: Callable[[str, list[Answer]], None] | None = None,
    ) -> None:
        self._on_answers = on_answers
        self.counts = Counts.of_totals(outbox.totals())
        self._broker = broker
        self._outbox = outbox
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._hot: set[_Member] = set()
        self._next_sweep = 0.0
        self._next_keep_alive = 0.0
        self._unreachable_until = 0.0
        self._members = [
            self._member(Station(feed=feed, outbox=outbox, rules=rules or Rules(), counts=self.counts, faults=faults))
            for feed in feeds
        ]

    def _member(self, station: Station) -> _Member:
        member = _Member(station)

        def on_answer(payload: bytes) -> None:
            self._take_answers(member, payload)

        def on_ready() -> None:
            self._hot.add(member)

        member.connection = Connection(
            gateway=station.gateway,
            broker=self._broker,
            selector=self._selector,
            on_answer=on_answer,
            on_ready=on_ready,
        )
        return member

    # -- what is known about the run

    @property
    def connected(self) -> int:
        return sum(member.connection.ready for member in self._members)

    @property
    def drained(self) -> bool:
        """Whether every feed is finished and everything is answered."""
        return all(member.station.drained for member in self._members)

    def remaining(self) -> int:
        """Readings that are due and not answered."""
        now_ms = self._clock.now_ms()
        return sum(m.station.feed.remaining(now_ms) + m.station.unanswered_readings for m in self._members)

    # -- the work

    def run(self, *, until: Callable[[], bool] | None = None, each_second: Callable[[], None] | None = None) -> None:
        """Serve until everything is answered, or until `until` says so. each_second: called about once a second."""
        next_report = 0.0
        try:
            while not (until() if until else self.drained):
                self.turn()
                if each_second and time.monotonic() >= next_report:
                    next_report = time.monotonic() + 1.0
                    each_second()
        finally:
            self.close()

    def turn(self, wait_s: float = _IDLE_WAIT_S) -> None:
        """Connect, draw, publish, and take what comes within wait_s."""
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_S
            self._sweep(now)
        self._send(self._hot, now)
        self._hot = set()
        for key, events in self._selector.select(wait_s):
            key.data.serve(events)
        if not self._hot:
            self._outbox.commit(self.counts.totals())

    def _sweep(self, now: float) -> None:
        self._connect(now)
        self._hot.update(member for member in self._members if member.connection.ready)
        if now < self._next_keep_alive:
            return
        self._next_keep_alive = now + 1.0
        for member in self._members:
            member.connection.keep_alive()
            if member.connection.ready:
                for message in member.station.overdue(now):
                    self._publish(member, message)

    def _connect(self, now: float) -> None:
        started = 0
        for member in self._members:
            connection = member.connection
            if member.station.drained:
                connection.close()
                continue
            if member.was_ready and not connection.ready:
                member.was_ready = False
                member.station.line_lost()
                self.counts.reconnects += 1
            if connection.open or connection.next_attempt > now:
                continue
            if now < self._unreachable_until or started >= _CONNECTS_A_TURN:
                continue
            started += 1
            try:
                connection.connect()
            except OSError as error:
                log.warning("broker %s:%d cannot be reached: %s", self._broker.host, self._broker.port, error)
                self._unreachable_until = time.monotonic() + _UNREACHABLE_PAUSE_S
                connection.next_attempt = self._unreachable_until

    def _send(self, members: set[_Member], now: float) -> None:
        now_ms = self._clock.now_ms()
        leaving = [
            (member, message)
            for member in members
            if member.connection.ready
            for message in member.station.to_publish(now_ms=now_ms, monotonic_s=now)
        ]
        if not leaving:
            return
        self._outbox.commit(self.counts.totals())
        for member, message in leaving:
            member.was_ready = True
            for _ in range(message.copies):
                self._publish(member, message)
            if message.cut_after_s:
                member.connection.cut(message.cut_after_s)

    def _publish(self, member: _Member, message: Message) -> None:
        if member.connection.publish(message.payload):
            self.counts.messages_published += 1

    def _take_answers(self, member: _Member, payload: bytes) -> None:
        try:
            answers = decode_answers(payload)
        except msgspec.DecodeError as error:
            log.error("%s: an answer breaks the contract: %s", member.station.gateway, error)
            return
        if self._on_answers is not None:
            self._on_answers(member.station.gateway, answers)
        now = time.monotonic()
        for answer in answers:
            member.station.take_answer(answer, monotonic_s=now)
        self._hot.add(member)

    def close(self) -> None:
        """Say goodbye for every gateway; what is unanswered stays in the outbox."""
        for member in self._members:
            member.connection.close()
        self._selector.close()
        self._outbox.commit(self.counts.totals())
