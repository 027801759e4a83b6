"""What a number format shows is known by its code, or by the number of one that spreadsheets know."""

import pytest

from services.api.registry.files.number_format import Shows, built_in, number_format


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("General", Shows.NUMBER),
        ("@", Shows.NUMBER),
        ("0.00", Shows.NUMBER),
        ("#,##0.00_ ;[Red]-#,##0.00 ", Shows.NUMBER),
        ('_ "¥"* #,##0.00_ ', Shows.NUMBER),
        ("0%", Shows.PERCENT),
        ("0.00%;[Red]-0.00%", Shows.PERCENT),
        ("yyyy-mm-dd", Shows.DAY),
        ('yyyy"年"m"月"d"日"', Shows.DAY),
        ("[$-804]yyyy\\年m\\月d\\日;@", Shows.DAY),
        ("yyyy/m/d h:mm", Shows.DAY),
        ('m"月"d"日"', Shows.DAY),
        ('yyyy"年"m"月"', Shows.MONTH),
        ("mmm-yy", Shows.MONTH),
        ("yyyy", Shows.YEAR),
        ("h:mm", Shows.TIME),
        ("[h]:mm:ss", Shows.TIME),
        ("上午/下午h:mm", Shows.TIME),
        ("#,##0,", Shows.SCALED),
        ('0.0,,"M"', Shows.SCALED),
        ('0!.0,"万"', Shows.SCALED),
        ("0!.0000", Shows.SCALED),
        ('0"万"', Shows.SCALED),
        ('[>=10000]0!.0,"万";0', Shows.SCALED),
        ('"GW-"000', Shows.OTHERWISE),
        ("000-000", Shows.OTHERWISE),
        ("0.00E+00", Shows.OTHERWISE),
        ('0"kWh"', Shows.OTHERWISE),
    ],
)
def test_a_format_shows_what_it_is_written_for(code: str, shows: Shows) -> None:
    assert number_format(code).shows is shows


def test_zeros_fill_a_number() -> None:
    assert number_format("000000").digits == 6
    assert number_format("0").digits == 0


@pytest.mark.parametrize(
    ("number", "shows"),
    [
        (0, Shows.NUMBER),
        (4, Shows.NUMBER),
        (9, Shows.PERCENT),
        (10, Shows.PERCENT),
        (14, Shows.DAY),
        (17, Shows.MONTH),
        (20, Shows.TIME),
        (31, Shows.DAY),
        (57, Shows.MONTH),
        (58, Shows.DAY),
    ],
)
def test_formats_of_chinese_spreadsheets_are_known_by_their_numbers(number: int, shows: Shows) -> None:
    assert built_in(number).shows is shows
