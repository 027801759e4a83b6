"""CSV files as lines of text."""

import csv
import io
import re
from collections.abc import Collection, Iterator

from services.api.errors import INVALID_BODY, TOO_LARGE, Refused
from services.api.registry.files.blanks import seen
from services.api.registry.files.encoding import Encoding, decoded
from services.api.registry.files.header import columns_named
from services.api.registry.files.lines import MOST_COLUMNS, TableLine, require_short

_SEPARATORS = (",", ";", "\t", "|")
# Signs that stand for a separator in text typed with a Chinese keyboard, and are none.
_TYPED = "，；、"
# The first line of a file by which some spreadsheets say what parts its cells.
_SAYS_SEPARATOR = re.compile(r"\ufeff?\"?sep=([,;|\t])\"?\r?\n?", re.IGNORECASE)
_KEPT_TEXT = re.compile(r'="([^"]*)"')
_LINES_LOOKED_AT = 10
# Of one row, however many lines its texts have.
_MOST_ROW_CHARACTERS = 500_000


def csv_lines(body: bytes, *, encoding: Encoding | None, columns: Collection[str]) -> Iterator[TableLine]:
    """The lines of a CSV file whose header has `columns`. Raises Refused when it is none."""
    text = decoded(body, encoding)
    said = _SAYS_SEPARATOR.match(text)
    skipped = text[: said.end()].count("\n") if said else 0
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text, columns)
    begin = 1 + skipped
    taken = 0

    def pieces() -> Iterator[str]:
        nonlocal taken
        for piece in io.StringIO(text, newline=""):
            taken += len(piece)
            if taken > _MOST_ROW_CHARACTERS:
                raise Refused(
                    TOO_LARGE,
                    f"line {begin}: a row may have at most {_MOST_ROW_CHARACTERS} characters; see that each row of the"
                    " table is a line, and each quote that opens is closed",
                )
            yield piece

    reader = csv.reader(pieces(), delimiter=separator, strict=True)
    try:
        for cells in reader:
            yield _line(begin, cells)
            begin, taken = reader.line_num + 1 + skipped, 0
    except csv.Error as error:
        raise Refused(INVALID_BODY, f"line {begin}: not CSV: {error}") from None


def _line(number: int, cells: list[str]) -> TableLine:
    texts = [_text(cell) for cell in cells[: MOST_COLUMNS + 1]]
    for place, text in enumerate(texts):
        require_short(text, place, number)
    return TableLine(number, texts)


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
