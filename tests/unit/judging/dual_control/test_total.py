"""The flexible total: its target, what counts against it, when it is waived, and both lights."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.verdict import Verdict
from services.judging.dual_control.assessed import Facts
from services.judging.dual_control.evaluate import AreaStanding
from services.judging.dual_control.facts import (
    GDP,
    GROWTH_PLAN,
    REDUCTION_PLAN,
    RENEWABLE,
    Obstacle,
    ReductionTargets,
    YearEnergy,
    YearFacts,
)
from services.judging.dual_control.warning import WarningLevel
from tests.unit.judging.dual_control.dual_story import (
    DONGSHENG,
    ORDOS,
    STROKE,
    ZERO,
    falling,
    judged,
    number,
    tce,
    year,
)

PLANNED = {"growth_plan": Fraction(6, 100), "reduction_plan": Fraction(3, 100)}
# 1000 tce in 2020, GDP planned +6 % and the intensity -3 % in 2021: 1000 x 1.06 x 0.97 = 1028.2 tce
TARGET_TCE = Fraction("1028.2")


def two_years(energy: Any, gdp: Any = 106, before: dict[str, Any] | None = None, **more: Any) -> Facts:
    """1000 tce in 2020, `energy` in 2021, whose growth and reduction are planned."""
    return {2020: year(2020, 1000, **(before or {})), 2021: year(2021, energy, gdp, **(PLANNED | more))}


def test_the_target_for_the_total_follows_growth_and_intensity_of_the_plan() -> None:
    target = judged(two_years(1000), 2021).total.target
    assert target is not None
    assert (target.reference_tce, target.growth_planned, target.reduction_planned) == (1000, *PLANNED.values())
    assert (target.tce, target.adjusted, target.stated) == (TARGET_TCE, False, False)


def test_growth_beyond_the_plan_raises_the_target() -> None:
    # GDP +8 % instead of +6 %: 1000 x 1.08 x 0.97 = 1047.6 tce
    found = judged(two_years(1040, gdp=108), 2021).total
    assert found.target is not None
    assert (found.target.initial_tce, found.target.tce) == (TARGET_TCE, Fraction("1047.6"))
    assert found.finding.verdict is Verdict.OK


def test_growth_below_the_plan_lowers_nothing() -> None:
    found = judged(two_years(1028, gdp=103), 2021).total
    assert found.target is not None
    assert (found.target.tce, found.finding.reason) == (TARGET_TCE, "within_target")


def test_a_target_that_was_set_goes_before_the_formula_and_is_raised_in_proportion() -> None:
    # 1010 set; GDP +8 % instead of +6 %: 1010 x 1.08 / 1.06 = 1029.0566 tce
    found = judged(two_years(1020, gdp=108, total_target_tce=Fraction(1010)), 2021).total
    assert found.target is not None
    assert found.target.stated
    assert found.target.tce == Fraction(1010) * 108 / 106
    assert found.finding.verdict is Verdict.OK


def test_t17_new_renewable_electricity_leaves_the_total_and_stays_in_the_intensity() -> None:
    # renewables 100 -> 130 tce: 30 are new. Total 1050 - 30 = 1020 <= 1028.2; intensity still 1050 / 106
    found = judged(two_years(1050, before={"renewable": tce(100)}, renewable=tce(130)), 2021)
    assert found.total.new_renewable_tce == 30
    assert found.total.assessed_tce == 1020
    assert found.total.finding.reason == "within_target"
    assert found.chain.last.intensity == Fraction(1050, 106)


def test_t17_feedstock_leaves_the_total_and_the_intensity() -> None:
    # 2020: 1000 - 200 = 800; 2021: 1100 - 300 = 800. Target 800 x 1.0282 = 822.56
    found = judged(two_years(1100, before={"feedstock": tce(200)}, feedstock=tce(300)), 2021)
    assert found.total.assessed_tce == 800
    assert found.total.target is not None
    assert found.total.target.tce == Fraction("822.56")
    assert found.chain.last.intensity == Fraction(800, 106)


def test_t17_both_exclusions_together_do_not_mix() -> None:
    renewable_and_feedstock = {"renewable": tce(50), "feedstock": tce(100)}
    found = judged(two_years(1100, before=renewable_and_feedstock, renewable=tce(90), feedstock=tce(100)), 2021)
    assert found.chain.last.intensity == Fraction(1000, 106)  # 1100 - 100, the 40 new ones stay in
    assert found.total.assessed_tce == 960  # 1100 - 100 - 40


def test_listed_energy_leaves_both_and_only_by_the_part_borne_above() -> None:
    # a listed project uses 300 tce, of which the region bears 120: 120 are given, 120 leave
    found = judged(two_years(1100, before={"listed": tce(0)}, listed=tce(120)), 2021)
    assert found.total.assessed_tce == 980
    assert found.chain.last.intensity == Fraction(980, 106)


def test_more_new_renewables_than_energy_cannot_be_judged() -> None:
    found = judged(two_years(1060, before={"renewable": tce(0)}, renewable=tce(1061)), 2021).total
    assert (found.finding.verdict, found.finding.reason) == (Verdict.CANNOT_JUDGE, "energy_not_positive")


def test_a_plan_to_lose_all_growth_raises_nothing() -> None:
    found = judged(two_years(1000, gdp=106, growth_plan=Fraction(-1), total_target_tce=Fraction(1010)), 2021)
    assert found.total.target is not None
    assert found.total.target.tce == 1010
    assert not found.total.target.adjusted


def test_what_is_new_of_renewables_is_never_below_zero() -> None:
    found = judged(two_years(1020, before={"renewable": tce(100)}, renewable=tce(60)), 2021).total
    assert found.new_renewable_tce == 0
    assert found.assessed_tce == 1020


def test_what_is_new_is_counted_from_the_year_before_and_for_the_plan_from_its_base_year() -> None:
    # renewables 100, 130, 150, 190: new in 2023 are 40, since 2020 they are 90
    facts = {
        2020 + i: year(2020 + i, 1000, 100, renewable=tce(renewable), **PLANNED)
        for i, renewable in enumerate((100, 130, 150, 190))
    }
    found = judged(facts, 2023)
    assert found.total_of_plan is not None
    assert found.total.new_renewable_tce == 40
    assert found.total_of_plan.new_renewable_tce == 90
    # target of the plan: 1000 x (1.06 x 0.97)^3 = 1087.006... tce
    assert found.total_of_plan.target is not None
    assert found.total_of_plan.target.tce == 1000 * (Fraction(106, 100) * Fraction(97, 100)) ** 3
    assert judged(facts, 2022).total_of_plan is None


def test_renewables_reported_for_one_of_the_two_years_cannot_be_judged() -> None:
    found = judged(two_years(1050, renewable=tce(130)), 2021)
    assert found.total.obstacles == (Obstacle("number_missing", 2020, RENEWABLE),)
    assert found.total.finding.verdict is Verdict.CANNOT_JUDGE
    # the intensity does not ask for renewables
    assert found.finding.verdict is Verdict.OK


def test_a_total_without_planned_numbers_cannot_be_judged_and_names_them() -> None:
    found = judged(falling(100, 90), 2021).total
    assert found.obstacles == (
        Obstacle("number_missing", 2021, GROWTH_PLAN),
        Obstacle("number_missing", 2021, REDUCTION_PLAN),
    )


def test_an_excess_is_not_held_against_an_area_whose_growth_is_unknown() -> None:
    facts = {2020: year(2020, 1000), 2021: YearFacts(2021, energy=tce(1040), **PLANNED)}  # type: ignore[arg-type]
    assert judged(facts, 2021).total.obstacles == (Obstacle("number_missing", 2021, GDP),)
    # within the unraised target there is nothing to ask
    facts[2021] = YearFacts(2021, energy=tce(1020), **PLANNED)  # type: ignore[arg-type]
    assert judged(facts, 2021).total.finding.reason == "within_target"


def test_an_incentive_target_that_is_met_waives_the_total() -> None:
    # 18.7 % down in the last year, and the total is far above its target
    facts = {**falling(100, 98, 95, 90, 87), 2025: year(2025, 162, 200, total_target_tce=Fraction(100))}
    found = judged(facts, 2025)
    assert found.standing is AreaStanding.EXCEEDED
    assert (found.waiver.waived, found.waiver.reason) == (True, "incentive_met")
    assert (found.total.finding.verdict, found.total.finding.reason) == (Verdict.OK, "waived")
    assert found.total_light.level is WarningLevel.III


def test_before_the_last_year_the_incentive_pace_waives_the_total() -> None:
    # required by then 1 - 0.813 ^ (1/5) = 4.056 %
    assert judged(falling(100, Fraction("95.9")), 2021).waiver.reason == "incentive_on_course"
    assert judged(falling(100, Fraction("96.0")), 2021).waiver.reason == "incentive_not_reached"


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        (DONGSHENG, "incentive_not_applicable"),
        (ReductionTargets(ZERO, ZERO), "target_zero"),
        (ReductionTargets(ZERO, number("5")), "target_zero"),
        (ReductionTargets(STROKE, STROKE), "incentive_not_applicable"),
    ],
)
def test_t10_zero_and_stroke_never_waive_the_total(targets: ReductionTargets, reason: str) -> None:
    # 60 % down: no fall is deep enough
    facts = {**falling(100, 90, 80, 70, 60), 2025: year(2025, 40, 100, total_target_tce=Fraction(30), **PLANNED)}
    found = judged(facts, 2025, targets)
    assert (found.waiver.waived, found.waiver.reason) == (False, reason)
    assert found.total.finding.reason == "above_target"


def test_t35_no_incentive_target_is_made_of_the_basic_one() -> None:
    # the region prints 15 % and no incentive; 15 x 17/15 = 17 % is an inference that waives nothing
    region = ReductionTargets(basic=number("15"))
    found = judged(falling(100, 95, 90, 85, 80, 70), 2025, region)
    assert (found.standing, found.waiver.reason) == (AreaStanding.MET, "incentive_not_set")


def test_what_cannot_be_judged_waives_nothing() -> None:
    found = judged({2021: year(2021, 10)}, 2021)
    assert (found.waiver.waived, found.waiver.reason) == (False, "intensity_cannot_be_judged")


@pytest.mark.parametrize(
    ("intensity", "level", "reason"),
    [
        ("100.1", WarningLevel.I, "intensity_rose"),
        ("100", WarningLevel.II, "behind_required_progress"),
        ("96.5", WarningLevel.II, "behind_required_progress"),  # 3.542 % are required
        ("96.4", WarningLevel.III, "on_course"),
    ],
)
def test_the_light_of_the_intensity(intensity: str, level: WarningLevel, reason: str) -> None:
    light = judged(falling(100, Fraction(intensity)), 2021).intensity_light
    assert (light.level, light.reason) == (level, reason)


@pytest.mark.parametrize(
    ("energy", "level"),
    [
        ("1028.2", WarningLevel.III),
        ("1028.3", WarningLevel.II),
        ("1059.046", WarningLevel.II),  # 3 % above, to the digit
        ("1059.05", WarningLevel.I),
    ],
)
def test_the_light_of_the_total_is_its_own(energy: str, level: WarningLevel) -> None:
    found = judged(two_years(Fraction(energy)), 2021)
    assert found.total_light.level is level


def test_a_light_that_cannot_be_told_is_not_a_green_one() -> None:
    found = judged({2021: year(2021, 10)}, 2021)
    assert (found.intensity_light.level, found.total_light.level) == (None, None)


@given(
    st.fractions(min_value=500, max_value=2000, max_denominator=100),
    st.fractions(min_value=0, max_value=400, max_denominator=100),
    st.fractions(min_value=0, max_value=400, max_denominator=100),
)
def test_t17_renewables_never_change_the_intensity_nor_feedstock_the_difference(
    energy: Fraction, before: Fraction, now: Fraction
) -> None:
    plain = judged(two_years(energy), 2021)
    renewed = judged(two_years(energy, before={"renewable": YearEnergy(before)}, renewable=YearEnergy(now)), 2021)
    assert renewed.chain.last.intensity == plain.chain.last.intensity
    assert plain.total.assessed_tce is not None
    assert renewed.total.assessed_tce == plain.total.assessed_tce - max(Fraction(0), now - before)


def test_ordos_and_its_dongsheng_differ_in_what_they_can_earn() -> None:
    facts = falling(100, 80)
    assert judged(facts, 2021, ORDOS).waiver.waived
    assert not judged(facts, 2021, DONGSHENG).waiver.waived
