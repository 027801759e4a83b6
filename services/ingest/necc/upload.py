"""What an upload of data brings: values of points, and values that are kept to be compared. Pure.

A value of a data code and a kind of period is a point, `{16 digits}/{statType}`. Of one data code one level is booked:
days are points only where the real-time values of the code are no meter; they are kept in any case, and so are months,
years, and all coefficients and indicators.
"""

import math
import re
from calendar import isleap, monthrange
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any, Literal

from services.core.calendar import SHANGHAI, to_us
from services.ingest.foreign import UNKNOWN_UNIT, Flag, Foreign, StandsFor
from services.ingest.message import MOST_READINGS, UnreadableMessage
from services.ingest.necc.cipher import CipherTextError
from services.ingest.necc.data_code import MOST_DIGITS, DataCode, data_code, plain_code
from services.ingest.points import GatewayPoints

MOST_RECORDS = 50_000
_BY_HAND = "5"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_DAY_OFF = timedelta(minutes=1)
_MONTH_OFF = timedelta(days=1)
_CHECK = "check"
"""Reason in the counts of what is kept to be compared, and is no point."""

ValidMeans = Literal["any", "1", "0"]


class StatType(IntEnum):
    """The period of a value."""

    REAL_TIME = 0
    DAY = 1
    MONTH = 2
    YEAR = 3


class RecordError(ValueError):
    """A record cannot be read; the message says what of it."""


@dataclass(frozen=True, slots=True)
class NeccValue:
    """A value that is kept as it came. `unit`: that of the province's dictionary, empty where it has none."""

    code: str
    stat_type: int
    at_us: int
    """Start of the period."""
    value: float
    unit: str
    flag: str
    scope: str


@dataclass(frozen=True, slots=True)
class UnreadRecord:
    """A record that cannot be read, and why. `place`: where among the records of its upload, from 0 on."""

    place: int
    reason: str


@dataclass(slots=True)
class NeccUpload:
    """All that one upload brings."""

    points: list[Foreign] = field(default_factory=list)
    kept: list[NeccValue] = field(default_factory=list)
    unread: list[UnreadRecord] = field(default_factory=list)
    records: int = 0
    undeciphered: int = 0

    @property
    def is_sealed(self) -> bool:
        """Whether nothing of it could be deciphered: by another key or setting all of it could be."""
        return bool(self.records) and self.undeciphered == self.records


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBy:
    """By what an upload is read: the device's cipher, its points, and what is known of the province."""

    gateway: str
    opened: Callable[[str], str]
    """Raises CipherTextError."""
    points: GatewayPoints
    units: Mapping[str, str] = field(default_factory=dict)
    """By digits 9 to 14 of a data code, the unit in which the province has it sent."""
    valid_means: ValidMeans = "any"


@dataclass(frozen=True, slots=True)
class _Record:
    """A record whose fields are right."""

    text: str
    """Its data code as it is kept."""
    code: DataCode | None
    stat_type: StatType
    at_us: int
    value: float
    flag: Flag
    scope: str


def upload_of(body: Mapping[str, Any], by: ReadBy) -> NeccUpload:
    """The values of the body of an upload, whose names are in lower case. Raises UnreadableMessage."""
    given = body.get("data")
    if not isinstance(given, list):
        raise UnreadableMessage("undecodable", "data is no list of records")
    if len(given) > MOST_RECORDS:
        raise UnreadableMessage("too_large", f"it has {len(given)} records, more than {MOST_RECORDS}")
    upload = NeccUpload(records=len(given))
    points: list[_Record] = []
    dropped: Counter[str] = Counter()
    for place, each in enumerate(given):
        try:
            record = _record(each, by)
        except CipherTextError as error:
            upload.undeciphered += 1
            upload.unread.append(UnreadRecord(place, str(error)))
            continue
        except RecordError as error:
            upload.unread.append(UnreadRecord(place, str(error)))
            continue
        if _is_kept(record):
            upload.kept.append(_kept(record, by))
        if _is_point(record, by.points.mapped):
            points.append(record)
        else:
            dropped[_CHECK] += 1
    upload.points = _foreign(points, by, dropped)
    return upload


def point_of(code: str, stat_type: int) -> str:
    """The name of the point of a data code and a kind of period."""
    return f"{code}/{stat_type:d}"


def _is_kept(record: _Record) -> bool:
    return record.stat_type != StatType.REAL_TIME or (record.code is not None and not record.code.is_amount)


def _kept(record: _Record, by: ReadBy) -> NeccValue:
    unit = _unit(record, by)
    return NeccValue(record.text, record.stat_type, record.at_us, record.value, unit, record.flag, record.scope)


def _is_point(record: _Record, mapped: Collection[str]) -> bool:
    if record.code is not None and not record.code.is_amount:
        return False
    if record.stat_type == StatType.DAY:
        return point_of(record.text, StatType.REAL_TIME) not in mapped
    return record.stat_type == StatType.REAL_TIME


def _foreign(records: Sequence[_Record], by: ReadBy, dropped: Mapping[str, int]) -> list[Foreign]:
    """The values of points, so many a message as intake takes; one message even where there are none."""
    made = []
    for begin in range(0, max(len(records), 1), MOST_READINGS):
        part = records[begin : begin + MOST_READINGS]
        flags = [each.flag for each in part]
        made.append(
            Foreign(
                by.gateway,
                None,
                [point_of(each.text, each.stat_type) for each in part],
                [each.at_us for each in part],
                [each.value for each in part],
                flags if any(flags) else (),
                # Never assumed: devices send kWh, MWh and 10 MWh under one code.
                [_unit(each, by) or UNKNOWN_UNIT for each in part],
                StandsFor.START,
                dropped={} if begin else dropped,
            )
        )
    return made


def _unit(record: _Record, by: ReadBy) -> str:
    return "" if record.code is None else by.units.get(record.code.energy, "")


def _record(given: Any, by: ReadBy) -> _Record:
    """Raises RecordError, CipherTextError."""
    if not isinstance(given, Mapping):
        raise RecordError("it is no object")
    fields = {str(name).lower(): value for name, value in given.items()}
    sent = _Fields(fields, by.opened)
    text = plain_code(sent.required("datacode"))
    if not text or len(text) > MOST_DIGITS:
        raise RecordError(f"dataCode is empty, or longer than {MOST_DIGITS} characters")
    stat_text = sent.required("stattype")
    if stat_text not in ("0", "1", "2", "3"):
        raise RecordError(f"statType is {stat_text[:20]!r}: it must be 0 (real time), 1 (day), 2 (month) or 3 (year)")
    stat_type = StatType(int(stat_text))
    number = sent.required("datavalue")
    if not _NUMBER.fullmatch(number) or not math.isfinite(float(number)):
        raise RecordError(f"dataValue is {number[:40]!r}: it must be a number")
    code = data_code(text)
    flag = _said(sent, code, by.valid_means)
    at_us = period_start_us(sent.required("statdate"), stat_type)
    return _Record(text, code, stat_type, at_us, float(number), flag, sent.optional("scope")[:1])


@dataclass(frozen=True, slots=True)
class _Fields:
    """Fields of a record, by names in lower case, opened as they are read."""

    fields: Mapping[str, Any]
    opened: Callable[[str], str]

    def optional(self, name: str) -> str:
        """The text of a field; empty where there is none. Raises RecordError, CipherTextError."""
        value = self.fields.get(name)
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise RecordError(f"{name} is neither text nor number")
        return self.opened(value if isinstance(value, str) else repr(value)).strip()

    def required(self, name: str) -> str:
        """Raises RecordError, CipherTextError."""
        text = self.optional(name)
        if not text:
            raise RecordError(f"{name} is missing")
        return text


def _said(sent: _Fields, code: DataCode | None, valid_means: ValidMeans) -> Flag:
    """What the record says against its value. Raises RecordError, CipherTextError."""
    scope, valid = sent.optional("scope"), sent.optional("valid").lower()
    if sent.optional("inputtype") == _BY_HAND:
        return Flag.MANUAL
    if scope and code is not None and scope != str(code.scope):
        return Flag.BAD
    good = {"1": ("1", "true"), "0": ("0", "true")}.get(valid_means)
    return Flag.BAD if good is not None and valid and valid not in good else Flag.GOOD


@lru_cache(maxsize=8192)
def period_start_us(text: str, stat_type: StatType) -> int:
    """The start of the period that a statDate names, local time of Asia/Shanghai. Raises RecordError.

    A day may be off by a minute, and months and years by a day, as the rules of measuring institutes allow.
    """
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        at = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
        start = _nearest_start(at, stat_type)
    except (ValueError, OverflowError):
        raise RecordError(f"statDate is {text[:40]!r}: it must be a time such as 2026-11-19 00:00:00") from None
    if abs(start - at) > {StatType.REAL_TIME: timedelta(0), StatType.DAY: _DAY_OFF}.get(stat_type, _MONTH_OFF):
        raise RecordError(f"statDate is {text!r}: it is not the start of a {stat_type.name.lower()}")
    return to_us(start)


def _nearest_start(at: datetime, stat_type: StatType) -> datetime:
    if stat_type == StatType.REAL_TIME:
        return at
    midnight = at.replace(hour=0, minute=0, second=0)
    if stat_type == StatType.DAY:
        return midnight if at - midnight < timedelta(hours=12) else midnight + timedelta(days=1)
    first = midnight.replace(day=1) if stat_type == StatType.MONTH else midnight.replace(month=1, day=1)
    days = monthrange(first.year, first.month)[1] if stat_type == StatType.MONTH else 365 + isleap(first.year)
    after = first + timedelta(days=days)
    return first if at - first <= after - at else after
