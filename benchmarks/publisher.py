"""A process that plays all gateways: publishes prepared messages over one connection each, and times the answers.

    python -m benchmarks.publisher < order (JSON)

Says what it did in lines of JSON: `ready`, then `queued` when the broker has all, then `done` with the figures.
After `ready` it waits for a line on its standard input.
"""

import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from benchmarks import packets
from benchmarks.arrival import Arrival, arriving
from benchmarks.flood import Flood, flooding
from benchmarks.load import Message, Shape, messages
from benchmarks.measure import percentile
from simulators.wire import ack_topic, decode_answers, readings_topic

_CHUNK = 262_144
PERCENTS = (50, 95, 99)


class Order(msgspec.Struct, frozen=True):
    """What to do.

    `window`: messages of a gateway that may be unanswered, 0 for any number. `rate`: readings a second, 0 as fast as it
    goes. `arrival`: in which order what is sent lies in time; none: scan after scan. `flood`: one gateway sends this
    instead.
    """

    port: int
    passwords: dict[str, str]
    readings: int
    per_message: int
    scattered: bool = False
    window: int = 0
    rate: float = 0.0
    timeout_s: float = 120.0
    answers: bool = True
    arrival: Arrival | None = None
    flood: Flood | None = None


class Done(msgspec.Struct, frozen=True):
    """What came of it; latencies are those from when a message was due."""

    sent_messages: int
    sent_readings: int
    answered_messages: int
    stored: int
    last_answer_at_s: float
    """On the clock that all processes of this machine share (CLOCK_MONOTONIC)."""
    latency_ms: dict[int, float]
    cpu_s: float
    """Processor seconds of this process since its start."""
    late_ms: float
    """How late the publisher itself was at worst."""


class Line(msgspec.Struct, frozen=True):
    """A line on standard output."""

    event: str
    seconds: float = 0.0
    done: Done | None = None


class _Gateway:
    """One connection, and what it has still to send."""

    def __init__(self, code: str, order: Order) -> None:
        self.code = code
        self.socket = socket.create_connection(("127.0.0.1", order.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting: deque[tuple[Message, float]] = deque()
        self.due_s: dict[int, float] = {}
        self.unsent = bytearray()
        self.received = bytearray()
        self._next_id = 0
        self.socket.sendall(packets.connect(client_id=code, user=code, password=order.passwords[code]))
        self._await(packets.CONNACK)
        if order.answers:
            self.socket.sendall(packets.subscribe(ack_topic(code)))
            self._await(packets.SUBACK)
        self.topic = readings_topic(code)
        self.socket.setblocking(False)

    def _await(self, kind: int) -> None:
        while True:
            data = self.socket.recv(_CHUNK)
            if not data:
                raise ConnectionError(f"the broker refused {self.code}")
            self.received += data
            for got, rest in packets.parse(self.received):
                if got == kind:
                    if kind == packets.CONNACK and rest[1]:
                        raise ConnectionError(f"the broker refused {self.code}: code {rest[1]}")
                    return

    def put(self, message: Message, due_s: float) -> None:
        self._next_id = self._next_id % 65_535 + 1
        self.due_s[message.seq] = due_s
        self.unsent += packets.publish(self.topic, self._next_id, message.payload)

    def write(self) -> None:
        if self.unsent:
            del self.unsent[: self.socket.send(self.unsent)]


class Publisher:
    """All gateways in one thread."""

    def __init__(self, order: Order, held: Sequence[Message]) -> None:
        self._order = order
        self._gateways = {code: _Gateway(code, order) for code in dict.fromkeys(m.gateway for m in held)}
        self._messages = held
        self._selector = selectors.DefaultSelector()
        for gateway in self._gateways.values():
            self._selector.register(gateway.socket, selectors.EVENT_READ, gateway)
        self._pubacks = self._answered = 0
        self._stored = 0
        self._latencies_ms: list[float] = []
        self._last_at_s = self._late_s = 0.0

    def run(self) -> Done:
        """Publish all and wait for the answers, if they are wanted, up to the timeout."""
        order = self._order
        started_s = time.monotonic()
        spacing_s = order.per_message / order.rate if order.rate else 0.0
        coming = deque((m, started_s + i * spacing_s) for i, m in enumerate(self._messages))
        if not order.rate:
            while coming:
                message, due_s = coming.popleft()
                self._gateways[message.gateway].waiting.append((message, due_s))
        while not self._finished(coming) and time.monotonic() - started_s < order.timeout_s:
            self._hand_out(coming)
            for gateway in self._gateways.values():
                self._fill(gateway, started_s)
            self._exchange(coming, started_s)
        return self._done()

    def _finished(self, coming: deque[tuple[Message, float]]) -> bool:
        total = len(self._messages)
        return not coming and self._pubacks >= total and (not self._order.answers or self._answered >= total)

    def _hand_out(self, coming: deque[tuple[Message, float]]) -> None:
        now_s = time.monotonic()
        while coming and coming[0][1] <= now_s:
            message, due_s = coming.popleft()
            self._late_s = max(self._late_s, now_s - due_s)
            self._gateways[message.gateway].waiting.append((message, due_s))

    def _fill(self, gateway: _Gateway, started_s: float) -> None:
        window = self._order.window
        while gateway.waiting and len(gateway.unsent) < _CHUNK and not (window and len(gateway.due_s) >= window):
            message, due_s = gateway.waiting.popleft()
            gateway.put(message, due_s if self._order.rate else time.monotonic() if window else started_s)

    def _exchange(self, coming: deque[tuple[Message, float]], started_s: float) -> None:
        for gateway in self._gateways.values():
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if gateway.unsent else 0)
            if self._selector.get_key(gateway.socket).events != wanted:
                self._selector.modify(gateway.socket, wanted, gateway)
        wait_s = 0.2 if not coming else min(0.2, max(0.0, coming[0][1] - time.monotonic()))
        for key, events in self._selector.select(wait_s):
            gateway = key.data
            if events & selectors.EVENT_WRITE:
                gateway.write()
            if events & selectors.EVENT_READ:
                data = gateway.socket.recv(_CHUNK)
                if not data:
                    raise ConnectionError(f"the broker ended the connection of {gateway.code}")
                gateway.received += data
                self._read(gateway, started_s)

    def _read(self, gateway: _Gateway, started_s: float) -> None:
        for kind, rest in packets.parse(gateway.received):
            if kind == packets.PUBACK:
                self._pubacks += 1
                if self._pubacks == len(self._messages):
                    say(Line("queued", time.monotonic() - started_s))
            elif kind == packets.PUBLISH:
                self._answer(gateway, packets.payload_of(rest))

    def _answer(self, gateway: _Gateway, payload: bytes) -> None:
        now_s = time.monotonic()
        for answer in decode_answers(payload):
            due_s = gateway.due_s.pop(-1 if answer.seq is None else answer.seq, None)
            if due_s is None:
                continue  # answered before
            self._answered += 1
            self._latencies_ms.append((now_s - due_s) * 1000.0)
            self._stored += answer.stored
            self._last_at_s = now_s

    def _done(self) -> Done:
        return Done(
            sent_messages=self._pubacks,
            sent_readings=sum(m.readings for m in self._messages),
            answered_messages=self._answered,
            stored=self._stored,
            last_answer_at_s=self._last_at_s,
            latency_ms={p: percentile(self._latencies_ms, p) for p in PERCENTS} if self._latencies_ms else {},
            cpu_s=time.process_time(),
            late_ms=self._late_s * 1000.0,
        )


def _prepared(order: Order) -> Iterator[Message]:
    if order.flood:
        return flooding(order.flood, now_ms=int(time.time() * 1000))
    if order.arrival:
        return arriving(order.arrival, order.readings)
    return messages(Shape(order.per_message, order.scattered), readings=order.readings)


def say(line: Line) -> None:
    """Tell the parent."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Read the order, prepare, wait for the word, publish."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    publisher = Publisher(order, list(_prepared(order)))
    say(Line("ready"))
    sys.stdin.buffer.readline()
    say(Line("done", done=publisher.run()))


if __name__ == "__main__":
    main()
