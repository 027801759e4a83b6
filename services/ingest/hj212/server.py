"""The TCP server: takes the frames of monitors, gives them to be stored in batches, answers after the commit.

One task a connection, one for storing. What is not stored yet is bounded, for each connection and for all: beyond it
nothing more is read, and TCP holds the monitors back.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields, replace

from services.ingest.hj212 import metrics
from services.ingest.hj212.admission import Admission
from services.ingest.hj212.answers import answer_to
from services.ingest.hj212.keep import MonitorFrame, MonitorNote
from services.ingest.hj212.segment import DataSegment, Edition, read_segment
from services.ingest.hj212.stream import FrameCounts, FrameReader
from services.ingest.message import UnreadableMessage

log = logging.getLogger("hj212")

_READ_BYTES = 16_384
_MOST_UNSENT_BYTES = 65_536
_FRAMES_A_CONNECTION = 64
_MOST_FRAMES = 4_000
_MOST_BATCH = 500
_UNANSWERED = frozenset({"unknown_gateway", "not_admitted"})
"""The monitor may be registered later, and then sends again what was not answered."""

Store = Callable[[Sequence[MonitorFrame]], Awaitable[Sequence[UnreadableMessage | None] | None]]
"""Commits frames and says of each why it is not taken, or None; None for all where it was told to stop before."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Who may connect, how many, and how long a connection may be silent, in seconds."""

    allowed: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    connections: int
    first_frame_s: float
    silence_s: float

    def allows(self, address: str) -> bool:
        """Whether somebody may connect from this address."""
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self.allowed)


@dataclass(slots=True, eq=False)
class _Line:
    """One connection. `mn`: as its first frame names it; `gateway`: once a frame of it was stored."""

    address: str
    writer: asyncio.StreamWriter
    reader: FrameReader
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_FRAMES_A_CONNECTION))
    mn: str | None = None
    gateway: str | None = None
    edition: Edition = "2017"
    last: DataSegment | None = None
    """The last frame that was kept."""
    noted: FrameCounts = field(default_factory=FrameCounts)
    is_noted: bool = False


class MonitorServer:
    """Serves monitors until `stop`; `admission` is asked for each connection, so that it can change meanwhile."""

    def __init__(self, limits: ServerLimits, admission: Callable[[], Admission], store: Store) -> None:
        self._limits, self._admission, self._store = limits, admission, store
        self._waiting: asyncio.Queue[tuple[_Line, MonitorFrame]] = asyncio.Queue()
        self._room = asyncio.Semaphore(_MOST_FRAMES)
        self._lines: set[_Line] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: list[MonitorNote] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError where that cannot be."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=_READ_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        metrics.LISTENING.set(1)

    async def store_for_ever(self) -> None:
        """Store what waits, batch by batch, until told to stop."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _MOST_BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            told = await self._store([frame for _, frame in batch])
            if told is None:
                return
            for (line, frame), refused in zip(batch, told, strict=True):
                line.room.release()
                self._room.release()
                self._answer(line, frame, refused)
            metrics.WAITING.set(self._waiting.qsize())

    async def stop(self) -> None:
        """End all connections, and listen no more."""
        if self._server is not None:
            self._server.close()
            metrics.LISTENING.set(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def notes(self) -> list[MonitorNote]:
        """How monitors speak, with what was counted since the last call: those that left, and those connected."""
        left, self._left = self._left, []
        connected = {line.gateway for line in self._lines}
        told: dict[str, MonitorNote] = {}
        for note in (*left, *(note for line in self._lines if (note := self._note(line)) is not None)):
            counts = note.counts if note.gateway not in told else _sum(told[note.gateway].counts, note.counts)
            told[note.gateway] = replace(note, counts=counts, connected=note.gateway in connected)
        return list(told.values())

    def speakers(self) -> list[str]:
        """The gateways that are connected and of which a frame was kept."""
        return sorted({line.gateway for line in self._lines if line.gateway is not None and line.last is not None})

    def tell(self, gateway: str, command: Callable[[DataSegment], bytes]) -> bool:
        """Send a command to a gateway, formed by its last frame; False if it is not connected."""
        for line in self._lines:
            if line.gateway == gateway and line.last is not None and not line.writer.is_closing():
                return self._write(line, command(line.last))
        return False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        address = str((writer.get_extra_info("peername") or ("",))[0])
        try:
            if not self._limits.allows(address):
                self._turn_away("address", address)
            elif len(self._lines) >= self._limits.connections:
                self._turn_away("connections", address)
            else:
                await self._serve(reader, _Line(address, writer, FrameReader(self._admission().keys)))
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, line: _Line) -> None:
        self._lines.add(line)
        metrics.CONNECTIONS.set(len(self._lines))
        loop = asyncio.get_running_loop()
        speaks_by_s = loop.time() + self._limits.first_frame_s
        try:
            while True:
                wait_s = self._limits.silence_s if line.mn is not None else speaks_by_s - loop.time()
                try:
                    chunk = await asyncio.wait_for(reader.read(_READ_BYTES), wait_s)
                except TimeoutError:
                    self._turn_away("silent" if line.mn is not None else "no_frame", line.address)
                    return
                if not chunk:
                    return
                for data in line.reader.feed(chunk):
                    await self._take(line, data)
        finally:
            line.reader.close()
            self._lines.discard(line)
            metrics.CONNECTIONS.set(len(self._lines))
            note = self._note(line)
            if note is not None:
                self._left.append(note)

    async def _take(self, line: _Line, data: bytes) -> None:
        """Put a frame to those that wait to be stored, when there is room."""
        frame = self._frame(line, data)
        await line.room.acquire()
        await self._room.acquire()
        self._waiting.put_nowait((line, frame))

    def _frame(self, line: _Line, data: bytes) -> MonitorFrame:
        """A frame with its sender, or with why it is not taken and whom it claims to be."""
        admission, claimed = self._admission(), None
        try:
            read = read_segment(data)
            claimed = admission.claimed(read.mn)
            gateway = admission.gateway_of(read, named_before=line.mn)
        except UnreadableMessage as refused:
            return MonitorFrame(None, line.address, data, refused, claimed=claimed)
        line.mn, line.edition = read.mn, read.edition
        return MonitorFrame(gateway, line.address, data, read, named=read.mn in admission.by_mn)

    def _answer(self, line: _Line, frame: MonitorFrame, refused: UnreadableMessage | None) -> None:
        metrics.FRAMES.labels(refused.code if refused else "kept").inc()
        if refused is not None:
            log.warning("frame not taken", extra={"address": line.address, "code": refused.code})
            if refused.code in _UNANSWERED:
                return
        line.gateway = frame.gateway
        line.last = frame.read if isinstance(frame.read, DataSegment) else line.last
        answer = answer_to(frame.read) if isinstance(frame.read, DataSegment) else None
        if answer is None or line.writer.is_closing():
            return
        if self._write(line, answer):
            metrics.ANSWERS.inc()

    def _write(self, line: _Line, sent: bytes) -> bool:
        """Send to a monitor; one that does not read is cut off."""
        if line.writer.transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
            self._turn_away("unread_answers", line.address)
            line.writer.transport.abort()
            return False
        line.writer.write(sent)
        return True

    def _note(self, line: _Line) -> MonitorNote | None:
        """What is new of a connection whose gateway is known; None if nothing is."""
        counts = replace(line.reader.counts)
        new = _sum(counts, line.noted, sign=-1)
        is_connected = line in self._lines
        if line.gateway is None or (line.is_noted and is_connected and new == FrameCounts()):
            return None
        line.noted, line.is_noted = counts, True
        for kind in ("odd_length", "bad_crc", "no_key", "unfinished", "noise_bytes"):
            metrics.BROKEN.labels(kind).inc(getattr(new, kind))
        return MonitorNote(line.gateway, line.address, line.edition, is_connected, new)

    def _turn_away(self, reason: str, address: str) -> None:
        metrics.TURNED_AWAY.labels(reason).inc()
        log.warning("connection ended", extra={"reason": reason, "address": address})


def _sum(one: FrameCounts, other: FrameCounts, *, sign: int = 1) -> FrameCounts:
    return FrameCounts(
        **{each.name: getattr(one, each.name) + sign * getattr(other, each.name) for each in fields(one)}
    )
