"""The few MQTT 3.1.1 packets that a publisher of a benchmark needs, so that it costs little of the shared processor."""

import socket
from collections.abc import Iterator

from services.up.ports import LOOPBACK

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
_KEEP_ALIVE_S = 600
_CLEAN, _PASSWORD, _USER = 0x02, 0x40, 0x80


def connect(*, client_id: str, user: str, password: str) -> bytes:
    """CONNECT with a clean session: what an earlier session of this client id held is forgotten."""
    flags = _CLEAN | _PASSWORD | _USER
    head = b"\x00\x04MQTT\x04" + bytes([flags]) + _KEEP_ALIVE_S.to_bytes(2, "big")
    return _packet(0x10, head + _text(client_id) + _text(user) + _text(password))


def connected(gateway: str, *, port: int, password: str) -> socket.socket:
    """A connection to the broker on this machine, let in as a gateway. Raises OSError."""
    made = socket.create_connection((LOOPBACK, port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.sendall(connect(client_id=gateway, user=gateway, password=password))
    made.recv(64)
    return made


def subscribe(topic: str) -> bytes:
    """SUBSCRIBE with QoS 0: the broker then sends without waiting for our word."""
    return _packet(0x82, b"\x00\x01" + _text(topic) + b"\x00")


def publish(topic: str, packet_id: int, payload: bytes) -> bytes:
    """A QoS 1 PUBLISH."""
    return _packet(0x32, _text(topic) + packet_id.to_bytes(2, "big") + payload)


DISCONNECT = b"\xe0\x00"


def parse(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Whole packets at the head of the buffer, which are taken from it: (kind, rest)."""
    at = 0
    while True:
        found = _remaining(buffer, at + 1)
        if found is None:
            break
        length, start = found
        if start + length > len(buffer):
            break
        yield buffer[at] >> 4, bytes(buffer[start : start + length])
        at = start + length
    del buffer[:at]


def payload_of(rest: bytes) -> bytes:
    """The payload of a PUBLISH of QoS 0."""
    return rest[2 + int.from_bytes(rest[:2], "big") :]


def _remaining(buffer: bytearray, at: int) -> tuple[int, int] | None:
    value = shift = 0
    while at < len(buffer):
        byte = buffer[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if not byte & 0x80:
            return value, at
    return None


def _packet(first: int, rest: bytes) -> bytes:
    return bytes([first]) + _length(len(rest)) + rest


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded
