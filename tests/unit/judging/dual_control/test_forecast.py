"""What a running year will come to."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.dual_control.evaluate import evaluate
from services.judging.dual_control.facts import EnergySource, Obstacle, YearEnergy, YearFacts
from services.judging.dual_control.forecast import (
    EnergyForecast,
    MeasuredDays,
    Method,
    days_of,
    forecast_energy,
    forecast_facts,
    same_day_before,
)
from services.judging.dual_control.warning import WarningLevel
from tests.unit.judging.dual_control.dual_story import ORDOS, PLAN, RULES, measured, tce, year


def forecast(
    so_far: MeasuredDays | None, last_span: MeasuredDays | None, last_whole: YearEnergy | None, of: int = 2023
) -> EnergyForecast | Obstacle:
    return forecast_energy(of, so_far, last_span=last_span, last_whole=last_whole, coverage_least=0.9)


def test_a_winter_is_set_against_the_winter_before() -> None:
    # 31 days 330 after 300 tce, 10 % more; last year came to 2400: 2640. By days it would be 330 / 31 x 365 = 3885.5
    found = forecast(MeasuredDays(Fraction(330), 31, 1.0), MeasuredDays(Fraction(300), 31, 1.0), measured(2400))
    assert isinstance(found, EnergyForecast)
    assert found.method is Method.SEASONAL
    assert found.energy.tce == 2640


def test_a_measured_season_scales_a_reported_year() -> None:
    found = forecast(MeasuredDays(Fraction(330), 31, 1.0), MeasuredDays(Fraction(300), 31, 1.0), tce(10_000))
    assert isinstance(found, EnergyForecast)
    assert found.energy.tce == 11_000
    assert found.energy.source is EnergySource.REPORTED


@pytest.mark.parametrize(
    ("last_span", "last_whole"),
    [
        (None, None),
        (MeasuredDays(Fraction(300), 31, 0.89), measured(2400)),
        (MeasuredDays(Fraction(300), 31, 1.0), measured(2400, coverage=0.5)),
        (MeasuredDays(Fraction(0), 31, 1.0), measured(2400)),
        (MeasuredDays(Fraction(300), 31, 1.0), None),
    ],
)
def test_without_a_well_measured_year_before_it_goes_by_days(
    last_span: MeasuredDays | None, last_whole: YearEnergy | None
) -> None:
    # 310 tce in 31 days, 10 a day: 3650
    found = forecast(MeasuredDays(Fraction(310), 31, 1.0), last_span, last_whole)
    assert isinstance(found, EnergyForecast)
    assert (found.method, found.energy.source) == (Method.LINEAR, EnergySource.MEASURED)
    assert found.energy.tce == 3650


def test_what_is_measured_badly_or_not_at_all_is_no_ground_for_a_forecast() -> None:
    thin = forecast(MeasuredDays(Fraction(310), 31, 0.5), None, None)
    assert thin == Obstacle("low_coverage", 2023, "energy_consumption")
    assert forecast(None, None, None) == Obstacle("number_missing", 2023, "energy_consumption")
    assert forecast(MeasuredDays(Fraction(0), 0, None), None, None) == Obstacle(
        "number_missing", 2023, "energy_consumption"
    )


@pytest.mark.parametrize(
    ("until", "before"),
    [
        (date(2023, 2, 1), date(2022, 2, 1)),
        (date(2024, 2, 29), date(2023, 3, 1)),  # to 28 February: both 59 days
        (date(2024, 3, 1), date(2023, 3, 1)),  # to 29 February: 60 days and 59
        (date(2025, 3, 1), date(2024, 2, 29)),  # to 28 February: both 59 days
        (date(2024, 1, 1), date(2023, 1, 1)),
    ],
)
def test_the_same_span_ends_on_the_same_day_of_the_calendar(until: date, before: date) -> None:
    assert same_day_before(until) == before


@given(st.integers(2001, 2099), st.data())
def test_a_steady_plant_is_forecast_to_the_digit_leap_year_or_not(number: int, data: st.DataObject) -> None:
    # 7 tce a day, always: the year comes to 7 x its days by either method
    until = data.draw(st.dates(date(number, 1, 2), date(number, 12, 31)))
    so_far = MeasuredDays(Fraction(7) * (until - date(number, 1, 1)).days, (until - date(number, 1, 1)).days, 1.0)
    days_before = (same_day_before(until) - date(number - 1, 1, 1)).days
    last_span = MeasuredDays(Fraction(7) * days_before, days_before, 1.0)
    whole = YearEnergy(Fraction(7) * days_of(number - 1), EnergySource.MEASURED, 1.0)
    for found in (forecast(so_far, last_span, whole, number), forecast(so_far, None, None, number)):
        assert isinstance(found, EnergyForecast)
        assert found.energy.tce == 7 * days_of(number)


def test_a_forecast_year_is_judged_as_any_other() -> None:
    # 2022: 2400 tce of which 240 feedstock; 2023 comes to 2640, 264 feedstock; GDP planned +5 %, the intensity rises
    facts = {
        2020: year(2020, 2600, feedstock=tce(260)),
        2021: year(2021, 2500, feedstock=tce(250)),
        2022: year(2022, 2400, feedstock=tce(240)),
        2023: YearFacts(2023, growth_plan=Fraction(5, 100), reduction_plan=Fraction(3, 100)),
    }
    energy = forecast(MeasuredDays(Fraction(330), 31, 1.0), MeasuredDays(Fraction(300), 31, 1.0), facts[2022].energy)
    assert isinstance(energy, EnergyForecast)
    facts[2023] = forecast_facts(facts, 2023, energy)
    assert facts[2023].gdp == {2020: 105}
    assert facts[2023].feedstock == tce(264)
    found = evaluate(facts, PLAN, ORDOS, year=2023, rules=RULES)
    assert found.chain.last.forecast
    assert found.chain.last.intensity == Fraction(2376, 105)
    assert found.annual.reduction == 1 - Fraction(2376, 105) / Fraction(2160, 100)
    assert found.intensity_light.level is WarningLevel.I


def test_gdp_that_is_reported_already_is_not_forecast() -> None:
    facts = {
        2022: year(2022, 100),
        2023: YearFacts(2023, gdp={2020: Fraction(101)}, growth_plan=Fraction(5, 100)),
    }
    energy = forecast(MeasuredDays(Fraction(10), 31, 1.0), MeasuredDays(Fraction(10), 31, 1.0), tce(100))
    assert isinstance(energy, EnergyForecast)
    assert forecast_facts(facts, 2023, energy).gdp == {2020: 101}
