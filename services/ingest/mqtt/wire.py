"""The broker's connection below the MQTT library: reads and writes many packets at once.

The library reads a packet in four calls and hands each message over by itself; that cost more than all else that ingest
does with a message of one reading. Here a block is read, its messages are cut out and given on together, and only
what else the broker says goes on to the library. Packets leave whole, so that many acknowledgements can be sent at once
between those of the library (docs/decisions/0017-messages-are-cut-from-the-stream.md).
"""

import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode

_BLOCK_BYTES = 262_144
_PUBLISH = 0x30
_PUBACK = b"\x40\x02"
_PUBREC = b"\x50\x02"
_EXACTLY_ONCE = 2
_LONGEST_LENGTH = 4
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Publish(NamedTuple):
    """A message as the broker sent it; `packet_id` 0: it wants no acknowledgement (QoS 0)."""

    topic: str
    payload: bytes
    packet_id: int
    qos: int
    retained: bool = False


def cut(held: bytes, *, properties: bool) -> tuple[list[Publish], bytes, bytes]:
    """Part the whole packets at the head into messages and others; the third is the rest, a packet not yet whole.

    `properties`: messages carry them (MQTT 5). Raises ConnectionError for what is not MQTT.
    """
    messages: list[Publish] = []
    others: list[bytes] = []
    at, end = 0, len(held)
    while at + 1 < end:
        length, body = _length(held, at + 1)
        after = body + length
        if after > end:
            break
        if held[at] & 0xF0 == _PUBLISH:
            messages.append(_publish(held, at, body, after, properties))
        else:
            others.append(held[at:after])
        at = after
    return messages, b"".join(others), held[at:]


def _publish(held: bytes, at: int, body: int, after: int, properties: bool) -> Publish:
    topic_from = body + 2
    place = topic_end = topic_from + int.from_bytes(held[body:topic_from], "big")
    packet_id = 0
    qos = held[at] >> 1 & 3
    if qos:
        place += 2
        packet_id = int.from_bytes(held[topic_end:place], "big")
    if properties and place < after:
        size, place = _length(held, place)
        place += size
    if place > after:
        raise ConnectionError("the broker sent a message that is shorter than it says")
    return Publish(
        held[topic_from:topic_end].decode("utf-8", "replace"), held[place:after], packet_id, qos, bool(held[at] & 1)
    )


def _length(held: bytes, at: int) -> tuple[int, int]:
    """A number of one to four bytes and where it ends; one that is not whole yet is as long as no packet can be."""
    value = held[at]
    if value < 128:
        return value, at + 1
    value &= 127
    for more in range(1, _LONGEST_LENGTH):
        if at + more >= len(held):
            return len(held), at
        byte = held[at + more]
        value |= (byte & 127) << 7 * more
        if byte < 128:
            return value, at + more + 1
    raise ConnectionError("the broker sent a length of more than four bytes")


class Wire:
    """What the library takes for its socket. `take` gets the messages, in the thread that reads."""

    def __init__(self, socket: Any, *, number: int, properties: bool, take: Callable[["Wire", list[Publish]], None]):
        self.number = number
        self._socket = socket
        self._properties = properties
        self._take = take
        self._held = b""
        self._for_library = b""
        self._unsent = bytearray()
        self._exactly_once: set[int] = set()
        """Packet ids of messages of QoS 2 that are not acknowledged yet."""
        self._lock = threading.Lock()
        """A TLS connection bears one call at a time."""

    def recv(self, most: int) -> bytes:
        """Bytes for the library. Raises BlockingIOError when there are none, OSError."""
        if not self._for_library:
            with self._lock:
                block = self._socket.recv(_BLOCK_BYTES)
            if not block:
                return b""
            messages, self._for_library, self._held = cut(self._held + block, properties=self._properties)
            if messages:
                self._exactly_once.update([each.packet_id for each in messages if each.qos == _EXACTLY_ONCE])
                self._take(self, messages)
            if not self._for_library:
                raise BlockingIOError
        given, self._for_library = self._for_library[:most], self._for_library[most:]
        return given

    def send(self, packet: bytes | bytearray) -> int:
        """Send a whole packet, or keep for later what the network does not take now. Raises OSError."""
        with self._lock:
            self._unsent += packet
            self._flush()
        return len(packet)

    def flush(self) -> None:
        """Send what was kept. Raises OSError."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except _LATER:
                return
            del self._unsent[:sent]

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """Tell the broker that these are dealt with, at once. On a connection that has ended they come again.

        A message of QoS 2 gets PUBREC; the library gives the PUBCOMP that the broker's PUBREL wants. Ingest asks for
        QoS 1, but a session may hold a subscription from before.
        """
        ids = [packet_id for packet_id in packet_ids if packet_id]
        exactly_once = self._exactly_once.intersection(ids)
        self._exactly_once -= exactly_once
        packets = b"".join([(_PUBREC if each in exactly_once else _PUBACK) + each.to_bytes(2, "big") for each in ids])
        try:
            self.send(packets)
        except OSError:
            self._unsent.clear()

    @property
    def unsent(self) -> bool:
        """Whether something waits for the network to take it."""
        return bool(self._unsent)

    def pending(self) -> int:
        """Bytes that are here already, for which the library need not wait."""
        waiting = self._socket.pending() if isinstance(self._socket, ssl.SSLSocket) else 0
        return len(self._for_library) + waiting

    def fileno(self) -> int:
        """For select; -1 when closed."""
        return int(self._socket.fileno())

    def setblocking(self, flag: bool) -> None:
        """As of a socket."""
        self._socket.setblocking(flag)

    def close(self) -> None:
        """As of a socket."""
        self._socket.close()


class WiredClient(Client):
    """paho with a Wire for its socket: a new one for each connection, made by `wired`."""

    def __init__(self, *args: Any, wired: Callable[[Any], Wire], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wired = wired
        self.wire: Wire | None = None

    def _create_socket(self) -> Any:
        self.wire = self._wired(super()._create_socket())
        return self.wire

    def want_write(self) -> bool:
        """Whether the network thread has something to write."""
        return super().want_write() or (self.wire is not None and self.wire.unsent)

    def loop_write(self) -> MQTTErrorCode:
        """Write it."""
        if self.wire is not None:
            try:
                self.wire.flush()
            except OSError:
                # The next read finds the connection ended and says so.
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super().loop_write()
