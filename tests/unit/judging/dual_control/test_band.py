"""An area whose energy or carbon is measured in coal of unknown heat is judged where that leaves no doubt."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from services.core.meter import PICO, Flow
from services.core.verdict import Verdict
from services.energy.amount import Amount
from services.energy.heat_value import Fuel, ValuedBy
from services.judging.dual_control.course import MetricTarget, course
from services.judging.dual_control.facts import HEAT_VALUE_UNKNOWN, EnergySource, Obstacle, PlanPeriod, YearFacts
from services.judging.dual_control.measured import Metered
from services.judging.dual_control.metric import METRICS, MetricCode
from services.judging.dual_control.metric_year import MetricYear
from services.judging.dual_control.reported import ReportedNumbers
from services.judging.dual_control.series import AMOUNTS, AreaYears, YearSpan
from services.judging.dual_control.warning import WarningLevel
from services.judging.targets.target import Operator
from tests.unit.judging.dual_control.dual_story import judged, measured, year
from tests.unit.judging.indicators.factories import FACTORS

# raw coal of 714.3 kgce/t by the table lies between a half and twice that until it is measured
RANGED = replace(FACTORS, fuels={"raw_coal": Fuel(Fraction(1000), "MJ/kg", (Fraction("357.15"), Fraction("1428.6")))})
FIFTEENTH = PlanPeriod("15", first_year=2026, last_year=2030, base_year=2025, midterm_year=2028, price_base=2025)
YEAR_S = 365 * 86_400


def metered(year: int, **tonnes: int) -> Metered:
    """What the meters of an area saw in a year: carriers that came in."""
    found = {}
    for carrier, amount in tonnes.items():
        by_year: dict[ValuedBy, int] = {year: amount * PICO}
        found[carrier, Flow.INPUT] = Amount(by_year, YEAR_S, YEAR_S)
    return Metered(RANGED, found, metered=1.0)


def known(by_year: dict[int, Metered], *, so_far: YearSpan | None = None) -> AreaYears:
    return AreaYears(
        area="150600",
        years=[2025, 2026],
        reported=ReportedNumbers(),
        metered=by_year,
        facts={each: year(each, 1, gdp={2025: Fraction(100)}) for each in (2025, 2026)},
        shares={},
        so_far=so_far,
        before=None,
        coverage_least=0.9,
    )


def banded(number: int, energy: int, *, percent: int, **more: Any) -> YearFacts:
    """A year whose energy may be so many per cent less or more."""
    known = measured(energy)
    band = Fraction(energy) * (100 - percent) / 100, Fraction(energy) * (100 + percent) / 100
    return year(number, replace(known, band=band), **more)


def test_a_fall_far_beyond_the_range_of_the_coal_is_judged() -> None:
    facts = {2020: year(2020, measured(100)), 2021: banded(2021, 80, percent=5)}
    found = judged(facts, 2021)
    assert found.finding.verdict == "ok"
    assert found.intensity_light.level is WarningLevel.III


def test_a_fall_that_the_range_of_the_coal_could_make_a_rise_is_not() -> None:
    facts = {2020: year(2020, measured(100)), 2021: banded(2021, 95, percent=10)}
    assert judged({**facts, 2021: year(2021, measured(95))}, 2021).finding.verdict == "ok"
    found = judged(facts, 2021)
    assert (found.finding.verdict, found.finding.reason) == ("cannot_judge", HEAT_VALUE_UNKNOWN)
    assert (found.intensity_light.level, found.total_light.level) == (None, None)
    assert [(each.reason, each.year) for each in found.obstacles] == [(HEAT_VALUE_UNKNOWN, 2021)]


def test_coal_of_the_base_year_may_be_another_than_that_of_the_year() -> None:
    facts = {2020: banded(2020, 100, percent=10), 2021: year(2021, measured(95))}
    assert judged(facts, 2021).finding.reason == HEAT_VALUE_UNKNOWN


def test_carbon_and_coal_of_unmeasured_heat_lie_between_the_ends_of_its_range() -> None:
    # 1000 t of coal at 1900.3 kg CO2/t, and 100 t of coke at 2860, whose heat needs no range
    area = known({each: metered(each, raw_coal=1000, coke=100) for each in (2025, 2026)})
    amounts = {metric.code: area.of_amount(metric)[-1] for metric in AMOUNTS}
    carbon, coal, oil = (amounts[code] for code in (MetricCode.CO2_TOTAL, MetricCode.COAL, MetricCode.OIL))
    assert carbon.value == Fraction("2186.3")
    assert carbon.band == (Fraction("1236.15"), Fraction("4086.6"))
    assert coal.value == Fraction("811.44")
    assert coal.band == (Fraction("454.29"), Fraction("1525.74"))
    assert oil.value == 0
    assert oil.band is None
    (_, intensity) = area.by_gdp(area.of_amount(METRICS[MetricCode.CO2_TOTAL]), price_base=2025)
    assert intensity.band == (Fraction("12.3615"), Fraction("40.866"))


def test_a_forecast_is_as_open_as_what_was_measured_so_far() -> None:
    area = known({2025: metered(2025, raw_coal=1000)}, so_far=YearSpan(metered(2026, raw_coal=200), 73))
    running = area.of_amount(METRICS[MetricCode.COAL])[-1]
    assert (running.running, running.so_far, running.value) == (True, Fraction("142.86"), Fraction("714.3"))
    assert running.band == (Fraction("357.15"), Fraction("1428.6"))


def years(*values: int, percent: int) -> list[MetricYear]:
    """Measured values from 2025 on, each of which may be so many per cent less or more."""
    return [
        MetricYear(
            2025 + i,
            Fraction(value),
            EnergySource.MEASURED,
            1.0,
            band=(Fraction(value) * (100 - percent) / 100, Fraction(value) * (100 + percent) / 100),
        )
        for i, value in enumerate(values)
    ]


FALL = MetricTarget(("T-1",), fall=Fraction(17, 100))
CAP = MetricTarget(("T-2",), level=Fraction(900), target_year=2030)
MORE = MetricTarget(("T-3",), level=Fraction(25), op=Operator.AT_LEAST, target_year=2030)


@pytest.mark.parametrize(
    ("metric", "target", "values", "number"),
    [
        (MetricCode.CO2_INTENSITY, FALL, (200, 192), "co2_energy"),
        (MetricCode.CO2_TOTAL, CAP, (1000, 970), "co2_energy"),
        (MetricCode.COAL, CAP, (1000, 970), "coal_consumption"),
        (MetricCode.OIL, CAP, (1000, 970), "oil_consumption"),
        (MetricCode.NON_FOSSIL, MORE, (20, 22), "non_fossil_share"),
    ],
)
def test_a_metric_that_the_range_of_the_coal_could_take_off_its_path_is_neither_judged_lit_nor_graded(
    metric: MetricCode, target: MetricTarget, values: tuple[int, int], number: str
) -> None:
    def found(percent: int) -> tuple[object, ...]:
        given = years(*values, percent=percent)
        of = course(METRICS[metric], given, FIFTEENTH, target, coverage_least=0.9)
        assert (of.on_course is None, of.standing is None) == (of.grade is None, of.grade is None)
        return of.finding.verdict, of.light.level, of.grade, of.obstacles

    assert found(0)[:3] == (Verdict.OK, WarningLevel.III, "qualified")
    assert found(20) == (Verdict.CANNOT_JUDGE, None, None, (Obstacle(HEAT_VALUE_UNKNOWN, 2026, number),))


def test_an_amount_far_from_its_path_is_judged_whatever_the_coal_holds() -> None:
    found = course(
        METRICS[MetricCode.COAL],
        years(1000, 2000, percent=20),
        FIFTEENTH,
        CAP,
        coverage_least=0.9,
    )
    assert (found.light.level, found.grade, found.obstacles) == (WarningLevel.I, "unqualified", ())


def test_without_a_plan_the_range_of_the_coal_changes_nothing() -> None:
    given = years(1000, 1010, percent=20)
    found = course(METRICS[MetricCode.COAL], given, None, None, coverage_least=0.9)
    assert (found.finding.reason, found.obstacles) == ("no_plan", ())
