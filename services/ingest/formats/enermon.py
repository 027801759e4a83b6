"""Our own format, JSON in two forms: from the payload to samples. Pure.

The typed decoder reads what well-made gateways send. What it refuses is read again, slowly and value by value, so that
one bad value costs that value and not its message. So is a message that may give a name twice, of which the typed
decoder keeps the last without a word: no reading may be lost unseen.
"""

import json
import re
from typing import Any

import msgspec

from services.ingest.formats.contract import FormatKind
from services.ingest.formats.payload_text import LARGEST_SEQ, PayloadText, payload_text, seq_in, seq_of
from services.ingest.formats.stamps import FIRST_PLAIN_TS_MS, LARGEST_TS_MS, TimeError, time_us
from services.ingest.message import (
    MOST_READINGS,
    Decoded,
    Rejection,
    UnreadableMessage,
    printable,
)

_SHOWN = 200
# A longer whole number is no quantity; to read its digits takes time that grows with their square.
_MOST_DIGITS = 400


_DECIMAL_COMMA = re.compile(r'"value"\s*:\s*-?\d{1,20},\d{1,20}\s*[,}]', re.ASCII)
_OTHER_QUOTES = re.compile(r"\s*\{\s*(?:'|[A-Za-z_])")
_NUMBER_IN_TEXT = re.compile(r"\s*([+-]?\d{1,40})(?:[.,](\d{1,40}))?\s*", re.ASCII)


class _WireReading(msgspec.Struct):
    meter: str
    ts: int | str
    value: float


class _WireMessage(msgspec.Struct):
    seq: int | None = None
    readings: list[_WireReading] | None = None
    ts: int | str | None = None
    values: dict[str, float] | None = None


_typed = msgspec.json.Decoder(_WireMessage)


class _Object(dict[str, Any]):
    """A JSON object that has not forgotten what stood in it twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs if len(pairs) > len(self) else list(self.items())


class _SharedTime:
    """The time that all values of a message share, read and shown once: it may be as long as the message."""

    def __init__(self, ts: Any) -> None:
        self.sent = _sent(ts)
        self.shown = _shown(ts)
        self._bad: TimeError | None = None
        try:
            self._us = time_us(ts)
        except TimeError as bad:
            self._bad = bad

    def us(self) -> int:
        """Microseconds since 1970. Raises TimeError."""
        if self._bad is not None:
            raise TimeError(self._bad.code, str(self._bad))
        return self._us


def decode(gateway: str, payload: bytes) -> Decoded:
    """The samples of a payload in either form. Raises UnreadableMessage (too_large, undecodable)."""
    try:
        wire = _typed.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_slowly(gateway, payload)
    if wire.seq is not None and not 0 <= wire.seq <= LARGEST_SEQ:
        raise UnreadableMessage("undecodable", f"seq must be 0 to {LARGEST_SEQ}")
    in_one_form = (wire.readings is None) != (wire.values is None) and (wire.values is None or wire.ts is not None)
    if not in_one_form or _may_repeat_a_name(payload, wire):
        return _decode_slowly(gateway, payload)
    if wire.readings is not None:
        _bound(len(wire.readings), wire.seq)
        return _from_readings(gateway, wire.seq, wire.readings)
    assert wire.values is not None
    _bound(len(wire.values), wire.seq)
    return _from_values(gateway, wire.seq, wire.ts, wire.values)


def _may_repeat_a_name(payload: bytes, wire: _WireMessage) -> bool:
    """Whether a name may stand twice where it must stand once: a colon follows each, and none is left to count."""
    if b"\\" in payload:  # a name can be spelled with escapes
        return True
    names = (wire.seq is not None) + (wire.ts is not None) + len(wire.values or ())
    names += (wire.values is not None) + (wire.readings is not None)
    colons = wire.ts.count(":") if isinstance(wire.ts, str) else 0
    if wire.readings is not None:
        names += 3 * len(wire.readings)
        colons += sum(r.ts.count(":") for r in wire.readings if type(r.ts) is str)
    return payload.count(b":") != names + colons


def _bound(readings: int, seq: int | None) -> None:
    if readings > MOST_READINGS:
        raise UnreadableMessage("too_large", f"{readings} readings; at most {MOST_READINGS} a message", seq)


def _from_readings(gateway: str, seq: int | None, readings: list[_WireReading]) -> Decoded:
    meters: list[str] = []
    times_us: list[int] = []
    values: list[float] = []
    rejected: list[Rejection] = []
    for r in readings:
        ts = r.ts
        try:
            if type(ts) is int and FIRST_PLAIN_TS_MS <= ts <= LARGEST_TS_MS:
                times_us.append(ts * 1000)
            else:
                times_us.append(ts.us() if isinstance(ts, _SharedTime) else time_us(ts))
        except TimeError as bad:
            rejected.append(Rejection(_shown(r.meter), _shown(ts), repr(r.value), bad.code, str(bad)))
            continue
        meters.append(r.meter)
        values.append(r.value)
    return Decoded(gateway, seq, meters, times_us, values, rejected)


def _from_values(gateway: str, seq: int | None, ts: Any, values: dict[str, float]) -> Decoded:
    try:
        at_us = time_us(ts)
    except TimeError as bad:
        rejected = [Rejection(_shown(m), _shown(ts), repr(v), bad.code, str(bad)) for m, v in values.items()]
        return Decoded(gateway, seq, (), (), (), rejected)
    return Decoded(gateway, seq, list(values), [at_us] * len(values), list(values.values()))


def _decode_slowly(gateway: str, payload: bytes) -> Decoded:
    """Read what the typed decoder refused; NaN and Infinity are read as such, to be rejected by name."""
    read = payload_text(payload)
    wire = _json_object(read)
    names = [name for name, _ in wire.pairs]
    seq = None if names.count("seq") > 1 else seq_of(wire.get("seq"))
    if wire.get("seq") is not None and seq is None and names.count("seq") == 1:
        raise UnreadableMessage("undecodable", f"seq must be a whole number from 0 to {LARGEST_SEQ}")
    if names.count("seq") > 1:
        raise UnreadableMessage("undecodable", "seq is given twice", seq_in(read.text))
    for name in ("readings", "ts", "values"):
        if names.count(name) > 1:
            raise UnreadableMessage("undecodable", f"{name} is given twice", seq)
    readings, values = wire.get("readings"), wire.get("values")
    if (readings is None) == (values is None):
        had = f"; the message has {_names(wire)}" if readings is None else ""
        raise UnreadableMessage("undecodable", f"give either readings, or ts and values{had}", seq)
    if isinstance(values, _Object):
        if "ts" not in names:
            return _without_time(gateway, seq, wire, values)
        ts = _SharedTime(wire.get("ts"))
        readings = [_Object([("meter", meter), ("ts", ts), ("value", value)]) for meter, value in values.pairs]
    if not isinstance(readings, list):
        raise UnreadableMessage("undecodable", "readings must be a list, values an object", seq)
    _bound(len(readings), seq)
    if read.guessed and not all(map(_is_ascii, readings)):
        raise UnreadableMessage("undecodable", f"a meter or a time is not UTF-8{read.note()}", seq)
    return _each(gateway, seq, readings)


def _json_object(read: PayloadText) -> _Object:
    fault = read.fault
    if not fault:
        try:
            wire = json.loads(read.text, object_pairs_hook=_Object, parse_int=_whole)
        except (ValueError, RecursionError) as error:
            fault = f"not JSON: {str(error)[:_SHOWN]}{read.note()}{_hint(read.text)}"
        else:
            if isinstance(wire, _Object):
                return wire
            if isinstance(wire, str):
                fault = "the message is JSON within a text of JSON; send the object itself"
                raise UnreadableMessage("undecodable", fault, seq_in(wire))
            fault = "the message must be a JSON object"
    raise UnreadableMessage("undecodable", fault, seq_in(read.text))


def _hint(text: str) -> str:
    """What to add to a fault of the JSON where it shows what the gateway does."""
    if _DECIMAL_COMMA.search(text):
        return "; a number has a comma (12,5): write a point (12.5)"
    return "; write names and texts in double quotes" if _OTHER_QUOTES.match(text) else ""


def _without_time(gateway: str, seq: int | None, wire: _Object, values: _Object) -> Decoded:
    _bound(len(values.pairs), seq)
    missing = f'the message has no field "ts"; it has {_names(wire)}'
    rejected = [Rejection(_shown(m), "", _shown(value), "missing_field", missing) for m, value in values.pairs]
    return Decoded(gateway, seq, (), (), (), rejected)


def _is_ascii(reading: Any) -> bool:
    """Whether what is read of a reading means the same in every encoding."""
    read = [reading.get("meter"), reading.get("ts")] if isinstance(reading, _Object) else []
    return all(
        text.isascii() for text in (t.sent if isinstance(t, _SharedTime) else t for t in read) if type(text) is str
    )


def _names(of: _Object) -> str:
    """The names in an object as a person may be told them."""
    return printable(", ".join(of)[:_SHOWN]) or "none"


def _missing(item: _Object) -> str:
    """What to say of a reading that lacks a field, or has no text as its meter; empty if nothing is to be said."""
    for name in ("meter", "ts", "value"):
        if name not in item:
            return f'a reading has no field "{name}"; it has {_names(item)}'
    return "" if isinstance(item["meter"], str) else "meter must be a text"


def _whole(digits: str) -> int | float:
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return float("-inf") if digits.startswith("-") else float("inf")


def _each(gateway: str, seq: int | None, readings: list[Any]) -> Decoded:
    taken: list[_WireReading] = []
    rejected: list[Rejection] = []
    for r in readings:
        item = r if isinstance(r, _Object) else _Object([])
        meter, ts, value = item.get("meter"), item.get("ts"), item.get("value")
        names = [name for name, _ in item.pairs]
        if any(names.count(name) > 1 for name in ("meter", "ts", "value")):
            twice = "meter, ts or value stands twice in the reading; give each once"
            rejected.append(Rejection(_shown(meter), _sent(ts), _shown(item.pairs), "ambiguous", twice))
        elif lacks := _missing(item):
            found_meter, found_ts = "" if meter is None else _shown(meter), "" if ts is None else _sent(ts)
            rejected.append(Rejection(found_meter, found_ts, _shown(r), "missing_field", lacks))
        elif isinstance(value, bool) or not isinstance(value, int | float):
            rejected.append(Rejection(_shown(meter), _sent(ts), _shown(value), "not_a_number", _no_number(value)))
        else:
            taken.append(_WireReading(meter, ts, _as_float(value)))  # type: ignore[arg-type]
    decoded = _from_readings(gateway, seq, taken)
    return Decoded(gateway, seq, decoded.meters, decoded.times_us, decoded.values, [*rejected, *decoded.rejected])


def _no_number(value: Any) -> str:
    """Why a value is no number, and how to mend it."""
    written = _NUMBER_IN_TEXT.fullmatch(value[:_SHOWN]) if isinstance(value, str) else None
    if written is None:
        return "value must be a number"
    with_point = f"{written[1]}.{written[2]}" if written[2] else written[1]
    return f"value must be a number: give {with_point} without quotes"


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _sent(ts: Any) -> str | int:
    """A time as it was sent, so that the gateway finds the reading again."""
    if isinstance(ts, _SharedTime):
        return ts.sent
    return ts if type(ts) is int and 0 <= ts <= LARGEST_TS_MS else _shown(ts)


def _shown(value: Any) -> str:
    """A value as it came, cut to a length that is safe to keep."""
    if isinstance(value, _SharedTime):
        return value.shown
    if isinstance(value, str):
        return value[:_SHOWN]
    try:
        return json.dumps(value)[:_SHOWN]
    except RecursionError:
        return "nested too deeply"


KIND = FormatKind(name="enermon", decode=decode)
