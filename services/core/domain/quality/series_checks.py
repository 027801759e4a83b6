"""The checks of one meter's own series."""

from collections.abc import Sequence

import numpy as np

from services.core.domain.quality.day import Finding, MeterDay, MeterFacts, Quantities
from services.core.domain.quality.digits import repeated, rounded
from services.core.domain.quality.grid import grid_of
from services.core.domain.quality.limits import SeriesLimits
from services.core.domain.quality.plausible import implausible
from services.core.domain.quality.shape import too_regular
from services.core.domain.quality.standing import reset_often, stuck, zero_run

LEAST_PAST_DAYS = 14
"""Two whole weeks: a meter with a shorter past is judged by its rating and its resets alone."""


def find(
    meter: MeterFacts,
    day: MeterDay,
    before: Sequence[MeterDay],
    limits: SeriesLimits,
    *,
    product_by_hour: Quantities | None = None,
) -> list[Finding]:
    """What is wrong with the readings of `meter` on `day`, judged by the days `before` (up to 35, in order).

    Days that have no readings may be left out of `before`. `product_by_hour`: what the meter's unit produced in each
    of the 24 hours, NaN where it is not known. A finding may begin before the day: with the run that reaches into it.
    """
    past = [each for each in before if len(each.times_us)]
    grid = grid_of(meter, [*past, day])
    if not np.isfinite(grid.day).any():
        return []
    has_past = len(past) >= LEAST_PAST_DAYS
    found = implausible(grid, limits.implausible, has_past=has_past) + reset_often(grid, limits.reset_often)
    if has_past:
        found += stuck(grid, limits.stuck)
        found += zero_run(grid, limits.zero_run, product_by_hour)
        found += too_regular(grid, limits.too_regular)
        found += rounded(grid, limits.rounded)
        found += repeated(grid, limits.repeated)
    return found
