"""What the project's own tables say."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from services.core.data.carriers import carriers
from services.core.data.divisions import FILE, divisions
from services.core.units import factor_to

SHARED = Path(os.environ.get("ENERMON_SHARED", Path(__file__).parents[4] / ".." / "shared"))


def test_the_region_has_12_leagues_and_103_banners() -> None:
    assert Counter(row.level for row in divisions()) == {"region": 1, "league": 12, "banner": 103}


def test_every_division_lies_in_the_one_whose_code_begins_like_its_own() -> None:
    for row in divisions():
        if row.level == "league":
            assert row.parent_code == "150000"
        if row.level == "banner":
            assert row.parent_code == row.code[:4] + "00"


def test_english_names_without_a_second_source_are_marked() -> None:
    unverified = {row.name_en for row in divisions() if not row.name_en_verified}
    assert unverified == {
        "Togtoh County",
        "Horinger County",
        "Ongniud Banner",
        "Hure Banner",
        "Jalainur District",
        "Zalantun City",
        "Ejin Banner",
    }


def test_divisions_equal_the_collected_list() -> None:
    collected = SHARED / "domain" / "divisions.csv"
    if not collected.exists():
        pytest.skip(f"{collected} is absent: the divisions are not compared with the collected list")
    level = {"province": "region", "prefecture": "league", "county": "banner"}
    with collected.open(encoding="utf-8") as stream:
        expected = {
            (row["code"], row["name_zh"], row["name_en"], level[row["level"]], row["parent_code"] or None)
            for row in csv.DictReader(stream)
        }
    assert {(row.code, row.name_zh, row.name_en, row.level, row.parent_code) for row in divisions()} == expected
    assert FILE.read_text("utf-8").count("\n") == 117


def test_carriers_are_kept_in_units_that_are_known() -> None:
    for row in carriers():
        assert factor_to(row.unit, row.unit).factor == 1


def test_statistics_codes_of_carriers() -> None:
    codes = {row.code: row.nbs_code for row in carriers()}
    assert codes["raw_coal"] == "01"
    assert codes["electricity"] == "33"
    assert codes["water"] is None


def test_water_air_gases_and_products_are_no_energy() -> None:
    assert {row.code for row in carriers() if not row.is_energy} == {
        "water",
        "softened_water",
        "deaerated_water",
        "compressed_air",
        "oxygen",
        "nitrogen",
        "product",
    }
