"""CSV files as lines of text."""

import csv
import io
import re
from collections.abc import Collection, Iterator

from services.api.errors import INVALID_BODY, Refused
from services.api.registry.files.blanks import seen
from services.api.registry.files.encoding import Encoding, decoded
from services.api.registry.files.header import columns_named
from services.api.registry.files.lines import TableLine

_SEPARATORS = (",", ";", "\t", "|")
# Signs that stand for a separator in text typed with a Chinese keyboard, and are none.
_TYPED = "，；、"
# The first line of a file by which some spreadsheets say what parts its cells.
_SAYS_SEPARATOR = re.compile(r"\ufeff?\"?sep=([,;|\t])\"?\r?\n?", re.IGNORECASE)
_KEPT_TEXT = re.compile(r'="([^"]*)"')
_LINES_LOOKED_AT = 10


def csv_lines(body: bytes, *, encoding: Encoding | None, columns: Collection[str]) -> Iterator[TableLine]:
    """The lines of a CSV file whose header has `columns`. Raises Refused when it is none."""
    text = decoded(body, encoding)
    said = _SAYS_SEPARATOR.match(text)
    skipped = text[: said.end()].count("\n") if said else 0
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text, columns)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begin = 1
    try:
        for cells in reader:
            yield TableLine(begin + skipped, [_text(cell) for cell in cells])
            begin = reader.line_num + 1
    except csv.Error as error:
        raise Refused(INVALID_BODY, f"line {begin + skipped}: not CSV: {error}") from None


def _text(cell: str) -> str:
    """What a cell says; ="0012" is how a file tells a spreadsheet to leave 0012 a text."""
    kept = _KEPT_TEXT.fullmatch(cell)
    return seen(kept[1] if kept else cell)


def _separator(text: str, columns: Collection[str]) -> str:
    """What parts the cells: that by which the head of the file names most columns."""
    head = text[:20_000].splitlines()[:_LINES_LOOKED_AT]

    def named(separator: str) -> int:
        return max((columns_named(line.replace('"', "").split(separator), columns) for line in head), default=0)

    best = max(_SEPARATORS, key=named)
    typed = next((sign for sign in _TYPED if named(sign) > max(named(best), 1)), None)
    if typed is not None:
        raise Refused(INVALID_BODY, f"the names of the columns are parted by {typed}; part all cells by commas (,)")
    return best


def is_parted_otherwise(cells: list[str]) -> bool:
    """Whether a line of one cell would be several with another separator."""
    return len(cells) == 1 and any(sign in cells[0] for sign in (*_SEPARATORS, *_TYPED))
