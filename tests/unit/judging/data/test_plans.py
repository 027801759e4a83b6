"""The plans are read strictly; another plan is a file."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.core.data.loader import DataFileError
from services.judging.data.plans import FOLDER, LIST, load_plans
from services.judging.targets.target import PrintedState

PLAN_15 = {
    "code": "15",
    "name_zh": "“十五五”规划",
    "name_en": "15th five-year plan",
    "first_year": "2026",
    "last_year": "2030",
    "base_year": "2025",
    "midterm_year": "2028",
    "issuer": "a fictitious office",
    "issue_date": "2026-12-31",
    "source": "a fictitious document",
    "verified": "no",
}
TARGET_15 = {
    "code": "X15-1",
    "plan": "15",
    "area_code": "150000",
    "indicator_zh": "单位地区生产总值能源消耗比2025年下降",
    "indicator": "energy_intensity_gdp_reduction",
    "kind": "target",
    "op": ">=",
    "op_printed": "下降",
    "state": "number",
    "value": "12.5",
    "value_printed": "12.5%",
    "unit": "%",
    "target_year": "2030",
    "base_year": "2025",
    "nature": "binding",
    "stage": "basic",
    "value_scope": "own",
    "valid_from": "2026-01-01",
    "valid_to": "2031-01-01",
    "place": "chapter 2",
    "quote": "下降12.5%",
    "source": "a fictitious document",
    "verified": "no",
}


def columns(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream))


def write(file: Path, like: Path, *rows: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns(like), restval="")
        writer.writeheader()
        writer.writerows(rows)


def with_plan_15(folder: Path, **changed: str) -> Path:
    """A folder of the operator's own files with a fifteenth plan, whose target is changed as given."""
    write(folder / "plans" / LIST, FOLDER / LIST, PLAN_15)
    write(folder / "plans" / "15.csv", FOLDER / "14.csv", TARGET_15 | changed)
    return folder


def test_the_thirteenth_and_fourteenth_plan_are_loaded() -> None:
    loaded = load_plans()
    assert {code: (plan.first_year, plan.last_year, plan.base_year) for code, plan in loaded.plans.items()} == {
        "13": (2016, 2020, 2015),
        "14": (2021, 2025, 2020),
    }
    assert {code: sum(row.plan == code for row in loaded.targets) for code in loaded.plans} == {"13": 118, "14": 178}
    assert all(row.verified for row in loaded.targets)


def test_t34_a_fifteenth_plan_is_a_file(tmp_path: Path) -> None:
    loaded = load_plans(override=with_plan_15(tmp_path))
    assert list(loaded.plans) == ["13", "14", "15"]
    assert loaded.plans["15"].price_base is None
    (row,) = [row for row in loaded.targets if row.plan == "15"]
    assert (row.code, row.value, row.target_year) == ("X15-1", Decimal("12.5"), 2030)
    assert len(loaded.targets) == len(load_plans().targets) + 1


def test_a_file_of_the_same_name_replaces_a_plan(tmp_path: Path) -> None:
    own = TARGET_15 | {"code": "IM-01", "plan": "14", "valid_from": "2021-01-01", "valid_to": "2026-01-01"}
    write(tmp_path / "plans" / "14.csv", FOLDER / "14.csv", own)
    loaded = load_plans(override=tmp_path)
    assert [row.code for row in loaded.targets if row.plan == "14"] == ["IM-01"]
    assert loaded.by_code["P13-01"].value == 14


def test_a_plan_without_a_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "plans" / LIST, FOLDER / LIST, PLAN_15)
    with pytest.raises(DataFileError, match=r"plans\.csv, line 2, field code: there is no file 15\.csv"):
        load_plans(override=tmp_path)


def test_a_file_without_a_plan_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "plans" / "15.csv", FOLDER / "14.csv", TARGET_15)
    with pytest.raises(DataFileError, match=r"15\.csv, line 1, field plan: plans\.csv names no plan 15"):
        load_plans(override=tmp_path)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"first_year": "2025"}, "last_year: the years must follow each other"),
        (
            {"first_year": "2025", "base_year": "2024"},
            r"first_year: 2025 to 2030 overlaps the years of plan 14, 2021 to",
        ),
        ({"last_year": "20300"}, "last_year: must lie from 1992 to 2100"),
        ({"midterm_year": "2031"}, "midterm_year: must lie from 2026 to 2030"),
        ({"issue_date": ""}, "issue_date: must not be empty"),
    ],
)
def test_a_plan_whose_years_contradict_each_other_is_refused(
    tmp_path: Path, changed: dict[str, str], problem: str
) -> None:
    with_plan_15(tmp_path)
    write(tmp_path / "plans" / LIST, FOLDER / LIST, PLAN_15 | changed)
    with pytest.raises(DataFileError, match=problem):
        load_plans(override=tmp_path)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"plan": "14"}, "plan: is 14, but the file is that of plan 15"),
        ({"area_code": "999999"}, "area_code: there is no area 999999"),
        ({"code": "IM-01"}, "code: IM-01 stands in the file of another plan too"),
        ({"value": ""}, "value: must not be empty with the state number"),
        ({"state": "not_applicable"}, "value: must be empty with the state not_applicable"),
        ({"state": "zero"}, "state: 12.5 is number, not zero"),
        ({"value": "0"}, "state: 0 is zero, not number"),
        ({"value": "100.1"}, "value: a reduction is at most 100 %, not 100.1 %"),
        ({"value": "-101"}, "value: a reduction is at most 100 %"),
        ({"value": "1e16"}, "value: must be 0, or of a magnitude"),
        ({"unit": ""}, "unit: must not be empty beside a value"),
        ({"unit": "％"}, "unit: "),
        ({"value_printed": ""}, "value_printed: must not be empty"),
        ({"op": "≥"}, "op: "),
        ({"op": "range"}, "value_high: is given for a range"),
        ({"op": "range", "value_high": "12"}, r"value_high: must be greater than value \(12.5\)"),
        ({"op": "~"}, "better: about"),
        ({"change": "-3"}, "change: change, change_printed and change_kind are given together"),
        ({"state": "missing", "value": ""}, "change: a row without a value gives at least a change"),
        (
            {"unit": "kgce/t", "change": "-3", "change_printed": "3", "change_kind": "pp"},
            "change_kind: percentage points are the change of a value in %, not in kgce/t",
        ),
        ({"base_value": "9", "base_year": ""}, "base_year: must not be empty beside a base value"),
        ({"kind": "actual"}, "nature: actual goes with the kind actual"),
        ({"valid_to": "2026-01-01"}, "valid_to: must lie after valid_from"),
        ({"place": "chapter 2 ; annex 1"}, "quote: needs one part for each passage"),
        ({"conflicts_with": "IM-01"}, "conflicts_with: X15-1 conflicts with IM-01, which does not say so"),
        ({"conflicts_with": "IM-99"}, "conflicts_with: X15-1 conflicts with IM-99"),
        ({"source": ""}, "source: must not be empty"),
        ({"verified": ""}, "verified: must not be empty"),
        ({"quote": ""}, "quote: must not be empty"),
    ],
)
def test_a_target_that_contradicts_itself_is_refused(tmp_path: Path, changed: dict[str, str], problem: str) -> None:
    with pytest.raises(DataFileError, match=rf"15\.csv, line \d+, field {problem}"):
        load_plans(override=with_plan_15(tmp_path, **changed))


def test_a_shipped_plan_that_is_replaced_may_not_reach_into_another(tmp_path: Path) -> None:
    own = PLAN_15 | {"code": "13", "first_year": "2016", "last_year": "2021", "base_year": "2015", "midterm_year": ""}
    write(tmp_path / "plans" / LIST, FOLDER / LIST, own)
    with pytest.raises(DataFileError, match="line 2, field last_year: 2016 to 2021 overlaps") as refusal:
        load_plans(override=tmp_path)
    assert refusal.value.file == tmp_path / "plans" / LIST


def test_a_reduction_of_100_percent_and_a_growth_above_it_are_read(tmp_path: Path) -> None:
    assert load_plans(override=with_plan_15(tmp_path, value="100")).by_code["X15-1"].value == 100
    growth = with_plan_15(tmp_path, value="150", indicator="gdp_growth")
    assert load_plans(override=growth).by_code["X15-1"].value == 150


def test_a_true_zero_is_a_value(tmp_path: Path) -> None:
    loaded = load_plans(override=with_plan_15(tmp_path, value="0", state="zero", value_printed="0"))
    assert loaded.by_code["X15-1"].state is PrintedState.ZERO


def test_targets_hold_for_the_years_of_their_plan() -> None:
    loaded = load_plans()
    for row in loaded.targets:
        plan = loaded.plans[row.plan]
        if row.kind != "actual" and row.code != "P12-18b":
            assert row.valid_from == date(plan.first_year, 1, 1)
            assert row.valid_to == date(plan.last_year + 1, 1, 1)
        else:
            assert row.valid_to == date(plan.first_year, 1, 1)
