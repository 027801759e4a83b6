"""Sums, as the database gives them, brought to the groups that were asked for. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.api.energy.ask import Asked
from services.api.energy.coverage import Expectation, coverage, expected_seconds
from services.core.domain.calendar import SHANGHAI, Bucket
from services.core.domain.meter import PICO


class Group(NamedTuple):
    """What one line of the answer is about; None where it is not grouped by, or there is none (no park)."""

    carrier: str
    flow: str | None = None
    area: str | None = None
    park: str | None = None
    enterprise: str | None = None
    unit: str | None = None
    meter: str | None = None


class Sum(NamedTuple):
    """What was booked and measured for a group in the bucket that begins at `bucket`, or in a part of it."""

    bucket: datetime
    group: Group
    quantity_pico: int
    measured_s: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer. `quantity` is None where readings were expected and none came."""

    start: datetime
    end: datetime
    group: Group
    quantity: float | None
    coverage: float | None


def lines(
    asked: Asked,
    sums: Iterable[Sum],
    expectations: Mapping[Group, Iterable[Expectation]],
    *,
    now: datetime,
) -> list[Line]:
    """The answer in order of time and group."""
    totals: dict[tuple[datetime, Group], tuple[int, int]] = {}
    for bucket, group, quantity_pico, measured_s in sums:
        start = asked.start if asked.bucket is Bucket.TOTAL else max(asked.start, bucket.astimezone(SHANGHAI))
        before = totals.get((start, group), (0, 0))
        totals[start, group] = (before[0] + quantity_pico, before[1] + measured_s)
    buckets = asked.buckets(now)
    ends = dict(buckets)
    expected = {
        (buckets[index][0], group): seconds
        for group, mine in expectations.items()
        for index, seconds in expected_seconds(mine, buckets, until=now).items()
    }
    return [
        _line(start, ends.get(start) or asked.bucket_end(start), group, totals.get(key), expected.get(key, 0))
        for key in sorted(totals.keys() | expected.keys(), key=_order)
        for start, group in [key]
    ]


def _order(key: tuple[datetime, Group]) -> tuple[datetime, list[str]]:
    return key[0], [part or "" for part in key[1]]


def _line(start: datetime, end: datetime, group: Group, total: tuple[int, int] | None, expected_s: int) -> Line:
    quantity = None if total is None else total[0] / PICO
    return Line(start, end, group, quantity, coverage(total[1] if total else 0, expected_s))
