"""A list becomes a file: every row of it, with real numbers and times, and nothing in it is a formula."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from services.api.app import create_app
from services.api.export.cells import Cell, as_text, as_texts, is_like_formula
from services.api.export.columns import CellKind, ExportColumn, columns_of_rows
from services.api.export.lists import Lists, list_operations, lists_of
from services.api.export.pages import ListPages
from services.api.export.sheets import ListAsked
from services.api.export.titles import FileLanguage, titles, untitled
from services.api.export.workbook import MOST_CHARACTERS
from services.api.export.write import Extension, written
from services.core.settings import Settings
from tests.integration.served import document

ASKED = ListAsked(
    address="http://127.0.0.1:8000/api/v1/energy?by=area",
    account="admin",
    asked_at=datetime(2026, 11, 30, tzinfo=UTC),
    revision=7,
    seal="31:ab",
    version="0.7.0",
)
COLUMNS = (
    ExportColumn(("start",), CellKind.MOMENT),
    ExportColumn(("valid_from",), CellKind.DAY),
    ExportColumn(("area",), CellKind.TEXT),
    ExportColumn(("tce_calorific",), CellKind.NUMBER, may_lack=True),
    ExportColumn(("coverage",), CellKind.NUMBER, may_lack=True),
    ExportColumn(("note",), CellKind.TEXT),
)
ROW = {
    "start": "2026-10-31T16:00:00Z",
    "valid_from": "2026-11-01",
    "area": "150622",
    "tce_calorific": 153.625,
    "coverage": 0.9996,
    "note": "=1+1",
}


def made(
    answers: Sequence[dict[str, Any]],
    *,
    extension: Extension,
    language: FileLanguage = "zh",
    columns: Sequence[ExportColumn] = COLUMNS,
) -> tuple[bytes, str]:
    """The file of these pages, and its digest."""
    pages = ListPages()
    for answer in answers:
        pages.take(json.dumps({"next": None} | answer).encode())
    file, digest = written(pages, columns, ASKED, extension=extension, language=language)
    with file:
        return file.read(), digest.hex()


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_has_the_mark_of_utf_8_titles_with_units_times_with_their_offset_and_what_a_row_lacks() -> None:
    content, _ = made([{"data": [ROW, ROW | {"tce_calorific": None, "coverage": 0.0}]}], extension="csv")
    assert content.startswith(b"\xef\xbb\xbf")
    heading, whole, lacking = lines(content)
    assert heading[:4] == ["起", "生效日期", "地区", "地区（名称）"]
    assert heading[4:] == ["标准煤（当量值）（tce）", "计量完整率（0–1）", "备注", "状态"]
    assert whole[:4] == ["2026-11-01T00:00:00+08:00", "2026-11-01", "150622", "准格尔旗"]
    assert whole[4:] == ["153.625", "0.9996", "'=1+1", "部分缺数（完整率 99.9 %）"]
    assert lacking[4:] == ["", "0.0", "'=1+1", "缺数；无值：标准煤（当量值）（tce）"]


def test_a_workbook_has_numbers_and_times_that_can_be_computed_with_and_the_digest_of_its_csv() -> None:
    answers = [{"data": [ROW]}, {"data": [ROW | {"tce_calorific": 2}]}]
    source = {"code": "kgce.raw_coal", "value": 0.7143, "unit": "kgce/kg", "valid_from": "2021-04-01"}
    source |= {"source": "GB/T 2589-2020", "place": "附录 A", "verified": True, "carried": False}
    answers[0]["rows"] = answers[1]["rows"] = [source]
    answers[1]["missing"] = [{"carrier": "tar", "year": 2026, "basis": "co2"}]
    content, digest = made(answers, extension="xlsx", language="en")
    book: Any = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Data", "Sources", "Query"]
    heading, *rows = book["Data"].iter_rows()
    assert [each.value for each in heading][:3] == ["Start", "Valid from", "Area"]
    assert sum(row[4].value for row in rows) == 155.625
    moment, day, text = rows[0][0], rows[0][1], rows[0][6]
    assert (str(moment.value), moment.number_format) == ("2026-11-01 00:00:00", 'yyyy-mm-dd hh:mm:ss"+08:00"')
    assert (day.value.date(), day.is_date) == (date(2026, 11, 1), True)
    assert (text.value, text.data_type) == ("=1+1", "s")
    sources = [[each.value for each in row] for row in book["Sources"].iter_rows(min_row=2)]
    assert [row[0] for row in sources] == ["kgce.raw_coal", "tar"]
    assert sources[0][4:8] == ["GB/T 2589-2020", "附录 A", None, "verified"]
    query = {row[0].value: row[1].value for row in book["Query"].iter_rows(min_row=2)}
    assert query["Account"] == "admin"
    assert query["Rows"] == 2
    assert (
        query["Digest (SHA-256 of the same result as CSV)"]
        == digest
        == made(answers, extension="csv", language="en")[1]
    )


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20))
def test_no_text_of_a_csv_file_begins_like_a_formula(text: str) -> None:
    assert not is_like_formula(as_text(text))
    assert as_text(text) in (text, f"'{text}")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53))
def test_a_number_is_read_as_it_was(number: float) -> None:
    assert float(as_text(number)) == number


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20) | st.floats() | st.integers() | st.booleans()))
def test_cells_are_written_together_as_each_is_alone(cells: list[Cell]) -> None:
    together, alone = io.StringIO(), io.StringIO()
    csv.writer(together).writerow(as_texts(cells))
    csv.writer(alone).writerow(map(as_text, cells))
    assert together.getvalue() == alone.getvalue()


@pytest.mark.parametrize(
    "note", ["a & b < c", "<r>no markup</r>", " kept ", "_x0041_", "a\x01b\x0bc", "多行\n文本", '"quoted"']
)
def test_a_workbook_has_texts_as_they_are(note: str) -> None:
    content, _ = made([{"data": [ROW | {"note": note}]}], extension="xlsx")
    cell = load_workbook(io.BytesIO(content))["数据"]["G2"]
    assert (unescape(cell.value), cell.data_type) == (note, "s")


def test_a_text_that_no_cell_can_hold_is_cut_in_a_workbook_and_whole_in_csv() -> None:
    long = "x" * (MOST_CHARACTERS + 1)
    answers = [{"data": [ROW | {"note": long}]}]
    (row,) = load_workbook(io.BytesIO(made(answers, extension="xlsx")[0])).worksheets[0].iter_rows(min_row=2)
    assert len(str(row[6].value)) == MOST_CHARACTERS
    assert str(row[6].value).endswith("…")
    assert lines(made(answers, extension="csv")[0])[1][6] == long


def test_columns_of_rows_whose_fields_are_not_known_are_those_that_come() -> None:
    answers: list[dict[str, Any]] = [{"data": [{"code": "a", "unit": "t"}]}, {"data": [{"code": "b", "value": [1, 2]}]}]
    content, _ = made(answers, extension="csv", columns=())
    assert lines(content) == [["编码", "计量单位", "值"], ["a", "t", ""], ["b", "", "1；2"]]


def test_the_word_for_a_code_stands_beside_it() -> None:
    columns = [ExportColumn(("severity",), CellKind.TEXT), ExportColumn(("kind",), CellKind.TEXT, words="park_kind")]
    answers = [{"data": [{"severity": "severe", "kind": "zero_carbon"}]}]
    content, _ = made(answers, extension="csv", columns=columns)
    assert lines(content) == [
        ["级别", "级别（名称）", "类别", "类别（名称）"],
        ["severe", "严重", "zero_carbon", "零碳园区"],
    ]


def test_an_empty_list_has_its_titles() -> None:
    assert lines(made([{"data": []}], extension="csv")[0])[0][0] == "起"


def test_every_column_of_every_list_has_a_title_in_both_languages() -> None:
    described = document()
    columns = [each for _, _, row in list_operations(described) for each in columns_of_rows(row, described)]
    assert not untitled(columns), "services/api/export/titles.csv has no line for these fields"
    assert all(title.zh and title.en for title in titles().values())


def test_the_routes_and_the_document_say_of_the_same_addresses_that_they_are_lists_and_what_their_columns_are() -> None:
    lists = Lists(create_app(Settings()))
    described = {path: columns_of_rows(row, document()) for path, row in lists_of(document()).items()}
    assert {path: lists.columns(path) for path in lists.paths} == described


_GATHER = """
import json, resource, sys
from services.api.export.pages import ListPages
from services.api.export.write import written
from tests.unit.api.export.test_files import ASKED, COLUMNS, ROW
pages = ListPages()
for _ in range(int(sys.argv[1])):
    pages.take(json.dumps({"data": [ROW] * 5000, "next": "more"}).encode())
written(pages, COLUMNS[:4], ASKED, extension=sys.argv[2], language="zh")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_a_file_of_a_hundred_thousand_rows_takes_no_more_memory_than_one_of_a_page(extension: str) -> None:
    one, twenty = (_most_kb(pages, extension) for pages in (1, 20))
    assert twenty < one + 20_000


def _most_kb(pages: int, extension: str) -> int:
    command = [sys.executable, "-c", _GATHER, str(pages), extension]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
