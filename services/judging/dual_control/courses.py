"""The courses of all metrics of an area: those of energy from its evaluation, the others from their own years."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from services.core.units import UnitError
from services.core.verdict import ReasonedVerdict
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.plans import Plans
from services.judging.dual_control.assessed import Facts, counted
from services.judging.dual_control.course import (
    UNKNOWN_TREND,
    Course,
    MetricTarget,
    Trend,
    course,
    direction_of,
    grade_of,
)
from services.judging.dual_control.evaluate import Evaluation
from services.judging.dual_control.facts import NON_FOSSIL, NUMBER_MISSING, Obstacle, PlanPeriod
from services.judging.dual_control.intensity import IntensityYear, chain
from services.judging.dual_control.metric import METRICS, ControlMetric, MetricCode, MetricForm
from services.judging.dual_control.metric_year import MetricYear
from services.judging.dual_control.series import AMOUNTS, AreaYears
from services.judging.dual_control.targets import rows_of, targets_of
from services.judging.dual_control.warning import Light
from services.judging.targets.target_unit import in_unit


def courses_of(plans: Plans, known: AreaYears, evaluation: Evaluation, facts: Facts) -> list[Course]:
    """Every metric in the year of `evaluation`, in the order of their list; of a running year that of its forecast.

    `facts`: on which that evaluation stands.
    """
    plan, least = evaluation.plan, known.coverage_least
    amounts = {metric.code: known.of_amount(metric) for metric in AMOUNTS}
    by_gdp = known.by_gdp(amounts[MetricCode.CO2_TOTAL], price_base=plan.price_base if plan else None)
    missing = [MetricYear(y, None, obstacle=Obstacle(NUMBER_MISSING, y, NON_FOSSIL)) for y in known.years]
    series = {
        **amounts,
        MetricCode.CO2_INTENSITY: by_gdp,
        MetricCode.NON_FOSSIL: [known.shares.get(each.year, each) for each in missing],
    }
    found = {
        MetricCode.ENERGY_INTENSITY: _energy_intensity(evaluation, _intensity_trend(facts, known, evaluation)),
        MetricCode.ENERGY_TOTAL: _energy_total(evaluation, _total_trend(facts, known)),
    }
    for code, years in series.items():
        target, conflict = target_of(plans, plan, METRICS[code], known.area, evaluation.year)
        found[code] = course(METRICS[code], years, plan, target, coverage_least=least, conflict=conflict)
    return [found[code] for code in METRICS]


def target_of(
    plans: Plans, plan: PlanPeriod | None, metric: ControlMetric, area: str, year: int
) -> tuple[MetricTarget | None, bool]:
    """The target of an area's own plan, and whether its documents print different ones, of which none is taken."""
    rows = [] if plan is None or metric.target is None else rows_of(plans, plan, area, metric.target)
    if metric.form is MetricForm.INTENSITY:
        targets = targets_of(rows)
        if targets.basic is None or targets.basic.reduction is None:
            return None, targets.conflict
        incentive = targets.incentive.reduction if targets.incentive else None
        return MetricTarget(targets.basic.rows, targets.basic.reduction, incentive), targets.conflict
    return _level(rows, metric, year)


def _level(rows: Sequence[PlanTarget], metric: ControlMetric, year: int) -> tuple[MetricTarget | None, bool]:
    levels: dict[Fraction, list[PlanTarget]] = {}
    for row in _next_due([row for row in rows if row.value is not None], year):
        try:
            levels.setdefault(in_unit(Fraction(row.value or 0), row.unit, metric.unit), []).append(row)
        except UnitError:
            continue
    if len(levels) != 1:
        return None, len(levels) > 1
    ((level, printing),) = levels.items()
    first = printing[0]
    base = next((row.base_value for row in printing if row.base_value is not None), None)
    return MetricTarget(
        tuple(row.code for row in printing),
        level=level,
        op=first.op,
        target_year=first.target_year,
        base_value=None if base is None else in_unit(base, first.unit, metric.unit),
    ), False


def _next_due(rows: Sequence[PlanTarget], year: int) -> list[PlanTarget]:
    """The rows of the first year from `year` on for which one is printed; of the last one where all are over."""
    due = sorted({row.target_year or row.valid_to.year - 1 for row in rows})
    chosen = next((each for each in due if each >= year), due[-1] if due else None)
    return [row for row in rows if (row.target_year or row.valid_to.year - 1) == chosen]


def _intensity_trend(facts: Facts, known: AreaYears, evaluation: Evaluation) -> Trend:
    """The newest fall of the intensity that can be told."""
    stated = evaluation.plan.price_base if evaluation.plan else None
    for before, year in reversed(list(pairwise(known.years))):
        links = chain(facts, base_year=before, year=year, coverage_least=known.coverage_least, stated_base=stated)
        if not links.obstacles and links.last.reduction is not None:
            change = -links.last.reduction
            return Trend(direction_of(change), change, before, year)
    return UNKNOWN_TREND


def _total_trend(facts: Facts, known: AreaYears) -> Trend:
    """The newest change of what counts of the energy, renewables in it."""
    for before, year in reversed(list(pairwise(known.years))):
        energies, lacking = counted(facts, (before, year), coverage_least=known.coverage_least)
        if not lacking:
            change = energies[year].tce / energies[before].tce - 1
            return Trend(direction_of(change), change, before, year)
    return UNKNOWN_TREND


def _energy_intensity(found: Evaluation, moved: Trend) -> Course:
    metric, basic = METRICS[MetricCode.ENERGY_INTENSITY], found.basic
    years = [replace(_year(entry), value=entry.intensity) for entry in found.chain.years]
    base = years[0].value
    target = None
    if basic.target is not None and basic.target.reduction is not None:
        incentive = found.incentive.target.reduction if found.incentive.target else None
        target = MetricTarget(basic.target.rows, basic.target.reduction, incentive)
    return Course(
        metric,
        found.plan,
        years,
        target,
        moved,
        found.finding,
        found.intensity_light,
        path=None if base is None or basic.required is None else float(base) * (1 - basic.required),
        completion=basic.completion,
        on_course=basic.on_course,
        standing=found.standing,
        grade=grade_of(basic.on_course, exceeds=bool(found.incentive.on_course)),
        obstacles=found.obstacles,
    )


def _energy_total(found: Evaluation, moved: Trend) -> Course:
    """The total against its target for the year; it is expected and not binding, so it has no grade."""
    metric, total = METRICS[MetricCode.ENERGY_TOTAL], found.total
    years = [_year(entry) for entry in found.chain.years]
    if total.assessed_tce is not None:
        years[-1] = replace(years[-1], value=total.assessed_tce)
    if found.plan is None and total.target is None:
        return Course(metric, None, years, None, moved, ReasonedVerdict.cannot("no_plan"), Light(None, "no_plan"))
    on_course = True if total.waiver.waived else None if total.excess is None else total.excess <= 0
    return Course(
        metric,
        found.plan,
        years,
        None if total.target is None else MetricTarget((), level=total.target.tce, target_year=found.year),
        moved,
        total.finding,
        found.total_light,
        path=None if total.target is None else float(total.target.tce),
        on_course=on_course,
        obstacles=tuple(total.obstacles),
    )


def _year(entry: IntensityYear) -> MetricYear:
    counted = entry.counted
    if counted is None:
        return MetricYear(entry.year, None, running=entry.forecast)
    return MetricYear(entry.year, counted.tce, counted.source, counted.coverage, running=entry.forecast)
