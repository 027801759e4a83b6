"""The progress of areas in a year of a plan: what is known is gathered, judged, and the running year is forecast."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from psycopg import Connection

from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI, Bucket, start_of_day
from services.core.frame import frame_of
from services.core.meter import Flow
from services.energy.factors import Applied
from services.judging.data.plan_targets import PlanTarget as TargetRow
from services.judging.data.tables import Tables
from services.judging.dual_control.course import Course
from services.judging.dual_control.courses import courses_of
from services.judging.dual_control.evaluate import Evaluation, Rules, evaluate
from services.judging.dual_control.facts import (
    COEFFICIENT_MISSING,
    ENERGY,
    FEEDSTOCK,
    GDP,
    GROWTH_PLAN,
    LISTED,
    NUMBER_MISSING,
    REDUCTION_PLAN,
    RENEWABLE,
    TOTAL_TARGET,
    EnergySource,
    Obstacle,
    PlanPeriod,
    ReductionTargets,
    YearEnergy,
    YearFacts,
)
from services.judging.dual_control.forecast import (
    EnergyForecast,
    MeasuredDays,
    forecast_energy,
    forecast_facts,
    same_day_before,
)
from services.judging.dual_control.measured import Metered, read_metered
from services.judging.dual_control.reported import SQL, ReportedNumbers, ReportedStatistic, read_reported
from services.judging.dual_control.series import AreaYears, YearSpan
from services.judging.dual_control.shares import read_shares
from services.judging.dual_control.targets import plan_begun, rows_of, targets_of

MeteredOver = Callable[[date, date, Bucket], list[Mapping[str, Metered]]]
"""Gives what was measured on the days of [first, second), by area, in each bucket."""

COVERAGE_LEAST, TOTAL_WARNING_MARGIN = "coverage_least", "total_warning_margin"


@dataclass(frozen=True, slots=True)
class JudgedArea:
    """An area."""

    code: str
    level: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class YearForecast:
    """The running year as it will be judged; `energy` says how it was reckoned, or why it could not be."""

    energy: EnergyForecast | Obstacle
    until: date
    """First day that is not in the measured part."""
    facts: YearFacts | None
    evaluation: Evaluation | None


@dataclass(frozen=True, slots=True)
class Progress:
    """An area in a year, and what the judgement stands on."""

    area: JudgedArea
    targets: ReductionTargets
    target_rows: Sequence[TargetRow]
    facts: Mapping[int, YearFacts]
    evaluation: Evaluation
    forecast: YearForecast | None
    """Only of the running year."""
    statistics: Sequence[ReportedStatistic]
    coefficients: Mapping[str, Applied]
    """Used for what was measured, by the code of their row."""
    courses: Sequence[Course] = ()
    """Every metric, where they were asked for."""


def read_areas(connection: Connection) -> tuple[AreaTree, Mapping[str, JudgedArea]]:
    """The tree of areas and their names."""
    rows = SQL.run(connection, "areas").all()
    return AreaTree.of(rows), {row.code: JudgedArea(row.code, row.level, row.name_zh, row.name_en) for row in rows}


def rules_of(tables: Tables) -> Rules:
    """The parameters of the judgement."""
    margin = tables.parameter(TOTAL_WARNING_MARGIN).value
    return Rules(float(tables.parameter(COVERAGE_LEAST).value), Fraction(margin) / 100)


def read_progress(
    connection: Connection,
    tables: Tables,
    areas: Sequence[str],
    *,
    plan: PlanPeriod | None,
    year: int,
    now: datetime,
    with_courses: bool = False,
) -> list[Progress]:
    """The progress of `areas`, which are registered, in `year`, which lies in `plan`.

    `with_courses`: with all metrics; alerts know those of energy alone.
    """
    if not areas:
        return []
    tree, known = read_areas(connection)
    today = now.astimezone(SHANGHAI).date()
    years = range(_first_year(tables, plan, year, with_courses=with_courses), year + 1)
    reported = read_reported(connection, areas, years)

    def metered_over(start: date, end: date, bucket: Bucket) -> list[Mapping[str, Metered]]:
        if start >= end:
            return []
        periods = frame_of(start_of_day(start), start_of_day(end), bucket)
        return read_metered(connection, tables.factors, tree, areas, periods, now=now)

    over = date(min(year + 1, today.year), 1, 1)
    metered = dict(zip(years, metered_over(date(years[0], 1, 1), over, Bucket.YEAR), strict=False))
    running = _Running(metered_over, today) if year == today.year else None
    shares = read_shares(connection, tables, tree, areas, years, now=now) if with_courses else {}
    found = []
    for area in areas:
        facts = {y: _facts(reported, metered[y][area] if y in metered else None, area, y) for y in years}
        rows = [] if plan is None else rows_of(tables.plans, plan, area)
        targets, rules = targets_of(rows), rules_of(tables)
        used = _used(facts, {y: of_year[area] for y, of_year in metered.items()})
        forecast = None
        if running is not None:
            forecast = running.forecast(area, facts, plan, targets, rules)
            used |= running.used(area)
        evaluation = evaluate(facts, plan, targets, year=year, rules=rules)
        courses = []
        if with_courses:
            so_far, before = running.spans(area) if running else (None, None)
            of_years = {y: of_year[area] for y, of_year in metered.items()}
            of_area = AreaYears(
                area, years, reported, of_years, facts, shares.get(area, {}), so_far, before, rules.coverage_least
            )
            coming, stood_on = evaluation, facts
            if forecast and forecast.evaluation and forecast.facts:
                coming, stood_on = forecast.evaluation, {**facts, year: forecast.facts}
            courses = courses_of(tables.plans, of_area, coming, stood_on)
        parts = reported.parts(area, years)
        found.append(Progress(known[area], targets, rows, facts, evaluation, forecast, parts, used, courses))
    return found


def _first_year(tables: Tables, plan: PlanPeriod | None, year: int, *, with_courses: bool) -> int:
    """The base year of the plan; without one the year before, for trends the base year of the plan before it."""
    if plan is not None:
        return plan.base_year
    begun = plan_begun(tables.plans, year) if with_courses else None
    return year - 1 if begun is None else min(year - 1, begun.base_year)


def _facts(reported: ReportedNumbers, metered: Metered | None, area: str, year: int) -> YearFacts:
    """What is known of a year: what was reported, and what was measured where nothing was.

    Feedstock and renewables are taken from meters only when the energy itself is: else what meters see of them would be
    taken out of the energy of others.
    """

    def amount(kind: str) -> YearEnergy | None:
        value = reported.of(area, year, kind)
        return None if value is None else YearEnergy(value)

    def rate(kind: str) -> Fraction | None:
        value = reported.of(area, year, kind)
        return None if value is None else value / 100

    energy, feedstock, renewable = amount(ENERGY), amount(FEEDSTOCK), amount(RENEWABLE)
    why_no_energy = NUMBER_MISSING
    if energy is None and metered is not None and metered.any:
        energy, why_no_energy = metered.amount(), COEFFICIENT_MISSING
        feedstock = feedstock or metered.amount(Flow.FEEDSTOCK)
        renewable = renewable or metered.amount(Flow.RENEWABLE)
    return YearFacts(
        year,
        energy=energy,
        why_no_energy=why_no_energy,
        feedstock=feedstock,
        renewable=renewable,
        listed=amount(LISTED),
        gdp={base: of.value for base, of in reported.by_price_base(area, year, GDP).items()},
        growth_plan=rate(GROWTH_PLAN),
        reduction_plan=rate(REDUCTION_PLAN),
        total_target_tce=reported.of(area, year, TOTAL_TARGET),
    )


def _used(facts: Mapping[int, YearFacts], metered: Mapping[int, Metered]) -> dict[str, Applied]:
    """The coefficients of the years whose energy is measured."""
    used: dict[str, Applied] = {}
    for year, found in metered.items():
        energy = facts[year].energy
        if energy is not None and energy.source is EnergySource.MEASURED:
            used |= found.used
    return used


class _Running:
    """The measured part of the running year, and the same span of the year before."""

    def __init__(self, metered_over: MeteredOver, today: date) -> None:
        self._year, self._until = today.year, today
        first, first_before, until_before = date(today.year, 1, 1), date(today.year - 1, 1, 1), same_day_before(today)
        self._days, self._days_before = (today - first).days, (until_before - first_before).days
        (self._so_far,) = metered_over(first, today, Bucket.TOTAL) or [{}]
        (self._before,) = metered_over(first_before, until_before, Bucket.TOTAL) or [{}]

    def forecast(
        self,
        area: str,
        facts: Mapping[int, YearFacts],
        plan: PlanPeriod | None,
        targets: ReductionTargets,
        rules: Rules,
    ) -> YearForecast:
        """What the year comes to, and how it would be judged."""
        before = facts.get(self._year - 1)
        energy = forecast_energy(
            self._year,
            _measured(self._so_far.get(area), self._days),
            last_span=_measured(self._before.get(area), self._days_before),
            last_whole=before.energy if before else None,
            coverage_least=rules.coverage_least,
        )
        if isinstance(energy, Obstacle):
            return YearForecast(energy, self._until, None, None)
        coming = _with_band(forecast_facts(facts, self._year, energy), self._so_far.get(area))
        evaluation = evaluate({**facts, self._year: coming}, plan, targets, year=self._year, rules=rules)
        return YearForecast(energy, self._until, coming, evaluation)

    def spans(self, area: str) -> tuple[YearSpan, YearSpan]:
        """What was measured of the running year, and over the same span of the year before."""
        return YearSpan(self._so_far.get(area), self._days), YearSpan(self._before.get(area), self._days_before)

    def used(self, area: str) -> dict[str, Applied]:
        """The coefficients used."""
        spans = (self._before.get(area), self._so_far.get(area))
        return {code: applied for span in spans if span for code, applied in span.used.items()}


def _with_band(coming: YearFacts, so_far: Metered | None) -> YearFacts:
    """The forecast, as open as the heat values of what was measured so far leave it."""
    measured = None if so_far is None else so_far.amount()
    if measured is None or measured.band is None or coming.energy is None or measured.tce <= 0:
        return coming
    low, high = (coming.energy.tce * end / measured.tce for end in measured.band)
    return replace(coming, energy=replace(coming.energy, band=(low, high)))


def _measured(metered: Metered | None, days: int) -> MeasuredDays | None:
    tce = None if metered is None else metered.tce()
    return None if tce is None or metered is None else MeasuredDays(tce, days, metered.coverage)
