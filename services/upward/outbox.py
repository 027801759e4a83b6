"""What is to be sent upward, in versions: planned from what is booked, and noted as it is answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg

from services.core.calendar import Grain, floor, following, start_of_day
from services.core.db.statements import Statements
from services.ingest.necc.upload import StatType
from services.upward.items import (
    BookedSum,
    ItemCodes,
    ItemKey,
    ItemValue,
    NewestVersion,
    changes,
    values_of,
)
from services.upward.record import WaitingValue

_sql = Statements.beside(__file__, "upward.sql")

_SETTLES = timedelta(hours=1)
"""So long after its end a period is left alone: its last readings are still being booked."""
_GRAINS = {StatType.DAY: Grain.DAY, StatType.MONTH: Grain.MONTH}


@dataclass(frozen=True, slots=True)
class UnsentValue:
    """A value that waits or is held, as it is listed."""

    credit_code: str
    item: str
    stat_type: int
    period: date
    version: int
    value: str | None
    unit: str
    state: str
    attempts: int
    answer: str


class UpwardPlanner:
    """Compares what is booked with what is kept: once a day all since a day, else what was booked again."""

    def __init__(self, codes: ItemCodes, since: date) -> None:
        self._codes = codes
        self._since = since
        self._begun = ""
        self._all_on: date | None = None
        self._reports: Mapping[date, str] = {}

    def plan(self, connection: psycopg.Connection, now: datetime) -> int:
        """Write new versions of periods that are over; how many. Raises psycopg.Error."""
        now -= _SETTLES
        begun = str(_sql.run(connection, "begun").scalar_one())
        first = floor(start_of_day(self._since), Grain.MONTH)
        reports = {row.month: row.told for row in _sql.run(connection, "reports", from_month=first.date())}
        months = self._months(connection, first, reports, now)
        written = sum(self._plan_month(connection, month, now) for month in months)
        self._begun, self._reports, self._all_on = begun, reports, floor(now, Grain.DAY).date()
        return written

    def _months(
        self, connection: psycopg.Connection, first: datetime, reports: Mapping[date, str], now: datetime
    ) -> list[date]:
        """Those of which anything may have changed, and those of days that may be over since."""
        months, month = [], first
        while month <= now:
            months.append(month.date())
            month = following(month, Grain.MONTH)
        # Who is expected to report changes without a booking: all is compared once a day.
        if self._all_on != floor(now, Grain.DAY).date():
            return months
        changed = set(_sql.run(connection, "changed_months", since=self._begun, from_ts=first).scalars())
        by_hand = {
            each for each in reports.keys() | self._reports.keys() if reports.get(each) != self._reports.get(each)
        }
        return [each for each in months if each in changed | by_hand]

    def _plan_month(self, connection: psycopg.Connection, month: date, now: datetime) -> int:
        start = start_of_day(month)
        end = following(start, Grain.MONTH)
        to_day = end.date()
        days = {"from_day": month, "to_day": to_day, "from_ts": start}
        with connection.transaction():
            sums = [
                *_sql.run(connection, "metered_days", **days, to_ts=end).of(BookedSum),
                *_sql.run(connection, "metered_month", **days).of(BookedSum),
                *_sql.run(connection, "by_hand", month=month).of(BookedSum),
            ]
            over = [each for each in sums if each.period >= self._since and _end(each) <= now]
            newest = _newest(connection, max(month, self._since), to_day)
            todo = changes(values_of(over, self._codes), newest)
            _supersede(connection, [*todo.versions, *todo.gone])
            _write(connection, todo.versions)
        return len(todo.versions)


def waiting_enterprises(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Credit code and region (6 digits) of enterprises of which something waits. Raises psycopg.Error."""
    return [(row.credit_code, row.area_code) for row in _sql.run(connection, "waiting_enterprises")]


def waiting(
    connection: psycopg.Connection, credit_code: str, now: datetime, upload_time: time, most: int
) -> list[WaitingValue]:
    """The oldest values of an enterprise whose time has come. Raises psycopg.Error."""
    after = timedelta(hours=upload_time.hour, minutes=upload_time.minute, seconds=upload_time.second)
    found = _sql.run(connection, "waiting", credit_code=credit_code, now=now, upload_time=after, most=most)
    return found.of(WaitingValue).all()


def note(
    connection: psycopg.Connection, credit_code: str, tried: Sequence[WaitingValue], answer: str, *, taken: bool
) -> None:
    """Note what the receiver said of values. Raises psycopg.Error."""
    _sql.run(
        connection,
        "note",
        credit_code=credit_code,
        items=[each.item for each in tried],
        stat_types=[each.stat_type for each in tried],
        periods=[each.period for each in tried],
        versions=[each.version for each in tried],
        answer=answer,
        taken=taken,
    )


def note_unreached(connection: psycopg.Connection, credit_code: str, answer: str) -> None:
    """Note why nothing of an enterprise could be sent. Raises psycopg.Error."""
    _sql.run(connection, "note_unreached", credit_code=credit_code, answer=answer)


def counts(connection: psycopg.Connection) -> Mapping[str, int]:
    """How many values wait, and how many are held. Raises psycopg.Error."""
    return {row.state: int(row.many) for row in _sql.run(connection, "counts")}


def not_sent(connection: psycopg.Connection, most: int) -> list[UnsentValue]:
    """Values that wait or are held, the newest periods first. Raises psycopg.Error."""
    return _sql.run(connection, "not_sent", most=most).of(UnsentValue).all()


def nbs_codes(connection: psycopg.Connection) -> dict[str, str]:
    """The code of each carrier in table 205-1, where it has one. Raises psycopg.Error."""
    return _sql.by_code(connection, "carriers", "nbs_code")


def _end(booked: BookedSum) -> datetime:
    return following(start_of_day(booked.period), _GRAINS[StatType(booked.stat_type)])


def _newest(connection: psycopg.Connection, from_day: date, to_day: date) -> dict[ItemKey, NewestVersion]:
    return {
        ItemKey(row.credit_code, row.item, row.stat_type, row.period): NewestVersion(
            row.version,
            row.state,
            ItemValue(row.value, row.unit, row.input_type, row.answer if row.state == "held" else ""),
        )
        for row in _sql.run(connection, "newest", from_day=from_day, to_day=to_day)
    }


def _keys(keys: Iterable[ItemKey]) -> dict[str, list[Any]]:
    of = list(keys)
    return {
        "credit_codes": [key.credit_code for key in of],
        "items": [key.item for key in of],
        "stat_types": [key.stat_type for key in of],
        "periods": [key.period for key in of],
    }


def _supersede(connection: psycopg.Connection, keys: Sequence[ItemKey]) -> None:
    if keys:
        _sql.run(connection, "supersede", **_keys(keys))


def _write(connection: psycopg.Connection, versions: Mapping[ItemKey, tuple[int, ItemValue]]) -> None:
    if versions:
        values = [value for _, value in versions.values()]
        _sql.run(
            connection,
            "plan",
            **_keys(versions),
            versions=[number for number, _ in versions.values()],
            values=[each.value for each in values],
            units=[each.unit for each in values],
            input_types=[each.input_type for each in values],
            held=[each.held for each in values],
        )
