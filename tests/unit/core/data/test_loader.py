"""The sourced tables are read strictly."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from services.core.data.loader import DataFileError, Sourced, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Ferry(Sourced):
    """A row with a column of each kind."""

    name: str
    tonnage: float | None = None
    valid_from: date


HEADER = "code,name,tonnage,valid_from,source,verified\n"
GOOD = "F1,Anna,12.5,2026-01-01,Register of ferries,yes\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "ferries.csv"
    file.write_text(text, "utf-8")
    return file


def test_a_row_becomes_what_its_type_says(tmp_path: Path) -> None:
    (row,) = load(Ferry, written(tmp_path, HEADER + GOOD))
    assert row == Ferry(
        code="F1", name="Anna", tonnage=12.5, valid_from=date(2026, 1, 1), source="Register of ferries", verified=True
    )


def test_an_empty_cell_of_an_optional_column_is_nothing(tmp_path: Path) -> None:
    (row,) = load(Ferry, written(tmp_path, HEADER + GOOD.replace("12.5", "")))
    assert row.tonnage is None


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("", 1, "code"),
        (HEADER.replace("tonnage", "tons") + GOOD, 1, "tons"),
        (HEADER.replace(",tonnage", "") + GOOD, 1, "tonnage"),
        (HEADER.replace("\n", ",code\n") + GOOD, 1, "code"),
        (HEADER + GOOD + GOOD.replace("Register of ferries", ""), 3, "source"),
        (HEADER + GOOD.replace("yes", ""), 2, "verified"),
        (HEADER + GOOD.replace("yes", "maybe"), 2, "verified"),
        (HEADER + GOOD.replace("12.5", "heavy"), 2, "tonnage"),
        (HEADER + GOOD.replace("2026-01-01", "January"), 2, "valid_from"),
        (HEADER + GOOD.replace("Anna", ""), 2, "name"),
        (HEADER + GOOD.replace(",yes", ""), 2, "verified"),
        (HEADER + GOOD + GOOD, 3, "code"),
    ],
)
def test_a_fault_is_named_by_file_line_and_field(tmp_path: Path, text: str, line: int, field: str) -> None:
    with pytest.raises(DataFileError) as refusal:
        load(Ferry, written(tmp_path, text))
    assert (refusal.value.line, refusal.value.field) == (line, field)
    assert str(refusal.value).startswith(f"ferries.csv, line {line}, field {field}: ")
