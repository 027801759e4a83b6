"""Payloads as an edge node writes them, and the one command that it understands, by the numbers of section 6.4."""

import struct
from dataclasses import dataclass

INT32, DOUBLE, BOOLEAN, UINT64 = 3, 10, 11, 8
REBIRTH = "Node Control/Rebirth"
_VARINT, _FIXED64, _LENGTH = 0, 1, 2


@dataclass(frozen=True)
class Metric:
    """One metric of a message. Times in ms since 1970; a `value` of None is null."""

    datatype: int
    value: float | int | bool | None
    at_ms: int
    name: str | None = None
    alias: int | None = None
    historical: bool = False
    unit: str = ""


def write(metrics: list[Metric], *, at_ms: int | None, seq: int | None) -> bytes:
    """A payload; a death has no seq."""
    out = bytearray()
    if at_ms is not None:
        out += _whole(1, at_ms)
    for metric in metrics:
        out += _sized(2, _metric(metric))
    if seq is not None:
        out += _whole(3, seq)
    return bytes(out)


def asks_for_rebirth(command: bytes) -> bool:
    """Whether an NCMD holds the metric of rebirth with the value true. Raises ValueError for what cannot be read."""
    for number, content in _parts(command):
        if number == 2 and isinstance(content, bytes):
            told = dict(_parts(content))
            if told.get(1) == REBIRTH.encode() and told.get(14) == 1:
                return True
    return False


def _metric(metric: Metric) -> bytes:
    out = bytearray()
    if metric.name is not None:
        out += _sized(1, metric.name.encode())
    if metric.alias is not None:
        out += _whole(2, metric.alias)
    out += _whole(3, metric.at_ms)
    if metric.name is not None:
        out += _whole(4, metric.datatype)
    if metric.historical:
        out += _whole(5, 1)
    if metric.value is None:
        return bytes(out + _whole(7, 1))
    if metric.unit:
        out += _sized(9, _sized(1, b"engUnit") + _sized(2, _whole(1, 12) + _sized(8, metric.unit.encode())))
    if metric.datatype == DOUBLE:
        out += _varint(13 << 3 | _FIXED64) + struct.pack("<d", metric.value)
    elif metric.datatype == INT32:
        out += _whole(10, int(metric.value) & 0xFFFF_FFFF)
    elif metric.datatype == UINT64:
        out += _whole(11, int(metric.value))
    else:
        out += _whole(14, int(bool(metric.value)))
    return bytes(out)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3 | _VARINT) + _varint(value)


def _sized(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _parts(raw: bytes) -> list[tuple[int, int | bytes]]:
    """Number and content of each field."""
    parts: list[tuple[int, int | bytes]] = []
    at = 0
    try:
        while at < len(raw):
            key, at = _read_varint(raw, at)
            value: int | bytes
            if key & 7 == _VARINT:
                value, at = _read_varint(raw, at)
            elif key & 7 == _LENGTH:
                size, at = _read_varint(raw, at)
                value, at = raw[at : at + size], at + size
            else:
                size = 8 if key & 7 == _FIXED64 else 4
                value, at = raw[at : at + size], at + size
            parts.append((key >> 3, value))
    except IndexError:
        raise ValueError("the command ends within a field") from None
    return parts


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
