"""A list as a workbook (XLSX): the rows, what they stand on, and how they were asked for, some rows in memory."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import IO
from xml.sax.saxutils import escape

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.api.export.cells import Cell, is_like_formula
from services.core.calendar import SHANGHAI

MOST_CHARACTERS = 32_767
"""So long a text in a cell is at most; the CSV has it whole."""
_CUT = "…"
_DAY = timedelta(days=1)
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=SHANGHAI)
"""From this day on workbooks count days: a time is a number to them."""
_OPTIONS = {"constant_memory": True}
_NARROWEST, _WIDEST = 10, 42
_WIDE_AS_TWO = 0x2E80
"""From this character on they are as wide as two."""
_NO_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
"""What XML cannot hold, and what reads like its escape."""


class _ListSheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes its rows as XML: cell by cell the library is four times as slow."""

    def write_xml(self, lines: Sequence[str], *, first: int, columns: int) -> None:
        """Write lines from the number `first` on, of so many columns."""
        self._check_dimensions(first, 0)
        self._check_dimensions(first + len(lines) - 1, columns - 1)
        self.fh.write("".join(lines))


class ListWorkbook:
    """A workbook, sheet after sheet."""

    def __init__(self, file: IO[bytes]) -> None:
        self._book = Workbook(file, _OPTIONS)
        self._head = self._style(bold=True, text_wrap=True, valign="top", bottom=1)
        # The time is that of Asia/Shanghai, which a cell cannot say by itself.
        self._moment = self._style(num_format='yyyy-mm-dd hh:mm:ss"+08:00"')
        self._day = self._style(num_format="yyyy-mm-dd")
        # Typed into again, or written out as CSV, it stays a text.
        self._quoted = self._style(quote_prefix=True)

    def sheet(self, name: str, headings: Sequence[str], pages: Iterable[Sequence[Sequence[Cell]]]) -> None:
        """Add a sheet: its rows, some at once, given as their columns."""
        sheet: _ListSheet = self._book.add_worksheet(name, _ListSheet)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, min(_WIDEST, max(_NARROWEST, _width(heading) + 2)))
        if headings:
            sheet.write_xml(self._lines([[each] for each in headings], 0, self._head), first=0, columns=len(headings))
        line = 0
        for columns in pages:
            if columns and columns[0]:
                sheet.write_xml(self._lines(columns, line + 1), first=line + 1, columns=len(columns))
                line += len(columns[0])
        if line and headings:
            sheet.autofilter(0, 0, line, len(headings) - 1)

    def close(self) -> None:
        """Write it out whole."""
        self._book.close()

    def _style(self, **given: object) -> str:
        """The attribute of cells that are shown so."""
        return f' s="{self._book.add_format(given)._get_xf_index()}"'

    def _lines(self, columns: Sequence[Sequence[Cell]], first: int, style: str = "") -> list[str]:
        """Rows as XML, whose first is the line `first`, counted from 0."""
        written = [self._cells(cells, xl_col_to_name(number), first, style) for number, cells in enumerate(columns)]
        rows = enumerate(zip(*written, strict=True), first + 1)
        return [f'<row r="{number}">{"".join(cells)}</row>' for number, cells in rows]

    def _cells(self, cells: Sequence[Cell], column: str, first: int, style: str) -> list[str]:
        known: dict[str, str] = {}
        found = []
        for line, value in enumerate(cells, first + 1):
            if value is None:
                found.append("")
            elif isinstance(value, str):
                if value not in known:
                    known[value] = self._text(value, style)
                found.append(f'<c r="{column}{line}"{known[value]}')
            else:
                found.append(f'<c r="{column}{line}"{self._other(value)}')
        return found

    def _text(self, text: str, style: str) -> str:
        shown = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + _CUT
        shown = escape(_NO_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", shown))
        style = style or (self._quoted if is_like_formula(text) else "")
        return f'{style} t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'

    def _other(self, value: float | datetime | date) -> str:
        if isinstance(value, bool):
            return f' t="b"><v>{value:d}</v></c>'
        if isinstance(value, datetime):
            return f"{self._moment}><v>{(value - _FIRST_DAY) / _DAY:.16G}</v></c>"
        if isinstance(value, date):
            return f"{self._day}><v>{(value - _FIRST_DAY.date()).days}</v></c>"
        return f"><v>{value:.16G}</v></c>"


def _width(text: str) -> int:
    return sum(2 if ord(character) >= _WIDE_AS_TWO else 1 for character in text)
