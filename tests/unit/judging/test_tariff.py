"""Step tariffs: the unified rule by configured steps, and the formula for aluminium."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.verdict import ReasonedVerdict, Verdict
from services.judging.levels import Levels, ProjectKind
from services.judging.tariff import (
    AluminiumRule,
    RenewableShare,
    Surcharge,
    TariffStep,
    aluminium_surcharge,
    unified_surcharge,
)

FERROSILICON = Levels("2023", Fraction(1770), Fraction(1900), date(2023, 7, 4), None, "fesi-b", "fesi-l")
CONVERTER = Levels("2023", Fraction(-30), Fraction(-10), date(2023, 7, 4))
STEPS = (TariffStep(Fraction(0), Fraction("0.02"), "step-1"), TariffStep(Fraction(10), Fraction("0.05"), "step-2"))
RULE_2025 = AluminiumRule(
    threshold_kwh_per_t=Fraction(13300),
    threshold_row="al-2025",
    step_kwh_per_t=Fraction(20),
    step_row="al-step",
    step_yuan_per_kwh=Fraction("0.01"),
    step_yuan_row="al-yuan",
    share_above_percent=Fraction(15),
    share_row="al-share",
    reduction_percent=Fraction(1),
    reduction_row="al-reduction",
)


def unified(
    value: str | None, kind: ProjectKind, steps: tuple[TariffStep, ...] = STEPS, capacity_class: str | None = None
) -> Surcharge:
    known = None if value is None else Fraction(value)
    return unified_surcharge(known, FERROSILICON, kind, unit="kgce/t", steps=steps, capacity_class=capacity_class)


def aluminium(power: str, renewable: RenewableShare | None = None) -> Surcharge:
    return aluminium_surcharge(2025, Fraction(power), RULE_2025, renewable=renewable)


@pytest.mark.parametrize(
    ("power", "yuan"),
    [
        ("13000", "0"),
        ("13300.0", "0"),
        ("13300.1", "0.01"),
        ("13319.9", "0.01"),
        ("13320", "0.01"),
        ("13320.1", "0.02"),
        ("13500", "0.10"),
    ],
)
def test_aluminium_pays_a_fen_for_every_twenty_kwh_begun_above_the_threshold(power: str, yuan: str) -> None:
    # 13 320.1 - 13 300 = 20.1; 20.1 / 20 = 1.005, begun: 2 steps; 2 x 0.01 = 0.02 yuan/kWh.
    # 13 500 - 13 300 = 200; 200 / 20 = 10 steps; 10 x 0.01 = 0.10 yuan/kWh.
    assert aluminium(power).yuan_per_kwh == Fraction(yuan)


def test_aluminium_on_the_threshold_is_in_order_and_above_it_in_breach() -> None:
    assert aluminium("13300").finding.reason == "threshold_kept"
    assert aluminium("13300.1").finding.verdict is Verdict.BREACH


@pytest.mark.parametrize(
    ("share", "incentive", "yuan"),
    [
        ("15", "10", "0.1"),
        ("15.9", "10", "0.1"),
        ("16", "10", "0.099"),
        ("25.7", "22", "0.09"),
        ("21.9", "22", "0.1"),
        ("22", "22", "0.093"),
        ("115", "22", "0"),
    ],
)
def test_renewables_above_fifteen_percent_take_a_percent_away_for_each_whole_point(
    share: str, incentive: str, yuan: str
) -> None:
    # 13 500 kWh/t: 0.10 yuan/kWh. Share 25.7 % >= incentive value 22 %: 10 whole points above 15, 10 % less: 0.09.
    # Share 21.9 % is above 15 % but below the incentive value 22 %: nothing is taken away.
    assert aluminium("13500", RenewableShare(Fraction(share), Fraction(incentive))).yuan_per_kwh == Fraction(yuan)


def test_derivation_of_aluminium_names_every_number_and_its_row() -> None:
    found = aluminium("13345", RenewableShare(Fraction(20), Fraction(18), "incentive-2024"))
    # 45 above: 3 steps, 0.03; 5 points: 0.03 x 0.95 = 0.0285.
    assert [(s.code, s.value, s.row) for s in found.steps] == [
        ("threshold", 13300, "al-2025"),
        ("value", 13345, None),
        ("above", 45, None),
        ("steps", 3, "al-step"),
        ("full", Fraction("0.03"), "al-yuan"),
        ("share", 20, None),
        ("incentive", 18, "incentive-2024"),
        ("points", 5, "al-share"),
        ("reduction", 5, "al-reduction"),
        ("surcharge", Fraction("0.0285"), None),
    ]
    assert found.steps[1].text == "Comprehensive AC power of liquid aluminium in 2024"
    assert found.steps[1].text_zh == "2024年铝液综合交流电耗"


def test_surcharge_is_not_reduced_while_the_incentive_value_is_not_known() -> None:
    found = aluminium("13500", RenewableShare(Fraction(40), None))
    assert found.yuan_per_kwh == Fraction("0.1")
    assert [step.code for step in found.steps][-2:] == ["incentive_unknown", "surcharge"]


def test_aluminium_without_a_measured_value_cannot_be_judged() -> None:
    found = aluminium_surcharge(2025, None, RULE_2025)
    assert (found.finding.verdict, found.finding.reason) == (Verdict.CANNOT_JUDGE, "value_unknown")
    assert found.yuan_per_kwh is None


def test_reason_says_why_the_energy_use_is_not_known() -> None:
    smelter = aluminium_surcharge(2025, None, RULE_2025, unknown="year_not_over")
    assert smelter.finding == ReasonedVerdict.cannot("year_not_over")
    other = unified_surcharge(
        None, FERROSILICON, ProjectKind.EXISTING, unit="kgce/t", steps=STEPS, unknown="part_of_period"
    )
    assert other.finding == ReasonedVerdict.cannot("part_of_period")


def test_existing_unit_at_the_baseline_pays_no_surcharge() -> None:
    found = unified("1900", ProjectKind.EXISTING)
    assert found.yuan_per_kwh == 0
    assert (found.finding.verdict, found.finding.reason) == (Verdict.OK, "baseline_reached")
    assert found.steps[0].row == "fesi-l"


@pytest.mark.parametrize(
    ("value", "reason"), [("1900", "baseline_reached"), ("1771", "baseline_reached"), ("1770", "benchmark_reached")]
)
def test_existing_unit_at_the_benchmark_or_better_is_said_to_have_reached_it(value: str, reason: str) -> None:
    assert unified(value, ProjectKind.EXISTING).finding == ReasonedVerdict.ok(reason)


@pytest.mark.parametrize("kind", [ProjectKind.NEW, ProjectKind.BUILDING, ProjectKind.PLANNED])
def test_new_unit_must_reach_the_benchmark_to_pay_no_surcharge(kind: ProjectKind) -> None:
    assert unified("1770", kind).yuan_per_kwh == 0
    # 1800 would do for an existing unit; it is 30 / 1770 = 1.69 % above the benchmark: first step.
    assert unified("1800", kind).yuan_per_kwh == Fraction("0.02")
    assert unified("1800", kind).steps[0].row == "fesi-b"


def test_surcharge_goes_by_the_gap_in_percent() -> None:
    # 2090 - 1900 = 190 = 10 % of the baseline: not above the step at 10 %, so still the first. 2091 is above it.
    assert unified("2090", ProjectKind.EXISTING).yuan_per_kwh == Fraction("0.02")
    found = unified("2091", ProjectKind.EXISTING)
    assert (found.yuan_per_kwh, found.finding.verdict) == (Fraction("0.05"), Verdict.BREACH)
    assert [(s.code, s.row) for s in found.steps if s.row] == [("level", "fesi-l"), ("step", "step-2")]


def test_without_configured_steps_no_surcharge_is_invented() -> None:
    found = unified("2091", ProjectKind.EXISTING, steps=())
    assert (found.yuan_per_kwh, found.finding.verdict) == (None, Verdict.CANNOT_JUDGE)
    assert found.finding.reason == "no_steps_configured"
    assert unified("1900", ProjectKind.EXISTING, steps=()).yuan_per_kwh == 0


def test_t05_gap_to_a_negative_level_has_no_percentage_and_cannot_be_judged() -> None:
    # Converter at -8 against the baseline -10.
    found = unified_surcharge(Fraction(-8), CONVERTER, ProjectKind.EXISTING, unit="kgce/t", steps=STEPS)
    assert (found.yuan_per_kwh, found.finding.reason) == (None, "gap_percent_undefined")
    kept = unified_surcharge(Fraction(-11), CONVERTER, ProjectKind.EXISTING, unit="kgce/t", steps=STEPS)
    assert kept.yuan_per_kwh == 0


def test_restricted_capacity_has_the_punitive_price_whatever_its_surcharge() -> None:
    assert unified("1700", ProjectKind.EXISTING, capacity_class="restricted").punitive_price
    assert unified("1700", ProjectKind.EXISTING, capacity_class="eliminated").punitive_price
    assert not unified("2500", ProjectKind.EXISTING, capacity_class="permitted").punitive_price
    assert unified(None, ProjectKind.EXISTING, capacity_class="restricted").finding.reason == "value_unknown"


@given(st.fractions(min_value=12000, max_value=16000), st.fractions(min_value=0, max_value=500))
def test_using_more_never_costs_less(power: Fraction, more: Fraction) -> None:
    low, high = (aluminium_surcharge(2025, p, RULE_2025).yuan_per_kwh for p in (power, power + more))
    assert low is not None
    assert high is not None
    assert low <= high
