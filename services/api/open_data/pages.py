"""Reads a page of a view as the database writes it: rows as CSV or JSON, straight into a file."""

import csv
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, Literal, Protocol

from psycopg import Connection

from services.api.open_data.change import Horizon
from services.api.open_data.views import COMMON, OF_METERS, OF_PLACES, OpenView, PageStatement, statement_of
from services.core.calendar import Grain, floor, following

RowForm = Literal["csv", "json"]

MOST_ROWS = 100_000
_LEAST = -(2**31 - 1)
_LONGEST_S = 1.5
"""A page that has looked so long through time ends, and the next one goes on."""
_WIDEST = 16
"""Where there are no rows so many times as much time is looked at at once."""
_COPY: Mapping[RowForm, str] = {
    "csv": "COPY ({}) TO STDOUT (FORMAT csv)",
    # No sign of JSON is quoted so.
    "json": "COPY (SELECT row_to_json(one) FROM ({}) AS one) TO STDOUT "
    r"(FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """Rows of a view whose periods begin in [start, end), of areas, an enterprise and a carrier where these are given.

    `since`: those alone that were booked again since then.
    """

    view: OpenView
    start: datetime | None
    end: datetime | None
    areas: Sequence[str] | None
    enterprise: str | None
    carrier: str | None
    since: Horizon | None


@dataclass(frozen=True, slots=True)
class RowPlace:
    """After which row a page begins: its period, or of hours that are told by days their day, and its key."""

    period: datetime
    number: int = _LEAST
    account: int = _LEAST


class RowSink(Protocol):
    """Takes rows, each as bytes without the end of its line."""

    def add(self, rows: Sequence[bytes]) -> None: ...


def horizon_of(connection: Connection) -> Horizon:
    """What is seen by this transaction."""
    return COMMON.run(connection, "horizon").of(Horizon).one()


def read_page(
    connection: Connection, asked: OpenQuestion, sink: RowSink, *, form: RowForm, after: RowPlace | None, limit: int
) -> RowPlace | None:
    """Hand the rows of a page, `limit` at most (of hours that were booked again to the end of a day), to the sink.

    Gives after which row the next page begins; None: there is none.
    """
    return _PageReading(connection, asked, sink, form, limit).read(after)


class _PageReading:
    def __init__(self, connection: Connection, asked: OpenQuestion, sink: RowSink, form: RowForm, limit: int) -> None:
        self._connection, self._asked, self._sink, self._form = connection, asked, sink, form
        self._left = limit
        self._own = OF_PLACES if asked.view.is_of_places else OF_METERS
        self._statement = statement_of(asked.view, changed=asked.since is not None)
        bounds = self._own.run(connection, "bounds").one()
        self._first = max(filter(None, (asked.start, bounds.first)), default=None)
        self._end = min(filter(None, (asked.end, bounds.last)), default=None)
        self._span, self._wider = self._periods_at_once(limit), 1

    def read(self, after: RowPlace | None) -> RowPlace | None:
        if self._first is None or self._end is None:
            return None
        place, began_s = after or RowPlace(self._first), time.monotonic()
        while (window := self._window(place.period)) is not None:
            last, rows = self._copy(place, *window)
            self._left -= rows
            self._wider = 1 if rows else min(2 * self._wider, _WIDEST)
            if last is not None:
                place = last
            if self._left <= 0:
                return place
            if last is None or not self._statement.by_days:
                place = RowPlace(window[1])
            if time.monotonic() - began_s > _LONGEST_S:
                return place
        return None

    def _periods_at_once(self, limit: int) -> int:
        """Of how many periods the rows fill a page, more or less."""
        narrowed = self._narrowed()
        if self._asked.view.is_of_places:
            del narrowed["enterprise"]
        seen = self._own.run(self._connection, "seen", **narrowed).scalar_one()
        return int(limit // max(1, seen)) + 1

    def _narrowed(self) -> dict[str, Any]:
        areas = self._asked.areas
        return {
            "areas": None if areas is None else list(areas),
            "enterprise": self._asked.enterprise,
            "carrier": self._asked.carrier,
        }

    def _window(self, from_ts: datetime) -> tuple[datetime, datetime] | None:
        """The next stretch of time to be looked at; None: it has come to the end."""
        assert self._first is not None
        assert self._end is not None
        if from_ts >= self._end:
            return None
        grain, since = self._asked.view.grain, self._asked.since
        if since is None:
            return from_ts, min(self._end, _after(from_ts, grain, self._span * self._wider))
        if grain is Grain.MONTH:
            return from_ts, self._end
        start = max(from_ts, self._first)
        month = self._own.run(
            self._connection,
            "next_changed",
            since=since.transaction,
            from_ts=floor(start, Grain.MONTH),
            to_ts=self._end,
        ).scalar_one()
        if month is None:
            return None
        return max(start, month), min(self._end, following(floor(month, Grain.MONTH), Grain.MONTH))

    def _copy(self, place: RowPlace, from_ts: datetime, to_ts: datetime) -> tuple[RowPlace | None, int]:
        """The last row that was handed on, and how many."""
        given: dict[str, Any] = {
            "from_ts": from_ts,
            "to_ts": to_ts,
            "since": self._asked.since and self._asked.since.transaction,
            **self._narrowed(),
            "after_period": place.period,
            "after_number": place.number,
            "after_account": place.account,
            "most": self._left,
        }
        rows, last = 0, b""
        for some in _copied(self._connection, self._statement, self._form, given):
            self._sink.add(some)
            rows, last = rows + len(some), some[-1]
        return (self._place_of(last) if rows else None), rows

    def _place_of(self, row: bytes) -> RowPlace:
        view = self._asked.view
        values = dict(zip(view.columns, next(csv.reader([row.decode()])), strict=True)) if self._form == "csv" else None
        found = json.loads(row) if values is None else values
        period = datetime.fromisoformat(found["time"])
        numbers = [int(found[name]) for name in view.key]
        return RowPlace(floor(period, Grain.DAY) if self._statement.by_days else period, *numbers)


def _copied(
    connection: Connection, statement: PageStatement, form: RowForm, given: Mapping[str, Any]
) -> Iterator[list[bytes]]:
    """The rows, some at once."""
    parameters = {name: given[name] for name in statement.parameters}
    some: list[bytes] = []
    with connection.cursor().copy(_COPY[form].format(statement.text).encode(), parameters) as copy:
        for row in copy:
            some.append(bytes(row).removesuffix(b"\n"))
            if len(some) == 1000:
                yield some
                some = []
    if some:
        yield some


def _after(start: datetime, grain: Grain, periods: int) -> datetime:
    """So many periods later, about; a hundred years at most, as time ends somewhere."""
    length = {Grain.HOUR: timedelta(hours=1), Grain.DAY: timedelta(days=1), Grain.MONTH: timedelta(days=31)}[grain]
    return start + min(periods * length, timedelta(days=36_500))


class RowDigest(Protocol):
    """Of hashlib."""

    def update(self, data: bytes, /) -> None: ...


class RowsInFile:
    """Writes rows into a file with something between them, and digests them."""

    def __init__(self, file: IO[bytes], *, between: bytes, digest: RowDigest) -> None:
        self._file, self._between, self._digest = file, between, digest
        self.rows = 0

    def add(self, rows: Sequence[bytes]) -> None:
        """Write rows."""
        written = (self._between if self.rows else b"") + self._between.join(rows)
        self._file.write(written)
        self._digest.update(written)
        self.rows += len(rows)
