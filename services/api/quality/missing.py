"""Which expected readings did not come, by meter and hour."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from psycopg import Connection

from services.api.quality.ask import ScopeConditions
from services.api.quality.scores import SQL
from services.core.calendar import DAY_US, SHANGHAI, from_us, hour_floor_us, start_of_day, to_us
from services.quality.checks.day import Times
from services.quality.counts import missing_times

Place = tuple[date, str]
"""A day and a meter: the order of the list."""

_FIRST: Place = (date(1, 1, 1), "")
_AT_ONCE = 500
MOST_LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class MeterDayMissing:
    """A day of a meter with the hours in which readings are missing, at least one."""

    day: date
    meter: str
    hours: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FoundMissing:
    """What was found in the order of days and meters; where not all was looked at, after what it goes on."""

    days: list[MeterDayMissing]
    goes_on_after: Place | None


def missing(
    connection: Connection,
    place: ScopeConditions,
    days: tuple[date, date],
    *,
    now: datetime,
    after: Place | None,
    most: int,
) -> FoundMissing:
    """The first `most` days of meters on which something is missing, of 10 000 at most on which something may be.

    Whether something is missing on a running day, only its readings say: days of which nothing is do not count.
    """
    found: list[MeterDayMissing] = []
    looked_at, last = 0, after or _FIRST
    while looked_at < MOST_LOOKED_AT:
        candidates = _incomplete(connection, place, days, now=now, after=last)
        found += _missing_of(connection, candidates, now=now)
        if len(found) >= most or len(candidates) < _AT_ONCE:
            return FoundMissing(found[:most], None)
        looked_at += len(candidates)
        last = (candidates[-1].day, candidates[-1].code)
    return FoundMissing(found, last)


def count_missing(
    connection: Connection, place: ScopeConditions, days: tuple[date, date], *, now: datetime
) -> int | None:
    """In how many hours of meters something is missing; None where more days of meters would have to be read for it."""
    found = missing(connection, place, days, now=now, after=None, most=MOST_LOOKED_AT)
    is_all = found.goes_on_after is None and len(found.days) < MOST_LOOKED_AT
    return sum(len(each.hours) for each in found.days) if is_all else None


def _incomplete(
    connection: Connection, place: ScopeConditions, days: tuple[date, date], *, now: datetime, after: Place
) -> Sequence[Any]:
    """Days of meters on which something may be missing, in the order of days and meters."""
    until = min(days[1], (now.astimezone(SHANGHAI) + timedelta(days=1)).date())
    return SQL.run(
        connection,
        "incomplete",
        meter_ids=place.meter_ids,
        unit_ids=place.unit_ids,
        areas=place.areas,
        park_id=place.park_id,
        from_day=days[0],
        to_day=until,
        after_day=after[0],
        after_meter=after[1],
        row_limit=_AT_ONCE,
    ).all()


def _missing_of(connection: Connection, candidates: Sequence[Any], *, now: datetime) -> list[MeterDayMissing]:
    if not candidates:
        return []
    times: dict[int, list[int]] = defaultdict(list)
    for meter_id, ts_us in SQL.run(
        connection,
        "times",
        meter_ids=[row.meter_id for row in candidates],
        from_ts=[start_of_day(row.day) for row in candidates],
    ):
        times[meter_id].append(ts_us)
    arrays = {meter_id: np.array(mine, dtype=np.int64) for meter_id, mine in times.items()}
    none = np.empty(0, dtype=np.int64)
    found = ((row, _hours(row, arrays.get(row.meter_id, none), now=now)) for row in candidates)
    return [MeterDayMissing(row.day, row.code, hours) for row, hours in found if hours]


def _hours(row: Any, times_us: Times, *, now: datetime) -> list[dict[str, Any]]:
    """The hours of this day of a meter in which readings are missing."""
    start_us = to_us(start_of_day(row.day))
    # A reading is not missing while the next interval has not passed.
    end_us = min(start_us + DAY_US, to_us(now) - 2 * row.interval_s * 1_000_000)
    of_day = times_us[(times_us >= start_us) & (times_us < start_us + DAY_US)]
    expected = max(1, 3600 // row.interval_s)
    gone = missing_times(of_day, row.interval_s * 1_000_000, start_us=start_us, end_us=end_us)
    return [
        {
            "meter": row.code,
            "unit": row.unit,
            "enterprise": row.enterprise,
            "hour": from_us(hour_us).astimezone(SHANGHAI),
            "expected": expected,
            "missing": min(count, expected),
        }
        for hour_us, count in sorted(Counter(hour_floor_us(at) for at in gone).items())
    ]
