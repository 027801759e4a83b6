"""A whole file is read as its person meant it, or each cell that cannot be is named as the spreadsheet names it."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from services.api.errors import Refused
from services.api.export.described import CSV, XLSX
from services.api.heat_values.importing import RESOURCE as HEAT_VALUES
from services.api.registry.reading import HiddenRows, Sheet, columns_of, read_sheet
from services.api.registry.resource import Resource
from services.api.registry.table_file import csv_of, table_of
from services.api.routes import enterprises, gateways, meters, parks, units
from services.api.statistics.importing import RESOURCE as STATISTICS

OWNER = "91150622MA0N0000XF"
HEADER = ("code", "credit_code", "name_zh", "design_energy_tce", "commissioned_on")
UNIT = ("U-1", OWNER, "焦炉", 5, None)
NUMBER_HEADER = ("owner", "kind", "period", "value", "unit")
RESOURCES: tuple[Resource[Any, Any, Any], ...] = (
    *(module.RESOURCE for module in (parks, enterprises, units, gateways, meters)),
    STATISTICS,
    HEAT_VALUES,
)


def read(
    body: bytes, resource: Resource[Any, Any, Any] = units.RESOURCE, content_type: str = CSV, **how: Any
) -> Sheet[Any]:
    return read_sheet(resource, table_of(body, content_type, columns=columns_of(resource.entry)), **how)


def faults(sheet: Sheet[Any]) -> list[tuple[str | None, str, str]]:
    return [(fault.cell, fault.fault.field, fault.fault.code) for fault in sheet.faults]


def workbook(
    *rows: Sequence[object], formats: dict[str, str] | None = None, done: Callable[[Worksheet], Any] | None = None
) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    for cell, code in (formats or {}).items():
        sheet[cell].number_format = code
    if done is not None:
        done(sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def unit_with(place: int, value: object, code: str = "General") -> Sheet[Any]:
    row = [*UNIT[:place], value, *UNIT[place + 1 :]]
    return read(workbook(HEADER, row, formats={f"{'ABCDE'[place]}2": code}), content_type=XLSX)


def number_with(place: int, value: object, code: str) -> Sheet[Any]:
    row: list[object] = ["area:150600", "gdp_growth_plan", "2026", 5, "%"]
    row[place] = value
    return read(workbook(NUMBER_HEADER, row, formats={f"{'ABCDEF'[place]}2": code}), STATISTICS, XLSX)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.noun.plural)
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-8", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_template_comes_back_from_a_chinese_spreadsheet(
    resource: Resource[Any, Any, Any], codec: str, separator: str
) -> None:
    columns = columns_of(resource.entry)
    template = csv_of(columns, resource.example).removeprefix("\ufeff")
    sent = read(template.encode(), resource).entries
    saved = io.StringIO()
    writer = csv.writer(saved, delimiter=separator)
    for cells in csv.reader(io.StringIO(template)):
        # Days come back as the spreadsheet shows them: 2026/1/1.
        writer.writerow([re.sub(r"^(\d{4})-0?(\d+)-0?(\d+)$", r"\1/\2/\3", cell) for cell in cells])
    assert read(saved.getvalue().encode(codec), resource).entries == sent
    assert len(sent) == 1


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.noun.plural)
def test_a_template_comes_back_as_a_workbook(resource: Resource[Any, Any, Any]) -> None:
    columns = columns_of(resource.entry)
    sent = read(csv_of(columns, resource.example).encode(), resource).entries

    def typed(value: object) -> object:
        text = str(value)
        return datetime.fromisoformat(text) if len(text) == 10 and text[4] == "-" and text[7] == "-" else value

    body = workbook(columns, [typed(resource.example.get(column)) for column in columns])
    assert read(body, resource, XLSX).entries == sent


def test_a_percent_cell_is_what_it_shows_where_the_field_is_in_percent() -> None:
    [(_, entry)] = number_with(3, 0.05, "0%").entries
    assert entry.value == 5
    [(_, entry)] = number_with(3, 0.0525, "0.00%").entries
    assert entry.value == 5.25
    assert faults(unit_with(3, 0.05, "0%")) == [("D2", "design_energy_tce", "percent_cell")]


def test_a_period_cell_is_the_month_or_year_it_shows() -> None:
    march = datetime(2026, 3, 1)  # noqa: DTZ001 - a workbook knows no time zones
    for code, period in (("yyyy-mm", "2026-03"), ('yyyy"年"m"月"', "2026-03"), ("yyyy", "2026")):
        [(_, entry)] = number_with(2, march, code).entries
        assert entry.period == period
    assert faults(number_with(2, march, "yyyy-mm-dd")) == [("C2", "period", "day_for_period")]


def test_a_month_of_a_heat_value_may_be_written_or_shown_as_chinese_spreadsheets_do() -> None:
    header = ("enterprise", "carrier", "month", "ncv_mj_per_kg", "laboratory", "report")
    march = datetime(2026, 3, 1)  # noqa: DTZ001 - a workbook knows no time zones
    for month, code in ((march, 'yyyy"年"m"月"'), ("2026年3月", "@"), ("2026/3", "@")):
        body = workbook(header, (OWNER, "lignite", month, 14.3, "所", "R"), formats={"C2": code})
        [(_, entry)] = read(body, HEAT_VALUES, XLSX).entries
        assert entry.month == "2026-03"


def test_a_date_cell_is_its_day() -> None:
    for code in ("yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "m/d/yy", "[$-804]yyyy/m/d;@"):
        [(_, entry)] = unit_with(4, date(2026, 3, 1), code).entries
        assert entry.commissioned_on == date(2026, 3, 1)
    assert faults(unit_with(4, date(2026, 3, 1), 'yyyy"年"m"月"')) == [("E2", "commissioned_on", "day_missing")]
    assert faults(unit_with(4, 46082)) == [("E2", "commissioned_on", "day_as_number")]


@pytest.mark.parametrize(
    ("value", "code", "fault"),
    [
        (911506227000001230, "General", "digits_lost"),
        (9.11506227e17, "0", "digits_lost"),
        (1234567890123456, "0", "digits_lost"),
        (7, '"GW-"000', "shown_otherwise"),
        (12e5, "0.00E+00", "shown_otherwise"),
        (date(2026, 1, 1), "yyyy-mm-dd", "date_cell"),
        ("#REF!", "General", "error_cell"),
        ("=A1", "General", "formula_without_value"),
    ],
)
def test_a_code_that_a_spreadsheet_has_changed_is_refused(value: object, code: str, fault: str) -> None:
    assert faults(unit_with(0, value, code))[0] == ("A2", "code", fault)


@pytest.mark.parametrize(
    ("value", "code", "read_as"),
    [
        (150622, "General", "150622"),
        (123456789012345, "0", "123456789012345"),
        (7, "000000", "000007"),
        ("0012", "@", "0012"),
    ],
)
def test_a_code_in_a_number_cell_is_read_as_it_is_shown(value: object, code: str, read_as: str) -> None:
    [(_, entry)] = unit_with(0, value, code).entries
    assert entry.code == read_as


@pytest.mark.parametrize(
    ("value", "code", "fault"),
    [
        (123456, '0!.0,"万"', "scaled_number"),
        (123456, "#,##0,", "scaled_number"),
        (date(2026, 1, 1), "yyyy-mm-dd", "date_cell"),
        (0.5, "[h]:mm", "time_cell"),
        ("#DIV/0!", "General", "error_cell"),
    ],
)
def test_a_number_that_is_shown_as_another_is_refused(value: object, code: str, fault: str) -> None:
    assert faults(unit_with(3, value, code)) == [("D2", "design_energy_tce", fault)]


@pytest.mark.parametrize(("value", "code"), [(1234.5, "#,##0.00"), (1234.5, '0.0"tce"'), (1234.5, "¥#,##0.0")])
def test_a_number_that_is_shown_with_signs_is_read(value: float, code: str) -> None:
    [(_, entry)] = unit_with(3, value, code).entries
    assert entry.design_energy_tce == 1234.5


def test_merged_cells_are_refused_below_the_header_only() -> None:
    second = ("U-2", *UNIT[1:])
    merged = workbook(HEADER, UNIT, second, done=lambda sheet: sheet.merge_cells("D2:D3"))
    assert faults(read(merged, content_type=XLSX)) == [("D2", "row", "merged_cells")]
    title = workbook(["用能单元登记表"], HEADER, UNIT, second, done=lambda sheet: sheet.merge_cells("A1:E1"))
    assert [line for line, _ in read(title, content_type=XLSX).entries] == [3, 4]


def test_hidden_rows_are_refused_left_out_or_read() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.auto_filter.ref = "A1:E3"
        sheet.row_dimensions[3].hidden = True

    body = workbook(HEADER, UNIT, ("U-2", *UNIT[1:]), done=hide)
    sheet = read(body, content_type=XLSX)
    assert [(fault.line, fault.fault.code) for fault in sheet.faults] == [(3, "hidden_row")]
    skipped = read(body, content_type=XLSX, hidden_rows=HiddenRows.SKIP)
    assert (len(skipped.entries), skipped.hidden, skipped.faults) == (1, [3], [])
    assert len(read(body, content_type=XLSX, hidden_rows=HiddenRows.TAKE).entries) == 2


def test_the_first_sheet_that_is_shown_is_read() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.sheet_state = "hidden"
    for row in (HEADER, UNIT):
        book.create_sheet("units") if len(book.worksheets) == 1 else None
        book["units"].append(row)
    stream = io.BytesIO()
    book.save(stream)
    assert len(read(stream.getvalue(), content_type=XLSX).entries) == 1


def test_days_of_a_workbook_from_1904_are_read() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    assert isinstance(book.active, Worksheet)
    book.active.append(HEADER)
    book.active.append([*UNIT[:4], date(2026, 3, 1)])
    stream = io.BytesIO()
    book.save(stream)
    [(_, entry)] = read(stream.getvalue(), content_type=XLSX).entries
    assert entry.commissioned_on == date(2026, 3, 1)


def test_chinese_date_formats_that_have_a_number_only_are_read() -> None:
    body = workbook(
        NUMBER_HEADER, ["area:150600", "gdp_growth_plan", date(2026, 3, 1), 5, "%"], formats={"C2": "mmm-yy"}
    )
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(made, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            target.writestr(part, content.replace(b'numFmtId="17"', b'numFmtId="57"') if "styles" in part else content)
    [(_, entry)] = read(made.getvalue(), STATISTICS, XLSX).entries
    assert entry.period == "2026-03"


def csv_with(*lines: str) -> Sheet[Any]:
    return read("\n".join(lines).encode())


def test_the_header_may_stand_below_a_title() -> None:
    sheet = csv_with("用能单元登记表", "", "code,credit_code,name_zh", f"U-1,{OWNER},焦炉")
    assert [line for line, _ in sheet.entries] == [4]


def test_names_of_columns_may_be_typed_with_capitals_or_blanks() -> None:
    assert len(csv_with("Code, CREDIT_CODE ,ｎａｍｅ_zh\u200b", f"U-1,{OWNER},焦炉").entries) == 1


def test_a_spreadsheet_may_say_what_parts_the_cells() -> None:
    assert [line for line, _ in csv_with("sep=;", "code;credit_code;name_zh", f"U-1;{OWNER};焦炉").entries] == [3]


def test_rows_parted_otherwise_than_the_header_are_named() -> None:
    sheet = csv_with("code,credit_code,name_zh", f"U-1;{OWNER};焦炉", f"U-2，{OWNER}，焦炉")
    assert faults(sheet) == [("A2", "code", "other_separator"), ("A3", "code", "other_separator")]


def test_a_header_parted_by_chinese_commas_is_refused() -> None:
    with pytest.raises(Refused, match="parted by ，"):
        csv_with("code，credit_code，name_zh", f"U-1，{OWNER}，焦炉")


def test_blanks_that_nobody_sees_are_not_part_of_a_code() -> None:
    sheet = csv_with("code,credit_code,name_zh", f"\u200bU-1\u00a0,\ufeff{OWNER}\u3000,\u00a0焦炉\u00a01 ")
    [(_, entry)] = sheet.entries
    assert (entry.code, entry.credit_code, entry.name_zh) == ("U-1", OWNER, "焦炉 1")


def test_a_value_below_no_name_is_refused() -> None:
    sheet = csv_with("code,credit_code,name_zh,,status", f"U-1,{OWNER},焦炉,x,existing", f"U-2,{OWNER},焦炉,,existing")
    assert faults(sheet) == [(None, "row", "unnamed_column")]
    assert [line for line, _ in sheet.entries] == [3]


def test_a_column_that_stands_twice_is_refused() -> None:
    assert faults(csv_with("code,credit_code,name_zh,name_zh", f"U-1,{OWNER},a,b")) == [
        ("C1", "name_zh", "repeated_column")
    ]


def test_every_cell_of_a_row_that_cannot_be_read_is_named() -> None:
    sheet = csv_with(",".join(HEADER), f"#N/A,{OWNER[:-1]}0,焦炉,5%,2026年1月")
    assert faults(sheet) == [
        ("A2", "code", "error_cell"),
        ("D2", "design_energy_tce", "percent_cell"),
        ("E2", "commissioned_on", "day_missing"),
        ("B2", "credit_code", "credit_code_check"),
    ]


@pytest.mark.parametrize("content_type", [CSV, XLSX])
def test_an_old_workbook_is_refused_by_name(content_type: str) -> None:
    with pytest.raises(Refused, match=r"save it as \.xlsx"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", content_type=content_type)


def test_a_text_that_a_file_keeps_from_a_spreadsheet_is_read() -> None:
    [(_, entry)] = csv_with("code,credit_code,name_zh", f'="0012",{OWNER},="焦炉"').entries
    assert (entry.code, entry.name_zh) == ("0012", "焦炉")


def test_a_second_sheet_with_a_table_is_refused_and_one_with_notes_is_not() -> None:
    def more(*rows: Sequence[object]) -> bytes:
        def done(sheet: Worksheet) -> None:
            assert sheet.parent is not None
            other = sheet.parent.create_sheet("达拉特旗")
            for row in rows:
                other.append(list(row))

        return workbook(HEADER, UNIT, done=done)

    assert faults(read(more(["填表说明"], ["code 为代码"]), content_type=XLSX)) == []
    assert faults(read(more(HEADER, ("U-2", *UNIT[1:])), content_type=XLSX)) == [(None, "row", "other_sheet")]
