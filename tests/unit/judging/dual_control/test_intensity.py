"""The intensity of an area through a plan: annual falls, their product, required progress, grades."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.verdict import Verdict
from services.judging.dual_control.evaluate import AreaStanding, evaluate
from services.judging.dual_control.facts import (
    ENERGY,
    FEEDSTOCK,
    GDP,
    EvaluationKind,
    Obstacle,
    PlanPeriod,
    ReductionTarget,
    ReductionTargets,
    YearFacts,
)
from services.judging.dual_control.intensity import chain, completion, reached, required
from services.judging.dual_control.warning import WarningLevel
from services.judging.targets.target import PrintedState
from tests.unit.judging.dual_control.dual_story import (
    DONGSHENG,
    RULES,
    STROKE,
    ZERO,
    falling,
    judged,
    measured,
    tce,
    year,
)


def test_t38_the_fall_since_the_base_year_is_the_product_of_the_annual_rates_and_not_their_sum() -> None:
    # 100 -> 90 -> 81 of GDP 100: twice 10 % down. Product: 1 - 0.9 x 0.9 = 19 %. Sum: 20 %, which would be wrong.
    found = judged(falling(100, 90, 81), 2022).chain
    assert [entry.reduction for entry in found.years] == [None, Fraction(1, 10), Fraction(1, 10)]
    assert [entry.cumulative for entry in found.years] == [None, Fraction(10, 100), Fraction(19, 100)]
    assert found.last.cumulative != Fraction(20, 100)


def test_the_fall_of_a_year_sets_energy_against_gdp() -> None:
    # energy +3 %, GDP +5 %: 1 - 1.03 / 1.05 = 1.9048 %
    found = judged({2020: year(2020, 100, 100), 2021: year(2021, 103, 105)}, 2021).chain
    assert found.last.intensity == Fraction(103, 105)
    assert found.last.reduction == 1 - Fraction(103, 105)


def test_required_progress_is_an_even_pace() -> None:
    # T = 16.5 %, n = 2 of 5: 1 - 0.835 ^ 0.4 = 6.959 %; a fifth a year would be 6.6 %
    assert required(Fraction(165, 1000), years_elapsed=2, length=5) == pytest.approx(0.0695895, abs=1e-6)
    assert required(Fraction(165, 1000), years_elapsed=0, length=5) == 0


def test_completion_is_the_share_of_the_way_gone() -> None:
    # D = 10 %, T = 19 %: ln 0.9 / ln 0.81 = 1/2, as 0.9 x 0.9 = 0.81
    assert completion(Fraction(10, 100), Fraction(19, 100)) == pytest.approx(0.5)
    # a rise by 10 % is less than nothing: ln 1.1 / ln 0.81 = -0.4523
    assert completion(Fraction(-10, 100), Fraction(19, 100)) == pytest.approx(-0.4523, abs=1e-4)


def test_t10_a_target_of_zero_is_met_when_the_intensity_does_not_rise_and_has_no_completion() -> None:
    level = judged(falling(100, 100, 100, 100, 100, 100), 2025, DONGSHENG)
    assert (level.standing, level.finding.verdict, level.basic.completion) == (AreaStanding.MET, Verdict.OK, None)
    risen = judged(falling(100, 100, 100, 100, 100, 101), 2025, DONGSHENG)
    assert (risen.standing, risen.finding.verdict) == (AreaStanding.NOT_MET, Verdict.BREACH)


def test_t10_zero_stroke_and_not_printed_are_three_things() -> None:
    facts = falling(100, 90)
    assert judged(facts, 2021, ReductionTargets(basic=ZERO)).finding.reason == "ahead"
    assert judged(facts, 2021, ReductionTargets(basic=STROKE)).finding.reason == "target_not_applicable"
    assert judged(facts, 2021, ReductionTargets()).finding.reason == "no_target"
    with pytest.raises(ValueError, match="does not go with state zero"):
        ReductionTarget(PrintedState.ZERO, None)
    with pytest.raises(ValueError, match="does not go with state number"):
        ReductionTarget(PrintedState.NUMBER, Fraction(0))


def test_a_target_may_allow_a_rise() -> None:
    # at most 5 % more over the plan, 1.05 ^ (1/5) - 1 = 0.98 % by the first year
    eased = ReductionTargets(ReductionTarget(PrintedState.NUMBER, Fraction(-5, 100)))
    assert judged(falling(100, Fraction("100.9")), 2021, eased).standing is AreaStanding.AHEAD
    assert judged(falling(100, 101), 2021, eased).standing is AreaStanding.BEHIND
    assert judged(falling(100, 101), 2021, eased).basic.completion is None


def test_t37_a_missed_annual_number_is_no_failure() -> None:
    # 2021: 10 % down; 2022: 1 % up. The year misses its number, the whole is 9.1 % down and 6.96 % are required.
    found = judged(falling(100, 90, Fraction("90.9")), 2022)
    assert found.annual.met is False
    assert (found.standing, found.finding.verdict) == (AreaStanding.AHEAD, Verdict.OK)
    # nor is it one to be behind before the last year
    behind = judged(falling(100, 99), 2021)
    assert (behind.annual.met, behind.standing, behind.finding.verdict) == (False, AreaStanding.BEHIND, Verdict.OK)


def test_t37_the_five_years_are_judged_as_a_whole() -> None:
    # risen at first, 17 % down in the end: met
    found = judged(falling(100, 102, 101, 95, 90, 83), 2025)
    assert (found.kind, found.standing) == (EvaluationKind.FINAL, AreaStanding.MET)
    missed = judged(falling(100, 90, 88, 86, 85, 84), 2025)
    assert (missed.standing, missed.finding.verdict) == (AreaStanding.NOT_MET, Verdict.BREACH)


@pytest.mark.parametrize(
    ("last", "standing"),
    [
        ("83.5", AreaStanding.MET),  # 16.5 % to the digit
        ("83.5001", AreaStanding.NOT_MET),
        ("81.3", AreaStanding.EXCEEDED),  # 18.7 % to the digit: the incentive target
        ("81.3001", AreaStanding.MET),
    ],
)
def test_grades_of_the_five_year_evaluation_know_exceeded(last: str, standing: AreaStanding) -> None:
    assert judged(falling(100, 98, 95, 90, 87, Fraction(last)), 2025).standing is standing


def test_an_annual_number_that_was_set_goes_before_the_even_pace() -> None:
    facts = falling(100, 97)
    # even pace: 1 - 0.835 ^ (1/5) = 3.542 %, so 3 % is too little
    assert judged(facts, 2021).annual.planned == pytest.approx(0.03542, abs=1e-5)
    assert judged(facts, 2021).annual.met is False
    eased = {**facts, 2021: year(2021, 97, reduction_plan=Fraction(3, 100))}
    assert (judged(eased, 2021).annual.planned_from, judged(eased, 2021).annual.met) == ("reported", True)


def test_t34_a_plan_of_other_years_is_judged_by_its_own_years() -> None:
    # a plan of three years from 2027 on: no year of the 14th plan plays a part
    plan = PlanPeriod("x", first_year=2027, last_year=2029, base_year=2026, midterm_year=2028, price_base=2025)
    facts = {
        y: year(y, e, gdp={2025: Fraction(100)}) for y, e in zip(range(2026, 2030), (100, 90, 81, 72), strict=True)
    }
    kinds = [judged(facts, y, plan=plan).kind for y in (2027, 2028, 2029)]
    assert kinds == [EvaluationKind.ANNUAL, EvaluationKind.MIDTERM, EvaluationKind.FINAL]
    assert judged(facts, 2027, plan=plan).basic.required == pytest.approx(1 - 0.835 ** (1 / 3))
    assert judged(facts, 2029, plan=plan).standing is AreaStanding.EXCEEDED
    with pytest.raises(ValueError, match="2026 does not lie in plan x"):
        judged(facts, 2026, plan=plan)


def test_t34_a_year_in_no_plan_still_tells_its_change() -> None:
    found = evaluate(falling(100, 104, first=2025), None, ReductionTargets(), year=2026, rules=RULES)
    assert (found.finding.reason, found.chain.last.reduction) == ("no_plan", Fraction(-4, 100))
    # no plan says how it must go: the rise is told, and nothing is lit
    assert (found.intensity_light.level, found.intensity_light.reason) == (None, "no_plan")


def test_a_missing_year_cannot_be_judged_and_names_year_and_number() -> None:
    facts = {2020: year(2020, 100), 2022: year(2022, 90), 2023: YearFacts(2023, energy=tce(85))}
    found = judged(facts, 2023)
    assert found.finding.verdict is Verdict.CANNOT_JUDGE
    assert found.obstacles == (
        Obstacle("number_missing", 2021, ENERGY),
        Obstacle("number_missing", 2021, GDP),
        Obstacle("number_missing", 2023, GDP),
    )
    assert found.standing is None


def test_a_gap_long_ago_leaves_the_fall_of_the_year_to_be_told() -> None:
    found = judged({2020: year(2020, 100), 2022: year(2022, 90), 2023: year(2023, 99)}, 2023)
    assert found.annual.reduction == Fraction(-1, 10)
    assert found.intensity_light.level is WarningLevel.I
    assert found.finding.verdict is Verdict.CANNOT_JUDGE


def test_t38_a_chain_whose_price_base_changes_cannot_be_judged() -> None:
    facts = {**falling(100, 90), 2022: year(2022, 81, gdp={2021: Fraction(100)})}
    assert judged(facts, 2022).obstacles == (Obstacle("price_base_changes", 2022, GDP),)
    # the year of the change reported at both makes the chain whole again
    facts[2022] = year(2022, 81, gdp={2020: Fraction(100), 2021: Fraction(104)})
    assert judged(facts, 2022).chain.price_base == 2020
    assert judged(facts, 2022).chain.last.cumulative == Fraction(19, 100)


def test_t38_a_price_base_that_the_plan_states_is_the_only_one_that_counts() -> None:
    plan = PlanPeriod("13", first_year=2016, last_year=2020, base_year=2015, price_base=2010)
    facts = {y: year(y, 100, gdp={2015: Fraction(100)}) for y in (2015, 2016)}
    assert judged(facts, 2016, plan=plan).obstacles == (
        Obstacle("number_missing", 2015, GDP),
        Obstacle("number_missing", 2016, GDP),
    )


def test_t14_gdp_without_a_price_base_is_refused() -> None:
    with pytest.raises(ValueError, match="GDP of 2021 has no price base"):
        YearFacts(2021, gdp={0: Fraction(100)})


def test_reported_and_measured_years_are_not_compared() -> None:
    # meters see the key units alone: 40 after 100 is no fall of 60 %
    facts = {2020: year(2020, 100), 2021: year(2021, measured(40))}
    found = judged(facts, 2021)
    assert found.obstacles == (Obstacle("sources_differ", 2021, ENERGY),)
    assert found.chain.last.reduction is None


def test_a_year_measured_badly_cannot_be_judged() -> None:
    facts = {2020: year(2020, measured(100)), 2021: year(2021, measured(80, coverage=0.89))}
    assert judged(facts, 2021).obstacles == (Obstacle("low_coverage", 2021, ENERGY),)
    facts[2021] = year(2021, measured(80, coverage=0.9))
    assert judged(facts, 2021).obstacles == ()


def test_an_exclusion_reported_for_some_years_only_cannot_be_judged() -> None:
    # taken out of 2021 alone it would look like a fall of 30 %
    facts = {2020: year(2020, 100), 2021: year(2021, 100, feedstock=tce(30))}
    assert judged(facts, 2021).obstacles == (Obstacle("number_missing", 2020, FEEDSTOCK),)


def test_gdp_of_zero_and_energy_below_zero_cannot_be_judged() -> None:
    assert judged({2020: year(2020, 100, 0), 2021: year(2021, 90)}, 2021).finding.reason == "gdp_not_positive"
    drained = {2020: year(2020, 10, feedstock=tce(10)), 2021: year(2021, 10, feedstock=tce(0))}
    assert judged(drained, 2021).finding.reason == "energy_not_positive"


amounts = st.fractions(min_value=1, max_value=1000, max_denominator=1000)
targets = st.fractions(min_value=Fraction(1, 1000), max_value=Fraction(9, 10), max_denominator=1000)


@given(st.lists(st.tuples(amounts, amounts), min_size=2, max_size=6))
def test_the_product_of_the_annual_rates_is_the_fall_of_the_intensity(years: list[tuple[Fraction, Fraction]]) -> None:
    facts = {2020 + i: year(2020 + i, energy, gdp) for i, (energy, gdp) in enumerate(years)}
    found = chain(facts, base_year=2020, year=2019 + len(years), coverage_least=0.9)
    first, last = found.years[0].intensity, found.last.intensity
    assert first is not None
    assert last is not None
    assert found.last.cumulative == 1 - last / first


@given(targets, st.integers(1, 10))
def test_required_progress_of_the_last_year_is_the_target_and_grows_until_then(target: Fraction, length: int) -> None:
    pace = [required(target, years_elapsed=n, length=length) for n in range(length + 1)]
    assert pace[-1] == float(target)
    assert pace == sorted(pace)


@given(st.fractions(min_value=-1, max_value=Fraction(99, 100), max_denominator=1000), targets, st.integers(1, 5))
def test_reached_agrees_with_the_required_progress(cumulative: Fraction, target: Fraction, gone: int) -> None:
    needed = required(target, years_elapsed=gone, length=5)
    if abs(float(cumulative) - needed) > 1e-9:
        assert reached(cumulative, target, years_elapsed=gone, length=5) == (float(cumulative) > needed)


@given(st.lists(amounts, min_size=2, max_size=6), targets)
def test_the_warning_level_fits_the_fall_and_the_progress(energies: list[Fraction], target: Fraction) -> None:
    at = 2019 + len(energies)
    found = judged(falling(*energies), at, ReductionTargets(ReductionTarget(PrintedState.NUMBER, target)))
    rose = energies[-1] > energies[-2]
    level = WarningLevel.I if rose else WarningLevel.III if found.basic.on_course else WarningLevel.II
    assert found.intensity_light.level is level
    assert found.basic.on_course == (found.standing in (AreaStanding.AHEAD, AreaStanding.MET))


@given(amounts, targets)
def test_using_less_never_makes_the_standing_worse(energy: Fraction, target: Fraction) -> None:
    aims = ReductionTargets(ReductionTarget(PrintedState.NUMBER, target))
    more, less = (judged(falling(100, e), 2021, aims).basic for e in (energy, energy / 2))
    assert less.on_course or not more.on_course
    assert less.completion is not None
    assert more.completion is not None
    assert less.completion > more.completion
