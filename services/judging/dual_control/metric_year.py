"""A metric of an area in single years, and whether these can be compared with each other. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from services.judging.dual_control.facts import LOW_COVERAGE, NUMBER_MISSING, SOURCES_DIFFER, EnergySource, Obstacle
from services.judging.dual_control.metric import ControlMetric


@dataclass(frozen=True, slots=True)
class MetricYear:
    """A metric in a year; `value` None: unknown, which is not zero."""

    year: int
    value: Fraction | None
    source: EnergySource | None = None
    coverage: float | None = None
    running: bool = False
    """The year is not over: an amount is a forecast, a share that of what is gone."""
    so_far: Fraction | None = None
    """Of a running year the amount measured up to now, also where too little of it is there for a forecast."""
    apart: Fraction | None = None
    """Carbon of feedstock, tCO2, which stays in the product; None: nothing is known of it, or nothing is kept apart."""
    obstacle: Obstacle | None = None
    """Why it is unknown."""
    band: tuple[Fraction, Fraction] | None = None
    """Of what is measured: between what it lies while heat values are not; None: it is known as it is."""

    def at_end(self, *, high: bool) -> "MetricYear":
        """The same at an end of its band."""
        return self if self.band is None else replace(self, value=self.band[high], band=None)


def obstacles(metric: ControlMetric, years: Sequence[MetricYear], *, coverage_least: float) -> tuple[Obstacle, ...]:
    """Why these years cannot be compared with each other; empty where they can."""
    found = []
    for each in years:
        if each.value is None:
            found.append(each.obstacle or Obstacle(NUMBER_MISSING, each.year, what_of(metric)))
        elif each.source is EnergySource.MEASURED and (each.coverage is None or each.coverage < coverage_least):
            found.append(Obstacle(LOW_COVERAGE, each.year, what_of(metric)))
    known = [each for each in years if each.value is not None]
    differing = [each for each in known if each.source is not known[0].source]
    if differing:
        found.append(Obstacle(SOURCES_DIFFER, differing[0].year, what_of(metric)))
    return tuple(found)


def what_of(metric: ControlMetric) -> str:
    """The number that an obstacle names."""
    return metric.statistic or str(metric.code)
