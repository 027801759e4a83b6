"""Times as gateways write them, to microseconds since 1970 (UTC). Pure. Never guessed: a profile says the format."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from services.core.calendar import to_us
from services.ingest.formats.stamps import LARGEST_TS_MS, TimeError
from services.ingest.profiles.access import ProfileError

_LATEST_US = LARGEST_TS_MS * 1000
_EPOCHS = {
    "epoch_s": Decimal(1_000_000),
    "epoch_ms": Decimal(1_000),
    "epoch_us": Decimal(1),
    "epoch_ns": Decimal("0.001"),
}
_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,9})?")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?(Z|z|[+-][0-9]{2}:?[0-9]{2})?"
)
_ZONE = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_DIRECTIVES = frozenset("YmdHMSfz%")

Read = Callable[[Any], int]
"""From a value as it stands in the message. Raises TimeError."""


def reader(formats: Any, zone: Any, place: str) -> Read:
    """A reader of times in one of these formats, tried in turn. Raises ProfileError."""
    listed = formats if isinstance(formats, list) else [formats]
    if not 0 < len(listed) <= 5:
        raise ProfileError(
            f"{place}.format", "must be a format or a list of 1 to 5 of them", "应为时间格式，或 1 至 5 个格式的列表"
        )
    offset = None if zone is None else _zone(zone, f"{place}.zone")
    reads = [_reader(each, offset, f"{place}.format", f"{place}.zone") for each in listed]
    return reads[0] if len(reads) == 1 else _any_of(reads)


def _zone(text: Any, place: str) -> timezone:
    found = _ZONE.fullmatch(text) if isinstance(text, str) else None
    if text == "Z":
        return UTC
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        raise ProfileError(place, "must be an offset such as +08:00, or Z", "应为 +08:00 这样的时差，或 Z")
    minutes = int(found[2]) * 60 + int(found[3])
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def _reader(named: Any, offset: timezone | None, place: str, zone_place: str) -> Read:
    if named in _EPOCHS:
        return _epoch(named)
    if named == "rfc3339":
        return _of_text(lambda text: _rfc3339(text, offset))
    if not isinstance(named, str) or "%" not in named or len(named) > 100:
        known = ", ".join([*_EPOCHS, "rfc3339"])
        raise ProfileError(
            place,
            f"must be {known}, or a pattern such as %Y-%m-%d %H:%M:%S",
            f"应为 {known}，或 %Y-%m-%d %H:%M:%S 这样的格式",
        )
    directives = re.findall("%(.?)", named)
    if not {*directives} <= _DIRECTIVES or not {"Y", "m", "d"} <= {*directives}:
        raise ProfileError(
            place,
            "a pattern has %Y, %m and %d, and may have %H %M %S %f %z and %%; nothing else",
            "格式必须有 %Y、%m、%d，可以有 %H %M %S %f %z 和 %%，不得有其他",
        )
    if len([each for each in directives if each != "%"]) != len({*directives} - {"%"}):
        raise ProfileError(place, "a pattern has each part once", "格式中每一部分只写一次")
    if "z" not in directives and offset is None:
        raise ProfileError(zone_place, f"is needed: {named!r} has no offset (%z)", f"必填：{named!r} 没有时差（%z）")
    return _of_text(lambda text: _patterned(text, named, offset))


def _epoch(named: str) -> Read:
    scale = _EPOCHS[named]
    whole, part = max(1, int(scale)), float(scale)

    def read(value: Any) -> int:
        kind = type(value)
        at_us: int
        if kind is int and named != "epoch_ns":
            at_us = value * whole
        elif kind is int:
            at_us = value // 1000
        elif kind is float and value == value and abs(value) < 1e19:
            at_us = round(value * part)
        elif kind is str and _NUMBER.fullmatch(value.strip()):
            try:
                at_us = int((Decimal(value.strip()) * scale).to_integral_value())
            except InvalidOperation:
                raise TimeError("ts_unreadable", f"{value[:50]!r} is no time in {named}") from None
        else:
            raise TimeError("ts_unreadable", f"{str(value)[:50]!r} is no number of {named}")
        return _possible(at_us)

    return read


def _possible(at_us: int) -> int:
    if not 0 <= at_us <= _LATEST_US:
        raise TimeError("ts_unreadable", "the time is not of the years 1970 to 9999; look at the format of the time")
    return at_us


def _of_text(read: Callable[[str], int]) -> Read:
    # Values of a message mostly share their time.
    remembered = lru_cache(maxsize=256)(read)

    def of_text(value: Any) -> int:
        if type(value) is not str or len(value) > 100:
            raise TimeError("ts_unreadable", f"{str(value)[:50]!r} is no text of a time")
        return remembered(value)

    return of_text


def _rfc3339(text: str, offset: timezone | None) -> int:
    found = _RFC3339.fullmatch(text.strip())
    if found is None:
        raise TimeError("ts_unreadable", f"{text[:50]!r} is not a time such as 2026-01-01T00:15:00+08:00")
    try:
        moment = datetime.fromisoformat(found[0].replace("z", "Z"))
    except ValueError:
        raise TimeError("ts_unreadable", f"{text[:50]!r} is no time") from None
    return _with_offset(moment, offset)


def _patterned(text: str, pattern: str, offset: timezone | None) -> int:
    try:
        moment = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 - the offset is given below
    except (ValueError, OverflowError):
        raise TimeError("ts_unreadable", f"{text[:50]!r} is not as {pattern}") from None
    return _with_offset(moment, offset)


def _with_offset(moment: datetime, offset: timezone | None) -> int:
    if moment.tzinfo is None:
        if offset is None:
            raise TimeError("ts_without_offset", "the time has no offset, and the profile no zone")
        moment = moment.replace(tzinfo=offset)
    return _possible(to_us(moment))


def _any_of(reads: list[Read]) -> Read:
    def read(value: Any) -> int:
        for each in reads[:-1]:
            try:
                return each(value)
            except TimeError:
                pass
        return reads[-1](value)

    return read
