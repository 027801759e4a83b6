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


def expected_seconds(
    expectations: Iterable[Expectation], buckets: Sequence[tuple[datetime, datetime]], *, until: datetime
) -> Mapping[int, int]:
    """Meter-seconds expected in each bucket, by its index; what lies after `until` has not happened yet."""
    seconds: dict[int, int] = defaultdict(int)
    for expectation in expectations:
        for index, (start, end) in enumerate(buckets):
            overlap = min(end, expectation.end, until) - max(start, expectation.start)
            if overlap.days >= 0 and overlap:
                seconds[index] += round(overlap.total_seconds()) * expectation.meters
    return seconds


def coverage(measured_s: int, expected_s: int) -> float | None:
    """Measured share of what was expected, 0 to 1; None where nothing was expected."""
    return None if expected_s <= 0 else min(1.0, measured_s / expected_s)
