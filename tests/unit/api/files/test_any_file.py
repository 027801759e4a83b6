"""Whatever is sent as a file is read or refused, and never a failure of the service."""

import io
import zipfile

import openpyxl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.api.errors import Refused
from services.api.export.described import CSV, XLSX
from services.api.registry.files.number_format import number_format
from services.api.registry.reading import columns_of, read_sheet
from services.api.registry.table_file import table_of
from services.api.routes.meters import RESOURCE

COLUMNS = columns_of(RESOURCE.entry)
HEADER = ",".join(COLUMNS)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(COLUMNS)
    book.active.append([1.5, "=A1", None, True, "x"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


WORKBOOK = _workbook()
with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist()}


def is_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        sheet = read_sheet(RESOURCE, table_of(body, content_type, columns=COLUMNS))
    except Refused:
        return
    for fault in sheet.faults:
        assert fault.answer()["reason_zh"]


@given(st.binary(max_size=300))
@example(b"\x00")
@example(b"\xff\xfe")
@example(b"\x84\x31\x95\x33")
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    is_read_or_refused(body, CSV)
    is_read_or_refused(body, XLSX)
    is_read_or_refused(f"{HEADER}\n".encode() + body, CSV)


CELLS = st.text(max_size=12) | st.sampled_from(
    ["#N/A", "5%", "1,234", "2026/1/1", "46023", "1E+17", "“", "\ufffd", "="]
)


@given(st.lists(st.lists(CELLS, max_size=18), max_size=4), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=200)
def test_any_cells_are_read_or_refused(rows: list[list[str]], codec: str) -> None:
    text = "\n".join([HEADER, *(",".join(row) for row in rows)])
    is_read_or_refused(text.encode(codec, "replace"), CSV)


@given(st.sampled_from(sorted(PARTS)), st.integers(0, 4000), st.binary(max_size=6))
@settings(max_examples=300)
def test_a_workbook_that_is_damaged_anywhere_is_read_or_refused(part: str, at: int, put: bytes) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name, content in PARTS.items():
            place = at % (len(content) + 1)
            damaged = content[:place] + put + content[place + len(put) :]
            target.writestr(name, damaged if name == part else content)
    is_read_or_refused(made.getvalue(), XLSX)


@given(st.integers(0, len(WORKBOOK)), st.binary(max_size=4))
def test_an_archive_that_is_damaged_anywhere_is_read_or_refused(at: int, put: bytes) -> None:
    is_read_or_refused(WORKBOOK[:at] + put + WORKBOOK[at + len(put) :], XLSX)


NUMBERS = st.sampled_from(["1e400", "-1e400", "nan", "1e-320", "9" * 500, "-5", "1e15", "2958466", "abc", "", "0.1"])
FORMATS = st.sampled_from(["General", "yyyy-mm-dd", "0%", "h:mm", "[h]:mm", '0"万"', "000", "@", "", ";;;"])


@given(NUMBERS, FORMATS)
@settings(max_examples=200)
def test_any_number_in_any_format_is_read_or_refused(number: str, code: str) -> None:
    styles = PARTS["xl/styles.xml"].replace(b"<cellXfs", b"<ignored").replace(b"</cellXfs>", b"</ignored>")
    own = f'<numFmts><numFmt numFmtId="200" formatCode="{code.replace(chr(34), "&quot;")}"/></numFmts>'.encode()
    styles = styles.replace(b"</styleSheet>", own + b'<cellXfs><xf numFmtId="200"/></cellXfs></styleSheet>')
    row = "".join(f'<c r="{letter}2" s="0"><v>{number}</v></c>' for letter in "AJN")
    sheet = PARTS["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", f'<row r="2">{row}</row></sheetData>'.encode())
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name, content in PARTS.items():
            target.writestr(name, {"xl/styles.xml": styles, "xl/worksheets/sheet1.xml": sheet}.get(name, content))
    is_read_or_refused(made.getvalue(), XLSX)


@given(st.text(max_size=20) | st.text(alphabet='0#?.,%;"\\!@[]ymdhse_* 年月日E+-', max_size=20))
def test_any_number_format_shows_something(code: str) -> None:
    assert number_format(code).shows
