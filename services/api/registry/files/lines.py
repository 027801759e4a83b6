"""Lines of a table, as CSV files and workbooks give them alike."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.api.errors import TOO_LARGE, Refused
from services.api.registry.files.form import Form

MOST_ROWS = 50_000
MOST_COLUMNS = 64
MOST_CELL_CHARACTERS = 32_767
"""As many as a spreadsheet keeps in a cell."""
MOST_LINES_ABOVE = 5
"""So many titles and notes may stand above the header, it included."""
# Lines that are there, empty ones included; and the last line that a sheet has.
_MOST_LINES, _LAST_LINE = 200_000, 1_048_576


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a cell is not what its text says."""

    code: str
    mentions: Mapping[str, Any] = field(default_factory=dict)
    takers: frozenset[Form] = frozenset()
    """The forms of fields that can take it all the same."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """One line: its number as the file or sheet shows it, and its cells without blanks around them."""

    number: int
    cells: list[str]
    """Whatever lies beyond the 64 columns that are read is one more, so that the line is seen to be too long."""
    faults: dict[int, CellFault] = field(default_factory=dict)
    """By the place of the cell."""
    is_hidden: bool = False


@dataclass(slots=True)
class FileTable:
    """The lines of a file. What is beside them is known when all were read."""

    lines: Iterator[TableLine]
    merged: list[tuple[str, range]] = field(default_factory=list)
    """Each range of merged cells, and the lines it covers."""
    others: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    """Each further sheet that is shown, and the cells of its first lines."""


def cell_name(column: int, line: int) -> str:
    """What a spreadsheet calls a cell: A1 is column 0 of line 1."""
    letters = ""
    column += 1
    while column:
        column, left = divmod(column - 1, 26)
        letters = chr(ord("A") + left) + letters
    return f"{letters}{line}"


def require_short(text: str, column: int, line: int) -> None:
    """Refuse a cell that holds more than a spreadsheet's can. Raises Refused(TOO_LARGE)."""
    if len(text) > MOST_CELL_CHARACTERS:
        where = cell_name(column, line)
        raise Refused(TOO_LARGE, f"{where}: a cell may have at most {MOST_CELL_CHARACTERS} characters; shorten it")


def bounded(lines: Iterable[TableLine]) -> Iterator[TableLine]:
    """The lines that say something. Raises Refused when there are too many."""
    # The header is a line too.
    left = MOST_ROWS + 1
    for found, line in enumerate(lines, start=1):
        if found > _MOST_LINES:
            raise Refused(
                TOO_LARGE,
                f"line {line.number}: a file may have at most {_MOST_LINES} lines, empty ones included; delete those",
            )
        while line.cells and not line.cells[-1] and len(line.cells) - 1 not in line.faults:
            line.cells.pop()
        if not line.cells:
            continue
        if line.number > _LAST_LINE:
            raise Refused(TOO_LARGE, f"line {line.number}: the last line of a sheet is {_LAST_LINE}")
        if left == 0:
            raise Refused(TOO_LARGE, f"line {line.number}: a file may have at most {MOST_ROWS} rows; split it")
        left -= 1
        yield line
