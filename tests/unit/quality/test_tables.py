"""The quality of data is judged by its own tables alone, those of an operator before the shipped ones."""

from pathlib import Path

import pytest

from services.core.data.loader import DATA, DataFileError, DataFolderError
from services.quality.tables import load_quality_tables


def replace(folder: Path, name: str, old: str, new: str) -> None:
    text = (DATA / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")


def test_an_own_parameter_counts(tmp_path: Path) -> None:
    replace(tmp_path, "parameters.csv", "2,1,2020-01-01,,Enermon,own choice: the deadline", "3,1,2020-01-01,,A,notice")
    assert load_quality_tables(tmp_path).parameter("on_time_intervals").value == 3


def test_a_parameter_out_of_its_bounds_is_refused(tmp_path: Path) -> None:
    replace(tmp_path, "parameters.csv", "2,1,2020-01-01,,Enermon,own choice: the deadline", "0,1,2020-01-01,,A,notice")
    with pytest.raises(DataFileError, match="on_time_intervals must be above 0 and at most 1000, not 0"):
        load_quality_tables(tmp_path)


def test_a_fault_in_a_table_of_the_judgements_does_not_stop_it(tmp_path: Path) -> None:
    replace(tmp_path, "limits.csv", "energy", "")
    assert load_quality_tables(tmp_path) == load_quality_tables()


def test_a_mistyped_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "parameter.csv").write_text("code\n", "utf-8")
    with pytest.raises(DataFolderError, match=r"parameter.csv is not a table"):
        load_quality_tables(tmp_path)
