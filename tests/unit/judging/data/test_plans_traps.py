"""Where the plan documents mislead, each trap by its number in docs/plans.md."""

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from services.core.data.divisions import divisions
from services.core.verdict import Verdict
from services.judging.data.plan_targets import PlanTarget
from services.judging.data.plans import load_plans
from services.judging.data.tables import load_tables
from services.judging.targets.target import (
    Better,
    Operator,
    PrintedState,
    TargetChangeKind,
    as_printed,
    meets,
)
from services.judging.targets.target_unit import in_unit

LOADED = load_plans()
ROW = LOADED.by_code
PAGE = (Path(__file__).parents[4] / "docs/plans.md").read_text("utf-8")
D = Decimal
INCENTIVE_TO_BASIC = Fraction(17, 15)
"""In annex 1 of both documents every incentive target is the basic one times this. It is printed nowhere, so it only
checks a table and never makes a target."""


def of(prefix: str) -> list[PlanTarget]:
    return [row for row in LOADED.targets if row.code.startswith(prefix)]


def test_every_trap_a_row_names_is_explained_on_the_page() -> None:
    explained = set(re.findall(r"^\| (T\d\d) \|", PAGE, re.MULTILINE))
    assert {trap for row in LOADED.targets for trap in row.traps.split()} <= explained


def test_t01_the_printed_change_of_the_non_fossil_share_is_kept_and_flagged() -> None:
    row = ROW["IA2-02"]
    assert (row.base_value, row.value, row.change_printed) == (D("11.2"), D("18"), "7.8")
    assert row.computed_change == Fraction("6.8")
    assert row.change_differs is True


def test_t02_t03_two_rates_are_not_those_of_their_numbers() -> None:
    assert [row.code for row in LOADED.targets if row.change_differs] == ["IA2-02", "IA2-04", "IA2-10"]
    coke, aluminium = ROW["IA2-04"], ROW["IA2-10"]
    # 8 of 143, 350 of 13700
    assert coke.computed_change == Fraction(-800, 143)
    assert as_printed(Fraction(-800, 143), D("-5.7")) == D("-5.6")
    assert aluminium.computed_change == Fraction(-35000, 13700)
    assert as_printed(Fraction(-35000, 13700), D("-2.5")) == D("-2.6")


def test_t04_rates_printed_without_decimals_fit() -> None:
    assert (ROW["IA2-05"].change_printed, ROW["IA2-05"].change_differs) == ("[-1%]", False)
    assert (ROW["IA2-11"].change_printed, ROW["IA2-11"].change_differs) == ("[-2%]", False)


def test_t05_the_converter_gives_energy_and_its_rate_is_negative() -> None:
    for code, base, value, change in (("IA2-07", -10, -11, -10), ("OA2-07", -20, -21, -5)):
        row = ROW[code]
        assert [row.base_value, row.value, row.computed_change] == [base, value, change]
        assert row.change_differs is False
        assert row.direction is Better.LOWER


def test_t06_a_change_says_whether_it_is_a_difference_points_or_a_rate() -> None:
    kinds = {row.code: row.change_kind for row in of("IA2-")}
    assert kinds["IA2-01"] is TargetChangeKind.ABSOLUTE
    assert {kinds["IA2-02"], kinds["IA2-03"]} == {TargetChangeKind.PP}
    assert {kinds[f"IA2-{number:02}"] for number in (4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15)} == {TargetChangeKind.RATE}
    assert kinds["IA2-12"] is None
    assert all((row.change_kind is TargetChangeKind.RATE) == row.change_printed.startswith("[") for row in of("IA2-"))


def test_t09_a_reduction_is_positive_whatever_sign_is_printed() -> None:
    region, city, text = ROW["IA1-150600"], ROW["OA1-150600"], ROW["OR-01"]
    assert region.value == city.value == text.value == D("16.5")
    assert (region.value_printed, city.value_printed, text.value_printed) == ("16.5", "-16.5", "16.5%")


def test_t10_zero_and_not_applicable_and_missing_are_three_things() -> None:
    for area in ("150602", "150603"):
        basic, incentive = ROW[f"OA1-{area}"], ROW[f"OA1-{area}i"]
        assert [basic.state, basic.value, basic.value_printed] == [PrintedState.ZERO, 0, "0"]
        assert (incentive.state, incentive.value, incentive.value_printed) == (PrintedState.NOT_APPLICABLE, None, "/")
        judged = meets(incentive.op, actual=Fraction(50), target=incentive.value, state=incentive.state)
        assert judged.verdict is Verdict.CANNOT_JUDGE
    missing = ROW["IA2-13"]
    assert (missing.state, missing.value, missing.value_printed) == (PrintedState.MISSING, None, "")
    assert [row.code for row in LOADED.targets if row.state is PrintedState.ZERO] == [
        "P13-47",
        "OA1-150602",
        "OA1-150603",
    ]


def test_t11_both_of_two_contradicting_numbers_are_kept() -> None:
    text, summary = ROW["OR-37a"], ROW["OR-37b"]
    assert [text.value, summary.value] == [100, 80]
    assert (text.conflicts, summary.conflicts) == (("OR-37b",), ("OR-37a",))


def test_t12_pue_is_asked_of_three_different_things() -> None:
    pue = {row.code: (row.subject, row.value) for row in LOADED.targets if row.indicator == "pue"}
    assert pue == {
        "IM-06": ("new_data_centres", D("1.3")),
        "OR-04": ("existing_data_centres", D("1.3")),
        "IA2-11": ("large_data_centres_average", D("1.3")),
    }


def test_t13_more_than_and_not_less_than_are_kept_apart() -> None:
    region, city = ROW["IM-09"], ROW["OR-06"]
    assert (region.op, region.op_printed) == (Operator.ABOVE, "超过")
    assert (city.op, city.op_printed) == (Operator.AT_LEAST, "不低于")
    assert region.subject != city.subject


def test_t14_two_intensity_thresholds_are_never_merged_and_name_no_price_base() -> None:
    low, hurdle = ROW["OR-45"], ROW["OR-46"]
    assert (low.value, low.indicator) == (D("1.7"), "energy_per_value_added")
    assert (hurdle.value, hurdle.indicator) == (D("1.33"), "energy_intensity_iva")
    assert low.price_base is None
    assert hurdle.price_base is None


def test_t15_the_ledger_threshold_is_on_the_equivalent_basis() -> None:
    for row in (ROW["IM-37"], ROW["OR-47"]):
        assert "等价值" in row.quote
        assert "equivalent" in row.note
        assert row.value is not None
        assert in_unit(row.value, row.unit, "tce") == 50_000


def test_t18_four_shares_are_four_indicators() -> None:
    assert {code: ROW[code].indicator for code in ("IA2-02", "P13-20", "IA2-03", "OR-07")} == {
        "IA2-02": "non_fossil_share",
        "P13-20": "non_fossil_capacity_share",
        "IA2-03": "renewable_electricity_share",
        "OR-07": "park_renewable_share",
    }


def test_t19_percentage_points_and_per_cent_are_two_units() -> None:
    assert {code: ROW[code].unit for code in ("IM-32", "IM-33", "IM-34", "OR-40", "OR-41", "OR-42")} == {
        "IM-32": "pp",
        "IM-33": "pp",
        "IM-34": "%",
        "OR-40": "pp",
        "OR-41": "pp",
        "OR-42": "%",
    }
    assert ROW["OR-40"].unit_printed == "个百分点 / %"


def test_t20_days_and_share_of_good_air_do_not_fit_each_other() -> None:
    days, share = ROW["P12-27a"], ROW["P12-27b"]
    assert days.value is not None
    assert share.value is not None
    assert as_printed(Fraction(days.value) * 100 / 365, share.value) == D("80.00")
    assert (share.value, days.conflicts) == (D("80.90"), ("P12-27b",))


def test_t21_two_totals_are_a_hundredth_above_what_their_rate_gives() -> None:
    ammonia, dioxide = ROW["P13-05b"], ROW["P13-05c"]
    # 4.69 x 0.93 and 123.09 x 0.89
    assert ammonia.value_from_change == Fraction("4.3617")
    assert dioxide.value_from_change == Fraction("109.5501")
    for row in (ammonia, dioxide):
        assert row.value is not None
        assert row.value_from_change is not None
        assert as_printed(row.value_from_change, row.value) != row.value
        assert abs(Fraction(row.value) - row.value_from_change) < Fraction("0.01")
        assert "T21" in row.traps
        assert row.change_differs is False


def test_t22_growth_of_a_share_printed_in_per_cent_is_percentage_points() -> None:
    for code, printed in (("P12-09c", "89.5%"), ("P12-10c", "5.8%")):
        assert (ROW[code].unit, ROW[code].unit_printed, ROW[code].value_printed) == ("pp", "%", printed)


def test_t24_the_thirteenth_plan_has_no_numbers_of_leagues() -> None:
    assert {row.area_code for row in LOADED.targets if row.plan == "13"} == {"150000"}


def test_t27_a_target_may_be_nothing_but_a_change() -> None:
    for code in ("IA2-13", "OA2-12"):
        row = ROW[code]
        assert (row.value, row.base_value, row.unit, row.change, row.change_kind) == (
            None,
            None,
            "",
            D("-4"),
            TargetChangeKind.RATE,
        )
        assert row.computed_change is None
        assert row.change_differs is None
    assert ROW["IA2-11"].unit_printed == ""
    assert ROW["IA2-12"].base_value is None


def test_t28_a_class_of_water_is_no_number() -> None:
    for code in ("IM-25", "OR-32"):
        assert (ROW[code].op, ROW[code].value, ROW[code].value_printed) == (Operator.CLASS_AT_MOST, None, "Ⅱ类")


def test_t29_two_names_of_one_indicator_are_one_row() -> None:
    assert {code: ROW[code].alias for code in ("OR-26", "OR-34", "OR-50")} == {
        "OR-26": "绿色防控率",
        "OR-34": "燃煤机组节能降耗改造",
        "OR-50": "可再生能源电力消纳权重",
    }


def test_t30_numbers_presumed_to_be_those_of_the_region_are_marked_and_equal_to_them() -> None:
    presumed = {row.code for row in LOADED.targets if row.value_scope == "region_presumed"}
    assert presumed == {"OA2-01", "OA2-09", "OA2-11", "OA2-12", "OA2-13", "OA2-14"}
    region = {row.indicator_zh: row for row in of("IA2-")}
    for code in presumed:
        assert ROW[code].value == region[ROW[code].indicator_zh].value


@pytest.mark.parametrize(
    ("region", "city", "values"),
    [
        ("IM-30", "OR-38", (75, 80)),
        ("IM-31", "OR-39", (18, 12)),
        ("IA2-03", "OR-50", (35, 30)),
        ("IM-18", "OR-21", (32, 50)),
        ("IM-21", "OR-25", (84, 92)),
        ("IM-16", "OR-19", (65, 70)),
        ("IM-13", "OR-16", (80, 100)),
        ("IA2-10", "OA2-10", (13350, 12735)),
    ],
)
def test_t31_the_city_has_its_own_targets(region: str, city: str, values: tuple[int, int]) -> None:
    assert [ROW[region].value, ROW[city].value] == list(values)
    assert ROW[city].area_code == "150600"
    assert ROW[region].subject != ROW[city].subject or region != "IM-13"


def test_t32_thermal_power_and_coal_power_are_two_populations() -> None:
    assert (ROW["IA2-01"].indicator_zh, ROW["P13-08"].indicator_zh) == ("火电平均供电煤耗", "煤电平均供电标准煤耗")


def test_t33_the_thirteenth_plan_mixes_tonnes_and_kilograms_of_standard_coal() -> None:
    kgce_per_t = {}
    for code in ("P13-14", "P13-15", "P13-16"):
        value = ROW[code].value
        assert value is not None
        kgce_per_t[code] = in_unit(value, ROW[code].unit, "kgce/t")
    assert kgce_per_t == {"P13-14": 1050, "P13-15": 315, "P13-16": 1150}


def test_t35_every_incentive_target_is_the_basic_one_times_17_to_15() -> None:
    pairs = [(row, ROW[row.code + "i"]) for row in (*of("IA1-"), *of("OA1-")) if row.stage == "basic"]
    assert len(pairs) == 12 + 10
    compared = 0
    for basic, incentive in pairs:
        if incentive.value is None:
            assert basic.state is PrintedState.ZERO
            continue
        assert basic.value is not None
        assert as_printed(Fraction(basic.value) * INCENTIVE_TO_BASIC, incentive.value) == incentive.value
        compared += 1
    assert compared == 12 + 8
    assert not [row for row in LOADED.targets if row.area_code == "150000" and row.stage == "incentive"]


@pytest.mark.parametrize(
    ("code", "process"),
    [
        ("IA2-05", "cement_clinker"),
        ("IA2-06", "blast_furnace"),
        ("IA2-09", "ferrochrome_high_carbon"),
        ("IA2-10", "aluminium_electrolysis"),
    ],
)
def test_t36_a_target_of_all_plants_may_equal_the_baseline_of_one_and_is_another_row(code: str, process: str) -> None:
    baseline = load_tables().row(f"level.{process}.2023.baseline")
    assert (ROW[code].process, ROW[code].value) == (process, baseline.value)
    assert baseline.code not in ROW


def test_t36_the_target_of_ferrosilicon_is_laxer_than_the_baseline_of_a_single_unit() -> None:
    # the plan of 2022 took over the baseline of 2021, which the edition of 2023 lowered to 1850
    tables = load_tables()
    old, new = (tables.row(f"level.ferrosilicon.{edition}.baseline").value for edition in ("2021", "2023"))
    assert (ROW["IA2-08"].process, ROW["IA2-08"].value) == ("ferrosilicon", old)
    assert old > new


def test_t38_a_price_base_is_given_only_where_it_is_printed() -> None:
    assert [row.code for row in LOADED.targets if row.price_base is not None] == ["P12-03"]
    assert ROW["P12-03"].price_base == 2010
    assert LOADED.plans["14"].price_base is None


def test_t39_numbers_of_documents_that_are_not_at_hand_are_not_taken_in() -> None:
    assert ROW["IM-28"].value == 2000
    assert {row.source for row in LOADED.targets} == {
        "内蒙古自治区节能减排“十三五”规划（自治区人民政府，2018-03-23）",
        "内蒙古自治区“十四五”节能减排综合工作实施方案（内政发〔2022〕17号）",
        "鄂尔多斯市“十四五”节能减排综合工作实施方案（市人民政府，2022-11-29）",
    }


def test_every_league_has_both_targets_under_its_own_code() -> None:
    leagues = {area.code for area in divisions() if area.level == "league"}
    assert {row.area_code for row in of("IA1-") if row.stage == "incentive"} == leagues


def test_what_is_printed_as_below_with_the_word_yixia_is_at_most() -> None:
    # 以下 includes the number itself, in a growth as in a share; 低于 does not
    printed = {row.code: row.op for row in ROW.values() if "以下" in row.op_printed}
    assert {"P13-03", "IM-30"} <= printed.keys()
    assert set(printed.values()) == {Operator.AT_MOST}
