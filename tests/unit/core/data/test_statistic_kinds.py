"""What can be reported, and in which unit."""

from pathlib import Path

import pytest

from services.core.data.carriers import carriers
from services.core.data.loader import DataFileError
from services.core.data.statistic_kinds import FILE, Nature, OwnerKind, load_statistic_kinds
from services.core.period import PeriodForm
from services.judging.data.tables import load_tables

KINDS = {kind.code: kind for kind in load_statistic_kinds()}

UNITS = {
    "gdp": "10k CNY",
    "industrial_value_added": "10k CNY",
    "output": "{product}",
    "floor_area": "m2",
    "head_count": "person",
    "energy_consumption": "tce",
    "feedstock_energy": "tce",
    "renewable_consumption": "tce",
    "listed_energy": "tce",
    "gdp_growth_plan": "%",
    "intensity_reduction_plan": "%",
    "energy_total_target": "tce",
    "industrial_energy": "tce",
    "capacity_total": "MW",
    "capacity_non_fossil": "MW",
    "non_hydro_renewable_share": "%",
    "co2_energy": "tCO2",
    "coal_consumption": "tce",
    "oil_consumption": "tce",
    "energy_budget": "tce",
    **{f"reported_{carrier.code}": carrier.unit for carrier in carriers() if carrier.is_energy},
}


def test_every_kind_has_its_unit() -> None:
    assert {code: kind.unit for code, kind in KINDS.items()} == UNITS


def test_money_alone_needs_a_price_base() -> None:
    assert {code for code, kind in KINDS.items() if kind.needs_price_base} == {"gdp", "industrial_value_added"}


def test_what_is_a_level_is_never_added_up() -> None:
    assert {code for code, kind in KINDS.items() if kind.nature is Nature.STOCK} == {
        *("floor_area", "head_count", "capacity_total", "capacity_non_fossil"),
        *("gdp_growth_plan", "intensity_reduction_plan", "non_hydro_renewable_share"),
    }


def test_percentages_and_plans_are_given_for_years_only_and_budgets_for_months_too() -> None:
    for kind in KINDS.values():
        if kind.code == "energy_budget":
            assert kind.periods == (PeriodForm.YEAR, PeriodForm.MONTH)
        elif kind.unit == "%" or kind.is_plan:
            assert kind.periods == (PeriodForm.YEAR,)


def test_owners_are_those_who_report() -> None:
    assert KINDS["industrial_value_added"].owners == (OwnerKind.AREA, OwnerKind.ENTERPRISE)
    assert KINDS["output"].owners == (OwnerKind.UNIT,)
    assert KINDS["floor_area"].owners == (OwnerKind.ENTERPRISE,)


def test_value_added_and_growth_may_fall_below_zero_and_energy_may_not() -> None:
    assert {code for code, kind in KINDS.items() if kind.may_be_negative} == {
        "industrial_value_added",
        "gdp_growth_plan",
        "intensity_reduction_plan",
    }


@pytest.mark.parametrize(
    ("written", "instead", "field"),
    [
        ("area enterprise,flow", "area meter,flow", "owners"),
        ("area enterprise,flow", "area enterprise,sum", "nature"),
        ("year quarter month,no,no,no,,", "year week,no,no,no,,", "periods"),
        ("year quarter,yes,no,no", "year quarter,perhaps,no,no", "needs_price_base"),
    ],
)
def test_row_that_makes_no_sense_is_refused_by_line_and_field(
    tmp_path: Path, written: str, instead: str, field: str
) -> None:
    file = tmp_path / "statistic_kinds.csv"
    file.write_text(FILE.read_text("utf-8").replace(written, instead, 1), "utf-8")
    with pytest.raises(DataFileError, match=rf"statistic_kinds.csv, line \d+, field {field}"):
        load_statistic_kinds(file)


def test_operators_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    lines = FILE.read_text("utf-8").splitlines()[:2]
    (tmp_path / "statistic_kinds.csv").write_text("\n".join(lines) + "\n", "utf-8")
    assert [kind.code for kind in load_tables(tmp_path).statistic_kinds] == ["gdp"]
    assert [kind.code for kind in load_tables().statistic_kinds] == list(UNITS)
