"""What `enermon check` says of the domain numbers."""

from pathlib import Path

from services.core.data.loader import DATA
from services.judging.data.numbers import numbers


def test_every_table_has_a_line_with_its_rows_and_how_many_are_unverified() -> None:
    found = numbers(None)
    lines = found.lines()
    assert found.well
    assert "table      co2                39 rows,  29 unverified" in lines
    assert "table      tariff_steps        0 rows,   0 unverified" in lines
    assert found.tables is not None
    assert sum(line.startswith("table ") for line in lines) == len(found.tables.by_name())


def test_unverified_numbers_are_named_with_value_and_unit() -> None:
    text = "\n".join(numbers(None).lines())
    assert "kgce.converter_gas 0.2714 kgce/m3" in text
    assert "total_warning_margin 2 %" in text
    assert "kgce.raw_coal" not in text
    assert "benchmarks: all but level.ferrosilicon.2021.benchmark, level.ferrosilicon.2021.baseline," in text
    assert "limits: all but limit.gb40879_2021.data_centre.pue.1, limit" in text
    assert max(map(len, text.splitlines())) <= 118


def test_each_unverified_number_gets_a_line_where_that_is_asked_for() -> None:
    found = numbers(None)
    assert found.tables is not None
    unverified = sum(not row.verified for rows in found.tables.by_name().values() for row in rows)
    lines = found.lines(each=True)
    assert len(lines) == len(found.tables.by_name()) + 1 + unverified
    assert "    benchmarks: level.converter.2023.benchmark -30 kgce/t" in lines


def test_a_faulty_table_is_said_by_file_line_and_field(tmp_path: Path) -> None:
    text = (DATA / "co2.csv").read_text("utf-8")
    (tmp_path / "co2.csv").write_text(text.replace("0.11,tCO2/GJ", ",tCO2/GJ"), "utf-8")
    line = text[: text.index("0.11,tCO2/GJ")].count("\n") + 1
    found = numbers(tmp_path)
    assert not found.well
    assert found.lines() == [f"tables     faulty: co2.csv, line {line}, field value: must not be empty"]


def test_an_operator_s_own_table_is_marked(tmp_path: Path) -> None:
    (tmp_path / "parameters.csv").write_bytes((DATA / "parameters.csv").read_bytes())
    marked = [line for line in numbers(tmp_path).lines() if line.endswith(", your own")]
    assert [line.split()[1] for line in marked] == ["parameters"]
