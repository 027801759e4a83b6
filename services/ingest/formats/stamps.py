"""The time of a reading as a gateway writes it, in microseconds since 1970. Pure."""

import re
from datetime import UTC, datetime
from typing import Any

from services.core.calendar import EPOCH, to_us
from services.ingest.message import ReadingCode

LARGEST_TS_MS = 253_402_300_799_999  # end of the year 9999
# A time with an offset can lie hours beyond what a moment in UTC can say.
_EARLIEST_US, _LATEST_US = to_us(datetime.min.replace(tzinfo=UTC)), to_us(datetime.max.replace(tzinfo=UTC))
# A number that is a time of the years 2000 to 2100 in one unit is none of them in another: units cannot be confused.
_YEAR_2000_S, _YEAR_2100_S = 946_684_800, 4_102_444_800
_UNITS = (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9))
FIRST_PLAIN_TS_MS = _YEAR_2100_S
"""A whole number from here to LARGEST_TS_MS looks like no other unit than milliseconds."""
_NUMBER = re.compile(r"[0-9]{9,20}(?:\.[0-9]{1,9})?")
_LEAP_SECOND = re.compile(r"(.{10}T[0-9]{2}:[0-9]{2}):60((?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2}))")


class TimeError(ValueError):
    """A time that cannot be taken, and the code that says why."""

    def __init__(self, code: ReadingCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def time_us(ts: Any) -> int:
    """Microseconds since 1970 of a text with offset or of milliseconds. Raises TimeError (ts_…)."""
    if isinstance(ts, bool) or not isinstance(ts, int | float | str):
        raise TimeError("ts_unreadable", "ts must be a text with offset, or epoch milliseconds")
    if isinstance(ts, str):
        return _of_text(ts)
    unit = unit_of(ts)
    if unit not in ("", "milliseconds"):
        raise TimeError("ts_unreadable", f"ts looks like {unit} since 1970; give milliseconds")
    if ts != ts or not 0 <= ts <= LARGEST_TS_MS or int(ts) != ts:
        raise TimeError("ts_unreadable", "epoch milliseconds must be a whole number of the years 1970 to 9999")
    return int(ts) * 1000


def unit_of(number: float) -> str:
    """The unit in which a number is a time of the years 2000 to 2100; empty if it is one in none."""
    return next((unit for unit, each in _UNITS if _YEAR_2000_S * each <= number < _YEAR_2100_S * each), "")


def _of_text(ts: str) -> int:
    leap_us = 0
    try:
        moment = datetime.fromisoformat(ts)
    except ValueError:
        moment, leap_us = _leap_second(ts), 1_000_000
    if moment.tzinfo is None:
        raise _number_in_quotes(ts) or TimeError("ts_without_offset", "give the offset, such as +08:00 or Z")
    passed = moment - EPOCH
    at_us = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds + leap_us
    if not _EARLIEST_US <= at_us <= _LATEST_US:
        raise TimeError("ts_unreadable", "in UTC the time is not of the years 1 to 9999")
    return at_us


def _leap_second(ts: str) -> datetime:
    """The second before a leap second, at the end of a day in UTC or where the gateway stands."""
    unreadable = TimeError("ts_unreadable", "not a time such as 2026-01-01T00:15:00+08:00")
    found = _LEAP_SECOND.fullmatch(ts)
    if found is None:
        raise _number_in_quotes(ts) or unreadable
    try:
        moment = datetime.fromisoformat(f"{found[1]}:59{found[2]}")
    except ValueError:
        raise unreadable from None
    of_utc_min = ((moment - EPOCH).seconds // 60) if moment.tzinfo else 0
    if 23 * 60 + 59 not in (moment.hour * 60 + moment.minute, of_utc_min):
        raise TimeError("ts_unreadable", "a leap second is the last of a day, 23:59:60 in UTC")
    return moment


def _number_in_quotes(ts: str) -> TimeError | None:
    if not _NUMBER.fullmatch(ts):
        return None
    unit = unit_of(float(ts))
    wanted = "without quotes" if unit == "milliseconds" else "milliseconds, without quotes"
    return TimeError("ts_unreadable", f"ts looks like {unit} since 1970 in quotes; give {wanted}") if unit else None
