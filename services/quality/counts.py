"""How many of the expected readings of a meter's day came, in time, and believed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US
from services.core.meter import Mark
from services.energy.booking.counter import SET_ASIDE
from services.quality.checks.day import MeterDay, MeterFacts, Times

_NOT_BELIEVED = SET_ASIDE | {Mark.SUSPECT, Mark.OVERLAP}


@dataclass(frozen=True, slots=True, kw_only=True)
class InTime:
    """Until when a reading came in time: so many intervals and seconds after its time."""

    intervals: float
    margin_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """Whole counts of one meter in one day. `received`, `on_time` and `valid` are of the expected readings."""

    readings: int = 0
    received: int = 0
    on_time: int = 0
    valid: int = 0
    resets: int = 0


def expected_a_day(interval_us: int) -> int:
    """Readings expected in a whole day; one where they are further apart than a day."""
    return max(1, DAY_US // interval_us)


def counts_of_day(day: MeterDay, meter: MeterFacts, in_time: InTime) -> DayCounts:
    """The counts of a day of the meter.

    Where its interval changed within the day, those before count for as many readings as were expected in their time
    by the last one.
    """
    held = meter.of_day(day.day)
    if len(held) == 1:
        return counts(day, held[0].expected_us, in_time)
    starts_us = [each.since_us for each in held[1:]]
    found = [0] * 5
    for each, part in zip(held, _parts(day, starts_us), strict=True):
        counted = counts(part, each.expected_us, in_time)
        weight = each.expected_us / held[-1].expected_us
        found[0] += counted.readings
        found[1] += round(counted.received * weight)
        found[2] += round(counted.on_time * weight)
        found[3] += round(counted.valid * weight)
        found[4] += counted.resets
    most = expected_a_day(held[-1].expected_us)
    received, on_time, valid = (min(most, count) for count in found[1:4])
    return DayCounts(readings=found[0], received=received, on_time=on_time, valid=valid, resets=found[4])


def _parts(day: MeterDay, starts_us: Sequence[int]) -> Iterator[MeterDay]:
    """The readings of the day cut at these moments."""
    edges = [0, *np.searchsorted(day.times_us, starts_us).tolist(), len(day.times_us)]
    for first, end in pairwise(edges):
        times_us = day.times_us[first:end]
        marks = {int(at_us): day.marks[int(at_us)] for at_us in times_us if int(at_us) in day.marks}
        received_us = day.received_us[first:end] if len(day.received_us) else day.received_us
        yield replace(day, times_us=times_us, values=day.values[first:end], marks=marks, received_us=received_us)


def counts(day: MeterDay, interval_us: int, in_time: InTime) -> DayCounts:
    """The counts of a day. A reading counts for one period of the interval; two within a period are one that came.

    What was received at a moment that is not known did not come in time.
    """
    times_us = day.times_us
    if not len(times_us):
        return DayCounts()
    period = _periods(times_us, interval_us)
    most = expected_a_day(interval_us)
    believed = np.ones(len(times_us), dtype=bool)
    for at_us, mark in day.marks.items():
        if mark in _NOT_BELIEVED:
            believed[np.searchsorted(times_us, at_us)] = False
    late_us = int((in_time.intervals * interval_us) + in_time.margin_s * 1_000_000)
    punctual = day.received_us - times_us <= late_us if len(day.received_us) else np.zeros(len(times_us), dtype=bool)
    return DayCounts(
        readings=len(times_us),
        received=min(most, _distinct(period)),
        on_time=min(most, _distinct(period[punctual])),
        valid=min(most, _distinct(period[believed])),
        resets=sum(mark is Mark.RESET for mark in day.marks.values()),
    )


def missing_times(times_us: Times, interval_us: int, *, start_us: int, end_us: int) -> list[int]:
    """When in [start_us, end_us) a reading was expected that is not among `times_us`, by the meter's own rhythm."""
    if not len(times_us):
        return list(range(start_us, end_us, interval_us))
    phase_us = _phase_us(times_us, interval_us)
    seen = set(_periods(times_us, interval_us).tolist())
    first = math.ceil((start_us - phase_us) / interval_us - 1e-9)
    last = math.ceil((end_us - phase_us) / interval_us - 1e-9)
    return [max(start_us, round(i * interval_us + phase_us)) for i in range(first, last) if i not in seen]


def _distinct(periods: NDArray[np.int64]) -> int:
    return len(np.unique(periods))


def _periods(times_us: Times, interval_us: int) -> NDArray[np.int64]:
    """The period of each reading. Periods are cut where readings are rarest: a clock that jitters loses none.

    The cut lies opposite to the mean phase of the readings within the interval.
    """
    phase_us = _phase_us(times_us, interval_us)
    periods: NDArray[np.int64] = np.floor((times_us - phase_us) / interval_us + 0.5).astype(np.int64)
    return periods


def _phase_us(times_us: Times, interval_us: int) -> float:
    """The mean time of the readings within the interval, from minus to plus half of it."""
    angle = 2 * np.pi * (times_us % interval_us) / interval_us
    return float(np.angle(np.exp(1j * angle).sum()) / (2 * np.pi) * interval_us)
