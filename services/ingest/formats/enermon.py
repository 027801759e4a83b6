"""Our own format, JSON in two forms: from the payload to samples. Pure.

The typed decoder reads what well-made gateways send. What it refuses is read again, slowly and value by value, so that
one bad value costs that value and not its message. So is a message that may give a name twice, of which the typed
decoder keeps the last without a word: no reading may be lost unseen.
"""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.core.calendar import EPOCH, to_us
from services.ingest.formats.contract import FormatKind
from services.ingest.message import (
    LARGEST_PAYLOAD_BYTES,
    MOST_READINGS,
    Decoded,
    ReadingCode,
    Rejection,
    UnreadableMessage,
)

_LARGEST_SEQ = 2**63 - 1
_LARGEST_TS_MS = 253_402_300_799_999  # end of the year 9999
# A time with an offset can lie hours beyond what a moment in UTC can say.
_EARLIEST_US, _LATEST_US = to_us(datetime.min.replace(tzinfo=UTC)), to_us(datetime.max.replace(tzinfo=UTC))
_SHOWN = 200
# A longer whole number is no quantity; to read its digits takes time that grows with their square.
_MOST_DIGITS = 400


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


class _TimeError(ValueError):
    def __init__(self, code: ReadingCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class _SharedTime:
    """The time that all values of a message share, read and shown once: it may be as long as the message."""

    def __init__(self, ts: Any) -> None:
        self.sent = _sent(ts)
        self.shown = _shown(ts)
        self._bad: _TimeError | None = None
        try:
            self._us = _time_us(ts)
        except _TimeError as bad:
            self._bad = bad

    def us(self) -> int:
        """Microseconds since 1970. Raises _TimeError."""
        if self._bad is not None:
            raise _TimeError(self._bad.code, str(self._bad))
        return self._us


def decode(gateway: str, payload: bytes) -> Decoded:
    """The samples of a payload in either form. Raises UnreadableMessage (too_large, undecodable)."""
    if len(payload) > LARGEST_PAYLOAD_BYTES:
        raise UnreadableMessage("too_large", f"{len(payload)} bytes; at most {LARGEST_PAYLOAD_BYTES} are taken")
    try:
        wire = _typed.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_slowly(gateway, payload)
    if wire.seq is not None and not 0 <= wire.seq <= _LARGEST_SEQ:
        raise UnreadableMessage("undecodable", f"seq must be 0 to {_LARGEST_SEQ}")
    if _may_repeat_a_name(payload, wire):
        return _decode_slowly(gateway, payload)
    if (wire.readings is None) == (wire.values is None):
        raise UnreadableMessage("undecodable", "give either readings, or ts and values", wire.seq)
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
            times_us.append(ts * 1000 if type(ts) is int and 0 <= ts <= _LARGEST_TS_MS else _time_us(ts))
        except _TimeError as bad:
            rejected.append(Rejection(_shown(r.meter), _shown(ts), repr(r.value), bad.code, str(bad)))
            continue
        meters.append(r.meter)
        values.append(r.value)
    return Decoded(gateway, seq, meters, times_us, values, rejected)


def _from_values(gateway: str, seq: int | None, ts: Any, values: dict[str, float]) -> Decoded:
    try:
        at_us = _time_us(ts)
    except _TimeError as bad:
        rejected = [Rejection(_shown(m), _shown(ts), repr(v), bad.code, str(bad)) for m, v in values.items()]
        return Decoded(gateway, seq, (), (), (), rejected)
    return Decoded(gateway, seq, list(values), [at_us] * len(values), list(values.values()))


def _time_us(ts: Any) -> int:
    if isinstance(ts, _SharedTime):
        return ts.us()
    if isinstance(ts, bool) or not isinstance(ts, int | float | str):
        raise _TimeError("ts_unreadable", "ts must be a text with offset, or epoch milliseconds")
    if isinstance(ts, str):
        try:
            moment = datetime.fromisoformat(ts)
        except ValueError:
            raise _TimeError("ts_unreadable", "not a time such as 2026-01-01T00:15:00+08:00") from None
        if moment.tzinfo is None:
            raise _TimeError("ts_without_offset", "give the offset, such as +08:00 or Z")
        passed = moment - EPOCH
        at_us = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
        if not _EARLIEST_US <= at_us <= _LATEST_US:
            raise _TimeError("ts_unreadable", "in UTC the time is not of the years 1 to 9999")
        return at_us
    if ts != ts or not 0 <= ts <= _LARGEST_TS_MS or int(ts) != ts:
        raise _TimeError("ts_unreadable", "epoch milliseconds must be a whole number of the years 1970 to 9999")
    return int(ts) * 1000


def _decode_slowly(gateway: str, payload: bytes) -> Decoded:
    """Read what the typed decoder refused; NaN and Infinity are read as such, to be rejected by name."""
    wire = _json_object(payload)
    seq = wire.get("seq")
    if seq is not None and (isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq <= _LARGEST_SEQ):
        raise UnreadableMessage("undecodable", f"seq must be a whole number from 0 to {_LARGEST_SEQ}")
    names = [name for name, _ in wire.pairs]
    for name in ("seq", "readings", "ts", "values"):
        if names.count(name) > 1:
            raise UnreadableMessage("undecodable", f"{name} is given twice", None if name == "seq" else seq)
    readings, values = wire.get("readings"), wire.get("values")
    if (readings is None) == (values is None):
        raise UnreadableMessage("undecodable", "give either readings, or ts and values", seq)
    if isinstance(values, _Object):
        ts = _SharedTime(wire.get("ts"))
        readings = [_Object([("meter", meter), ("ts", ts), ("value", value)]) for meter, value in values.pairs]
    if not isinstance(readings, list):
        raise UnreadableMessage("undecodable", "readings must be a list, values an object", seq)
    _bound(len(readings), seq)
    return _each(gateway, seq, readings)


def _json_object(payload: bytes) -> _Object:
    try:
        wire = json.loads(payload.decode("utf-8"), object_pairs_hook=_Object, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise UnreadableMessage("undecodable", f"not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise UnreadableMessage("undecodable", f"not JSON: {str(error)[:_SHOWN]}") from None
    if not isinstance(wire, _Object):
        raise UnreadableMessage("undecodable", "the message must be a JSON object")
    return wire


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
        elif not isinstance(meter, str):
            rejected.append(Rejection(_shown(meter), _sent(ts), _shown(value), "unknown_meter", "meter must be a text"))
        elif isinstance(value, bool) or not isinstance(value, int | float):
            rejected.append(
                Rejection(_shown(meter), _sent(ts), _shown(value), "not_a_number", "value must be a number")
            )
        else:
            taken.append(_WireReading(meter, ts, _as_float(value)))  # type: ignore[arg-type]
    decoded = _from_readings(gateway, seq, taken)
    return Decoded(gateway, seq, decoded.meters, decoded.times_us, decoded.values, [*rejected, *decoded.rejected])


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _sent(ts: Any) -> str | int:
    """A time as it was sent, so that the gateway finds the reading again."""
    if isinstance(ts, _SharedTime):
        return ts.sent
    return ts if type(ts) is int and 0 <= ts <= _LARGEST_TS_MS else _shown(ts)


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
