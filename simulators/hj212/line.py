"""The conversation of one monitor: it sends, waits for the answer, sends again, and keeps what was not answered."""

import asyncio
import itertools
import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from simulators.hj212.frames import AnswerReader, Heard, told
from simulators.hj212.monitor import Wire

_NOISE = (b"\r\n", b"PING", b"##", b"##0340QN=", b"\x00\x00", b"&&12AB")


@dataclass(frozen=True)
class LineFaults:
    """How a line misbehaves: shares of the frames, drawn by the seed."""

    split: float = 0.0
    """Sent in several packets."""
    joined: float = 0.0
    """Sent together with the next one."""
    repeated: float = 0.0
    """Sent twice, though it was answered."""
    broken: float = 0.0
    """Sent with a wrong checksum first."""
    noise: float = 0.0
    """Bytes before it that are no frame."""
    dropped: float = 0.0
    """The connection ends behind it."""
    seed: int = 1


@dataclass
class LineCounts:
    """What became of the frames of a monitor."""

    frames: int = 0
    sent: int = 0
    answered: int = 0
    resent: int = 0
    connections: int = 0
    clocks_set: int = 0
    """How often it was told the time."""
    asked_for: int = 0
    """Frames that it sent because it was asked for them."""
    unanswered: list[str] = field(default_factory=list)


class Line:
    """Speaks for a monitor until all of its frames are answered, or `tries` connections brought no answer."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        faults: LineFaults,
        wait_s: float = 10.0,
        recount: int = 3,
        tries: int = 20,
        store: Sequence[Wire] = (),
        linger_s: float = 0.0,
    ) -> None:
        """`store`: what it has kept, and sends where it is asked for it. `linger_s`: it listens so long at the end."""
        self._host, self._port = host, port
        self._faults = faults
        self._drawn = random.Random(faults.seed)  # noqa: S311 - no secret
        self._wait_s, self._recount, self._tries = wait_s, recount, tries
        self._store, self._linger_s = store, linger_s
        self.counts = LineCounts()
        self._answered: set[str] = set()
        self._news = asyncio.Event()

    async def send_all(self, frames: Iterable[Wire]) -> LineCounts:
        """Send them in their order; what was not answered after `recount` repetitions comes again as history."""
        history: deque[tuple[Wire, bool]] = deque((wire, False) for wire in frames)
        self.counts.frames = len(history)
        fruitless = 0
        while history and fruitless < self._tries:
            before = len(history)
            try:
                await self._connection(history)
            except OSError:
                await asyncio.sleep(0.2)
            fruitless = fruitless + 1 if len(history) == before else 0
        self.counts.unanswered = [wire.qn for wire, _ in history]
        return self.counts

    async def _connection(self, history: deque[tuple[Wire, bool]]) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        self.counts.connections += 1
        listening = asyncio.create_task(self._listen(reader, writer))
        try:
            while history and not listening.done():
                wire, again = history[0]
                if await self._speak(writer, wire, again=again):
                    history.popleft()
                    self.counts.answered += bool(wire.qn)
                    if self._draw(self._faults.repeated):
                        await self._put(writer, wire.sent)
                else:
                    history.popleft()
                    history.append((wire, True))
                if self._draw(self._faults.dropped):
                    return
            if self._linger_s:
                await asyncio.wait([listening], timeout=self._linger_s)
        finally:
            listening.cancel()
            writer.close()

    async def _speak(self, writer: asyncio.StreamWriter, wire: Wire, *, again: bool) -> bool:
        """Send one frame and wait for its answer, as often as the standard wants; whether it came."""
        for number in range(1 + self._recount):
            self.counts.resent += bool(number or again)
            if self._draw(self._faults.noise):
                await self._put(writer, self._drawn.choice(_NOISE))
            if self._draw(self._faults.broken):
                await self._put(writer, wire.sent[:-6] + b"%04X\r\n" % self._drawn.randrange(0x10000))
            await self._put(writer, wire.sent_again if again else wire.sent)
            if not wire.qn or await self._is_answered(wire.qn):
                return True
        return False

    async def _is_answered(self, qn: str) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._wait_s
        while qn not in self._answered:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), until - loop.time())
            except TimeoutError:
                return qn in self._answered
        return True

    async def _put(self, writer: asyncio.StreamWriter, sent: bytes) -> None:
        self.counts.sent += 1
        cuts = [0, len(sent)]
        if self._draw(self._faults.split):
            cuts = [0, *sorted(self._drawn.randrange(len(sent) + 1) for _ in range(4)), len(sent)]
        for begins, ends in itertools.pairwise(cuts):
            writer.write(sent[begins:ends])
            if not self._draw(self._faults.joined):
                await writer.drain()
                await asyncio.sleep(0)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = AnswerReader()
        while received := await reader.read(4096):
            for heard in answers.heard(received):
                if heard.command in ("9013", "9014"):
                    self._answered.add(heard.qn)
                else:
                    self._obey(writer, heard)
            self._news.set()

    def _obey(self, writer: asyncio.StreamWriter, heard: Heard) -> None:
        """Do what the centre asks: accepted (9011), data, done (9012)."""
        writer.write(told(heard, "9011", "QnRtn=1"))
        if heard.command == "1012":
            self.counts.clocks_set += 1
        elif heard.command in ("2031", "2051", "2061"):
            for wire in self._store:
                if wire.command == heard.command and heard.begins <= wire.stamp <= heard.ends:
                    self.counts.asked_for += 1
                    writer.write(wire.sent_again)
        writer.write(told(heard, "9012", "ExeRtn=1"))

    def _draw(self, share: float) -> bool:
        return share > 0 and self._drawn.random() < share
