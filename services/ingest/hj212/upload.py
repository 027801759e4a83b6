"""What a data segment brings: values of points with their times and flags (HJ 212-2017, 6.6 and annex D). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from services.core.calendar import SHANGHAI, to_us
from services.ingest.hj212.factors import code_of_2017
from services.ingest.hj212.segment import DataSegment

# A text between // may hold commas and semicolons.
_PAIR = re.compile(r"([^=;,]+)=\s*(//.*?//|[^,;]*)", re.DOTALL)
_FACTOR = re.compile(r"([A-Za-z0-9]{1,20})-([A-Za-z0-9]{1,20})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_MOMENT = re.compile(r"[0-9]{14}(?:[0-9]{3})?")
_TEXTS = frozenset({"EFlag", "SampleTime", "SN"})
"""Fields that are no measured values."""
_PERHAPS_TEXTS = frozenset({"Info"})
GOOD_FLAG = "N"


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """One number of one point. `flag` is that of its factor, empty where none was sent."""

    point: str
    """Command, factor and field: `2061.a21026-Cou`; the factor by its code of 2017."""
    sent_factor: str
    """The code that came over the wire."""
    at_us: int
    """Start of the period (2031, 2041, 2051, 2061), else the moment."""
    value: float
    flag: str


@dataclass(frozen=True, slots=True)
class UnreadValue:
    """What should be a number with a time, and is none."""

    point: str
    ts: str
    text: str
    has_time: bool
    """Whether the time is right, so that the value is at fault."""


@dataclass(frozen=True, slots=True)
class SentText:
    """What a monitor says in words of a point: site information, a number of an instrument."""

    point: str
    text: str


@dataclass(frozen=True, slots=True)
class Upload:
    """All that one data segment brings. `missing` are points that were sent without a value."""

    values: tuple[MeasuredValue, ...]
    missing: tuple[str, ...]
    unread: tuple[UnreadValue, ...]
    texts: tuple[SentText, ...]


def upload_of(segment: DataSegment) -> Upload:
    """The values of a data segment, whatever its command. Raises nothing."""
    pairs = [(name.strip(), value.strip()) for name, value in _PAIR.findall(segment.fields)]
    flags: dict[str, str] = {}
    for name, value in pairs:
        factor, dash, kind = name.rpartition("-")
        if dash and kind == "Flag":
            flags[factor] = value
    values, missing, unread, texts = [], [], [], []
    for ts, name, value in _with_times(pairs):
        parts = _FACTOR.fullmatch(name)
        if parts is None or parts[2] == "Flag":
            continue
        point = f"{segment.cn}.{code_of_2017(parts[1])}-{parts[2]}"
        at_us, number = moment_us(ts), _NUMBER.fullmatch(value)
        if not value:
            missing.append(point)
        elif parts[2] in _TEXTS or (parts[2] in _PERHAPS_TEXTS and number is None):
            texts.append(SentText(point, value.removeprefix("//").removesuffix("//")))
        elif number is None or at_us is None:
            unread.append(UnreadValue(point, ts, value, has_time=at_us is not None))
        else:
            values.append(MeasuredValue(point, parts[1], at_us, float(value), flags.get(parts[1], "")))
    return Upload(tuple(values), tuple(missing), tuple(unread), tuple(texts))


def _with_times(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Each pair with the DataTime that stands before it, or else with the first one."""
    ts = next((value for name, value in pairs if name == "DataTime"), "")
    for name, value in pairs:
        if name == "DataTime":
            ts = value
        else:
            yield ts, name, value


@lru_cache(maxsize=4096)
def moment_us(text: str) -> int | None:
    """A time of the protocol, local time of Asia/Shanghai with or without milliseconds; None if it is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        second = datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        return to_us(second + timedelta(milliseconds=int(text[14:] or 0)))
    except (ValueError, OverflowError):
        return None
