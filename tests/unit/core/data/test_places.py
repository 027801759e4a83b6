"""Where a number stands in its source is said in Chinese too."""

import pytest

from services.core.data.places import place_in_chinese
from services.judging.data.tables import load_tables
from tests.unit.judging.test_reason_words import codes_in

PLACES = {
    row.place: name
    for name, rows in load_tables().by_name().items()
    for row in rows
    if name != "plan_targets" and hasattr(row, "place")
}
UNITS = {"kJ/kg", "kJ/m3", "MJ/m3", "MJ/kg", "MJ/t", "kJ", "tCO2/GJ", "GJ/t", "kgoe", "kgce", "PUE"}


@pytest.mark.parametrize(
    ("place", "chinese"),
    [
        ("4.2, table 2; one transcription that names page and table", "4.2 表2；据一份注明页码和表号的转录"),
        ("L308-316: 淘汰时限不超过3年", "第 308–316 行：淘汰时限不超过3年"),
        ("own choice: what one side lacks changes the ratio by as much", "系统自定"),
        (
            "annex A 附录A 各种能源折标准煤系数; heat value 41869 kJ/kg; not read",
            "附录A 各种能源折标准煤系数；热值 41869 kJ/kg；未核原文",
        ),
        ("a remark in English alone", ""),
    ],
)
def test_a_place_is_said_in_chinese(place: str, chinese: str) -> None:
    assert place_in_chinese(place) == chinese


def test_every_shipped_row_says_where_it_stands_in_chinese() -> None:
    assert {place: name for place, name in PLACES.items() if not place_in_chinese(place)} == {}


def test_no_place_has_english_words_in_chinese() -> None:
    left = {place_in_chinese(place): codes_in(place_in_chinese(place)) - UNITS for place in PLACES}
    assert {place: words for place, words in left.items() if any(len(word) > 2 for word in words)} == {}
