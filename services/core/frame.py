"""The periods that are asked for, and the cells of which their sums are made. Pure."""

import enum
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.core.calendar import (
    MONTHS_OF_YEAR,
    SHANGHAI,
    Bucket,
    Grain,
    bucket_floor,
    bucket_following,
)


class PeriodLength(enum.StrEnum):
    """How long a period of an indicator is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    TOTAL = "total"
    ROLLING_YEAR = "rolling_12_months"
    """For each month of the range the twelve months that end with it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`cells` follow each other without gap, each within one year, since coefficients are those of a year.

    A period is made of the cells from its first number up to, and without, its second.
    """

    cells: Sequence[tuple[datetime, datetime]]
    periods: Sequence[tuple[int, int]]
    trunc: str
    """JudgedUnit of PostgreSQL's date_trunc by which sums fall into cells."""
    coarsest: Grain
    bucket: Bucket = Bucket.TOTAL
    """What each period is, or, at an edge of the range, a piece of."""

    @property
    def start(self) -> datetime:
        """First moment read."""
        return self.cells[0][0]

    @property
    def end(self) -> datetime:
        """First moment after what is read."""
        return self.cells[-1][1]

    def bounds(self, period: tuple[int, int]) -> tuple[datetime, datetime]:
        """Start and end of a period."""
        return self.cells[period[0]][0], self.cells[period[1] - 1][1]

    def whole(self, period: tuple[int, int]) -> tuple[datetime, datetime]:
        """Start and end of the day, month or year of which a period is a piece; its own where it is just a range."""
        start, end = self.bounds(period)
        if self.bucket is Bucket.TOTAL:
            return start, end
        first = bucket_floor(start, self.bucket)
        return first, bucket_following(first, self.bucket)

    def cell_of(self, moment: datetime) -> int:
        """The number of the cell that holds `moment`; of a moment before the first cell, the first."""
        return max(0, bisect_right([start for start, _ in self.cells], moment.astimezone(SHANGHAI)) - 1)


def _cells(start: datetime, end: datetime, bucket: Bucket) -> list[tuple[datetime, datetime]]:
    found = []
    while start < end:
        following = min(end, bucket_following(bucket_floor(start, bucket), bucket))
        found.append((start, following))
        start = following
    return found


_OF_BUCKET = {
    Bucket.SLOT: (Bucket.SLOT, "minute", Grain.SLOT),
    Bucket.HOUR: (Bucket.HOUR, "hour", Grain.HOUR),
    Bucket.DAY: (Bucket.DAY, "day", Grain.DAY),
    Bucket.MONTH: (Bucket.MONTH, "month", Grain.MONTH),
    Bucket.YEAR: (Bucket.YEAR, "year", Grain.MONTH),
    Bucket.TOTAL: (Bucket.YEAR, "year", Grain.MONTH),
}


def frame_of(start: datetime, end: datetime, bucket: Bucket) -> Frame:
    """The frame of [start, end), which begins and ends on quarter hours; not empty. A period is a bucket."""
    of_cells, trunc, coarsest = _OF_BUCKET[bucket]
    cells = _cells(start.astimezone(SHANGHAI), end.astimezone(SHANGHAI), of_cells)
    one = bucket is Bucket.TOTAL
    periods = [(0, len(cells))] if one else [(i, i + 1) for i in range(len(cells))]
    return Frame(cells, periods, trunc, coarsest, bucket)


def frame(start: datetime, end: datetime, span: PeriodLength) -> Frame:
    """The frame of [start, end), which begins and ends on whole hours of Asia/Shanghai; not empty.

    For rolling years the range is widened to whole months and reaches back eleven months.
    """
    if span is not PeriodLength.ROLLING_YEAR:
        return frame_of(start, end, Bucket(span))
    first = bucket_floor(start, Bucket.MONTH)
    months_back = first.replace(year=first.year - 1)
    cells = _cells(bucket_following(months_back, Bucket.MONTH), _ceil_month(end), Bucket.MONTH)
    periods = [(i, i + MONTHS_OF_YEAR) for i in range(len(cells) - MONTHS_OF_YEAR + 1)]
    return Frame(cells, periods, "month", Grain.MONTH)


def _ceil_month(moment: datetime) -> datetime:
    floor = bucket_floor(moment, Bucket.MONTH)
    return floor if floor == moment else bucket_following(floor, Bucket.MONTH)


def year_of(cell: tuple[datetime, datetime]) -> int:
    """The year in which a cell lies."""
    return cell[0].astimezone(SHANGHAI).year
