"""Import files, CSV and XLSX, as rows of text."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from services.api.errors import INVALID_BODY, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, Refused

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# GB18030 and what it contains.
_CHINESE = frozenset({"gb18030", "gbk", "gb2312"})

MOST_ROWS = 50_000
MOST_COLUMNS = 64
# Rows a sheet or file may have in all, empty ones included.
_MOST_LINES = 200_000
# A sheet of 50 000 meters unpacks to some 40 MB; texts and styles are held in memory whole, so they are bounded lower.
_MOST_UNPACKED_BYTES = 80_000_000
_MOST_PART_BYTES = 32_000_000
_MOST_PARTS = 500


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line: its number as the file or sheet shows it, and its cells without blanks around them."""

    number: int
    cells: list[str]


def lines_of(body: bytes, content_type: str) -> Iterator[TableLine]:
    """The lines of a file of `content_type`. Raises Refused when it cannot be read or is too long."""
    kind, _, parameters = (part.strip().lower() for part in content_type.partition(";"))
    if kind == CSV:
        lines = _csv_lines(body, is_chinese=parameters.removeprefix("charset=").strip('"') in _CHINESE)
    elif kind == XLSX:
        lines = _xlsx_lines(body)
    else:
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"send the file with Content-Type {CSV} or {XLSX}")
    return _bounded(lines)


def _bounded(lines: Iterable[TableLine]) -> Iterator[TableLine]:
    # The header is a line too.
    left = MOST_ROWS + 1
    for line in lines:
        if line.number > _MOST_LINES:
            raise Refused(TOO_LARGE, f"line {line.number}: a file may have at most {_MOST_LINES} lines")
        while line.cells and not line.cells[-1]:
            line.cells.pop()
        if not line.cells:
            continue
        if left == 0:
            raise Refused(TOO_LARGE, f"line {line.number}: a file may have at most {MOST_ROWS} rows; split it")
        left -= 1
        yield line


def _csv_lines(body: bytes, *, is_chinese: bool) -> Iterator[TableLine]:
    if body.startswith(b"PK\x03\x04"):
        raise Refused(UNSUPPORTED_MEDIA_TYPE, f"this is a workbook: send it with Content-Type {XLSX}")
    reader = csv.reader(io.StringIO(_decoded(body, is_chinese=is_chinese), newline=""), strict=True)
    begin = 1
    try:
        for cells in reader:
            yield TableLine(begin, [cell.strip() for cell in cells])
            begin = reader.line_num + 1
    except csv.Error as error:
        raise Refused(INVALID_BODY, f"line {begin}: not CSV: {error}") from None


def _decoded(body: bytes, *, is_chinese: bool) -> str:
    """UTF-8 unless the sender says GB18030 or it cannot be UTF-8: a few Chinese words may be right in both."""
    try:
        return body.decode("gb18030" if is_chinese else "utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return body.decode("gb18030")
        except UnicodeDecodeError:
            number = body.count(b"\n", 0, error.start) + 1
            raise Refused(INVALID_BODY, f"line {number}: the text is neither UTF-8 nor GB18030") from None


def _xlsx_lines(body: bytes) -> Iterator[TableLine]:
    try:
        _require_harmless(body)
        workbook = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        try:
            if not workbook.worksheets:
                raise Refused(INVALID_BODY, "the workbook has no sheet")
            sheet = workbook.worksheets[0]
            # What a sheet says of its own size is often wrong.
            sheet.reset_dimensions()
            rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            for number, values in enumerate(rows, start=1):
                yield TableLine(number, [_text(value) for value in values])
        finally:
            workbook.close()
    except _BROKEN_WORKBOOK as error:
        raise Refused(INVALID_BODY, f"the workbook cannot be read: {type(error).__name__}") from None


# What zipfile, the XML parser and openpyxl raise for files that are broken in one way or another.
_BROKEN_WORKBOOK = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)


def _require_harmless(body: bytes) -> None:
    """Refuse a workbook that would unpack to too much. zipfile never unpacks more of a part than is declared."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = archive.infolist()
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
    others = [part for part in parts if part not in sheets]
    if (
        len(parts) > _MOST_PARTS
        or sum(part.file_size for part in parts) > _MOST_UNPACKED_BYTES
        or any(part.file_size > _MOST_PART_BYTES for part in others)
    ):
        raise Refused(TOO_LARGE, "the workbook unpacks to too much; save the sheet as CSV")


def _text(value: Any) -> str:
    """A cell as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def csv_of(header: Iterable[str], example: Mapping[str, object]) -> str:
    """A CSV file with `header` and one row, with the mark by which spreadsheets know it to be UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    columns = list(header)
    writer.writerow(columns)
    writer.writerow(["" if example.get(column) is None else example[column] for column in columns])
    return "\ufeff" + stream.getvalue()
