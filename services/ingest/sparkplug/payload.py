"""The payload of Sparkplug B: from bytes to metrics. Pure.

Protocol Buffers' wire format, read by the field numbers of Sparkplug 3.0 (ISO/IEC 20237, section 6.4). Only what a
regulator needs is read: properties one level deep; nested properties, data sets and templates are passed over, so what
is nested is never followed. Size and number of metrics are bounded before and while reading.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_BYTES = 1_000_000
MOST_METRICS = 50_000
_MOST_PROPERTIES = 100
_LONGEST_VARINT = 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPE_NAMES = {_VARINT: "varint", _FIXED64: "64 bits", _BYTES: "length-delimited", _FIXED32: "32 bits"}

INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING = 10, 11, 12, 13, 14, 15
"""Field numbers of a metric's value; those up to 19 are other forms of it, which are no numbers."""
_LAST_VALUE = 19

_WANTED = {
    INT: _VARINT,
    LONG: _VARINT,
    FLOAT: _FIXED32,
    DOUBLE: _FIXED64,
    BOOLEAN: _VARINT,
    **dict.fromkeys((1, 8, 9, STRING, 16, 17, 18, 19), _BYTES),
    **dict.fromkeys(range(2, 8), _VARINT),
}
"""The wire type of each field of a metric."""
_double = struct.Struct("<d").unpack_from
_float = struct.Struct("<f").unpack_from


class PayloadFault(Exception):  # noqa: N818 - named after the fact, not the class
    """A payload that is not Sparkplug B; says what is wrong, and at which byte."""


@dataclass(slots=True)
class SparkplugMetric:
    """One metric. `value` as it stands in the field `form` (INT … STRING); None for other forms, or where none is.

    Integers are unsigned as on the wire: the datatype says what they mean. Times in ms since 1970.
    """

    name: str | None = None
    alias: int | None = None
    timestamp_ms: int | None = None
    datatype: int | None = None
    historical: bool = False
    transient: bool = False
    null: bool = False
    form: int = 0
    value: int | float | bool | str | None = None
    quality: int | None = None
    unit: str | None = None


@dataclass(slots=True)
class SparkplugPayload:
    """A whole payload. `seq` None: it has none."""

    timestamp_ms: int | None = None
    seq: int | None = None
    metrics: list[SparkplugMetric] = field(default_factory=list)

    def metric(self, name: str) -> SparkplugMetric | None:
        """The metric of this name."""
        return next((metric for metric in self.metrics if metric.name == name), None)


def read_payload(raw: bytes) -> SparkplugPayload:
    """The metrics of a payload. Raises PayloadFault."""
    if len(raw) > LARGEST_BYTES:
        raise PayloadFault(f"{len(raw)} bytes; at most {LARGEST_BYTES} are read")
    payload = SparkplugPayload()
    for number, kind, at, end, whole in _fields(raw, 0, len(raw)):
        if number in (1, 3):
            _demand(kind, _VARINT, "timestamp" if number == 1 else "seq", at)
            if number == 1:
                payload.timestamp_ms = whole
            elif whole > 255:
                raise PayloadFault(f"seq is {whole}; it is 0 to 255")
            else:
                payload.seq = whole
        elif number == 2:
            _demand(kind, _BYTES, "metrics", at)
            if len(payload.metrics) == MOST_METRICS:
                raise PayloadFault(f"more than {MOST_METRICS} metrics")
            payload.metrics.append(_metric(raw, at, end))
    return payload


def _metric(raw: bytes, start: int, stop: int) -> SparkplugMetric:
    metric = SparkplugMetric()
    for number, kind, at, end, whole in _fields(raw, start, stop):
        if number in _WANTED:
            _demand(kind, _WANTED[number], f"field {number} of a metric", at)
        if number == 1:
            metric.name = _text(raw, at, end, "the name of a metric")
        elif number == 2:
            metric.alias = whole
        elif number == 3:
            metric.timestamp_ms = whole
        elif number == 4:
            metric.datatype = whole
        elif number == 5:
            metric.historical = bool(whole)
        elif number == 6:
            metric.transient = bool(whole)
        elif number == 7:
            metric.null = bool(whole)
        elif number == 9:
            _read_properties(raw, at, end, metric)
        elif INT <= number <= _LAST_VALUE:
            metric.form = number
            metric.value = _value(raw, number, at, end, whole)
    return metric


def _value(raw: bytes, form: int, at: int, end: int, whole: int) -> int | float | bool | str | None:
    if form == INT:
        return whole & 0xFFFF_FFFF
    if form == LONG:
        return whole
    if form == FLOAT:
        return float(_float(raw, at)[0])
    if form == DOUBLE:
        return float(_double(raw, at)[0])
    if form == BOOLEAN:
        return bool(whole)
    return _text(raw, at, end, "the text of a metric") if form == STRING else None


def _read_properties(raw: bytes, start: int, stop: int, metric: SparkplugMetric) -> None:
    """Quality and unit of a metric, from its properties: keys and values stand in two lists of one order."""
    keys: list[str] = []
    values: list[int | str | None] = []
    for number, kind, at, end, _ in _fields(raw, start, stop):
        if number not in (1, 2):
            continue
        _demand(kind, _BYTES, "properties", at)
        if number == 1:
            keys.append(_text(raw, at, end, "the key of a property"))
        else:
            values.append(_property(raw, at, end))
        if max(len(keys), len(values)) > _MOST_PROPERTIES:
            raise PayloadFault(f"more than {_MOST_PROPERTIES} properties of one metric")
    if len(keys) != len(values):
        raise PayloadFault(f"{len(keys)} keys and {len(values)} values in the properties of a metric")
    for key, value in zip(keys, values, strict=True):
        if key == "Quality" and isinstance(value, int):
            metric.quality = value
        elif key == "engUnit" and isinstance(value, str):
            metric.unit = value


def _property(raw: bytes, start: int, stop: int) -> int | str | None:
    """The value of a property that is a whole number or a text; None for others."""
    value: int | str | None = None
    for number, kind, at, end, whole in _fields(raw, start, stop):
        if number in (3, 4) and kind == _VARINT:
            value = whole
        elif number == 8 and kind == _BYTES:
            value = _text(raw, at, end, "the text of a property")
    return value


def _fields(raw: bytes, at: int, stop: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Each field between two places: its number, wire type, where its content begins and ends, and its varint."""
    while at < stop:
        began = at
        key, at = _varint(raw, at, stop)
        number, kind, whole = key >> 3, key & 7, 0
        if number == 0 or kind not in _WIRE_TYPE_NAMES:
            raise PayloadFault(f"no field can begin with {key} at byte {began}")
        start = at
        if kind == _VARINT:
            whole, at = _varint(raw, at, stop)
        elif kind == _BYTES:
            length, start = _varint(raw, at, stop)
            at = start + length
        else:
            at += 8 if kind == _FIXED64 else 4
        if at > stop:
            raise PayloadFault(f"field {number} at byte {began} reaches {at - stop} bytes beyond its message")
        yield number, kind, start, at, whole


def _varint(raw: bytes, at: int, stop: int) -> tuple[int, int]:
    """A number and where it ends. Raises PayloadFault where it does not end, or has more than 64 bits."""
    value = shift = 0
    for place in range(at, min(stop, at + _LONGEST_VARINT)):
        byte = raw[place]
        value |= (byte & 127) << shift
        if byte < 128:
            if value >> 64:
                raise PayloadFault(f"a number of more than 64 bits at byte {at}")
            return value, place + 1
        shift += 7
    raise PayloadFault(f"a number at byte {at} does not end")


def _text(raw: bytes, at: int, end: int, what: str) -> str:
    try:
        return raw[at:end].decode("utf-8")
    except UnicodeDecodeError:
        raise PayloadFault(f"{what} at byte {at} is not UTF-8") from None


def _demand(kind: int, wanted: int, what: str, at: int) -> None:
    if kind != wanted:
        raise PayloadFault(f"{what} at byte {at} is {_WIRE_TYPE_NAMES[kind]}, not {_WIRE_TYPE_NAMES[wanted]}")
