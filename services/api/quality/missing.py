"""Which expected readings did not come, by meter and hour."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from psycopg import Connection

from services.api.errors import Refused
from services.api.guard.cost import TOO_MUCH, take_turn
from services.api.paging import PageQuery, is_for_file
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
_MOST_A_PAGE = 1000
_SUMS_OF_DAY = 6
"""A day of a meter of which all is missing takes as much memory as so many sums."""


@dataclass(frozen=True, slots=True)
class MeterDayMissing:
    """A day of a meter with the hours in which readings are missing, at least one."""

    day: date
    meter: str
    unit: str
    enterprise: str
    expected: int
    """Readings expected in an hour."""
    missing_in: Mapping[int, int]
    """How many are missing in each of these hours, by its begin in microseconds since 1970."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """The hours as they are listed."""
        alike = {"meter": self.meter, "unit": self.unit, "enterprise": self.enterprise, "expected": self.expected}
        for hour_us, count in sorted(self.missing_in.items()):
            hour = from_us(hour_us).astimezone(SHANGHAI)
            yield {**alike, "hour": hour, "missing": min(count, self.expected)}


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
    Raises NotYet, as `take_turn`.
    """
    found: list[MeterDayMissing] = []
    looked_at, last = 0, after or _FIRST
    while looked_at < MOST_LOOKED_AT:
        # To find the next few takes as long as to find thousands.
        asked = min(max(_AT_ONCE, most - len(found)), MOST_LOOKED_AT - looked_at)
        candidates = _incomplete(connection, place, days, now=now, after=last, most=asked)
        take_turn(len(candidates) * _SUMS_OF_DAY)
        for first in range(0, len(candidates), _AT_ONCE):
            found += _missing_of(connection, candidates[first : first + _AT_ONCE], now=now)
        if len(found) >= most or len(candidates) < asked:
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
    return sum(len(each.missing_in) for each in found.days) if is_all else None


def bound_for_file(
    connection: Connection, place: ScopeConditions, days: tuple[date, date], query: PageQuery, *, now: datetime
) -> None:
    """Where all goes into a file: no more days a page than elsewhere, and 10 000 days of meters in all.

    Raises Refused(TOO_MUCH) before anything is read of more.
    """
    if not is_for_file():
        return
    query.limit = min(query.limit, _MOST_A_PAGE)
    if query.cursor is None:
        found = _incomplete(connection, place, days, now=now, after=_FIRST, most=MOST_LOOKED_AT + 1)
        if len(found) > MOST_LOOKED_AT:
            much = f"something may be missing on more than {MOST_LOOKED_AT} days of meters"
            raise Refused(TOO_MUCH, f"{much}: for a file ask for fewer days or a narrower scope")


def _incomplete(
    connection: Connection,
    place: ScopeConditions,
    days: tuple[date, date],
    *,
    now: datetime,
    after: Place,
    most: int,
) -> Sequence[Any]:
    """The first days of meters on which something may be missing, in the order of days and meters."""
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
        row_limit=most,
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
    found = (_of_day(row, arrays.get(row.meter_id, none), now=now) for row in candidates)
    return [each for each in found if each.missing_in]


def _of_day(row: Any, times_us: Times, *, now: datetime) -> MeterDayMissing:
    start_us = to_us(start_of_day(row.day))
    # A reading is not missing while the next interval has not passed.
    end_us = min(start_us + DAY_US, to_us(now) - 2 * row.interval_s * 1_000_000)
    of_day = times_us[(times_us >= start_us) & (times_us < start_us + DAY_US)]
    gone = missing_times(of_day, row.interval_s * 1_000_000, start_us=start_us, end_us=end_us)
    counted = Counter(hour_floor_us(at) for at in gone)
    return MeterDayMissing(row.day, row.code, row.unit, row.enterprise, max(1, 3600 // row.interval_s), counted)
