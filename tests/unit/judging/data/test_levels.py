"""Benchmarks, limits, tariffs and parameters: the numbers by which units are judged."""

import re
from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from services.api.registry.fields import Trade
from services.judging.data.retrofits import deadline_on
from services.judging.data.tables import Tables, load_tables
from services.judging.levels import levels_on
from services.judging.lists.approval import EightTrade

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


def test_every_process_the_simulators_use_is_known(tables: Tables) -> None:
    files = [ROOT / "simulators/fleet/models.toml", *(ROOT / "simulators/mappings").glob("*.toml")]
    used = {name for file in files for name in re.findall(r'^process = "(\w+)"', file.read_text("utf-8"), re.MULTILINE)}
    assert {"coking_stamp", "waste_water", "public_building"} <= used
    assert used <= set(tables.process)


@pytest.mark.parametrize(
    ("process", "benchmark", "baseline"),
    [
        ("coking_stamp", "110", "140"),
        ("blast_furnace", "361", "435"),
        ("ferrosilicon", "1770", "1850"),
        ("converter", "-30", "-10"),  # negative: better is lower, below zero too
        ("aluminium_electrolysis", "13000", "13350"),
        ("cement_clinker", "100", "117"),
        ("flat_glass_500_800", "9.5", "13.5"),
    ],
)
def test_levels_are_those_of_the_edition_in_force(tables: Tables, process: str, benchmark: str, baseline: str) -> None:
    levels = levels_on(tables.levels[process], date(2025, 6, 30))
    assert levels is not None
    assert (levels.edition, levels.benchmark, levels.baseline) == ("2023", Fraction(benchmark), Fraction(baseline))
    assert levels.baseline_row == f"level.{process}.2023.baseline"
    assert tables.row(levels.baseline_row).unit == tables.row(levels.benchmark_row).unit


def test_the_edition_of_2021_ends_where_that_of_2023_begins(tables: Tables) -> None:
    editions = tables.levels["ferrosilicon"]
    assert levels_on(editions, date(2021, 12, 31)) is None
    found = [levels_on(editions, day) for day in (date(2022, 1, 1), date(2023, 7, 3), date(2023, 7, 4))]
    assert [levels and levels.edition for levels in found] == ["2021", "2021", "2023"]


def test_the_baseline_of_ferrosilicon_fell_by_50_in_2023(tables: Tables) -> None:
    before, after = (tables.row(f"level.ferrosilicon.{edition}.baseline") for edition in ("2021", "2023"))
    assert (int(before.value), int(after.value)) == (1900, 1850)
    assert after.value == tables.row("limit.gb21341_2022.ferrosilicon.energy.3").value


def test_no_row_says_that_the_edition_of_2023_keeps_the_numbers_of_2021(tables: Tables) -> None:
    assert not [row.code for row in tables.benchmarks if "keeps" in row.place]


def test_a_baseline_above_the_last_grade_of_its_limit_says_so(tables: Tables) -> None:
    said = {row.code for row in tables.benchmarks if "above grade 3 of GB 21256-2025" in row.place}
    assert said == {"level.blast_furnace.2023.baseline", "level.converter.2023.baseline"}


def test_the_list_has_25_fields_of_2021_and_11_added_in_2023_each_with_its_deadline(tables: Tables) -> None:
    fields = {(row.field_zh, row.edition) for row in tables.processes if row.field_zh}
    assert Counter(edition for _, edition in fields) == {"2021": 25, "2023": 11}
    before = date(2026, 6, 14)
    assert {(row.edition, due_on(tables, row.code, before)) for row in tables.processes if row.field_zh} == {
        ("2021", date(2025, 12, 31)),
        ("2023", date(2026, 12, 31)),
    }


def test_what_is_below_the_baseline_of_one_of_nine_trades_has_until_the_end_of_2028(tables: Tables) -> None:
    # 发改环资〔2026〕698号 of 2026-06-15
    on_the_day = date(2026, 6, 15)
    later = {row.code for row in tables.processes if due_on(tables, row.code, on_the_day) == date(2028, 12, 31)}
    assert {tables.process[code].field_zh or "煤电" for code in later} == {
        "炼铁", "炼钢", "电解铝", "水泥熟料", "平板玻璃", "炼油", "乙烯", "合成氨", "煤制甲醇", "煤电",
    }  # fmt: skip
    # no other trade has got more time
    assert (
        due_on(tables, "ferrosilicon", on_the_day) == due_on(tables, "coking_stamp", on_the_day) == date(2025, 12, 31)
    )
    assert due_on(tables, "cement_clinker", date(2021, 12, 31)) is None


def test_an_act_whose_text_was_not_seen_is_not_verified(tables: Tables) -> None:
    rows = [row for row in tables.retrofit_deadlines if row.valid_from == date(2026, 6, 15)]
    assert len(rows) == 18
    assert {(row.verified, "发改环资〔2026〕698号" in row.source) for row in rows} == {(False, True)}


def due_on(tables: Tables, process: str, day: date) -> date | None:
    found = deadline_on(tables.retrofits_of.get(process, ()), day)
    return found.due_on if found else None


def test_a_field_without_known_numbers_has_no_levels(tables: Tables) -> None:
    assert tables.process["urea"].edition == "2023"
    assert "urea" not in tables.levels
    assert {row.code for row in tables.processes if row.edition == "2023"}.isdisjoint(tables.levels)


def test_data_centres_are_in_no_list_of_levels_but_have_grades(tables: Tables) -> None:
    assert "data_centre" not in tables.levels
    grades = {row.grade: str(row.value) for row in tables.limits if row.process == "data_centre"}
    assert grades == {1: "1.20", 2: "1.30", 3: "1.50"}


def test_limits_and_levels_are_kept_apart_since_they_differ(tables: Tables) -> None:
    limit = tables.row("limit.gb21256_2025.blast_furnace.energy.3")
    level = tables.row("level.blast_furnace.2023.baseline")
    assert (int(limit.value), int(level.value)) == (415, 435)
    assert limit.valid_from == date(2026, 7, 1)


def test_the_limit_of_coke_is_in_force_since_may_2026(tables: Tables) -> None:
    coke = [row.valid_from for row in tables.limits if row.standard == "GB 21342-2025"]
    assert coke == [date(2026, 5, 1)] * 6


@pytest.mark.parametrize(
    ("code", "verified"),
    [
        ("limit.gb40879_2021.data_centre.pue.1", True),
        ("level.silicomanganese.2023.baseline", True),
        ("level.ferrosilicon.2021.baseline", True),
        ("co2.electricity.150000.2022", True),
        ("kgce.steam", True),
        ("aluminium.threshold.2022", True),
        # one source, or one and a limit beside it
        ("level.ferrosilicon.2023.baseline", False),
        ("level.cement_clinker.2021.baseline", False),
        ("limit.gb21256_2025.blast_furnace.energy.3", False),
        ("aluminium.threshold.2025", False),
    ],
)
def test_a_number_is_verified_once_a_second_source_has_it(tables: Tables, code: str, verified: bool) -> None:
    assert tables.row(code).verified is verified


@pytest.mark.parametrize(
    ("process", "item", "grades", "since"),
    [
        ("calcium_carbide", "energy", (805, 823, 940), date(2024, 12, 1)),
        ("calcium_carbide", "electricity", (3000, 3080, 3200), date(2024, 12, 1)),
        ("caustic_soda_membrane_30", "energy", (308, 315, 350), date(2025, 5, 1)),
        ("caustic_soda_membrane_45", "energy", (410, 420, 470), date(2025, 5, 1)),
        ("caustic_soda_membrane_98", "energy", (600, 620, 685), date(2025, 5, 1)),
        ("polyvinyl_chloride", "carbide_route", (185, 193, 270), date(2025, 5, 1)),
        ("coal_power", "ultra_supercritical_1000_mw", (268, 276, 283), date(2025, 4, 1)),
    ],
)
def test_carbide_caustic_soda_and_coal_power_have_limits(
    tables: Tables, process: str, item: str, grades: tuple[int, int, int], since: date
) -> None:
    found = [row for row in tables.limits_of[process] if row.item == item]
    assert {row.grade: int(row.value) for row in found} == dict(enumerate(grades, start=1))
    assert {(row.valid_from, row.verified) for row in found} == {(since, False)}


def test_a_grade_the_standard_leaves_out_is_left_out(tables: Tables) -> None:
    grades = {row.grade: int(row.value) for row in tables.limits if row.process == "electric_arc_furnace_50"}
    assert grades == {1: 61, 3: 72}


def test_the_corrections_of_a_limit_are_said_beside_it(tables: Tables) -> None:
    (clinker,) = (row for row in tables.limits if row.code == "limit.gb16780_2021.cement_clinker.energy.3")
    assert clinker.correction is not None
    assert "1500 m" in clinker.correction


def test_the_threshold_for_aluminium_falls_to_13300_in_2025(tables: Tables) -> None:
    thresholds = [row for row in tables.tariff_aluminium if row.item == "threshold"]

    def of(year: int) -> int:
        day = date(year, 1, 1)
        (row,) = (t for t in thresholds if t.valid_from <= day and (t.valid_to is None or day < t.valid_to))
        return int(row.value)

    assert [of(year) for year in (2022, 2023, 2024, 2025, 2026)] == [13_650, 13_450, 13_450, 13_300, 13_300]
    assert (int(tables.row("aluminium.step").value), tables.row("aluminium.step").unit) == (20, "kWh/t")
    assert tables.row("aluminium.surcharge").unit == "yuan/kWh"


def test_no_steps_of_the_unified_rule_are_invented(tables: Tables) -> None:
    assert tables.tariff_steps == ()


def test_every_one_of_the_eight_trades_has_a_trade_of_the_registry(tables: Tables) -> None:
    eight = {row.trade: row.eight for row in tables.two_high}
    assert set(eight.values()) == set(EightTrade)
    assert eight["ferroalloy"] is EightTrade.STEEL
    assert eight["methanol"] is EightTrade.COAL_CHEMICAL
    assert eight["calcium_carbide"] is EightTrade.CHEMICAL
    assert eight["coke"] is EightTrade.COKING
    assert {"coal_mining", "data_centre", "public_institution"}.isdisjoint(eight)
    assert set(eight) <= set(get_args(Trade))


@pytest.mark.parametrize(
    ("code", "value", "unit"),
    [
        ("coverage_least", "0.9", "1"),
        ("two_high_threshold", "50000", "tce"),
        ("retrofit_longest", "3", "a"),
        ("key_unit_threshold", "10000", "tce"),
        ("daily_monthly_deviation", "5", "%"),
        ("data_centre_large_racks", "3000", "rack"),
    ],
)
def test_parameters(tables: Tables, code: str, value: str, unit: str) -> None:
    row = tables.parameter(code)
    assert (str(row.value), row.unit) == (value, unit)


def test_an_own_choice_is_not_called_verified(tables: Tables) -> None:
    margin = tables.parameter("total_warning_margin")
    assert (margin.source, margin.verified) == ("Enermon", False)


def test_a_code_is_that_of_one_row_in_all_tables(tables: Tables) -> None:
    counted = Counter(row.code for rows in tables.by_name().values() for row in rows)
    assert [code for code, times in counted.items() if times > 1] == []
    with pytest.raises(KeyError):
        tables.row("kgce.unobtainium")
