"""The smallest MQTT conversation: may this user connect? Spoken with 3.1.1, which every broker knows."""

import secrets
import socket
import struct
from enum import IntEnum

TIMEOUT_S = 3.0
PROTOCOL_LEVEL_3_1_1 = 4
CLEAN_SESSION, HAS_PASSWORD, HAS_USER = 0x02, 0x40, 0x80


class Answer(IntEnum):
    """The broker's answer to a connection (MQTT 3.1.1, table 3.1)."""

    ACCEPTED = 0
    WRONG_PROTOCOL = 1
    CLIENT_ID_REFUSED = 2
    NOT_AVAILABLE = 3
    WRONG_PASSWORD = 4
    NOT_ALLOWED = 5


def ask_to_connect(*, host: str, port: int, user: str | None = None, password: str = "") -> Answer:
    """Connect, take the answer, disconnect. Raises OSError when nobody answers as a broker would."""
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as connection:
        connection.sendall(_connect_packet(user, password))
        answer = b""
        while len(answer) < 4:
            received = connection.recv(4 - len(answer))
            if not received:
                raise ConnectionError(f"{host}:{port} closed the connection without an answer")
            answer += received
        if answer[:2] != b"\x20\x02":
            raise ConnectionError(f"{host}:{port} does not speak MQTT")
        connection.sendall(b"\xe0\x00")
        return Answer(answer[3])


def _connect_packet(user: str | None, password: str) -> bytes:
    flags = CLEAN_SESSION | (HAS_USER | HAS_PASSWORD if user is not None else 0)
    body = _field("MQTT") + bytes([PROTOCOL_LEVEL_3_1_1, flags]) + struct.pack(">H", 10)
    body += _field(f"enermon-probe-{secrets.token_hex(4)}")
    if user is not None:
        body += _field(user) + _field(password)
    return b"\x10" + _length(len(body)) + body


def _field(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)
