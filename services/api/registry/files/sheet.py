"""The cells of a workbook's sheet as lines of text: what each shows, and what spoils it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from xml.etree.ElementTree import Element
from xml.parsers.expat import ExpatError

from services.api.errors import INVALID_BODY, Refused
from services.api.registry.files.blanks import seen
from services.api.registry.files.form import NUMBERS, TIMES
from services.api.registry.files.lines import (
    MOST_COLUMNS,
    MOST_LINES_ABOVE,
    CellFault,
    FileTable,
    TableLine,
    require_short,
)
from services.api.registry.files.number_format import GENERAL, NumberFormat, Shows
from services.api.registry.files.parts import elements_of, too_much
from services.api.registry.files.workbook import MOST_CELLS, Workbook, is_on, text_in, workbook_in

_PARTS = {"c", "mergeCell"}
# Each makes the file one to be refused; the first say so.
_MOST_MERGED = 1000
# A spreadsheet keeps that many digits of a number.
_KEPT_DIGITS = 15
# Days are counted from here; before 1900-03-01 spreadsheets count a day that never was.
_FIRST_DAY, _FIRST_DAY_OF_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet knows no zones

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,9})")

# What zipfile and the XML parser raise for files that are broken in one way or another.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ExpatError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    ArithmeticError,
    LookupError,
)


def sheet_table(body: bytes) -> FileTable:
    """The lines of the first shown sheet of a workbook. Reading them raises Refused when it is broken."""
    table = FileTable(iter(()))
    table.lines = _lines(body, table)
    return table


def _lines(body: bytes, table: FileTable) -> Iterator[TableLine]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            workbook = workbook_in(archive)
            (_, first), *others = workbook.sheets
            yield from _Sheet(workbook, table).lines(elements_of(archive, first, _PARTS, heads={"row"}))
            for name, part in others:
                sheet = _Sheet(workbook, FileTable(iter(())))
                head = islice(sheet.lines(elements_of(archive, part, _PARTS, heads={"row"})), MOST_LINES_ABOVE)
                table.others.append((name, [line.cells for line in head]))
    except _BROKEN as error:
        raise Refused(INVALID_BODY, f"the workbook cannot be read: {type(error).__name__}") from None


class _Sheet:
    def __init__(self, workbook: Workbook, table: FileTable) -> None:
        self._workbook = workbook
        self._table = table
        self._first_day = _FIRST_DAY_OF_1904 if workbook.is_from_1904 else _FIRST_DAY

    def lines(self, elements: Iterator[Element]) -> Iterator[TableLine]:
        """The rows, and beside them the merged ranges."""
        line: TableLine | None = None
        cells = 0
        for element in elements:
            name = element.tag
            if name == "row":
                if line is not None:
                    yield line
                number = int(element.get("r", line.number + 1 if line else 1))
                line = TableLine(number, [], is_hidden=is_on(element.get("hidden")) or element.get("ht") == "0")
            elif name == "c" and line is not None:
                cells += 1
                if cells > MOST_CELLS:
                    raise too_much(
                        f"line {line.number}: a sheet may have at most {MOST_CELLS} cells, empty ones included"
                    )
                self._put(element, line)
            elif name == "mergeCell" and len(self._table.merged) < _MOST_MERGED:
                self._table.merged.append(_range(element.attrib["ref"]))
        if line is not None:
            yield line

    def _put(self, cell: Element, line: TableLine) -> None:
        reference = _REFERENCE.fullmatch(cell.get("r", ""))
        place = min(_column(reference[1]) if reference else len(line.cells), MOST_COLUMNS)
        text, fault = self._cell(cell)
        require_short(text, place, line.number)
        line.cells.extend([""] * (place + 1 - len(line.cells)))
        line.cells[place] = seen(text)
        if fault is not None:
            line.faults[place] = fault

    def _cell(self, cell: Element) -> tuple[str, CellFault | None]:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return text_in(cell), None
        parts = {part.tag: part.text or "" for part in cell}
        value = parts.get("v", "")
        if not value:
            is_without = "f" in parts and (kind != "str" or "v" not in parts)
            return "", CellFault("formula_without_value") if is_without else None
        if kind == "s":
            return self._workbook.texts[int(value)], None
        if kind == "b":
            return "true" if is_on(value) else "false", None
        if kind == "d":
            return _shown_time(datetime.fromisoformat(value), Shows.DAY)
        return (value, None) if kind in ("str", "e") else self._number(value, int(cell.get("s", "0")))

    def _number(self, value: str, style: int) -> tuple[str, CellFault | None]:
        shown_as = self._workbook.formats[style] if self._workbook.formats else GENERAL
        match shown_as.shows:
            case Shows.DAY | Shows.MONTH | Shows.YEAR | Shows.TIME:
                # To the second: a day's fraction is not exact.
                seconds = round(float(value) * 86_400)
                return _shown_time(self._first_day + timedelta(seconds=seconds), shown_as.shows)
            case Shows.PERCENT:
                return f"{_plain(Decimal(repr(float(value))) * 100)}%", None
        return _shown_number(float(value), shown_as)


def _shown_number(value: float, shown_as: NumberFormat) -> tuple[str, CellFault | None]:
    text = _plain(Decimal(repr(value)))
    if shown_as.shows is Shows.SCALED:
        return text, CellFault("scaled_number", {"value": text, "format": shown_as.code})
    if abs(value) >= 10**_KEPT_DIGITS:
        return text, CellFault("digits_lost", {"digits": _KEPT_DIGITS}, takers=NUMBERS)
    if shown_as.shows is Shows.OTHERWISE:
        mentions = {"value": text, "format": shown_as.code}
        return text, CellFault("shown_otherwise", mentions, takers=NUMBERS)
    return (text.zfill(shown_as.digits) if value >= 0 and value.is_integer() else text), None


def _shown_time(moment: datetime, shows: Shows) -> tuple[str, CellFault | None]:
    if shows is Shows.TIME:
        return moment.time().isoformat(), CellFault("time_cell")
    fault = CellFault("date_cell", {"value": moment.date().isoformat()}, takers=TIMES)
    if shows is Shows.YEAR:
        return f"{moment.year:04}", fault
    if shows is Shows.MONTH:
        return f"{moment.year:04}-{moment.month:02}", fault
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat(), fault


def _plain(number: Decimal) -> str:
    """The number without exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _range(reference: str) -> tuple[str, range]:
    lines = [int(line) for _, line in _REFERENCE.findall(reference)]
    return reference, range(lines[0], lines[-1] + 1)
