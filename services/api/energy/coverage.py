"""How much of a period should have been measured: the seconds of every meter expected in it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Expectation:
    """So many meters of a group are expected to report over [start, end)."""

    start: datetime
    end: datetime
    meters: int


def edges_s(buckets: Iterable[tuple[datetime, datetime]]) -> list[tuple[float, float]]:
    """Start and end of each bucket in seconds since 1970."""
    return [(start.timestamp(), end.timestamp()) for start, end in buckets]


def expected_seconds(
    expectations: Iterable[Expectation], edges: Sequence[tuple[float, float]], *, until: datetime
) -> Mapping[int, int]:
    """Meter-seconds expected in each bucket, by its index; what lies after `until` has not happened yet."""
    seconds: dict[int, int] = defaultdict(int)
    until_s = until.timestamp()
    for expectation in expectations:
        from_s, to_s = expectation.start.timestamp(), min(expectation.end.timestamp(), until_s)
        for index, (start_s, end_s) in enumerate(edges):
            overlap_s = min(end_s, to_s) - max(start_s, from_s)
            if overlap_s > 0:
                seconds[index] += round(overlap_s) * expectation.meters
    return seconds


def coverage(measured_s: int, expected_s: int) -> float | None:
    """Measured share of what was expected, 0 to 1; None where nothing was expected."""
    return None if expected_s <= 0 else min(1.0, measured_s / expected_s)
