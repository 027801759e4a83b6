"""An operator's folder of own tables: it replaces the shipped ones, and is held to the same rules."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from services.core.data.loader import DATA, TABLES, DataFileError, DataFolderError
from services.core.data.used import used_row
from services.judging.data.parameters import BOUNDS
from services.judging.data.tables import ROW_TYPES, load_tables

Replace = Callable[[str, str, str], Path]


@pytest.fixture
def replace(tmp_path: Path) -> Replace:
    """Copies a shipped table into the folder of own tables, with one text in it put for another."""

    def replaced(name: str, old: str, new: str) -> Path:
        text = (tmp_path / name if (tmp_path / name).exists() else DATA / name).read_text("utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new, 1), "utf-8")
        return tmp_path

    return replaced


def line_of(name: str, text: str) -> int:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_a_file_of_the_same_name_replaces_the_shipped_one(replace: Replace) -> None:
    folder = replace(
        "standard_coal.csv",
        "kgce.converter_gas,converter_gas,calorific,0.2714",
        "kgce.gas1,converter_gas,calorific,0.2300",
    )
    tables = load_tables(folder)
    assert str(tables.row("kgce.gas1").value) == "0.2300"
    with pytest.raises(KeyError):
        tables.row("kgce.converter_gas")
    assert tables.parameters == load_tables().parameters


def test_a_further_year_of_a_grid_factor_is_one_row(tmp_path: Path) -> None:
    row = (
        "co2.electricity.150000.2024,electricity,0.6200,kgCO2/kWh,,,,150000,2024-01-01,2025-01-01,"
        "notice of 2026,province table,yes\n"
    )
    (tmp_path / "co2.csv").write_text((DATA / "co2.csv").read_text("utf-8") + row, "utf-8")
    found = load_tables(tmp_path).factors.co2.of("electricity", 2025)
    assert found is not None
    assert (found.factor.per_unit, found.carried) == (Fraction("0.62"), True)
    shipped = load_tables().factors.co2.of("electricity", 2025)
    assert shipped is not None
    assert shipped.factor.per_unit == Fraction("0.6479")


def test_a_table_saved_by_a_spreadsheet_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "parameters.csv").write_bytes(b"\xef\xbb\xbf" + (DATA / "parameters.csv").read_bytes())
    assert load_tables(tmp_path).parameters == load_tables().parameters


RAW_COAL = "kgce.raw_coal,raw_coal,calorific,0.7143,kgce/kg,,,,2008-01-01,,"


@pytest.mark.parametrize("field", ["value", "unit", "valid_from", "source", "place", "verified"])
def test_a_number_without_any_of_its_six_marks_is_refused(tmp_path: Path, field: str) -> None:
    header = ["code", "name_zh", "name_en", "value", "unit", "valid_from", "valid_to", "source", "place", "verified"]
    cells = dict(zip(header, ["p1", "一", "one", "5", "%", "2025-01-01", "", "Book", "page 1", "yes"], strict=True))
    cells[field] = ""
    (tmp_path / "parameters.csv").write_text(",".join(header) + "\n" + ",".join(cells.values()) + "\n", "utf-8")
    with pytest.raises(DataFileError) as refusal:
        load_tables(tmp_path)
    assert str(refusal.value) == f"parameters.csv, line 2, field {field}: must not be empty"


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("standard_coal.csv", "0.7143,kgce/kg", "0.7143,kgce/m3", "unit"),
        ("standard_coal.csv", "0.7143,kgce/kg", "0.7143,kgCO2/kg", "unit"),
        ("standard_coal.csv", "0.7143,kgce/kg", "NaN,kgce/kg", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg,,,,2008-01-01", "0.7143,kgce/kg,,,,2008-07-01", "valid_from"),
        ("standard_coal.csv", "0.7143,kgce/kg,,,,2008-01-01,", "0.7143,kgce/kg,,,,2008-01-01,2020-06-30", "valid_to"),
        ("standard_coal.csv", "0.7143,kgce/kg,,,,2008-01-01,", "0.7143,kgce/kg,,,,2008-01-01,2007-01-01", "valid_to"),
        ("standard_coal.csv", "kgce.raw_coal,raw_coal,", "kgce.raw_coal,rawcoal,", "carrier"),
        ("standard_coal.csv", "0.7143,kgce/kg,,", "0.7143,kgce/kg,0.8,0.9", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg,,", "0.7143,kgce/kg,0.7,", "low"),
        ("standard_coal.csv", "kgce.washed_coal,washed_coal", "kgce.raw_coal.2,raw_coal", "valid_from"),
        ("standard_coal.csv", "0.7143,kgce/kg", "-0.7143,kgce/kg", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg", "0,kgce/kg", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg", "1e999,kgce/kg", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg", "1e99999999,kgce/kg", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg", "1e-13,kgce/kg", "value"),
        ("standard_coal.csv", "0.7143,kgce/kg,,", "0.7143,kgce/kg,-1,1", "low"),
        ("standard_coal.csv", "kgce.washed_coal,", "kgce.raw_coal,", "code"),
        ("co2.csv", "co2.diesel,diesel,3.0959", "co2.diesel,diesel,3.1605", "value"),
        ("co2.csv", "0.11,tCO2/GJ", "0.11,tCO2/t", "unit"),
        ("co2.csv", "0.11,tCO2/GJ", "-0.11,tCO2/GJ", "value"),
        ("co2.csv", "1.9003,kgCO2/kg,20.908,26.37,94", "1.9003,kgCO2/kg,-20.908,-26.37,94", "ncv"),
        ("heat_ranges.csv", "lignite,5.5,21.6,MJ/kg", "lignite,5.5,21.6,MJ/m3", "unit"),
        ("heat_ranges.csv", "lignite,5.5,21.6", "lignite,25.5,21.6", "low"),
        ("heat_ranges.csv", "heat_range.lignite,lignite", "heat_range.lignite,heat", "carrier"),
        ("heat_ranges.csv", "heat_range.lignite,lignite", "heat_range.lignite,raw_coal", "carrier"),
        ("carriers.csv", "kWh,yes,electricity", "kWh,yes,none", "family"),
        ("carriers.csv", "kWh,yes,electricity", "kW,yes,electricity", "unit"),
        ("carriers.csv", "kWh,yes,electricity", "kWh,yes,solar", "family"),
        ("benchmarks.csv", "2023,benchmark,361", "2023,benchmark,461", "value"),
        ("benchmarks.csv", "ferrosilicon,2023,baseline,1850", "ferrosilicon,2023,baseline,1851", "value"),
        ("benchmarks.csv", "blast_furnace,2023,benchmark", "blast_furnace,2023,baseline", "level"),
        ("benchmarks.csv", ",blast_furnace,2021,benchmark", ",blastfurnace,2021,benchmark", "process"),
        ("limits.csv", "energy,单位产品能耗,3,52", "energy,单位产品能耗,3,42", "value"),
        ("limits.csv", "energy,单位产品能耗,3,52", "energy,单位产品能耗,4,52", "grade"),
        ("tariff_aluminium.csv", "threshold,13300", "limit,13300", "item"),
        ("tariff_aluminium.csv", "13300,kWh/t,2025-01-01", "13300,kWh/t,2025-02-01", "valid_from"),
        ("tariff_aluminium.csv", "surcharge,0.01", "surcharge,-0.01", "value"),
        ("tariff_aluminium.csv", "step,20", "step,0", "value"),
        ("tariff_punitive.csv", "cement_clinker cement", "cement_kiln cement", "processes"),
        ("tariff_punitive.csv", "0.10,yuan/kWh", "0.10,CNY/kWh", "unit"),
        ("tariff_punitive.csv", "0.10,yuan/kWh", "0,yuan/kWh", "value"),
        ("parameters.csv", "verdict,0.9,1", "verdict,90,%", "unit"),
        ("parameters.csv", "verdict,0.9,1", "verdict,90,1", "value"),
        ("parameters.csv", "verdict,0.9,1", "verdict,-5,1", "value"),
        ("parameters.csv", "verdict,0.9,1", "verdict,1e999,1", "value"),
        ("parameters.csv", "ratio,0.02", "ratio,1.02", "value"),
        ("parameters.csv", "50000,tce", "0,tce", "value"),
        ("parameters.csv", "50000,tce", "5,10ktce", "unit"),
        ("parameters.csv", "retrofit,3,a", "retrofit,2.5,a", "value"),
        ("parameters.csv", "retrofit,3,a", "retrofit,0,a", "value"),
        ("parameters.csv", "1.4286,kgce/kgoe", "0,kgce/kgoe", "value"),
        ("parameters.csv", "3000,rack", "-3000,rack", "value"),
        ("two_high.csv", ",steel,steel,", ",steel,iron,", "eight"),
    ],
)
def test_a_fault_of_a_table_is_named_by_file_and_field(
    replace: Replace, name: str, old: str, new: str, field: str
) -> None:
    folder = replace(name, old, new)
    with pytest.raises(DataFileError) as refusal:
        load_tables(folder)
    assert (refusal.value.file, refusal.value.field) == (folder / name, field)
    assert refusal.value.line > 1
    assert str(refusal.value).startswith(f"{name}, line {refusal.value.line}, field {field}: ")


def test_a_baseline_above_the_limit_in_force_is_refused_unless_its_place_says_why(replace: Replace) -> None:
    folder = replace("benchmarks.csv", "above grade 3 of GB 21256-2025 (415)", "GB 21256-2025 has 415")
    with pytest.raises(DataFileError) as refusal:
        load_tables(folder)
    line = line_of("benchmarks.csv", "level.blast_furnace.2023.baseline")
    assert str(refusal.value) == (
        f"benchmarks.csv, line {line}, field value: 435 is above grade 3 of GB 21256-2025 (415); "
        "where that is right, place says so in these words, and why"
    )


def test_a_baseline_is_held_only_against_a_limit_of_its_own_days(replace: Replace) -> None:
    # the edition of 2021 ended before GB 21341-2022 began on 1 January 2024, so 1900 is no fault of it
    folder = replace("limits.csv", "3,1850,kgce/t,,2024-01-01", "3,1850,kgce/t,,2023-07-03")
    with pytest.raises(DataFileError, match=r"field value: 1900 is above grade 3 of GB 21341-2022 \(1850\)"):
        load_tables(folder)


def test_the_line_of_a_fault_is_that_of_its_row(replace: Replace) -> None:
    folder = replace("standard_coal.csv", "0.7143,kgce/kg", "0.7143,kgce/m3")
    with pytest.raises(DataFileError) as refusal:
        load_tables(folder)
    assert refusal.value.line == line_of("standard_coal.csv", RAW_COAL)


def test_a_code_of_another_table_is_refused(replace: Replace) -> None:
    folder = replace("parameters.csv", "key_unit_threshold", "kgce.coke")
    with pytest.raises(DataFileError, match=r"parameters.csv, line 5, field code: kgce.coke stands in the table") as no:
        load_tables(folder)
    assert no.value.line == 5


@pytest.mark.parametrize("code", [code for code, bounds in BOUNDS.items() if bounds.is_needed])
def test_a_parameter_without_which_judgements_fail_may_not_be_missing(replace: Replace, code: str) -> None:
    folder = replace("parameters.csv", f"{code},", f"{code}_old,")
    with pytest.raises(DataFileError) as refusal:
        load_tables(folder)
    assert str(refusal.value) == f"parameters.csv, line 1, field code: the row {code} is missing; judgements need it"


def test_a_parameter_out_of_its_range_is_told_the_range(replace: Replace) -> None:
    folder = replace("parameters.csv", "verdict,0.9,1", "verdict,90,1")
    with pytest.raises(DataFileError) as refusal:
        load_tables(folder)
    expected = "parameters.csv, line 2, field value: coverage_least must be at least 0 and at most 1, not 90"
    assert str(refusal.value) == expected


def test_every_shipped_parameter_has_bounds() -> None:
    assert {row.code for row in load_tables().parameters} == set(BOUNDS) - {"non_hydro_incentive"}


def test_a_magnitude_that_no_answer_holds_is_told_the_bounds(replace: Replace) -> None:
    folder = replace("limits.csv", "单位产品能耗,3,52", "单位产品能耗,3,1e999")
    with pytest.raises(
        DataFileError, match=r"field value: must be 0, or of a magnitude from 1e-12 to 1e15, not 1e\+999"
    ):
        load_tables(folder)


def test_levels_and_limits_may_be_negative(replace: Replace) -> None:
    folder = replace("limits.csv", "energy,单位产品能耗,1,43", "energy,单位产品能耗,1,-43")
    row = load_tables(folder).row("limit.gb21256_2025.sintering.energy.1")
    assert row.value == -43


def test_steps_of_the_unified_rule_are_given_by_the_operator(tmp_path: Path) -> None:
    header = (DATA / "tariff_steps.csv").read_text("utf-8")
    steps = "s1,,0,0.02,yuan/kWh,2026-01-01,,notice,1,yes\ns2,ferrosilicon,10,0.05,yuan/kWh,2026-01-01,,notice,2,yes\n"
    (tmp_path / "tariff_steps.csv").write_text(header + steps, "utf-8")
    found = load_tables(tmp_path).tariff_steps
    assert [(row.process, str(row.from_gap_percent), str(row.value)) for row in found] == [
        (None, "0", "0.02"),
        ("ferrosilicon", "10", "0.05"),
    ]
    (tmp_path / "tariff_steps.csv").write_text(header + steps.replace("yuan/kWh", "%"), "utf-8")
    with pytest.raises(DataFileError, match="field unit"):
        load_tables(tmp_path)
    (tmp_path / "tariff_steps.csv").write_text(header + steps.replace("0.05", "-0.05"), "utf-8")
    with pytest.raises(DataFileError, match="line 3, field value: a surcharge must be at least 0"):
        load_tables(tmp_path)


def test_a_table_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "parameters.csv").write_bytes((DATA / "parameters.csv").read_text("utf-8").encode("gb18030"))
    with pytest.raises(DataFileError, match="not UTF-8"):
        load_tables(tmp_path)


def test_a_mistyped_file_or_folder_is_refused_since_the_shipped_numbers_would_stay_unnoticed(tmp_path: Path) -> None:
    (tmp_path / "standard-coal.csv").write_text("code\n", "utf-8")
    with pytest.raises(DataFolderError, match=r"standard-coal.csv is not a table; the tables are carriers.csv"):
        load_tables(tmp_path)
    with pytest.raises(DataFolderError, match="is not a folder"):
        load_tables(tmp_path / "nowhere")


def test_the_tables_that_may_be_own_ones_are_all_there_are_but_divisions_and_how_counters_are_judged() -> None:
    assert list(ROW_TYPES) == [*TABLES, "plans", "plan_targets"]
    assert {file.stem for file in DATA.glob("*.csv")} == {*TABLES, "divisions", "counter_costs", "counter_bounds"}


def test_an_answer_names_the_row_it_used() -> None:
    assert used_row(load_tables().row("kgce.electricity.equivalent.150000.2020"), carried=True) == {
        "code": "kgce.electricity.equivalent.150000.2020",
        "value": 321.0,
        "unit": "gce/kWh",
        "valid_from": "2020-01-01",
        "source": "内蒙古自治区“十四五”节能减排综合工作实施方案（内政发〔2022〕17号）",
        "place": "附件2 主要领域指标表, L548: 火电平均供电煤耗, actual value of 2020; "
        "the 305 beside it is the target for 2025, not an actual value",
        "place_zh": "附件2 主要领域指标表，第 548 行：火电平均供电煤耗",
        "verified": True,
        "carried": True,
    }
