"""Days that are too regular to have been measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding, Quantities
from services.quality.checks.grid import Grid

USUAL_SMALLEST = 0.1
"""One in ten days of the past may have less: so a few that are faulty themselves do not count as usual."""
USUAL_ROUGHEST = 0.9
_LEAST_KNOWN = 0.9
_MOST_EQUAL = 0.93
"""Where more neighbours than these are equal the meter is stuck, which is another check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooRegular:
    """Values that move less than this meter ever does. The spread is the standard deviation over the mean of a day."""

    share_of_past: float
    """A spread below this share of the usual smallest of the past is a finding by itself."""
    share_if_shapeless: float
    """So is one below this share, if the day also lacks the shape of the past: its usual hours, its smoothness."""
    likeness: float
    """A correlation with the usual day below this is no likeness."""
    least_level: float
    """Of less than this share of the usual mean nothing is said: a plant at rest moves little."""


@dataclass(frozen=True, eq=False)
class _Windows:
    """For each cell the day that ends with it: mean, spread (relative), roughness (1 - correlation of neighbours)."""

    mean: Quantities
    spread: Quantities
    roughness: Quantities


def too_regular(grid: Grid, limit: TooRegular) -> list[Finding]:
    """The day (24 h that end in the judged one) that moves least, if that is less than the meter ever does."""
    windows = _windows(grid.cells.ravel(), grid.of_day)
    by_day = windows.spread.reshape(grid.cells.shape)
    smallest = np.sort(by_day[:-1].min(axis=1))
    usual = float(smallest[int(USUAL_SMALLEST * (len(smallest) - 1))])
    last = grid.past_days * grid.of_day + int(by_day[-1].argmin())
    spread = float(windows.spread[last])
    if not 0 < usual < np.inf or not spread < np.inf:
        return []
    if windows.mean[last] < limit.least_level * _usual_mean(grid):
        return []
    share = limit.share_of_past
    if _is_shapeless(grid, windows, last, limit.likeness):
        share = max(share, limit.share_if_shapeless)
    if spread >= share * usual:
        return []
    return [Finding("too_regular", *grid.span_us(last + 1 - grid.of_day, last + 1), spread, share * usual)]


def _windows(flat: Quantities, width: int) -> _Windows:
    """Zero and missing cells are left out; a window with few known cells, or with equal ones alone, has no spread."""
    known = np.nan_to_num(flat) != 0
    value = np.where(known, flat, 0.0)
    step = np.diff(value, prepend=0.0)
    paired = known & np.concatenate(([False], known[:-1]))
    paired &= np.isfinite(flat)
    step = np.where(paired, step, 0.0)
    count, pairs = _sums(known, width), _sums(paired, width)
    mean = _sums(value, width) / np.maximum(count, 1)
    variance = np.maximum(_sums(value * value, width) / np.maximum(count, 1) - mean * mean, 0.0)
    equal = _sums(paired & (step == 0), width)
    told = (count >= _LEAST_KNOWN * width) & (equal <= _MOST_EQUAL * pairs) & (variance > 0) & (mean > 0)
    spread = np.full(len(flat), np.inf)
    spread[told] = np.sqrt(variance[told]) / mean[told]
    roughness = np.zeros(len(flat))
    roughness[told] = _sums(step * step, width)[told] / np.maximum(pairs[told], 1) / variance[told] / 2
    return _Windows(mean, spread, roughness)


def _sums(values: Quantities | NDArray[np.bool_], width: int) -> Quantities:
    """The sum of the `width` values that end with each; of fewer at the start."""
    summed = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    sums: Quantities = summed[1:] - np.concatenate((np.zeros(width), summed[1:-width]))[: len(values)]
    return sums


def _usual_mean(grid: Grid) -> float:
    known = grid.past[np.isfinite(grid.past).any(axis=1)]
    return float(np.median(np.nanmean(known, axis=1)))


def _is_shapeless(grid: Grid, windows: _Windows, last: int, likeness: float) -> bool:
    """Whether the window lacks the usual hours of the past and its smoothness."""
    told = np.isfinite(windows.spread[: -grid.of_day])
    if not told.any():
        return False
    usual_roughness = float(np.quantile(windows.roughness[: -grid.of_day][told], USUAL_ROUGHEST))
    if windows.roughness[last] <= usual_roughness:
        return False
    width = grid.of_day
    usual_day = np.roll(_usual_day(grid), -(last + 1) % width)
    window = grid.cells.ravel()[last + 1 - width : last + 1]
    both = np.isfinite(usual_day) & np.isfinite(window)
    apart = (usual_day[both] - usual_day[both].mean(), window[both] - window[both].mean())
    size = float(np.sqrt((apart[0] ** 2).sum() * (apart[1] ** 2).sum()))
    return size == 0 or float((apart[0] * apart[1]).sum()) / size < likeness


def _usual_day(grid: Grid) -> Quantities:
    """The median of each time of day; NaN where none is known."""
    usual = np.full(grid.of_day, np.nan)
    known = np.isfinite(grid.past).any(axis=0)
    usual[known] = np.nanmedian(grid.past[:, known], axis=0)
    return usual


KIND = CheckKind(
    slug="too_regular",
    subject="meter",
    unit="1",
    limits=TooRegular,
    of_series=lambda seen, limits: too_regular(seen.grid, limits),
)
