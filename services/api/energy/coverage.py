"""How much of a period should have been measured: the seconds of every meter expected in it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Expectation:
    """So many meters of a group are expected to report over [start, end)."""

    start: datetime
    end: datetime
    meters: int


class ExpectedTime:
    """How long readings are expected in each bucket; what lies after `until` has not happened yet."""

    def __init__(self, buckets: Iterable[tuple[datetime, datetime]], *, until: datetime) -> None:
        self._edges = [(start.timestamp(), end.timestamp()) for start, end in buckets]
        self._until_s = until.timestamp()
        self._overlaps: dict[tuple[datetime, datetime], list[tuple[int, int]]] = {}

    def seconds(self, expectations: Iterable[Expectation]) -> Mapping[int, int]:
        """Meter-seconds expected in each bucket, by its index."""
        seconds: dict[int, int] = defaultdict(int)
        for expectation in expectations:
            for index, overlap_s in self._overlap(expectation.start, expectation.end):
                seconds[index] += overlap_s * expectation.meters
        return seconds

    def _overlap(self, start: datetime, end: datetime) -> list[tuple[int, int]]:
        """Index and seconds of every bucket that [start, end) touches. Kept: most groups are expected alike."""
        if (start, end) not in self._overlaps:
            from_s, to_s = start.timestamp(), min(end.timestamp(), self._until_s)
            overlaps = ((i, min(b, to_s) - max(a, from_s)) for i, (a, b) in enumerate(self._edges))
            self._overlaps[start, end] = [(i, round(overlap_s)) for i, overlap_s in overlaps if overlap_s > 0]
        return self._overlaps[start, end]


def coverage(measured_s: int, expected_s: int) -> float | None:
    """Measured share of what was expected, 0 to 1; None where nothing was expected."""
    return None if expected_s <= 0 else min(1.0, measured_s / expected_s)
