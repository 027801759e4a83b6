"""Payloads as an edge node writes them, for tests: by the field numbers of the specification, not by the decoder."""

import struct
from typing import Any

VALUE_FIELDS = {"int": 10, "long": 11, "float": 12, "double": 13, "boolean": 14, "string": 15}


def varint(value: int) -> bytes:
    """A whole number, not negative."""
    out = b""
    while True:
        value, low = value >> 7, value & 127
        out += bytes([low | (128 if value else 0)])
        if not value:
            return out


def whole(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3) + varint(value)


def sized(number: int, content: bytes) -> bytes:
    """A field with a length."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def value_field(form: str, value: Any) -> bytes:
    """The value of a metric in one of its fields."""
    number = VALUE_FIELDS[form]
    if form == "float":
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if form == "double":
        return varint(number << 3 | 1) + struct.pack("<d", value)
    return sized(number, value.encode()) if form == "string" else whole(number, int(value))


def metric(
    name: str | None = None,
    form: str | None = None,
    value: Any = None,
    *,
    alias: int | None = None,
    ms: int | None = None,
    datatype: int | None = None,
    flags: tuple[int, ...] = (),
    properties: bytes = b"",
) -> bytes:
    """A metric; `flags`: of 5 historical, 6 transient, 7 null."""
    parts = [
        b"" if name is None else sized(1, name.encode()),
        b"" if alias is None else whole(2, alias),
        b"" if ms is None else whole(3, ms),
        b"" if datatype is None else whole(4, datatype),
        *(whole(flag, 1) for flag in flags),
        properties and sized(9, properties),
        b"" if form is None else value_field(form, value),
    ]
    return b"".join(parts)


def properties(**given: int | str) -> bytes:
    """A set of properties: whole numbers as Int32, texts as String."""
    keys = b"".join(sized(1, key.encode()) for key in given)
    values = [
        whole(1, 12) + sized(8, value.encode()) if isinstance(value, str) else whole(1, 3) + whole(3, value)
        for value in given.values()
    ]
    return keys + b"".join(sized(2, value) for value in values)


def payload(*metrics: bytes, seq: int | None = None, ms: int | None = None) -> bytes:
    """A whole payload."""
    head = b"" if ms is None else whole(1, ms)
    tail = b"" if seq is None else whole(3, seq)
    return head + b"".join(sized(2, each) for each in metrics) + tail
