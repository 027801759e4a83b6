"""With which period another is compared: moments are shifted by whole months, or else by whole days."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import StringConstraints

from services.api.asking import EARLIEST, LATEST
from services.api.errors import ProblemKind, Refused
from services.core.calendar import MONTHS_OF_YEAR, SHANGHAI, Grain, ceil, floor, months_before, start_of_day

INVALID_COMPARE = ProblemKind("invalid_compare", 422, "What to compare with is not understood")

COMPARE_DESCRIPTION = (
    "Beside each row that of another period: previous, the one directly before the range, year, the same of the year"
    " before, or the day with which it begins"
)
CompareText = Annotated[str, StringConstraints(pattern=r"^(previous|year|[0-9]{4}-[0-9]{2}-[0-9]{2})$")]

_DAY = timedelta(days=1)
_LONG = timedelta(days=2)
"""Of a period at hand that is longer, whole days are compared; of others whole hours."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How far back the period lies with which another is compared: so many months, or so many days."""

    months: int = 0
    days: int = 0

    def of(self, moment: datetime) -> datetime | None:
        """The moment of that period; None where its month has no such day."""
        local = moment.astimezone(SHANGHAI)
        if not self.months:
            return local - timedelta(days=self.days)
        month = months_before(floor(local, Grain.MONTH), self.months)
        if local.day > calendar.monthrange(month.year, month.month)[1]:
            return None
        return local.replace(year=month.year, month=month.month)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The period with which another is compared."""

    start: datetime
    end: datetime
    until: datetime | None = None
    """Where the other one is not over: the end of its part that is compared, as long as this period."""


def shift_of(compare: str, start: datetime, end: datetime, *, months_a_period: int | None) -> Shift:
    """How far back [start, end) is compared.

    `months_a_period`: of how many months each of its periods is; 0: it is one as a whole, None: they are shorter.
    Raises Refused for a day that is none, or with which no months begin as the range does.
    """
    if compare == "year":
        return Shift(months=MONTHS_OF_YEAR)
    months, whole = months_a_period or 1, _begins_month(start) and _begins_month(end)
    if compare == "previous":
        if months_a_period or whole:
            return Shift(months=-(-_months(start, ceil(end, Grain.MONTH)) // months) * months)
        return Shift(days=-((start - end) // _DAY))
    first, local = _day(compare), start.astimezone(SHANGHAI)
    back = _months(start_of_day(first), start)
    if (months_a_period or whole) and first.day == local.day and back % months == 0:
        return Shift(months=back)
    if months_a_period:
        raise Refused(INVALID_COMPARE, f"compare: {compare} begins no {months} months as {local.date()} does")
    return Shift(days=(local.date() - first).days)


def counterparts(
    bounds: Iterable[tuple[datetime, datetime]],
    shift: Shift,
    *,
    now: datetime,
    finest: Grain,
    months_a_period: int | None,
) -> Mapping[datetime, Counterpart]:
    """The period with which each of the periods in `bounds` is compared, by its start; some have none.

    A period at hand is compared as far as it is over, in whole days, hours, or what else is not below `finest`.
    """
    found = {}
    for start, end in bounds:
        first = shift.of(start) if start < now else None
        over = end if end <= now else _over(start, end, now, finest)
        if first is None or over is None:
            continue
        last = first + (end - start)
        if months_a_period is not None and _begins_month(end):
            last = shift.of(end) or last
        if end <= now:
            found[start] = Counterpart(first, last)
        else:
            length = min(over - start, last - first)
            found[start] = Counterpart(first, first + length, start + length)
    return found


def _over(start: datetime, end: datetime, now: datetime, finest: Grain) -> datetime | None:
    """The end of what is over of a period at hand; None where that is nothing yet."""
    coarsest = Grain.DAY if end - start > _LONG else Grain.HOUR
    for grain in (Grain.DAY, Grain.HOUR, Grain.SLOT):
        over = floor(now, grain)
        if finest <= grain <= coarsest and over > start:
            return over
    return None


def _begins_month(moment: datetime) -> bool:
    return floor(moment, Grain.MONTH) == moment


def _months(earlier: datetime, later: datetime) -> int:
    """How many months lie between the months of two moments."""
    first, last = earlier.astimezone(SHANGHAI), later.astimezone(SHANGHAI)
    return (last.year - first.year) * MONTHS_OF_YEAR + last.month - first.month


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(INVALID_COMPARE, f"compare: {text} is no day") from None
    if not EARLIEST.date() <= day < LATEST.date():
        raise Refused(INVALID_COMPARE, f"compare: {text} lies before {EARLIEST.date()} or after {LATEST.date()}")
    return day
