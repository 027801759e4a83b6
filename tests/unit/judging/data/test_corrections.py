"""The tables of inputs and formulas: what they refuse."""

from pathlib import Path

import pytest

from services.core.data.loader import DATA, DataFileError
from services.judging.data.limits import LAST_GRADE
from services.judging.data.tables import load_tables

TABLES = load_tables()


@pytest.mark.parametrize(
    ("table", "old", "new", "field"),
    [
        ("limit_corrections.csv", ",feed_grade,linear", ",feed_degree,linear", "input"),
        ("limit_corrections.csv", ",feed_grade,linear", ",feed_grade,quadratic", "form"),
        ("limit_corrections.csv", "GB 21256-2025,blast_furnace,energy", "GB 21256-2025,blast_furnace,water", "item"),
        ("limit_corrections.csv", ",,quality_carbon,", ",,quality_steel,", "case"),
        ("limit_corrections.csv", ",altitude,1500", ",height,1500", "input"),
        ("unit_inputs.csv", ",choice,,,,ordinary special_purpose,", ",choice,,,,,", "choices"),
        ("unit_inputs.csv", ",number,%,0,100,", ",number,,0,100,", "unit"),
        ("unit_inputs.csv", ",coal_power,", ",coal_force,", "chooses_item_of"),
    ],
)
def test_a_slip_of_the_pen_is_refused_with_its_place(
    tmp_path: Path, table: str, old: str, new: str, field: str
) -> None:
    text = (DATA / table).read_text("utf-8")
    assert old in text
    (tmp_path / table).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(DataFileError) as refused:
        load_tables(tmp_path)
    assert (refused.value.file.name, refused.value.field) == (table, field)


def test_every_last_grade_that_speaks_of_a_correction_has_a_formula_and_no_other_has() -> None:
    for row in TABLES.limits:
        if row.grade == LAST_GRADE and row.item != "pue":
            assert bool(row.correction) == bool(TABLES.correction_terms[row.code]), row.code


def test_every_input_is_used() -> None:
    used = {row.input for row in TABLES.limit_corrections}
    used |= {row.when_input for row in TABLES.limit_corrections if row.when_input}
    assert used | set(TABLES.chooses_item.values()) == set(TABLES.unit_input)


def test_what_was_not_read_in_the_original_is_not_verified() -> None:
    assert not any(row.verified for row in (*TABLES.limit_corrections, *TABLES.unit_inputs))


@pytest.mark.parametrize(
    ("code", "value", "since"),
    [
        ("limit.gb21258_2024.coal_power.subcritical_300_mw.3", "321", "2025-04-01"),
        ("limit.gb21258_2024.coal_power.subcritical_300_mw.2", "285", "2025-04-01"),
        ("limit.gb21258_2024.coal_power.very_high_pressure_200_mw.3", "352", "2025-04-01"),
        ("limit.gb21347_2023.industrial_silicon.coal.3", "3600", "2024-10-01"),
        ("limit.gb29445_2025.coal_mining.underground.3", "10.8", "2026-08-01"),
        ("limit.gb29445_2025.coal_mining.surface.3", "8.0", "2026-08-01"),
    ],
)
def test_limits_taken_in_are_those_of_their_standards(code: str, value: str, since: str) -> None:
    row = TABLES.row(code)
    assert (str(row.value), row.valid_from.isoformat(), row.verified) == (value, since, False)
