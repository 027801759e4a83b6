"""Time as the region counts it: slots of 15 minutes; days, months and years of Asia/Shanghai."""

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

# Asia/Shanghai has kept UTC+8 without summer time since 1991, and readings before 2000 are refused.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

MONTHS_OF_YEAR = 12
SLOT_S = 900
SLOT_US = SLOT_S * 1_000_000
HOUR_US = 4 * SLOT_US
DAY_US = 24 * HOUR_US
SHANGHAI_US = 8 * HOUR_US
"""Asia/Shanghai is so far ahead of UTC."""
OPEN_START_US, OPEN_END_US = -(2**62), 2**62
"""Microseconds since 1970 that stand for no beginning and no end."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Bucket(enum.StrEnum):
    """The period of one answered sum."""

    SLOT = "15m"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    TOTAL = "total"


class Grain(enum.IntEnum):
    """The periods for which sums are kept."""

    SLOT = 0
    HOUR = 1
    DAY = 2
    MONTH = 3


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware `moment`."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(moment_us: int) -> datetime:
    """The moment in UTC of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=moment_us)


def slot_floor_us(moment_us: int) -> int:
    """Start of the slot that holds the moment."""
    return moment_us - moment_us % SLOT_US


def hour_floor_us(moment_us: int) -> int:
    """Start of the hour that holds the moment; the same hour in UTC and in Asia/Shanghai."""
    return moment_us - moment_us % HOUR_US


def hour_ceil_us(moment_us: int) -> int:
    """First start of an hour at or after the moment."""
    return -(-moment_us // HOUR_US) * HOUR_US


def start_of_day(day: date) -> datetime:
    """The moment at which `day` begins in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def floor(moment: datetime, grain: Grain) -> datetime:
    """Start of the period of `grain` that holds `moment`, in Asia/Shanghai time."""
    local = moment.astimezone(SHANGHAI)
    if grain is Grain.SLOT:
        return local.replace(minute=local.minute - local.minute % 15, second=0, microsecond=0)
    if grain is Grain.HOUR:
        return local.replace(minute=0, second=0, microsecond=0)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if grain is Grain.DAY else midnight.replace(day=1)


def following(start: datetime, grain: Grain) -> datetime:
    """Start of the period after the one that begins at `start` (in Asia/Shanghai time)."""
    if grain is Grain.SLOT:
        return start + timedelta(minutes=15)
    if grain is Grain.HOUR:
        return start + timedelta(hours=1)
    if grain is Grain.DAY:
        return start + timedelta(days=1)
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)


def ceil(moment: datetime, grain: Grain) -> datetime:
    """First start of a period of `grain` at or after `moment`."""
    start = floor(moment, grain)
    return start if start == moment else following(start, grain)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a range that whole periods of one grain cover exactly."""

    grain: Grain
    start: datetime
    end: datetime


def pieces(start: datetime, end: datetime, *, coarsest: Grain) -> list[Piece]:
    """Cut [start, end) into pieces, each as coarse as its edges and `coarsest` allow, in order.

    `start` and `end` must lie on slot edges, else ValueError.
    """
    for edge in (start, end):
        if floor(edge, Grain.SLOT) != edge:
            raise ValueError(f"{edge.isoformat()} is not on a quarter of an hour")
    if start >= end:
        return []
    middle_from, middle_to = ceil(start, coarsest), floor(end, coarsest)
    if coarsest is Grain.SLOT:
        return [Piece(coarsest, start, end)]
    finer = Grain(coarsest - 1)
    if middle_from >= middle_to:
        if middle_from == middle_to:
            return pieces(start, middle_from, coarsest=finer) + pieces(middle_to, end, coarsest=finer)
        return pieces(start, end, coarsest=finer)
    middle = Piece(coarsest, middle_from, middle_to)
    return [*pieces(start, middle_from, coarsest=finer), middle, *pieces(middle_to, end, coarsest=finer)]


def months_before(month: datetime, months: int) -> datetime:
    """The start of the month that lies `months` before the one that starts at `month`."""
    count = month.year * MONTHS_OF_YEAR + month.month - 1 - months
    return month.replace(year=count // MONTHS_OF_YEAR, month=count % MONTHS_OF_YEAR + 1)


def year_floor(moment: datetime) -> datetime:
    """Start of the year that holds `moment`, in Asia/Shanghai time."""
    return floor(moment, Grain.MONTH).replace(month=1)


def bucket_floor(moment: datetime, bucket: Bucket) -> datetime:
    """Start of the bucket that holds `moment`; Bucket.TOTAL has none and raises ValueError."""
    if bucket is Bucket.YEAR:
        return year_floor(moment)
    return floor(moment, BUCKET_GRAIN[bucket])


def bucket_following(start: datetime, bucket: Bucket) -> datetime:
    """Start of the bucket after the one that begins at `start`."""
    if bucket is Bucket.YEAR:
        return start.replace(year=start.year + 1)
    return following(start, BUCKET_GRAIN[bucket])


BUCKET_GRAIN = {
    Bucket.SLOT: Grain.SLOT,
    Bucket.HOUR: Grain.HOUR,
    Bucket.DAY: Grain.DAY,
    Bucket.MONTH: Grain.MONTH,
}
