"""Meters that stand: stuck at a value, or at zero while the plant works; and registers that begin again too often."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US, HOUR_US
from services.core.meter import Kind
from services.energy.past import BEFORE_DAYS
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Detail, Finding, Quantities
from services.quality.checks.grid import Grid, run_lengths, runs

USUAL_SHARE = 0.9
"""What nine of ten days keep is usual; so a few days that are faulty themselves do not widen it."""
HARDLY_EVER_SHARE = 0.2
"""A meter without a known product is judged where not more of its days saw a zero: a fault or two among them."""
_HOURS_OF_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """The same value again and again."""

    least_h: float
    """A shorter run is never a finding, hours."""
    times_of_past: float
    """The run must be longer than so many times the usual longest of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroRun:
    """Nothing used while the plant produces, or while the meter's own past never stood still."""

    least_h: float
    """A shorter run is never a finding, hours."""
    times_of_past: float
    """The run must be longer than so many times the usual longest of the past."""
    product_share: float
    """The plant produces in an hour with more than this share of the day's mean product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOften:
    """A counter that begins at zero again and again."""

    most: float
    """So many resets are allowed in the judged day and the 35 days before."""


def stuck(grid: Grid, limit: Stuck) -> list[Finding]:
    """The same value for longer than this meter ever shows it. Zero is not judged, but of a counter that stands."""
    flat = grid.cells.ravel()
    same = np.zeros(len(flat), dtype=bool)
    same[1:] = flat[1:] == flat[:-1]
    if grid.meter.kind is Kind.COUNTER:
        same = flat == 0
    else:
        same &= flat != 0
    lengths = _unbroken(grid, same)
    if grid.meter.kind is not Kind.COUNTER:
        lengths = np.where(lengths > 0, lengths + 1, 0)  # the value that is repeated belongs to the run
    least = max(limit.least_h, limit.times_of_past * _usual_h(grid, lengths))
    return [
        Finding("stuck", *grid.span_us(first, end), hours, least, {"value": float(flat[first])})
        for first, end, hours in _of_judged_day(grid, lengths, least)
    ]


def zero_run(grid: Grid, limit: ZeroRun, product_by_hour: Quantities | None) -> list[Finding]:
    """Nothing used while the plant produces; where its product is not known: where the past hardly ever stood still."""
    zero = grid.cells.ravel() == 0
    lengths = _unbroken(grid, zero)
    if product_by_hour is None or not np.isfinite(product_by_hour).any():
        if _usual_h(grid, lengths, 1 - HARDLY_EVER_SHARE) > 0 or grid.meter.kind is Kind.COUNTER:
            return []
        return [
            Finding("zero_run", *grid.span_us(first, end), hours, limit.least_h, {"product": "not known"})
            for first, end, hours in _of_judged_day(grid, lengths, limit.least_h)
        ]
    least = max(limit.least_h, limit.times_of_past * _usual_h(grid, lengths))
    produces = _producing(grid, product_by_hour, limit.product_share)
    found = []
    for first, end, hours in _of_judged_day(grid, lengths, least):
        before = grid.past_days * grid.of_day
        idle_h = float(produces[max(0, first - before) : end - before].sum()) / grid.of_hour
        if idle_h >= min(hours, limit.least_h):
            detail: Detail = {"product": "known", "hours_of_product": idle_h}
            found.append(Finding("zero_run", *grid.span_us(first, end), hours, least, detail))
    return found


def reset_often(grid: Grid, limit: ResetOften) -> list[Finding]:
    """More resets in the judged day and the past than a sound register has; told on days that have one."""
    day_us = int(grid.starts_us[-1])
    counted = [at for at in grid.resets_us if at >= day_us - BEFORE_DAYS * DAY_US]
    if len(counted) <= limit.most or counted[-1] < day_us:
        return []
    return [Finding("reset_often", counted[0], counted[-1] + 1, len(counted), limit.most)]


def _unbroken(grid: Grid, same: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of runs; none goes across a day that is not there."""
    whole = same.copy()
    whole[np.flatnonzero(~grid.follows) * grid.of_day] = False
    return run_lengths(whole)


def _usual_h(grid: Grid, lengths: NDArray[np.int64], share: float = USUAL_SHARE) -> float:
    """The longest run of the day, hours, that so large a share of the past's days keeps."""
    longest = np.sort(lengths.reshape(grid.cells.shape)[:-1].max(axis=1))
    return float(longest[int(np.ceil(share * (len(longest) - 1)))]) / grid.of_hour


def _of_judged_day(grid: Grid, lengths: NDArray[np.int64], least_h: float) -> list[tuple[int, int, float]]:
    """Runs longer than `least_h` that reach into the judged day: [first, end) and hours."""
    found = runs(lengths, least=least_h * grid.of_hour, after=lengths.size - grid.of_day)
    return [(first, end, (end - first) / grid.of_hour) for first, end in found]


def _producing(grid: Grid, product_by_hour: Quantities, share: float) -> NDArray[np.bool_]:
    """For each cell of the judged day, whether the plant produces then."""
    known = np.where(np.isfinite(product_by_hour), product_by_hour, 0.0)
    by_hour = known > max(0.0, share * float(np.nanmean(product_by_hour)))
    shift_us = grid.meter.interval_us if grid.meter.tells_the_past else 0
    hour = (np.arange(grid.of_day) * grid.meter.interval_us - shift_us) // HOUR_US
    producing: NDArray[np.bool_] = by_hour[np.clip(hour, 0, _HOURS_OF_DAY - 1)]
    return producing


STUCK = CheckKind(
    slug="stuck",
    subject="meter",
    unit="h",
    limits=Stuck,
    of_series=lambda seen, limits: stuck(seen.grid, limits),
)
ZERO_RUN = CheckKind(
    slug="zero_run",
    subject="meter",
    unit="h",
    limits=ZeroRun,
    of_series=lambda seen, limits: zero_run(seen.grid, limits, seen.product_by_hour),
)
RESET_OFTEN = CheckKind(
    slug="reset_often",
    subject="meter",
    unit="1",
    limits=ResetOften,
    of_series=lambda seen, limits: reset_often(seen.grid, limits),
    needs_past=False,
)
