"""The checks of one meter's own series."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from services.quality.checks.contract import SeriesSeen
from services.quality.checks.day import Finding, MeterDay, MeterFacts, Quantities
from services.quality.checks.grid import grid_of
from services.quality.checks.kinds import mark_checks, series_checks

LEAST_PAST_DAYS = 14
"""Two whole weeks: a meter with a shorter past is judged by what needs none, its rating and its resets."""


def find_marked(meter: MeterFacts, day: MeterDay, limits: Mapping[str, Any]) -> list[Finding]:
    """What the marks of a day's readings ask a person to look at, of a day that may still run."""
    if not day.marks:
        return []
    return [
        each
        for kind in mark_checks()
        if kind.of_marks is not None
        for each in kind.of_marks(meter, day, limits[kind.slug])
    ]


def find(
    meter: MeterFacts,
    day: MeterDay,
    before: Sequence[MeterDay],
    limits: Mapping[str, Any],
    *,
    product_by_hour: Quantities | None = None,
    only: Collection[str] | None = None,
) -> list[Finding]:
    """What is wrong with the readings of `meter` on `day`, judged by the days `before` (up to 35, in order).

    Days that have no readings may be left out of `before`. `limits`: those of each check by its slug.
    `product_by_hour`: what the meter's unit produced in each of the 24 hours, NaN where it is not known. `only`: the
    checks to make; all without it. A finding may begin before the day: with the run that reaches into it.
    """
    past = [each for each in before if len(each.times_us)]
    grid = grid_of(meter, [*past, day])
    if not np.isfinite(grid.day).any():
        return []
    seen = SeriesSeen(grid, len(past) >= LEAST_PAST_DAYS, product_by_hour)
    found: list[Finding] = []
    for kind in series_checks():
        if kind.of_series and (seen.has_past or not kind.needs_past) and (only is None or kind.slug in only):
            found += kind.of_series(seen, limits[kind.slug])
    return found
