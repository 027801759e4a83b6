"""Values that were written rather than measured: rounded, or taken from another day."""

from dataclasses import dataclass
from datetime import date, datetime
from math import log

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import DAY_US, SHANGHAI, from_us
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding, Quantities
from services.quality.checks.grid import Grid, run_lengths, runs

_MOST_DECIMALS = 6
_PRINTED_SHARE = 0.98
_COARSER = (5, 10, 50, 100, 500, 1000, 5000, 10000)
"""Steps to which people round, in steps of the meter's last digit."""
_NEAR = 1e-6
_HALF_OF_HALF = 0.25
"""What does not hold a quarter of the needed evidence in the judged day is told on the day before or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """Values whose last digits are zeros, where the meter prints finer ones."""

    chance: float
    """The run of round values must be less probable than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Values that stood at the same time of another day."""

    least_h: float
    """A shorter run is never a finding, hours."""
    chance: float
    """The run of equal values must be less probable than this."""


def rounded(grid: Grid, limit: Rounded) -> list[Finding]:
    """A run of different values that are all whole tens, hundreds, … of the last digit the meter prints."""
    flat = _last_two_days(grid).ravel()
    told = np.isfinite(flat) & (flat != 0)
    told[1:] &= flat[1:] != flat[:-1]
    past = grid.past.ravel()
    past = past[np.isfinite(past) & (past != 0)]
    if not past.size or not told.any():
        return []
    step = 10.0 ** -_decimals(past)
    best: tuple[float, int, int, float, int] | None = None
    for coarser in _COARSER:
        share = (float(_is_whole(past, coarser * step).sum()) + 1) / (past.size + 2)
        is_round = _is_whole(flat, coarser * step) | ~np.isfinite(flat)
        if log(share) * (is_round & told)[-grid.of_day :].sum() > _HALF_OF_HALF * log(limit.chance):
            continue
        for first, end in runs(run_lengths(is_round), least=1, after=len(flat) - grid.of_day):
            count = int(told[first:end].sum())
            chance = log(share) * count + log(grid.of_day)
            if chance < log(limit.chance) and (best is None or chance < best[0]):
                best = (chance, first, end, coarser * step, count)
    if best is None:
        return []
    _, first, end, step, count = best
    offset = grid.cells.size - len(flat)
    span = grid.span_us(offset + first, offset + end)
    return [Finding("rounded", *span, step, 10.0 ** -_decimals(past), {"values": count})]


def repeated(grid: Grid, limit: Repeated) -> list[Finding]:
    """A run of values that stood at the same times of one of the days before."""
    width = grid.of_day
    judged = _last_two_days(grid)
    surprise = _surprise(grid)
    best: tuple[float, int, int, int] | None = None
    agreeing = ((grid.past == grid.day) * surprise).sum(axis=1)
    for row in np.flatnonzero(agreeing > -_HALF_OF_HALF * log(limit.chance)):
        back = int((grid.starts_us[-1] - grid.starts_us[row]) // DAY_US)
        other = _days_before(grid, back, len(judged))
        if other is None:
            continue
        same = (judged == other) | (np.isnan(judged) & np.isnan(other))
        flat_same, flat = same.ravel(), judged.ravel()
        changes = np.concatenate(([True], flat[1:] != flat[:-1])) & np.isfinite(flat) & (flat != 0)
        weight = np.where(changes, np.tile(surprise, len(judged)), 0.0)
        for first, end in runs(run_lengths(flat_same), least=1, after=len(flat) - width):
            chance = log(width * grid.past_days) - float(weight[first:end].sum())
            if (end - first) >= limit.least_h * grid.of_hour and (best is None or chance < best[0]):
                best = (chance, first, end, back)
    if best is None or best[0] >= log(limit.chance):
        return []
    chance, first, end, back = best
    offset = grid.cells.size - judged.size
    span = grid.span_us(offset + first, offset + end)
    of = _day_of(int(grid.starts_us[-1]) - back * DAY_US)
    return [Finding("repeated", *span, (end - first) / grid.of_hour, limit.least_h, {"of": of.isoformat()})]


def _last_two_days(grid: Grid) -> Quantities:
    """The judged day, with the day before where that is known: what is written may begin before midnight."""
    rows = 2 if grid.follows[-1] else 1
    days: Quantities = grid.cells[-rows:]
    return days


def _decimals(values: Quantities) -> int:
    """Digits after the point with which the meter prints nearly all of its values."""
    for decimals in range(_MOST_DECIMALS):
        if float(np.mean(np.abs(values - np.round(values, decimals)) < _NEAR)) > _PRINTED_SHARE:
            return decimals
    return _MOST_DECIMALS


def _is_whole(values: Quantities, step: float) -> NDArray[np.bool_]:
    """Whether each is a whole number of steps."""
    ratio = values / step
    whole: NDArray[np.bool_] = np.abs(ratio - np.round(ratio)) < _NEAR
    return whole


def _surprise(grid: Grid) -> Quantities:
    """For each time of day, how little one expects two days to agree: minus the logarithm of the share that do."""
    known = np.isfinite(grid.past)
    ordered = np.sort(grid.past, axis=0)
    days = known.sum(axis=0)
    place = np.arange(len(ordered))[:, None]
    new = np.ones(ordered.shape, dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=0)
    agreeing = np.where(np.isfinite(ordered), place - first, 0).sum(axis=0)
    pairs = days * (days - 1) / 2
    surprise: Quantities = -np.log((agreeing + 0.5) / (pairs + 1))
    return np.maximum(surprise, 0.0)


def _days_before(grid: Grid, back: int, rows: int) -> Quantities | None:
    """The rows that lie `back` days before the last `rows`; None where a day of them is not known."""
    wanted = grid.starts_us[-rows:] - back * DAY_US
    found = np.searchsorted(grid.starts_us, wanted)
    if (grid.starts_us[found] != wanted).any():
        return None
    other: Quantities = grid.cells[found]
    return other


def _day_of(moment_us: int) -> date:
    moment: datetime = from_us(moment_us)
    return moment.astimezone(SHANGHAI).date()


ROUNDED = CheckKind(
    slug="rounded",
    subject="meter",
    unit="1",
    limits=Rounded,
    of_series=lambda seen, limits: rounded(seen.grid, limits),
)
REPEATED = CheckKind(
    slug="repeated",
    subject="meter",
    unit="h",
    limits=Repeated,
    of_series=lambda seen, limits: repeated(seen.grid, limits),
)
