"""The share of non-fossil energy of areas, year by year, as the indicator forms it of what the meters saw."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI, Grain, floor, start_of_day
from services.core.frame import PeriodLength, frame
from services.energy.by_subject import Subject
from services.energy.sums import read_sums
from services.energy.wanted import of_areas
from services.judging.data.tables import Tables
from services.judging.dual_control.facts import (
    COEFFICIENT_MISSING,
    HEAT_VALUE_UNKNOWN,
    LOW_COVERAGE,
    NON_FOSSIL,
    NUMBER_MISSING,
    EnergySource,
    Obstacle,
)
from services.judging.dual_control.metric_year import MetricYear
from services.judging.indicators.forming import Evaluated, Forming, RatioSubject
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.renewable import sold_beside_renewable
from services.judging.indicators.reported import statistics

_OBSTACLES = frozenset({LOW_COVERAGE, COEFFICIENT_MISSING})


def read_shares(
    connection: Connection, tables: Tables, tree: AreaTree, areas: Sequence[str], years: Sequence[int], *, now: datetime
) -> Mapping[str, Mapping[int, MetricYear]]:
    """The shares by area and year; that of the running year is of what is gone of it. Years to come have none."""
    start = start_of_day(date(years[0], 1, 1))
    end = min(start_of_day(date(years[-1] + 1, 1, 1)), floor(now, Grain.HOUR))
    if start >= end:
        return {}
    periods, indicator = frame(start, end, PeriodLength.YEAR), BY_SLUG[NON_FOSSIL]
    wanted = of_areas(tree, areas)
    sums = read_sums(connection, wanted, periods, now=now)
    reported = statistics(connection, "area", areas, indicator.statistics, tables)
    sold = sold_beside_renewable(connection, tables, [indicator], wanted, periods, now=now)
    forming = Forming(tables, periods, sums, reported, now=now, beside_renewable=sold)
    found: dict[str, dict[int, MetricYear]] = {area: {} for area in areas}
    for area in areas:
        subject = RatioSubject(area, (Subject(area=area),))
        for period in periods.periods:
            each = forming.of(indicator, subject, period, forming.measured(subject, period))
            year = each.start.astimezone(SHANGHAI).year
            found[area][year] = _year(each, year, running=now < each.whole_period[1])
    return found


def _year(found: Evaluated, year: int, *, running: bool) -> MetricYear:
    ratio = found.ratio
    if ratio.value is None:
        first = ratio.reasons[0][0] if ratio.reasons else NUMBER_MISSING
        reason = first if first in _OBSTACLES else NUMBER_MISSING
        return MetricYear(year, None, running=running, obstacle=Obstacle(reason, year, NON_FOSSIL))
    if ratio.band is not None and ratio.band.ends is None:
        # nothing bounds it: the coal might be all of the energy, or more of it is sold than came in
        return MetricYear(year, None, running=running, obstacle=Obstacle(HEAT_VALUE_UNKNOWN, year, NON_FOSSIL))
    band = None if ratio.band is None else ratio.band.values
    # of what is over: meters that began in December say nothing of the year
    coverage = (ratio.coverage or 0.0) * found.elapsed.metered_share
    return MetricYear(year, ratio.value, EnergySource.MEASURED, coverage, running=running, band=band)
