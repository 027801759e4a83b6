"""Periods for which numbers are reported: years, quarters and months of Asia/Shanghai. Pure."""

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.core.calendar import start_of_day

FIRST_YEAR = 1992
"""The first year that kept UTC+8 throughout."""
LAST_YEAR = 2100

_WRITTEN = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


class PeriodForm(enum.StrEnum):
    """How long a period is."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"


_MONTHS = {PeriodForm.YEAR: 12, PeriodForm.QUARTER: 3, PeriodForm.MONTH: 1}


class PeriodError(ValueError):
    """A text names no period; the message says how one is written."""


@dataclass(frozen=True, slots=True)
class Period:
    """A year, a quarter or a month. `str()` gives it as it is written: 2025, 2025-Q1, 2025-03."""

    form: PeriodForm
    year: int
    number: int = 1
    """Which quarter (1 to 4) or month (1 to 12) of the year; 1 for a year."""

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The period written as 2025, 2025-Q1 or 2025-03. Raises PeriodError."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise PeriodError(f"{text!r} is no period; write a year 2025, a quarter 2025-Q1 or a month 2025-03")
        year = int(written[1])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise PeriodError(f"the year of {text} lies outside {FIRST_YEAR} to {LAST_YEAR}")
        if written[2]:
            return cls(PeriodForm.QUARTER, year, int(written[2]))
        if written[3]:
            return cls(PeriodForm.MONTH, year, int(written[3]))
        return cls(PeriodForm.YEAR, year)

    def __str__(self) -> str:
        if self.form is PeriodForm.QUARTER:
            return f"{self.year:04}-Q{self.number}"
        if self.form is PeriodForm.MONTH:
            return f"{self.year:04}-{self.number:02}"
        return f"{self.year:04}"

    @property
    def start(self) -> datetime:
        """The moment at which it begins."""
        return start_of_day(date(self.year, self._first_month, 1))

    @property
    def end(self) -> datetime:
        """The moment at which it is over; the start of the next one."""
        months = self._first_month - 1 + _MONTHS[self.form]
        return start_of_day(date(self.year + months // 12, months % 12 + 1, 1))

    @property
    def _first_month(self) -> int:
        return (self.number - 1) * _MONTHS[self.form] + 1


def tiling(periods: Iterable[Period], start: datetime, end: datetime) -> tuple[Period, ...] | None:
    """Those of `periods` that together cover [start, end) exactly once, in order, as coarse as can be.

    A year reported beside its quarters or months stands for them. None where a part of the range is covered by none,
    or only by a period that reaches beyond the range; an empty range has the empty tiling.
    """
    starting: dict[datetime, list[Period]] = {}
    for period in set(periods):
        starting.setdefault(period.start, []).append(period)
    found: list[Period] = []
    reached = start
    while reached < end:
        # Months nest in quarters and quarters in years, so the longest that fits never spoils what follows.
        fitting = [period for period in starting.get(reached, ()) if period.end <= end]
        if not fitting:
            return None
        longest = max(fitting, key=lambda period: period.end)
        found.append(longest)
        reached = longest.end
    return tuple(found)


def covering(periods: Iterable[Period], start: datetime, end: datetime) -> Period | None:
    """The shortest of `periods` that holds the whole of [start, end): whose level speaks for the range; else None."""
    holding = [period for period in periods if period.start <= start and end <= period.end]
    return min(holding, key=lambda period: period.end - period.start, default=None)
