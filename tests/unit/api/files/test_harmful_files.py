"""Files made to take much of the service for little of their sender: each is refused, in bounds that hold."""

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from services.api.errors import Refused
from services.api.export.described import CSV, XLSX
from services.api.limited import LimitedWork
from services.api.registry.files.lines import MOST_CELL_CHARACTERS
from services.api.registry.files.workbook import MOST_CELLS
from services.api.registry.reading import MOST_ERRORS, Sheet, columns_of, read_sheet
from services.api.registry.table_file import table_of
from services.api.routes import importable
from services.api.routes.units import RESOURCE, UnitEntry

COLUMNS = columns_of(RESOURCE.entry)
OWNER = "91150622MA0N0000XF"
HEADER = "code,credit_code,name_zh"
NAMES = HEADER.split(",")

WORK = LimitedWork(__name__)
LIMITS = replace(importable.LIMITS, processor_s=30, longest_s=120)
"""The memory of an import; what a process has of it to begin with depends on the tests before."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(**targets: str) -> str:
    each = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{name}" Target="{target}"/>' for name, target in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{each}</Relationships>'


def archive(parts: dict[str, Iterable[str]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, pieces in parts.items():
            with target.open(name, "w") as part:
                for piece in pieces:
                    part.write(piece.encode())
    return made.getvalue()


def workbook(rows: Iterable[str], *, texts: Iterable[str] = (), after: Iterable[str] = (), **others: str) -> bytes:
    """A workbook of one sheet, written as its parts are."""
    sheets = others.pop("sheets", '<sheet name="1" sheetId="1" r:id="worksheet"/>')
    return archive(
        {
            "_rels/.rels": [relations(officeDocument="xl/workbook.xml")],
            "xl/workbook.xml": [
                f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>',
                sheets,
                "</sheets></workbook>",
            ],
            "xl/_rels/workbook.xml.rels": [
                relations(worksheet="worksheets/s.xml", sharedStrings="t.xml", styles="y.xml")
            ],
            "xl/t.xml": [f'<sst xmlns="{MAIN}">', *texts, "</sst>"],
            "xl/y.xml": [f'<styleSheet xmlns="{MAIN}">', others.pop("styles", ""), "</styleSheet>"],
            "xl/worksheets/s.xml": pieces(f'<worksheet xmlns="{MAIN}"><sheetData>', rows, "</sheetData>", after),
        }
    )


def pieces(begin: str, rows: Iterable[str], middle: str, after: Iterable[str]) -> Iterable[str]:
    yield begin
    yield from rows
    yield middle
    yield from after
    yield "</worksheet>"


def row(number: int, *cells: str) -> str:
    inside = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inside}</row>'


TABLE = [row(1, *NAMES), row(2, "U-1", OWNER, "焦炉")]


def times(piece: str, number: int) -> Iterable[str]:
    """A piece so many times, in blocks."""
    block = piece * 1000
    yield from (block for _ in range(number // 1000))


def read(body: bytes, kind: str = XLSX) -> Sheet[UnitEntry]:
    return read_sheet(RESOURCE, table_of(body, kind, columns=COLUMNS))


def refusal(body: bytes, kind: str = XLSX) -> tuple[str, str]:
    """The code and detail of a refusal, for which a process has had little memory and time."""
    with pytest.raises(Refused) as refused:
        WORK.done(LIMITS, read, body, kind)
    return refused.value.kind.code, refused.value.detail


HARMFUL: dict[str, tuple[Callable[[], bytes], str]] = {
    "two million empty cells": (
        lambda: workbook([TABLE[0], '<row r="2">', *times("<c/>", 2_000_000), "</row>"]),
        f"line 2: a sheet may have at most {MOST_CELLS} cells, empty ones included",
    ),
    "rows that say nothing": (
        lambda: workbook([TABLE[0], *times('<row r="2"/>', 1_000_000)]),
        "line 2: a file may have at most 200000 lines, empty ones included",
    ),
    "a value in a row that no sheet has": (
        lambda: workbook([TABLE[0], row(1_048_577, "U-1", OWNER, "焦炉")]),
        "line 1048577: the last line of a sheet is 1048576",
    ),
    "two million texts": (
        lambda: workbook(TABLE, texts=times("<si/>", 2_000_000)),
        f"the workbook has more than {MOST_CELLS} texts",
    ),
    "a deep sheet": (lambda: workbook(times("<a>", 5_000_000)), "too many elements, or too many in each other"),
    "a deep text": (
        lambda: workbook(TABLE, texts=["<si>", *times("<r>", 1_000_000)]),
        "too many elements, or too many in each other",
    ),
    "a text of many runs": (
        lambda: workbook(TABLE, texts=["<si>", *times("<r/>", 1_000_000), "</si>"]),
        "too many elements, or too many in each other",
    ),
    "elements that are none of a sheet": (
        lambda: workbook(times("<a/>", 6_100_000)),
        "too many elements, or too many in each other",
    ),
    "a cell of ten million characters": (
        lambda: workbook([TABLE[0], row(2, "U-1", OWNER, "焦" * 10_000_000)]),
        f"C2: a cell may have at most {MOST_CELL_CHARACTERS} characters",
    ),
    "a bomb": (lambda: workbook(times(" " * 1000, 90_000)), "the workbook unpacks to more than 80000000 bytes"),
    "a sheet named thousands of times": (
        lambda: workbook(TABLE, sheets='<sheet name="1" sheetId="1" r:id="worksheet"/>' * 100_000),
        "the workbook has more than 500 sheets",
    ),
    "a number format of a million characters": (
        lambda: workbook(TABLE, styles=f'<numFmt numFmtId="200" formatCode="{"0" * 1_000_000}"/>'),
        "more number formats than a spreadsheet makes, or a longer one",
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_workbook_is_refused_in_bounds(name: str) -> None:
    make, said = HARMFUL[name]
    body = make()
    assert len(body) < 400_000
    code, detail = refusal(body)
    assert (code, said in detail) == ("too_large", True), detail


HARMFUL_TEXTS: dict[str, tuple[Callable[[], str], str, str]] = {
    "one line without end": (lambda: "x" * 9_000_000, "too_large", "line 1: a row may have at most 500000 characters"),
    "a line of a million columns": (
        lambda: f"{HEADER}\n" + "," * 1_000_000,
        "too_large",
        "line 2: a row may have at most 500000 characters",
    ),
    "a quote that is never closed": (
        lambda: f'{HEADER}\nU-1,{OWNER},"' + "焦炉\n" * 100_000,
        "invalid_body",
        "line 2: not CSV: field larger than field limit",
    ),
    "a row of a million lines": (
        lambda: f"{HEADER}\n" + '"\n",' * 1_000_000,
        "too_large",
        "line 2: a row may have at most 500000 characters",
    ),
    "a long cell": (lambda: f"{HEADER}\nU-1,{OWNER},{'焦' * 40_000}", "too_large", "C2: a cell may have at most 32767"),
    "nothing but lines": (lambda: f"{HEADER}\n" + "\n" * 1_000_000, "too_large", "line 200001: a file may have"),
}


@pytest.mark.parametrize("name", HARMFUL_TEXTS)
def test_a_harmful_text_is_refused_in_bounds(name: str) -> None:
    make, code, said = HARMFUL_TEXTS[name]
    found, detail = refusal(make().encode(), CSV)
    assert (found, said in detail) == (code, True), detail


def test_a_text_of_words_that_nobody_writes_is_not_kept_word_by_word() -> None:
    assert refusal(b"\xfc," * 4_900_000, CSV)[0] == "invalid_body"


def test_rows_may_be_far_from_each_other() -> None:
    body = workbook([TABLE[0], row(1_000_000, "U-1", OWNER, "焦炉"), '<row r="1048576" ht="20"/>'])
    sheet = read(body)
    assert [line for line, _ in sheet.entries] == [1_000_000]


def test_of_a_hundred_thousand_columns_the_first_beyond_those_that_are_read_is_told() -> None:
    sheet = read(f"{HEADER}{',x' * 100_000}\n".encode(), CSV)
    assert [(fault.cell, fault.fault.code) for fault in sheet.faults] == [("D1", "unknown_column")]


def test_merged_ranges_are_told_up_to_a_thousand() -> None:
    merged = times('<mergeCell ref="A2:A3"/>', 500_000)
    sheet = read(workbook(TABLE, after=merged))
    assert len(sheet.faults) == 1000


def test_faults_beyond_those_that_are_told_are_counted() -> None:
    body = f"{HEADER}\n" + "x y,x y,\n" * 20_000
    sheet = read(body.encode(), CSV)
    assert len(sheet.faults) == MOST_ERRORS
    assert len(sheet.faults) + sheet.faults_beyond == 60_000
    assert sheet.faults[-1].line == MOST_ERRORS // 3 + 2


def test_a_long_text_in_thousands_of_cells_is_told_short() -> None:
    text = f"#{'N' * 30_000}!"
    body = workbook(
        [TABLE[0], *(f'<row r="{n}"><c t="s"><v>0</v></c></row>' for n in range(2, 1002))],
        texts=[f"<si><t>{text}</t></si>"],
    )
    sheet = read(body)
    told = [fault.answer() for fault in sheet.faults if fault.fault.code == "error_cell"]
    assert len(told) == 1000
    assert max(len(each["reason"]) for each in told) < 1500
