"""Readings of more than a meter can carry."""

from dataclasses import dataclass

import numpy as np

from services.core.calendar import HOUR_US
from services.quality.checks.contract import CheckKind
from services.quality.checks.day import Finding
from services.quality.checks.grid import Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Implausible:
    """More than the meter can carry."""

    times_of_past: float
    """Where no rating is registered: so many times the reach of the meter's own past is too much."""
    past_share: float
    """The reach: so large a share of the past's values lies below it."""
    day_share: float
    """What lasts for more than the rest of the judged day is another way of working, and widens the reach."""


def implausible(grid: Grid, limit: Implausible, *, has_past: bool) -> list[Finding]:
    """More than the registered rating allows; where none is registered, far more than the meter's own past."""
    quantities = grid.day * grid.meter.quantity_per_value
    rated = grid.meter.rated_per_hour
    if rated is not None:
        most, by = rated * grid.meter.interval_us / HOUR_US, "rating"
    elif has_past:
        most, by = limit.times_of_past * _reach(grid, limit) * grid.meter.quantity_per_value, "past"
    else:
        return []
    if not most > 0:
        return []
    first = grid.cells.size - grid.of_day
    return [
        Finding(
            "implausible", *grid.span_us(first + int(i), first + int(i) + 1), float(quantities[i]), most, {"by": by}
        )
        for i in np.flatnonzero(quantities > most)
    ]


def _reach(grid: Grid, limit: Implausible) -> float:
    """What the meter is known to reach, register units; 0 where it never moved."""
    past, day = grid.past[grid.past > 0], grid.day[grid.day > 0]
    reach = float(np.quantile(past, limit.past_share)) if past.size else 0.0
    return max(reach, float(np.quantile(day, limit.day_share)) if day.size > 1 else 0.0)


KIND = CheckKind(
    slug="implausible",
    subject="meter",
    unit="1",
    limits=Implausible,
    of_series=lambda seen, limits: implausible(seen.grid, limits, has_past=seen.has_past),
    needs_past=False,
)
