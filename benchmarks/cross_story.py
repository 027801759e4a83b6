"""What the proof of the cross checks is made of: subjects with faults at known times, and what a check found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality_proof import Judged, Spans, meets, merged, series_of
from services.core.calendar import DAY_US, HOUR_US
from services.energy.past import BEFORE_DAYS
from services.quality.checks.day import Finding
from simulators.fleet.draw import key_of

ESTATE = "estate_hourly"
DAY_H = 24
PAST_H = BEFORE_DAYS * DAY_H
_MS = 1000
_DRAWS_EACH = 200
_TO_SHANGHAI_US = 8 * HOUR_US

Hourly = NDArray[np.float64]
"""Meter × hour, from the start of a day of Asia/Shanghai; NaN where the series has ended."""


@dataclass(frozen=True)
class Story:
    """One subject of a check in one run: when it was wrong, and what the check found, microseconds."""

    series: str
    kind: str
    subject: str
    starts_us: int
    """From here on faults are injected; before it lies the past."""
    ends_us: int
    faults: Spans
    found: Sequence[Finding]

    def judged(self) -> Judged:
        """As of the checks of a single meter: findings that touch are one; false is what meets no fault."""
        spans = merged(self.found)
        false = [each for each in spans if not meets(each, self.faults)]
        clean_us = self.ends_us - self.starts_us - sum(end - start for start, end in self.faults)
        return Judged(
            self.series,
            self.kind,
            self.subject,
            faults=len(self.faults),
            found=sum(meets(each, spans) for each in self.faults),
            true_findings=len(spans) - len(false),
            false_findings=len(false),
            clean_years=clean_us / DAY_US / 365,
            source_faults=0,
            source_found=0,
            false_spans=tuple(false),
        )


def generator(seed: int, *about: str) -> np.random.Generator:
    """Chance that depends on the seed and what it is about alone."""
    return np.random.default_rng(key_of(seed, *about))


def inject_stretches(
    draw: np.random.Generator,
    size: int,
    lengths: tuple[int, int],
    rate: float,
    *,
    first: int,
    margin: int,
    make: Callable[[int, int], bool],
) -> list[tuple[int, int]]:
    """Make faults in stretches [start, end) of `size` periods until `rate` of all are wrong.

    None lies before `first`, and they are `margin` periods apart. `make` answers False where nothing would be wrong,
    and another stretch is drawn.
    """
    taken = np.zeros(size, dtype=bool)
    made = []
    for _ in range(int(_DRAWS_EACH * max(rate * size, 1))):
        if taken.sum() >= rate * size:
            break
        length = int(draw.integers(lengths[0], lengths[1] + 1))
        start, end = (begin := int(draw.integers(first, size - length + 1))), begin + length
        if not taken[max(0, start - margin) : end + margin].any() and make(start, end):
            taken[start:end] = True
            made.append((start, end))
    return sorted(made)


@cache
def estate(data_dir: Path) -> tuple[int, tuple[str, ...], Hourly]:
    """The measured estate in whole days of Asia/Shanghai: the first moment, the meters, and kWh by hour."""
    series = series_of(ESTATE, data_dir)
    begins = min(int(each.ts_ms[0]) for each in series.values()) * _MS
    ends = max(int(each.ts_ms[-1]) for each in series.values()) * _MS + HOUR_US
    start_us = -(-(begins + _TO_SHANGHAI_US) // DAY_US) * DAY_US - _TO_SHANGHAI_US
    hours = (ends - start_us) // DAY_US * DAY_H
    kwh = np.full((len(series), hours), np.nan)
    for row, each in enumerate(series.values()):
        at = (each.ts_ms * _MS - start_us) // HOUR_US
        inside = (at >= 0) & (at < hours)
        kwh[row, at[inside]] = each.values[inside]
    names = tuple(code.removeprefix("REPLAY-ESTATE-") for code in series)
    return start_us, names, kwh


def of_days(hourly: Hourly) -> Hourly:
    """Sums by day along the last axis; what is not known counts as nothing."""
    days: Hourly = np.nansum(hourly.reshape(*hourly.shape[:-1], -1, DAY_H), axis=-1)
    return days
