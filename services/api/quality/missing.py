"""Which expected readings did not come, by meter and hour."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from psycopg import Connection

from services.api.quality.ask import ScopeConditions
from services.api.quality.scores import SQL
from services.core.calendar import DAY_US, SHANGHAI, from_us, hour_floor_us, start_of_day, to_us
from services.quality.counts import missing_times

_FIRST = (date(1, 1, 1), "")


def incomplete(
    connection: Connection,
    place: ScopeConditions,
    days: tuple[date, date],
    *,
    now: datetime,
    after: tuple[date, str] | None,
    limit: int,
) -> Sequence[Any]:
    """Days of meters on which something may be missing, in the order of days and meters; one more than `limit`."""
    last = min(days[1], (now.astimezone(SHANGHAI) + timedelta(days=1)).date())
    after_day, after_meter = after or _FIRST
    return SQL.run(
        connection,
        "incomplete",
        meter_ids=place.meter_ids,
        unit_ids=place.unit_ids,
        areas=place.areas,
        park_id=place.park_id,
        from_day=days[0],
        to_day=last,
        after_day=after_day,
        after_meter=after_meter,
        row_limit=limit + 1,
    ).all()


def rows_of(connection: Connection, found: Sequence[Any], *, now: datetime) -> list[dict[str, Any]]:
    """The hours of these days in which readings are missing."""
    if not found:
        return []
    first, last = found[0].day, found[-1].day
    times: dict[int, list[int]] = defaultdict(list)
    for meter_id, ts_us in SQL.run(
        connection,
        "times",
        meter_ids=sorted({row.meter_id for row in found}),
        from_ts=start_of_day(first),
        to_ts=start_of_day(last) + timedelta(days=1),
    ):
        times[meter_id].append(ts_us)
    arrays = {meter_id: np.array(mine, dtype=np.int64) for meter_id, mine in times.items()}
    rows = []
    for row in found:
        start_us = to_us(start_of_day(row.day))
        # A reading is not missing while the next interval has not passed.
        end_us = min(start_us + DAY_US, to_us(now) - 2 * row.interval_s * 1_000_000)
        mine = arrays.get(row.meter_id, np.empty(0, dtype=np.int64))
        mine = mine[(mine >= start_us) & (mine < start_us + DAY_US)]
        expected = max(1, 3600 // row.interval_s)
        missing = missing_times(mine, row.interval_s * 1_000_000, start_us=start_us, end_us=end_us)
        for hour_us, count in sorted(Counter(hour_floor_us(at) for at in missing).items()):
            rows.append(
                {
                    "meter": row.code,
                    "unit": row.unit,
                    "enterprise": row.enterprise,
                    "hour": from_us(hour_us).astimezone(SHANGHAI),
                    "expected": expected,
                    "missing": min(count, expected),
                }
            )
    return rows
