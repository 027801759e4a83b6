"""How activity goes over the hours of a week and the months of a year, and its noise, as cumulated functions of time.

A quantity is the integral of a rate. Each shape here is given as its integral, so that the register of a counter can be
computed for any moment without knowing those before. Times are hours since the origin: 2020-01-01 in Asia/Shanghai.
"""

import datetime as dt
from functools import cache

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.float64]

ORIGIN_MS = int(dt.datetime(2019, 12, 31, 16, tzinfo=dt.UTC).timestamp() * 1000)
_LAST_YEAR = 2040
_WEEK_H = 168
# 2020-01-01 was a Wednesday.
_ORIGIN_WEEK_HOUR = 48

_DAYS = {
    "flat": [1.0] * 24,
    "three_shift": [0.96] * 6
    + [0.9, 0.98, 1.02, 1.04, 1.04, 1.02, 0.98, 1.0, 1.03, 1.03, 1.02, 0.95]
    + [1.0, 1.02] * 3,
    "day_shift": [0.35] * 6
    + [0.6, 1.0, 1.5, 1.6, 1.6, 1.5, 1.2, 1.5, 1.6, 1.6, 1.5, 1.3, 0.9, 0.7, 0.6, 0.5, 0.4, 0.35],
    "office": [0.3] * 6 + [0.5, 0.9, 1.5, 1.8, 1.9, 1.8, 1.5, 1.6, 1.8, 1.8, 1.7, 1.3, 0.9, 0.8, 0.7, 0.5, 0.4, 0.3],
    "traffic": [
        *(0.92, 0.88, 0.85, 0.84, 0.84, 0.85, 0.88, 0.92, 0.97, 1.02, 1.05, 1.06),
        *(1.04, 1.05, 1.06, 1.06, 1.05, 1.04, 1.05, 1.08, 1.12, 1.12, 1.08, 1.0),
    ],
    "grid_load": [
        *(0.85, 0.82, 0.8, 0.8, 0.82, 0.86, 0.93, 1.0, 1.06, 1.08, 1.05, 1.0),
        *(0.96, 0.94, 0.95, 0.98, 1.05, 1.14, 1.18, 1.18, 1.14, 1.08, 0.98, 0.9),
    ],
}
_WEEKENDS = {"flat": 1.0, "three_shift": 0.98, "day_shift": 0.7, "office": 0.45, "traffic": 0.97, "grid_load": 0.95}

# January to December; each is scaled to a mean of one.
_MONTHS = {
    "flat": [1.0] * 12,
    "power": [1.2, 1.1, 0.98, 0.85, 0.85, 0.95, 1.08, 1.08, 0.9, 0.87, 1.0, 1.16],
    "heating": [2.9, 2.5, 1.7, 0.6, 0.02, 0.02, 0.02, 0.02, 0.02, 0.9, 2.0, 2.7],
    "kiln": [0.1, 0.08, 0.35, 1.2, 1.5, 1.55, 1.5, 1.5, 1.45, 1.3, 0.7, 0.2],
    "cooling": [0.62, 0.64, 0.74, 0.92, 1.1, 1.35, 1.5, 1.45, 1.15, 0.92, 0.75, 0.65],
    "building": [1.15, 1.0, 0.95, 0.9, 0.9, 1.0, 1.15, 1.1, 0.9, 0.9, 1.0, 1.15],
}

SHAPES = frozenset(_DAYS)
SEASONS = frozenset(_MONTHS)


def hours_since_origin(ts_ms: NDArray[np.int64]) -> Hours:
    """Raises ValueError for a time before the origin."""
    if ts_ms.size and int(ts_ms.min()) < ORIGIN_MS:
        raise ValueError("the simulated meters begin on 2020-01-01 (Asia/Shanghai): ask for a shorter history")
    hours: Hours = (ts_ms - ORIGIN_MS) / 3_600_000.0
    return hours


@cache
def _week_integral(shape: str) -> tuple[Hours, float]:
    day = np.array(_DAYS[shape])
    days = [1.0] * 5 + [_WEEKENDS[shape]] * 2
    week = np.concatenate([day * factor for factor in days])
    week = np.roll(week / week.mean(), -_ORIGIN_WEEK_HOUR)
    return np.concatenate([[0.0], np.cumsum(week)]), float(week.min())


def through_week(shape: str, hours: Hours) -> Hours:
    """Full-load hours after so many hours: the integral of the week's profile, whose mean is one."""
    integral, _ = _week_integral(shape)
    weeks = np.floor(hours / _WEEK_H)
    rest = np.interp(hours - weeks * _WEEK_H, np.arange(_WEEK_H + 1.0), integral)
    return np.asarray(weeks * _WEEK_H + rest, dtype=np.float64)


@cache
def _season_integral(season: str) -> tuple[Hours, Hours]:
    factors = np.array(_MONTHS[season])
    factors = factors / factors.mean()
    starts = [dt.date(year, month, 1) for year in range(2020, _LAST_YEAR) for month in range(1, 13)]
    knots = np.array([(start - starts[0]).days * 24.0 for start in [*starts, dt.date(_LAST_YEAR, 1, 1)]])
    amounts = np.diff(knots) * np.tile(factors, _LAST_YEAR - 2020)
    return knots, np.concatenate([[0.0], np.cumsum(amounts)])


def through_year(season: str, hours: Hours) -> Hours:
    """Full-load hours after so many hours: the integral of the year's profile, whose mean is about one."""
    knots, integral = _season_integral(season)
    result: Hours = np.interp(hours, knots, integral)
    return result


def highest_factor(*, shape: str, season: str) -> float:
    """How far the rate of shape and season rises above its mean, without noise."""
    integral, _ = _week_integral(shape)
    factors = np.array(_MONTHS[season])
    return float(np.diff(integral).max() * (factors / factors.mean()).max())


def noise_h(hours: Hours, *, key: int, knot_h: float, share: float) -> Hours:
    """A wobble to add to hours: it changes their pace by at most +-share, at random from knot to knot knot_h apart."""
    place = hours / knot_h
    left = np.floor(place)
    at_left = _uniform(key, left)
    at_right = _uniform(key, left + 1.0)
    result: Hours = share * knot_h * (at_left + (place - left) * (at_right - at_left))
    return result


def _uniform(key: int, knot: Hours) -> Hours:
    """Numbers in [0, 1) that depend on key and knot alone (splitmix64)."""
    with np.errstate(over="ignore"):
        z = knot.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)
