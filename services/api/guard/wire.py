"""HTTP/1.1 as it is taken from the wire: one reading of every request, each within its time, connections in bounds.

uvicorn waits for ever for the rest of a request, and h11 takes a line feed for the end of a line and a length beside
chunks (RFC 9112, 2.2 and 6.1): what a proxy before this service may read otherwise is refused here.
"""

import asyncio
import json
import re
from collections import Counter as Counts
from dataclasses import dataclass
from typing import Any

import h11
from h11._receivebuffer import ReceiveBuffer
from prometheus_client import Counter
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from services.api.errors import MEDIA_TYPE, ProblemKind
from services.api.guard.headers import OF_EVERY_ANSWER
from services.api.guard.peers import peer_of

BAD_REQUEST = ProblemKind("bad_request", 400, "This is not HTTP/1.1")
REQUEST_TIMEOUT = ProblemKind("request_timeout", 408, "The request was not there in time")
TOO_MANY_CONNECTIONS = ProblemKind("too_many_connections", 503, "There are too many connections")

REFUSED = Counter("enermon_api_refused_by_server_total", "Requests and connections refused before any route", ["code"])

MOST_HEAD_BYTES = 16_384
LEAST_BYTES_A_SECOND = 1_000
"""So fast a body must come, and an answer be taken."""

_LINE_FEED_ALONE = re.compile(rb"(?<!\r)\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """How long is waited for a request (and the rest of its body, at `LEAST_BYTES_A_SECOND`), and for how many."""

    request_s: float
    most_connections: int

    @property
    def most_of_peer(self) -> int:
        """Connections of one peer: half of all, so that no single one can shut the others out."""
        return max(1, self.most_connections // 2)

    @property
    def most_waited_for(self) -> int:
        """Requests of one peer that have begun and are not whole."""
        return max(1, self.most_connections // 10)


class Door:
    """Who is inside, and whose request is waited for, by peer; of those the oldest makes room for one that comes."""

    def __init__(self, limits: WireLimits) -> None:
        self.limits = limits
        self._open: Counts[str] = Counts()
        self._waited_for: dict[str, dict[GuardedProtocol, None]] = {}

    def enter(self, peer: str) -> bool:
        """Whether one more connection of `peer` is taken."""
        if self._open.total() >= self.limits.most_connections:
            return False
        if self._open[peer] >= self.limits.most_of_peer:
            return False
        self._open[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """A connection of `peer` that was taken has ended."""
        self._open[peer] -= 1
        if not self._open[peer]:
            del self._open[peer]

    def wait_for(self, connection: "GuardedProtocol", peer: str) -> "GuardedProtocol | None":
        """A request has begun; answers the connection that is to make room for it."""
        waited_for = self._waited_for.setdefault(peer, {})
        waited_for[connection] = None
        return next(iter(waited_for)) if len(waited_for) > self.limits.most_waited_for else None

    def is_whole(self, connection: "GuardedProtocol", peer: str) -> None:
        """Its request is there, or will not come any more."""
        waited_for = self._waited_for.get(peer, {})
        waited_for.pop(connection, None)
        if not waited_for:
            self._waited_for.pop(peer, None)


class _StrictLines(ReceiveBuffer):
    """Lines end with CR LF, and a head is no longer than it may be; h11 has no setting for either."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        if self._data[:2] == b"\r\n":
            return super().maybe_extract_lines()
        end = self._data.find(b"\r\n\r\n")
        head_bytes = len(self._data) if end < 0 else end
        if head_bytes > MOST_HEAD_BYTES:
            raise h11.LocalProtocolError("the head is too long", error_status_hint=431)
        if _LINE_FEED_ALONE.search(self._data, 0, head_bytes):
            raise h11.LocalProtocolError("a line ends with a line feed alone")
        return super().maybe_extract_lines()


class _StrictConnection(h11.Connection):
    """Refuses a request whose length could be read in two ways."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._receive_buffer = _StrictLines()

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = {name.lower() for name, _ in event.headers}
            if b"transfer-encoding" in names and (b"content-length" in names or event.http_version == b"1.0"):
                raise h11.RemoteProtocolError("the length of the body is said twice")
        return event


class GuardedProtocol(H11Protocol):
    """A connection of the API."""

    door: Door

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _StrictConnection()
        self._peer: str | None = None
        self._due: asyncio.TimerHandle | None = None
        self._began_s = 0.0
        self._body_bytes = 0
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is taken, or refused at once."""
        super().connection_made(transport)
        peer = peer_of(self.client[0] if self.client else None)
        if not self.door.enter(peer):
            self._refuse(TOO_MANY_CONNECTIONS, "close some, or try again in a few seconds")
            return
        self._peer = peer
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended, by whichever side."""
        super().connection_lost(exc)
        self._stop_waiting()
        self._stop_taking()
        if self._peer is not None:
            self.door.leave(self._peer)
            self._peer = None

    def data_received(self, data: bytes) -> None:
        """A part of a request, or of several."""
        if self.conn.their_state is h11.SEND_BODY:
            self._body_bytes += len(data)
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """An answer is sent; what came meanwhile may be the next request, or a part of it."""
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the message of uvicorn says nothing
        """What was sent cannot be read."""
        self._refuse(BAD_REQUEST, "lines end with CR LF, a body has one length, a head is at most 16 KB long")

    def _watch(self) -> None:
        """Wait for the rest of a request that has begun, and no longer for one that is whole."""
        if self._peer is None or self.transport.is_closing():
            self._stop_waiting()
            return
        state = self.conn.their_state
        has_begun = self.cycle is None or bool(self.conn.trailing_data[0]) if state is h11.IDLE else False
        if not (has_begun or state is h11.SEND_BODY):
            self._stop_waiting()
        elif self._due is None:
            self._began_s, self._body_bytes = self.loop.time(), 0
            self._due = self.loop.call_later(self.door.limits.request_s, self._on_due)
            giving_way = self.door.wait_for(self, self._peer)
            if giving_way is not None:
                giving_way.give_up()

    def _on_due(self) -> None:
        due_s = self._began_s + self.door.limits.request_s + self._body_bytes / LEAST_BYTES_A_SECOND
        if self.loop.time() < due_s:
            self._due = self.loop.call_at(due_s, self._on_due)
        elif self.flow.read_paused:  # it is the service that does not read on
            self._due = self.loop.call_later(self.door.limits.request_s, self._on_due)
        else:
            self.give_up()

    def give_up(self) -> None:
        """Wait no longer for the rest of the request."""
        self._stop_waiting()
        self._refuse(REQUEST_TIMEOUT, f"{self.door.limits.request_s:g} s, and 1 s more for each 1000 bytes of body")

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._peer is not None:
            self.door.is_whole(self, self._peer)

    def pause_writing(self) -> None:
        """The peer takes its answer more slowly than it comes."""
        super().pause_writing()
        self._stop_taking()
        self._look_at_taking(None)

    def resume_writing(self) -> None:
        """The peer has taken what was waiting."""
        super().resume_writing()
        self._stop_taking()

    def _look_at_taking(self, before_bytes: int | None) -> None:
        waiting_bytes = self.transport.get_write_buffer_size()
        period_s = self.door.limits.request_s
        if before_bytes is not None and before_bytes - waiting_bytes < LEAST_BYTES_A_SECOND * period_s:
            self.transport.abort()
            return
        self._taking = self.loop.call_later(period_s, self._look_at_taking, waiting_bytes)

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _refuse(self, kind: ProblemKind, detail: str) -> None:
        """Answer by itself, before any route, and close."""
        REFUSED.labels(kind.code).inc()
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        told = {"title": kind.title, "title_zh": kind.title_zh, "status": kind.status, "detail": detail}
        body = json.dumps({"type": f"urn:enermon:problem:{kind.code}", **told, "code": kind.code}).encode()
        said = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
        headers = [(name.encode(), value.encode()) for name, value in {**said, **OF_EVERY_ANSWER}.items()]
        phrase = STATUS_PHRASES[kind.status]
        for event in (
            h11.Response(status_code=kind.status, headers=headers, reason=phrase),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def protocol_within(limits: WireLimits) -> type[GuardedProtocol]:
    """The protocol of one server."""

    class Within(GuardedProtocol):
        door = Door(limits)

    return Within
