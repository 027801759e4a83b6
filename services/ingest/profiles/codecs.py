"""From the bytes of a message to the document that a profile reads. Pure, and bounded in what it unpacks."""

import json
import re
import zlib
from decimal import Decimal
from typing import Any

import msgspec

from services.ingest.formats.payload_text import payload_text
from services.ingest.message import UnreadableMessage
from services.ingest.profiles.access import AMBIGUOUS

_DEEPEST = 100
_GZIP, _ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS
_MOST_DIGITS = 400
_LEAST_ABSOLUTE_S = 2**28
"""Smaller times of SenML are relative to now (RFC 8428, 4.5.3)."""

_parse = msgspec.json.Decoder().decode
_written = msgspec.json.Encoder().encode


def document_of(payload: bytes, codec: str, *, most_bytes: int) -> Any:
    """The document. Raises UnreadableMessage (too_large, undecodable)."""
    if codec.startswith("json+"):
        payload = _unpacked(payload, _ZLIB if codec == "json+zlib" else _GZIP, codec, most_bytes)
    if len(payload) > most_bytes:
        raise UnreadableMessage("too_large", f"{len(payload)} bytes; at most {most_bytes} are taken")
    if codec == "text":
        read = payload_text(payload)
        if read.fault or read.guessed:
            raise UnreadableMessage("undecodable", read.fault or f"not UTF-8{read.note()}")
        return read.text
    document = parsed(payload)
    return _resolved(document) if codec == "senml" else document


def _unpacked(payload: bytes, window: int, codec: str, most_bytes: int) -> bytes:
    unpacking = zlib.decompressobj(window)
    try:
        text = unpacking.decompress(payload, most_bytes + 1)
    except zlib.error as error:
        raise UnreadableMessage("undecodable", f"is not {codec.removeprefix('json+')}: {error}") from None
    if len(text) > most_bytes:
        raise UnreadableMessage("too_large", f"more than {most_bytes} bytes when unpacked")
    if not unpacking.eof:
        raise UnreadableMessage("undecodable", f"ends before its {codec.removeprefix('json+')} does")
    return text


def parsed(payload: bytes) -> Any:
    """JSON as it stands. A name that an object has twice stands for AMBIGUOUS. Raises UnreadableMessage."""
    try:
        document = _parse(payload)
        # Each name has two quotes. Where one is given twice, the parser has dropped some.
        if payload.count(b'"') == _written(document).count(b'"'):
            return document
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, OverflowError):
        pass
    return _slowly(payload)


def _slowly(payload: bytes) -> Any:
    """The same, of what the fast parser refuses: NaN, marks of encodings, names given twice."""
    read = payload_text(payload)
    if read.fault or read.guessed:
        raise UnreadableMessage("undecodable", read.fault or f"not UTF-8{read.note()}")
    if _depth(read.text) > _DEEPEST:
        raise UnreadableMessage("undecodable", f"nested deeper than {_DEEPEST}")
    try:
        return json.loads(read.text, object_pairs_hook=_object, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise UnreadableMessage("undecodable", f"not JSON: {str(error)[:200]}{read.note()}") from None


def _depth(text: str) -> int:
    """An upper bound of how deep it is nested, texts left out."""
    deepest = depth = 0
    for sign in re.sub(r'"[^"\\]*(?:\\.[^"\\]*)*"', "", text):
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        for name, _ in pairs:
            if name in seen:
                found[name] = AMBIGUOUS
            seen.add(name)
    return found


def _whole(digits: str) -> int | float:
    if len(digits) <= _MOST_DIGITS:
        return int(digits)
    return float("-inf") if digits.startswith("-") else float("inf")


def _resolved(document: Any) -> Any:
    """SenML (RFC 8428) with what its records have in common written into each: n, t in seconds, u, v, s."""
    if not isinstance(document, list):
        raise UnreadableMessage("undecodable", "SenML is a list of records (RFC 8428)")
    base: dict[str, Any] = {}
    found = []
    for record in document:
        if not isinstance(record, dict):
            raise UnreadableMessage("undecodable", "a record of SenML is an object (RFC 8428)")
        base.update({name: value for name, value in record.items() if name in ("bn", "bt", "bu", "bv", "bs")})
        unknown = [name for name in record if name.endswith("_")]
        if unknown:
            raise UnreadableMessage("undecodable", f"SenML needs {unknown[0][:50]!r} to be understood, and it is not")
        resolved: dict[str, Any] = {"n": f"{_text(base.get('bn'))}{_text(record.get('n'))}"}
        unit = record.get("u", base.get("bu"))
        if isinstance(unit, str):
            resolved["u"] = unit
        at = _sum(base.get("bt"), record.get("t"))
        if at is not None and at != 0:
            resolved["t"] = at if at >= _LEAST_ABSOLUTE_S else "relative to its arrival"
        for name, of_all in (("v", "bv"), ("s", "bs")):
            value = record.get(name)
            if value is not None or (of_all in base and name == "v" and not {"vs", "vb", "vd"} & record.keys()):
                resolved[name] = _sum(base.get(of_all), value)
        for name in ("vb", "vs"):
            if name in record:
                resolved["v"] = record[name]
        if len(resolved) > 1:
            found.append(resolved)
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _sum(base: Any, value: Any) -> Any:
    """Both together, as written, so that 0.1 + 0.2 is 0.3; None where neither is a number."""
    numbers = [each for each in (base, value) if type(each) in (int, float)]
    if len(numbers) < 2:
        return numbers[0] if numbers else (None if value is None else value)
    return _exact_sum(*numbers)


def _exact_sum(one: float, other: float) -> float:
    try:
        both = Decimal(repr(one)) + Decimal(repr(other))
    except ArithmeticError:
        return float("nan")
    return int(both) if both == both.to_integral_value() and abs(both) < 2**63 else float(both)
