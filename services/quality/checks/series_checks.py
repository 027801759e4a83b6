"""The checks of one meter's own series."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from services.quality.checks.day import Finding, MeterDay, MeterFacts, Quantities
from services.quality.checks.digits import repeated, rounded
from services.quality.checks.grid import grid_of
from services.quality.checks.limits import SeriesLimits
from services.quality.checks.plausible import implausible
from services.quality.checks.shape import too_regular
from services.quality.checks.standing import reset_often, stuck, zero_run

LEAST_PAST_DAYS = 14
"""Two whole weeks: a meter with a shorter past is judged by its rating and its resets alone."""


def find(
    meter: MeterFacts,
    day: MeterDay,
    before: Sequence[MeterDay],
    limits: SeriesLimits,
    *,
    product_by_hour: Quantities | None = None,
    only: Collection[str] | None = None,
) -> list[Finding]:
    """What is wrong with the readings of `meter` on `day`, judged by the days `before` (up to 35, in order).

    Days that have no readings may be left out of `before`. `product_by_hour`: what the meter's unit produced in each
    of the 24 hours, NaN where it is not known. `only`: the checks to make; all without it. A finding may begin before
    the day: with the run that reaches into it.
    """
    past = [each for each in before if len(each.times_us)]
    grid = grid_of(meter, [*past, day])
    if not np.isfinite(grid.day).any():
        return []
    has_past = len(past) >= LEAST_PAST_DAYS
    checks: dict[str, Callable[[], list[Finding]]] = {
        "implausible": lambda: implausible(grid, limits.implausible, has_past=has_past),
        "reset_often": lambda: reset_often(grid, limits.reset_often),
    }
    if has_past:
        checks |= {
            "stuck": lambda: stuck(grid, limits.stuck),
            "zero_run": lambda: zero_run(grid, limits.zero_run, product_by_hour),
            "too_regular": lambda: too_regular(grid, limits.too_regular),
            "rounded": lambda: rounded(grid, limits.rounded),
            "repeated": lambda: repeated(grid, limits.repeated),
        }
    return [each for slug, check in checks.items() if only is None or slug in only for each in check()]
