"""Where a metric stands: path, completion, standing, light and grade by its target, and the trend without one."""

from dataclasses import replace
from fractions import Fraction

import pytest

from services.core.verdict import Verdict
from services.judging.dual_control.course import (
    Course,
    Direction,
    Grade,
    MetricTarget,
    course,
    worst_grade,
)
from services.judging.dual_control.evaluate import AreaStanding
from services.judging.dual_control.facts import EnergySource, Obstacle, PlanPeriod
from services.judging.dual_control.metric import METRICS, MetricCode
from services.judging.dual_control.metric_year import MetricYear
from services.judging.dual_control.warning import WarningLevel
from services.judging.targets.target import Operator

PLAN = PlanPeriod("15", first_year=2026, last_year=2030, base_year=2025, midterm_year=2028, price_base=2025)
CO2, COAL, SHARE = (METRICS[code] for code in (MetricCode.CO2_INTENSITY, MetricCode.COAL, MetricCode.NON_FOSSIL))
FALL = MetricTarget(("T-1",), fall=Fraction(17, 100), incentive_fall=Fraction(20, 100))
CAP = MetricTarget(("T-2",), level=Fraction(900), target_year=2030)
MORE = MetricTarget(("T-3",), level=Fraction(25), op=Operator.AT_LEAST, target_year=2030)


def years(*values: float | None, source: EnergySource = EnergySource.REPORTED) -> list[MetricYear]:
    """The values from 2025 on."""
    return [
        MetricYear(2025 + i, None if value is None else Fraction(value).limit_denominator(10**6), source, 1.0)
        for i, value in enumerate(values)
    ]


def judged(metric: MetricCode, target: MetricTarget | None, *values: float | None) -> Course:
    return course(METRICS[metric], years(*values), PLAN, target, coverage_least=0.9)


def test_an_intensity_must_fall_along_the_root_of_its_target() -> None:
    found = judged(MetricCode.CO2_INTENSITY, FALL, 2.0, 1.9, 1.8)
    # after 2 of 5 years: 2 x 0.83^0.4 = 1.8563; ln 0.9 / ln 0.83 = 56.5 %
    assert found.path == pytest.approx(2 * 0.83**0.4)
    assert found.completion == pytest.approx(0.5654, abs=1e-4)
    assert (found.on_course, found.standing, found.grade) == (True, AreaStanding.AHEAD, Grade.EXCELLENT)
    assert (found.light.level, found.finding.verdict) == (WarningLevel.III, Verdict.OK)
    assert (found.trend.direction, found.trend.since) == (Direction.FALLS, 2026)


@pytest.mark.parametrize(
    ("values", "level", "grade"),
    [
        # 1.99 is more than 2 x 0.83^0.2 = 1.927
        ((2.0, 1.99), WarningLevel.II, Grade.UNQUALIFIED),
        ((2.0, 2.01), WarningLevel.I, Grade.UNQUALIFIED),
        # far ahead, and higher than the year before
        ((2.0, 1.5, 1.6), WarningLevel.I, Grade.EXCELLENT),
        # enough for the target, too little for the incentive one: 1.927 and 1.913
        ((2.0, 1.92), WarningLevel.III, Grade.QUALIFIED),
    ],
)
def test_lights_are_those_of_the_energy_and_grades_stand_beside(
    values: tuple[float, ...], level: WarningLevel, grade: Grade
) -> None:
    found = judged(MetricCode.CO2_INTENSITY, FALL, *values)
    assert (found.light.level, found.grade) == (level, grade)


@pytest.mark.parametrize(
    ("last", "standing", "verdict"),
    [
        (1.6, AreaStanding.EXCEEDED, Verdict.OK),
        (1.66, AreaStanding.MET, Verdict.OK),
        (1.67, AreaStanding.NOT_MET, Verdict.BREACH),
    ],
)
def test_only_the_last_year_of_a_plan_can_be_failed(last: float, standing: AreaStanding, verdict: Verdict) -> None:
    found = judged(MetricCode.CO2_INTENSITY, FALL, 2.0, 2.0, 2.0, 2.0, 2.0, last)
    assert (found.standing, found.finding.verdict) == (standing, verdict)
    assert judged(MetricCode.CO2_INTENSITY, FALL, 2.0, 2.0).finding.verdict is Verdict.OK


def test_an_amount_may_rise_below_its_path_and_a_share_must_grow() -> None:
    # 1000 to 900 in five years: 980 after one
    assert judged(MetricCode.COAL, CAP, 1000, 980).light.level is WarningLevel.III
    assert judged(MetricCode.COAL, CAP, 1000, 940, 950).light.level is WarningLevel.III
    assert judged(MetricCode.COAL, CAP, 1000, 990).light.level is WarningLevel.II
    assert judged(MetricCode.COAL, CAP, 1000, 1010).light.level is WarningLevel.I
    grown = judged(MetricCode.NON_FOSSIL, MORE, 20, 21)
    assert grown.completion == pytest.approx(0.2)
    assert (grown.path, grown.on_course) == (21.0, True)
    assert judged(MetricCode.NON_FOSSIL, MORE, 20, 19).light.level is WarningLevel.I
    assert judged(MetricCode.NON_FOSSIL, MORE, 20, 21).trend.change == 1


def test_the_level_itself_decides_in_its_year_also_where_the_base_is_not_known() -> None:
    unknown: tuple[float | None, ...] = (None, None, None, None, None)
    assert judged(MetricCode.COAL, CAP, *unknown, 900).standing is AreaStanding.MET
    assert judged(MetricCode.COAL, CAP, *unknown, 901).standing is AreaStanding.NOT_MET
    below = replace(CAP, op=Operator.BELOW)
    assert judged(MetricCode.COAL, below, *unknown, 900).standing is AreaStanding.NOT_MET
    before = judged(MetricCode.COAL, CAP, None, 950)
    assert (before.on_course, before.obstacles[0].year) == (None, 2025)


def test_without_a_plan_the_trend_is_told_and_nothing_is_lit_or_graded() -> None:
    found = course(CO2, years(2.0, 2.1), None, None, coverage_least=0.9)
    assert (found.trend.direction, found.trend.change, found.trend.since) == (Direction.RISES, Fraction(1, 20), 2025)
    assert (found.finding.verdict, found.finding.reason) == (Verdict.CANNOT_JUDGE, "no_plan")
    assert (found.light.level, found.light.reason, found.grade, found.standing) == (None, "no_plan", None, None)
    assert course(CO2, years(2.0, 2.1), PLAN, None, coverage_least=0.9).finding.reason == "no_target"
    assert course(CO2, years(2.0, 2.0), None, None, coverage_least=0.9).trend.direction is Direction.STEADY


def test_what_is_measured_and_what_is_reported_are_not_compared() -> None:
    mixed = [*years(2.0), *years(0, 1.9, source=EnergySource.MEASURED)[1:]]
    found = course(CO2, mixed, PLAN, FALL, coverage_least=0.9)
    assert (found.trend.direction, found.on_course) == (Direction.UNKNOWN, None)
    assert found.obstacles == (Obstacle("sources_differ", 2026, "co2_energy"),)
    badly = [replace(each, coverage=0.5) for each in years(2.0, 1.9, source=EnergySource.MEASURED)]
    assert {o.reason for o in course(COAL, badly, PLAN, CAP, coverage_least=0.9).obstacles} == {"low_coverage"}


def test_the_grade_of_an_area_is_that_of_the_worst_of_its_metrics() -> None:
    good = judged(MetricCode.CO2_INTENSITY, FALL, 2.0, 1.5)
    middling, bad = judged(MetricCode.COAL, CAP, 1000, 980), judged(MetricCode.COAL, CAP, 1000, 990)
    unknown = course(SHARE, years(20, 21), None, None, coverage_least=0.9)
    assert worst_grade([good, unknown]) is Grade.EXCELLENT
    assert worst_grade([good, middling, unknown]) is Grade.QUALIFIED
    assert worst_grade([good, middling, bad]) is Grade.UNQUALIFIED
    assert worst_grade([unknown]) is None
