"""Reads beside the lines of an answer those of another period, and of a period at hand its part that is compared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from services.api.comparing.period import Counterpart, counterparts, shift_of
from services.api.energy.answer import EnergyLine, totals
from services.api.energy.ask import Asked
from services.core.calendar import MONTHS_OF_YEAR, Bucket, Grain
from services.core.frame import frame_of

MONTHS_A_PERIOD: Mapping[Bucket, int] = {Bucket.MONTH: 1, Bucket.YEAR: MONTHS_OF_YEAR, Bucket.TOTAL: 0}
"""Of how many months a period of the bucket is; 0: of whatever was asked for. The others are shorter."""

Reading = Callable[[datetime, datetime, Bucket], Sequence[EnergyLine]]
"""Reads the lines of another range than was asked for, in such buckets."""


@dataclass(frozen=True, slots=True)
class ComparedLines:
    """By the start of a row: with what it is compared, the lines of that, and of a period at hand those of its part."""

    counterparts: Mapping[datetime, Counterpart] = field(default_factory=dict)
    other: Mapping[datetime, Sequence[EnergyLine]] = field(default_factory=dict)
    until: Mapping[datetime, Sequence[EnergyLine]] = field(default_factory=dict)

    def of_whole(self) -> Self:
        """The lines with which the rows of the whole are compared."""
        other, until = ({start: totals(lines) for start, lines in found.items()} for found in (self.other, self.until))
        return replace(self, other=other, until=until)


def read_compared(read: Reading, asked: Asked, compare: str, *, now: datetime) -> ComparedLines:
    """The lines with which those of `asked` are compared. Raises Refused for a day from which nothing is.

    That is one more reading of sums, and two more for the period at hand.
    """
    months = MONTHS_A_PERIOD.get(asked.bucket)
    shift = shift_of(compare, asked.start, asked.end, months_a_period=months)
    frame = frame_of(asked.start, asked.end, asked.bucket)
    bounds = [frame.bounds(period) for period in frame.periods]
    found = counterparts(bounds, shift, now=now, finest=Grain.SLOT, months_a_period=months)
    whole = {each.start: start for start, each in found.items() if each.until is None}
    other: dict[datetime, list[EnergyLine]] = {}
    until: dict[datetime, Sequence[EnergyLine]] = {}
    if whole:
        end = max(each.end for each in found.values() if each.until is None)
        for line in read(min(whole), end, asked.bucket):
            if line.start in whole:
                other.setdefault(whole[line.start], []).append(line)
    for start, each in found.items():
        if each.until is not None:
            other[start] = [*read(each.start, each.end, Bucket.TOTAL)]
            until[start] = read(start, each.until, Bucket.TOTAL)
    return ComparedLines(found, other, until)


def average_meters(lines: Iterable[EnergyLine], start: datetime, end: datetime) -> float:
    """How many meters should have given readings over a time that is past, on average."""
    return sum(line.expected_s for line in lines) / (end - start).total_seconds()
