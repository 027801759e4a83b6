"""A list as a workbook (XLSX): the rows, what they stand on, and how they were asked for; a row at a time in memory."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.api.export.cells import Cell, is_like_formula
from services.core.calendar import SHANGHAI

MOST_CHARACTERS = 32_767
"""So long a text in a cell is at most; the CSV has it whole."""
_CUT = "…"
_DAY = timedelta(days=1)
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=SHANGHAI)
"""From this day on workbooks count days: a time is a number to them."""
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
_NARROWEST, _WIDEST = 10, 42
_WIDE_AS_TWO = 0x2E80
"""From this character on they are as wide as two."""


class ListWorkbook:
    """A workbook, sheet after sheet."""

    def __init__(self, file: IO[bytes]) -> None:
        self._book = Workbook(file, _OPTIONS)
        self._head = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        # The time is that of Asia/Shanghai, which a cell cannot say by itself.
        self._moment = self._book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss"+08:00"'})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        # Typed into again, or written out as CSV, it stays a text.
        self._quoted = self._book.add_format({"quote_prefix": True})

    def sheet(self, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Add a sheet."""
        sheet: Worksheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, min(_WIDEST, max(_NARROWEST, _width(heading) + 2)))
        self._write(sheet, 0, headings, self._head)
        line = 0
        for line, cells in enumerate(rows, start=1):
            self._write(sheet, line, cells)
        if line and headings:
            sheet.autofilter(0, 0, line, len(headings) - 1)

    def close(self) -> None:
        """Write it out whole."""
        self._book.close()

    def _write(self, sheet: Worksheet, line: int, cells: Sequence[Cell], form: Format | None = None) -> None:
        for column, value in enumerate(cells):
            match value:
                case None:
                    continue
                case bool():
                    sheet.write_boolean(line, column, value)
                case int() | float():
                    sheet.write_number(line, column, value)
                case datetime():
                    sheet.write_number(line, column, (value - _FIRST_DAY) / _DAY, self._moment)
                case date():
                    sheet.write_number(line, column, (value - _FIRST_DAY.date()).days, self._day)
                case str():
                    self._write_text(sheet, line, column, value, form)

    def _write_text(self, sheet: Worksheet, line: int, column: int, text: str, form: Format | None) -> None:
        shown = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + _CUT
        sheet.write_string(line, column, shown, form or (self._quoted if is_like_formula(text) else None))


def _width(text: str) -> int:
    return sum(2 if ord(character) >= _WIDE_AS_TWO else 1 for character in text)
