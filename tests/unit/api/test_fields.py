"""What the fields of the registry may hold."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from services.api.registry import fields
from services.core.meter import Flow, Kind


def accepted(kind: Any, value: object) -> object:
    return TypeAdapter(kind).validate_python(value)


def reason_of(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(kind).validate_python(value)
    return refusal.value.errors()[0]["type"]


@pytest.mark.parametrize("code", ["A", "0", "150622-0007-E01", "x" * 64, "a_b-C"])
def test_codes_that_can_be_a_topic_level(code: str) -> None:
    assert accepted(fields.Code, code) == code


@pytest.mark.parametrize("code", ["", "-a", "_a", "a b", "a/b", "a+", "#", "a\n", "é", "煤", "x" * 65, "A\x00"])
def test_codes_that_cannot(code: str) -> None:
    assert reason_of(fields.Code, code) == "bad_code"


@pytest.mark.parametrize("code", ["15062", "1506221", "１５０６２２", "15062a", ""])
def test_area_codes_are_six_digits(code: str) -> None:
    assert reason_of(fields.AreaCode, code) == "bad_area_code"


def test_names_lose_the_blanks_around_them_and_keep_those_inside() -> None:
    assert accepted(fields.Name, "  ᠣᠷᠳᠣᠰ 鄂尔多斯 \t") == "ᠣᠷᠳᠣᠰ 鄂尔多斯"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\n", "\x7f", "\x85", "\u2028", "\u2029"])
def test_names_have_no_control_characters(character: str) -> None:
    assert reason_of(fields.Name, f"a{character}b") == "bad_character"


@pytest.mark.parametrize(
    "mark",
    # turn the writing round; stand between and show nothing; blanks that are letters; a byte order mark; tags
    [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c", *"\u200b\u2060\u2061\u00ad\u034f",
     *"\u3164\uffa0\u115f\u2800", "\ufeff", "\ufff9", "\U000e0041", "\u200c", "\u200d", "\u180e", "\ufe0f", "\u180b"],
)  # fmt: skip
def test_no_text_that_people_read_has_marks_that_turn_it_round_or_show_nothing(mark: str) -> None:
    for kind in (fields.Name, fields.Note, fields.Lines, fields.ShortText, fields.SearchText):
        assert reason_of(kind, f"神华{mark}焦化") == "bad_character"


@pytest.mark.parametrize(
    "name", ["炉1\ufe0f", "\ufe00炉", "炉\ufe00\ufe00", "炉\ufe0f", "A\U000e0100", "ᠠ\u180b\u180b"]
)
def test_a_name_has_no_selector_of_a_form_where_nothing_before_it_has_forms(name: str) -> None:
    assert reason_of(fields.Name, name) == "bad_character"


@pytest.mark.parametrize(
    "name",
    [
        "内蒙古伊泰集团有限公司（二期）", "𠮷野家・１号炉　南", "葛\U000e0100城", "鄂尔多斯①号变压器℃",
        "Ünal & Söhne GmbH № 3", "ᠥᠪᠥᠷ ᠮᠣᠩᠭᠣᠯ ᠤᠨ", "ᠬᠠᠰ\u180eᠠ", "ᠮᠣᠩ\u200d", "⚠\ufe0f１号炉", "ᠨᠠ\u180b\u202fᠶᠢᠨ",
    ],
)  # fmt: skip
def test_names_of_all_languages_are_as_they_are_written(name: str) -> None:
    assert accepted(fields.Name, name) == name


def test_a_text_of_lines_keeps_them_however_they_were_ended() -> None:
    written = "冷机故障：\r\n1. 主机停机\t\r2. 已报修\n\n\n\n完。 \n"
    assert accepted(fields.Lines, written) == "冷机故障：\n1. 主机停机\n2. 已报修\n\n完。"
    assert reason_of(fields.Lines, "a\x00b") == "bad_character"
    assert reason_of(fields.Lines, " \n ") == "string_too_short"
    assert reason_of(fields.Lines, "字" * 4001) == "string_too_long"


def test_names_have_1_to_200_characters() -> None:
    assert accepted(fields.Name, "字" * 200) == "字" * 200
    assert reason_of(fields.Name, "字" * 201) == "string_too_long"
    assert reason_of(fields.Name, "   ") == "string_too_short"


@pytest.mark.parametrize("text", ["1900-01-01", "2026-02-28", "2024-02-29", "2199-12-31"])
def test_days(text: str) -> None:
    assert accepted(fields.Day, text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29",
        "2026-1-1",
        "20260101",
        "2026-W01-1",
        "1899-12-31",
        "2200-01-01",
        "2026-01-01T00:00:00",
        "２０２６-01-01",
        "",
        20260101,
        None,
        True,
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
)
def test_what_is_no_day(value: object) -> None:
    assert reason_of(fields.Day, value) == "bad_day"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T10:30:00+08:00", datetime(2026, 3, 2, 2, 30, tzinfo=UTC)),
        ("2026-03-02t02:30:00.250000z", datetime(2026, 3, 2, 2, 30, 0, 250000, tzinfo=UTC)),
        ("2026-03-02 02:30:00Z", datetime(2026, 3, 2, 2, 30, tzinfo=UTC)),
        ("2000-01-01T00:00:00+08:00", datetime(1999, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_moments_become_utc(text: str, moment: datetime) -> None:
    assert accepted(fields.Moment, text) == moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T10:30:00",
        "2026-03-02",
        "2026-03-02T24:30:00Z",
        "2026-03-02T10:30:60Z",
        "2026-03-02T10:30:00+24:00",
        "1999-12-31T23:59:59+08:00",
        "2100-01-01T00:00:00+08:00",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59Z",
        1767197700000,
        "1767197700000",
        None,
    ],
)
def test_what_is_no_moment(value: object) -> None:
    assert reason_of(fields.Moment, value) == "bad_moment"


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), 10**400])
def test_what_is_no_number(value: object) -> None:
    assert reason_of(fields.Number, value) in {"float_type", "finite_number"}


def test_a_mistyped_credit_code_is_answered_with_what_is_wrong() -> None:
    with pytest.raises(ValidationError) as refusal:
        accepted(fields.CreditCode, "9144030071526726XH")
    (error,) = refusal.value.errors()
    assert (error["type"], error["ctx"]) == ("credit_code_check", {"found": "H", "expected": "G"})
    assert reason_of(fields.CreditCode, "9144030071526726xG") == "credit_code_character"


def test_kinds_and_flows_are_those_of_the_domain() -> None:
    assert set(get_args(fields.MeterKind)) == {str(kind) for kind in Kind}
    assert set(get_args(fields.MeterFlow)) == {str(flow) for flow in Flow}
