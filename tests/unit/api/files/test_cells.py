"""A cell says what its field asks for however it is written, or is refused where it may mean another thing."""

import pytest

from services.api.registry.files.cells import CellRefused, read_cell
from services.api.registry.files.form import Form


def refusal(text: str, form: Form) -> str:
    with pytest.raises(CellRefused) as refused:
        read_cell(text, form)
    return refused.value.code


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026/1/5",
        "2026-1-5",
        "2026.1.5",
        "2026年1月5日",
        "２０２６/1/5",
        "20260105",
        "2026/1/5 0:00",
        "2026-01-05 00:00:00",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_cell(text, Form.DAY) == "2026-01-05"


@pytest.mark.parametrize("text", ["2026年1月", "2026-01", "2026"])
def test_a_month_is_no_day(text: str) -> None:
    assert refusal(text, Form.DAY) == "day_missing"


def test_a_spreadsheets_number_of_a_day_is_named() -> None:
    assert refusal("46023", Form.DAY) == "day_as_number"


@pytest.mark.parametrize("text", ["1/5/2026", "2026/13/1", "2026/1/5 8:00", "2026-1/5"])
def test_what_is_no_day_is_left_to_the_field(text: str) -> None:
    assert read_cell(text, Form.DAY) == text


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026", "2026"),
        ("2026年", "2026"),
        ("2026-03", "2026-03"),
        ("2026/3", "2026-03"),
        ("2026年3月", "2026-03"),
        ("2026年3月份", "2026-03"),
        ("2026.10", "2026-10"),
        ("2026-Q1", "2026-Q1"),
        ("2026q1", "2026-Q1"),
        ("2026年1季度", "2026-Q1"),
        ("2026年第一季度", "2026-Q1"),
    ],
)
def test_a_period_is_read_however_it_is_written(text: str, period: str) -> None:
    assert read_cell(text, Form.PERIOD) == period


def test_a_day_is_no_period() -> None:
    assert refusal("2026-03-01", Form.PERIOD) == "day_for_period"


def test_a_month_after_a_point_needs_two_digits_since_a_spreadsheet_drops_a_zero_at_the_end() -> None:
    assert read_cell("2026.1", Form.PERIOD) == "2026.1"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5),
        ("12,345,678", 12345678),
        ("５００", 500),
        ("−5", -5),
        ("1e3", 1000),
        ("-1,234.5", -1234.5),
    ],
)
def test_a_number_is_read_without_the_commas_of_its_thousands(text: str, number: float) -> None:
    assert read_cell(text, Form.NUMBER) == number


@pytest.mark.parametrize("text", ["1,234", "12,5"])
def test_one_comma_may_stand_for_thousands_or_for_a_point(text: str) -> None:
    assert refusal(text, Form.NUMBER) == "comma_in_number"


def test_a_number_that_a_spreadsheet_has_rounded_is_refused() -> None:
    assert refusal("1.23457E+11", Form.NUMBER) == "rounded_number"
    assert read_cell("1.2E+11", Form.NUMBER) == 1.2e11


@pytest.mark.parametrize("text", ["five", "1_000", "nan", "infinity", "1 2", "0x10", "1,2,3", "6000kWh", "--1", "."])
def test_what_is_no_number_is_refused(text: str) -> None:
    assert refusal(text, Form.NUMBER) == "float_parsing"
    assert refusal(text, Form.WHOLE) == "int_parsing"


def test_a_whole_number_has_nothing_after_the_point() -> None:
    assert read_cell("900.0", Form.WHOLE) == 900
    assert refusal("1.5", Form.WHOLE) == "int_parsing"


def test_a_percentage_is_read_only_where_the_field_is_in_percent() -> None:
    assert read_cell("5%", Form.NUMBER, is_share=True) == 5
    assert read_cell("5.25％", Form.NUMBER, is_share=True) == 5.25
    assert refusal("5%", Form.NUMBER) == "percent_cell"


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize(
    "text", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#SPILL!", "####", "Err:502"]
)
def test_a_failed_formula_is_refused_in_every_field(text: str, form: Form) -> None:
    assert refusal(text, form) == "error_cell"


@pytest.mark.parametrize("text", ["1#焦炉", "#1", "A#", "#2 line"])
def test_a_name_may_have_a_number_sign(text: str) -> None:
    assert read_cell(text, Form.FREE) == text


@pytest.mark.parametrize("form", [Form.CODE, Form.FREE])
@pytest.mark.parametrize("text", ["9.11506E+17", "1.5e20", "1E+05"])
def test_a_code_of_which_a_spreadsheet_made_a_number_is_refused(text: str, form: Form) -> None:
    assert refusal(text, form) == "digits_lost"


@pytest.mark.parametrize("text", ["锟斤拷锟斤拷", "a\ufffdb"])
def test_characters_that_were_lost_are_refused(text: str) -> None:
    assert refusal(text, Form.FREE) == "lost_characters"


def test_full_width_signs_are_read_in_codes_and_kept_in_names() -> None:
    assert read_cell("ＧＷ－００１", Form.CODE) == "GW-001"
    assert read_cell("１号炉（北）", Form.FREE) == "１号炉（北）"
