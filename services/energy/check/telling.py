"""What was found in the books, for people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import psycopg

from services.core.calendar import OPEN_END_US, OPEN_START_US, SHANGHAI, from_us, to_us
from services.core.db.statements import Statements
from services.core.meter import Mark, Quality
from services.energy.check.books import Books
from services.energy.check.difference import DifferingMark, DifferingSlots, SlotsTogether, Stretch
from services.energy.rollup.stays import AccountKey

_sql = Statements.beside(__file__, "books.sql")

_MOST_APART = 10
_PICO_DIGITS = 12
_EARLIEST_US, _LATEST_US = (to_us(datetime(year, 1, 1, tzinfo=UTC)) for year in (1900, 9999))


def told_books(connection: psycopg.Connection, books: Books) -> list[str]:
    """A line of what was looked at, one of what waits, and one for each difference."""
    telling = _BooksTold(connection, books)
    return [telling.result(), *telling.not_kept(), *telling.apart(), *telling.differences()]


class _BooksTold:
    def __init__(self, connection: psycopg.Connection, books: Books) -> None:
        self._connection = connection
        self._books = books

    def result(self) -> str:
        """How much was booked again, and whether it differs."""
        books, told = self._books, self._books.told
        asked = "" if books.asked.percent >= 100 else f", drawn as {books.asked.percent:g} % of them,"
        during = (books.asked.from_us, books.asked.to_us)
        time = "" if during == (OPEN_START_US, OPEN_END_US) else f", {_time(during)}"
        looked = f"{_count(books.slots, 'slot')} of {_count(len(books.meters), 'meter')}{asked}"
        looked += f" booked again from their readings{time}"
        if books.well:
            return f"readings     {looked}: agree"
        differing = f"{_count(told.slots, 'slot')} and {_count(told.marks, 'mark')} differ"
        if books.strangers:
            differing += f", {_count(len(books.strangers), 'number')} of no meter"
        return f"readings     {looked}: {differing}"

    def not_kept(self) -> Iterator[str]:
        """The time of which there are no readings to compare with."""
        if self._books.kept_from_us > OPEN_START_US:
            yield f"left out     what is before {_moment(self._books.kept_from_us)}: its readings are kept no longer"

    def apart(self) -> Iterator[str]:
        """What waits for the roll-up."""
        every = [(number, time) for number, times in self._books.apart.items() for time in times]
        for number, time in every[:_MOST_APART]:
            yield f"left out     {self._meter(number)}, {_time(time)}: it waits for the roll-up"
        if len(every) > _MOST_APART:
            yield f"left out     and {len(every) - _MOST_APART} more that wait for the roll-up"

    def differences(self) -> Iterator[str]:
        """Meter, time, what is kept and what is right."""
        for number in self._books.strangers:
            yield f"DIFFERS      number {number}: energy or marks are kept, and no meter is registered"
        for each in self._books.told.first:
            yield f"DIFFERS      {self._slots(each) if isinstance(each, DifferingSlots) else self._mark(each)}"
        if self._books.told.untold:
            yield f"DIFFERS      and {self._books.told.untold} more"

    def _meter(self, number: int) -> str:
        code = self._books.meters[abs(number)].code
        return code if number > 0 else f"{code} (other direction)"

    def _mark(self, each: DifferingMark) -> str:
        kept, right = _mark_name(each.kept), _mark_name(each.right)
        return f"{self._meter(each.number)}, reading of {_moment(each.at_us)}: kept as {kept}, right {right}"

    def _slots(self, each: DifferingSlots) -> str:
        kept, right = self._amount(each, each.kept, each.right), self._amount(each, each.right, each.kept)
        count = _count(max(each.kept.slots, each.right.slots), "slot")
        time = _time((each.start_us, each.end_us))
        return f"{self._meter(each.number)}, {time}, {count}: kept {kept}, right {right}"

    def _amount(self, each: DifferingSlots, amount: SlotsTogether, other: SlotsTogether) -> str:
        """Energy and measured time; quality and account where the other has another."""
        if amount.account_id is None:
            return "nothing"
        quantity = f"{Decimal(amount.quantity_pico).scaleb(-_PICO_DIGITS).normalize():f}"
        words = f"{quantity} {self._books.meters[abs(each.number)].unit} in {amount.measured_s} s"
        if other.account_id is None:
            return words
        if amount.quality != other.quality:
            words += f" ({_quality_names(amount.quality)})"
        if amount.account_id != other.account_id:
            words += f" for {self._account(amount.account_id)}"
        return words

    def _account(self, account_id: int) -> str:
        key: AccountKey | None = self._books.accounts.get(account_id)
        if key is None:
            return f"account {account_id}, which there is not"
        named = _sql.run(self._connection, "named", unit_id=key.unit_id, park_id=key.park_id).one()
        park = f", park {named.park or key.park_id}" if key.park_id is not None else ""
        return f"unit {named.unit or key.unit_id}, {key.flow} of {key.carrier}, area {key.area_code}{park}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _mark_name(mark: int | None) -> str:
    if mark is None:
        return "good"
    return Mark(mark).name.lower() if mark in set(Mark) else f"{mark}, which there is not"


def _quality_names(quality: int) -> str:
    return ", ".join(str(flag.name).lower() for flag in Quality(quality)) or "good"


def _time(time: Stretch) -> str:
    start_us, end_us = time
    if start_us <= OPEN_START_US and end_us >= OPEN_END_US:
        return "all time"
    if start_us <= OPEN_START_US:
        return f"until {_moment(end_us)}"
    return f"from {_moment(start_us)}" + ("" if end_us >= OPEN_END_US else f" to {_moment(end_us)}")


def _moment(moment_us: int) -> str:
    if not _EARLIEST_US <= moment_us <= _LATEST_US:
        return f"a time that there is not ({moment_us} us since 1970)"
    return from_us(moment_us).astimezone(SHANGHAI).isoformat()
