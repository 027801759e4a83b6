"""What stands in for hours that were not measured: in a straight line, or by the meter's own week.

Estimates never enter a measured sum. A counter's gap is known as a whole once the next reading has come; then an
estimate is its shape over time, and its hours add up to what was booked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import SLOT_S
from services.core.meter import Kind, Quality

WEEK_H = 168
WEEKS = 4
LEVEL_H = 24
"""The level of a gap is that of so many hours before it."""
_SLOTS_OF_HOUR = 3600 // SLOT_S

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Hours:
    """Neighbouring hours of a meter: what is booked in each, 1e-12 of the carrier's unit, and what of it is a gap's."""

    booked: Whole
    in_gap: Whole
    """The part of `booked` that was spread over a gap: its quantity is known as a whole alone."""
    measured: Flags
    """Whether the whole hour is measured."""
    empty: Flags
    """Whether nothing is booked in it."""
    gap_share: Shares
    """How much of its time is spread over a gap."""


def hours_of(quantities: Whole, quality: NDArray[np.int64], kind: Kind) -> Hours:
    """The hours of neighbouring slots; quality is -1 where nothing is booked.

    What interval meters and gauges said during a fault of the collection is as if nothing had come. A counter counts
    on meanwhile, and tells it later.
    """
    booked: Flags = quality >= 0
    at_fault = booked & ((quality & int(Quality.COLLECTION_FAULT)) != 0)
    if kind is not Kind.COUNTER:
        booked[at_fault] = False
    gap = booked & ((quality & int(Quality.ESTIMATED)) != 0)
    by_hour = (-1, _SLOTS_OF_HOUR)
    empty = np.logical_not(booked.reshape(by_hour).any(axis=1, keepdims=True)).reshape(-1)
    return Hours(
        booked=np.where(booked, quantities, 0).reshape(by_hour).sum(axis=1),
        in_gap=np.where(gap, quantities, 0).reshape(by_hour).sum(axis=1),
        measured=(booked & ~gap & ~at_fault).reshape(by_hour).all(axis=1),
        empty=empty,
        gap_share=gap.reshape(by_hour).mean(axis=1),
    )


def linear(hours: Hours) -> dict[int, int]:
    """Quantity of each empty hour by its index, on a straight line between the measured hours on either side.

    A counter's gap that was spread evenly is that already, so it is not named.
    """
    found: dict[int, int] = {}
    for start, end in _runs(hours.empty):
        if start == 0 or end == len(hours.empty) or not (hours.measured[start - 1] and hours.measured[end]):
            continue
        before, after, steps = int(hours.booked[start - 1]), int(hours.booked[end]), end - start + 1
        found.update((i, before + (after - before) * (i - start + 1) // steps) for i in range(start, end))
    return found


def profile(hours: Hours) -> dict[int, int]:
    """Quantity of each hour without measurement by its index: the mean of the same hour of the four weeks before.

    Scaled to the level of the day before the gap; of a counter's closed gap to what it holds as a whole.
    """
    found: dict[int, int] = {}
    week = _week(hours)
    for start, end in _runs(hours.gap_share > 0):
        usual = week[start:end]
        known = ~np.isnan(usual)
        if not known.any():
            continue
        shape = np.where(known, usual, np.nanmean(usual, where=known)) * hours.gap_share[start:end]
        if shape.sum() > 0:
            parts = _parts(int(hours.in_gap[start:end].sum()), shape)
            rest = hours.booked[start:end] - hours.in_gap[start:end]
            found.update((start + i, int(rest[i]) + part) for i, part in enumerate(parts))
    for start, end in _runs(hours.empty):
        level = _level(hours, week, start)
        found.update((i, int(week[i] * level)) for i in range(start, end) if not np.isnan(week[i]))
    return found


def _runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """Start and end of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _week(hours: Hours) -> NDArray[np.float64]:
    """The mean of the measured ones among the same hours of the four weeks before; NaN where there is none."""
    values = np.where(hours.measured, hours.booked.astype(np.float64), 0.0)
    total, seen = np.zeros(len(values)), np.zeros(len(values))
    for week in range(1, WEEKS + 1):
        back = week * WEEK_H
        total[back:] += values[:-back]
        seen[back:] += hours.measured[:-back]
    mean: NDArray[np.float64] = np.divide(total, seen, out=np.full(len(values), np.nan), where=seen > 0)
    return mean


def _level(hours: Hours, week: NDArray[np.float64], start: int) -> float:
    """How the day before a gap stood to the week's mean; 1 where that is not known."""
    day = slice(max(0, start - LEVEL_H), start)
    known = hours.measured[day] & ~np.isnan(week[day])
    usual = float(week[day][known].sum())
    return float(hours.booked[day][known].sum()) / usual if usual > 0 else 1.0


def _parts(total: int, shape: NDArray[np.float64]) -> list[int]:
    """`total` in whole parts in the proportions of `shape`; they add up to it exactly."""
    # As fractions: a float cannot tell a share of a total beyond 2**53 to the unit.
    upto = list(accumulate(Fraction(part) for part in shape.tolist()))
    return [after - before for before, after in pairwise([0, *(total * part // upto[-1] for part in upto)])]
