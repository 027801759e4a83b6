"""Import files are read as lines of text, whatever they are made of, and do no harm."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest

from services.api.errors import Refused
from services.api.export.described import CSV, XLSX
from services.api.registry.files.encoding import encoding_named
from services.api.registry.files.lines import MOST_ROWS, TableLine
from services.api.registry.table_file import csv_of, table_of

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook_of(*rows: list[object]) -> bytes:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    for row in rows:
        workbook.active.append(row)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def with_part(name: str, content: bytes) -> bytes:
    """A workbook in which one part is replaced."""
    made = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(workbook_of(["code"])))
    with source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            target.writestr(part, content if part == name else source.read(part))
    return made.getvalue()


def sheet_of(rows: str, *, before: str = "") -> bytes:
    xml = f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return with_part(SHEET, xml.encode())


COLUMNS = ("code", "name", "valid_to")


def read(body: bytes, content_type: str = CSV, *, encoding: str | None = None) -> list[TableLine]:
    said = encoding_named(encoding) if encoding else None
    return list(table_of(body, content_type, columns=COLUMNS, encoding=said).lines)


def refused(body: bytes, content_type: str) -> str:
    with pytest.raises(Refused) as refusal:
        read(body, content_type)
    return refusal.value.kind.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_the_encodings_of_chinese_spreadsheets(encoding: str) -> None:
    body = "code,name\r\nA, 焦炉煤气 \r\n".encode(encoding)
    assert read(body) == [TableLine(1, ["code", "name"]), TableLine(2, ["A", "焦炉煤气"])]


def test_the_sender_may_say_that_the_text_is_gb18030() -> None:
    body = "A,煤\n".encode("gb18030")
    assert read(body, "text/csv; charset=GBK") == [TableLine(1, ["A", "煤"])]
    assert read(body, "text/csv; charset=utf-8") == [TableLine(1, ["A", "ú"])], "these bytes are right in UTF-8 too"


def test_empty_lines_count_but_are_left_out() -> None:
    assert read(b"\n\na,b\n,,\n\nc,d") == [TableLine(3, ["a", "b"]), TableLine(6, ["c", "d"])]


def test_a_line_is_numbered_where_it_begins() -> None:
    assert read(b'a,"1\n2\n3"\nb,4\n') == [TableLine(1, ["a", "1\n2\n3"]), TableLine(4, ["b", "4"])]


def test_cells_of_a_sheet_become_what_would_stand_in_a_csv_file() -> None:
    # A workbook knows no time zones.
    moment = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001
    row: list[object] = [150622, 1.5, 6000.0, True, date(2026, 1, 2), moment, None, " x "]
    expected = ["150622", "1.5", "6000", "true", "2026-01-02", "2026-01-02T03:04:00", "", "x"]
    assert [line.cells for line in read(workbook_of(row), XLSX)] == [expected]


def test_csv_and_workbook_of_the_same_table_read_the_same() -> None:
    table: list[list[object]] = [["code", "n"], ["A", 12], ["B", None]]
    as_csv = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in table)
    assert read(workbook_of(*table), XLSX) == read(as_csv.encode())


def test_a_template_is_read_back() -> None:
    text = csv_of(["code", "name", "valid_to"], {"code": "A", "name": "煤, 焦", "valid_to": None})
    assert read(text.encode()) == [TableLine(1, ["code", "name", "valid_to"]), TableLine(2, ["A", "煤, 焦"])]


def test_the_bound_of_rows_is_exact() -> None:
    body = b"code\n" + b"x\n" * MOST_ROWS
    assert len(read(body)) == MOST_ROWS + 1
    assert refused(body + b"x\n", CSV) == "too_large"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda: b"", id="nothing"),
        pytest.param(lambda: b"code,name\n", id="not a workbook"),
        pytest.param(lambda: workbook_of(["a"])[:-40], id="cut off"),
        pytest.param(lambda: with_part(SHEET, b"<worksheet"), id="broken XML"),
        pytest.param(lambda: with_part("xl/workbook.xml", b""), id="empty workbook part"),
        pytest.param(lambda: sheet_of('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), id="text that is not there"),
    ],
)
def test_a_broken_workbook_is_refused(body: Callable[[], bytes]) -> None:
    assert refused(body(), XLSX) == "invalid_body"


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    assert refused(with_part(SHEET, b" " * 90_000_000), XLSX) == "too_large"
    assert refused(with_part("xl/styles.xml", b" " * 40_000_000), XLSX) == "too_large"


def test_a_sheet_that_claims_a_far_away_row_is_refused() -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row><row r="999999999"><c r="A999999999"><v>1</v></c></row>'
    assert refused(sheet_of(row), XLSX) == "too_large"


def test_entities_in_a_workbook_are_not_expanded() -> None:
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&e8;</t></is></c></row>'
    before = f'<!DOCTYPE x [<!ENTITY e0 "{"ha" * 100}">{laughs}]>'
    assert refused(sheet_of(row, before=before), XLSX) == "invalid_body"


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain", "application/vnd.ms-excel"])
def test_other_kinds_of_files_are_not_read(content_type: str) -> None:
    assert refused(b"code\n", content_type) == "unsupported_media_type"


def test_the_content_type_may_name_its_encoding() -> None:
    assert read(b"code\n", "Text/CSV; charset=utf-8") == [TableLine(1, ["code"])]
