"""Sums, as the database gives them, brought to the groups that were asked for. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from services.api.energy.ask import Asked
from services.api.energy.coverage import Expectation, ExpectedTime, coverage
from services.core.calendar import Bucket
from services.core.meter import PICO
from services.energy.account import Parts


class Group(NamedTuple):
    """What one line of the answer is about; None where it is not grouped by, or there is none (no park)."""

    carrier: str
    flow: str | None = None
    area: str | None = None
    park: str | None = None
    enterprise: str | None = None
    unit: str | None = None
    meter: str | None = None


class BucketSum(NamedTuple):
    """What was booked and measured for a group in the bucket, or the year, that begins at `bucket`, or in a part of it.

    `bucket` is Asia/Shanghai time.
    """

    bucket: datetime
    group: Group
    quantity_pico: int
    measured_s: int


class EnergyLine(NamedTuple):
    """One line of the answer. No `parts`: readings were expected and none came."""

    start: datetime
    end: datetime
    group: Group
    parts: Parts
    coverage: float | None

    @property
    def quantity(self) -> float | None:
        """In the unit of the carrier; None where nothing is booked."""
        return sum(pico for _, pico in self.parts) / PICO if self.parts else None


def lines(
    asked: Asked,
    sums: Iterable[BucketSum],
    expectations: Mapping[Group, Iterable[Expectation]],
    *,
    now: datetime,
) -> list[EnergyLine]:
    """The answer in order of time and group."""
    totals: dict[tuple[datetime, Group], tuple[Parts, int]] = {}
    in_total = asked.bucket is Bucket.TOTAL
    for bucket, group, quantity_pico, measured_s in sums:
        moment = max(asked.start, bucket)
        key = (asked.start if in_total else moment, group)
        parts, before_s = totals.get(key, ((), 0))
        totals[key] = (_with(parts, moment.year, quantity_pico), before_s + measured_s)
    buckets = asked.buckets(now)
    ends = dict(buckets)
    time = ExpectedTime(buckets, until=now)
    expected = {
        (buckets[index][0], group): seconds
        for group, mine in expectations.items()
        for index, seconds in time.seconds(mine).items()
    }
    return [
        _line(start, ends.get(start) or asked.bucket_end(start), group, totals.get(key), expected.get(key, 0))
        for key in sorted(totals.keys() | expected.keys(), key=_order)
        for start, group in [key]
    ]


def _with(parts: Parts, year: int, quantity_pico: int) -> Parts:
    """The parts with one more quantity of a year."""
    if not parts:
        return ((year, quantity_pico),)
    of_year = dict(parts)
    of_year[year] = of_year.get(year, 0) + quantity_pico
    return tuple(of_year.items())


def _order(key: tuple[datetime, Group]) -> tuple[datetime, list[str]]:
    return key[0], [part or "" for part in key[1]]


def _line(start: datetime, end: datetime, group: Group, total: tuple[Parts, int] | None, expected_s: int) -> EnergyLine:
    parts, measured_s = total or ((), 0)
    return EnergyLine(start, end, group, parts, coverage(measured_s, expected_s))
