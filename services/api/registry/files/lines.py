"""Lines of a table, as CSV files and workbooks give them alike."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.api.errors import TOO_LARGE, Refused
from services.api.registry.files.form import Form

MOST_ROWS = 50_000
MOST_LINES_ABOVE = 5
"""So many titles and notes may stand above the header, it included."""
# Rows a sheet or file may have in all, empty ones included.
_MOST_LINES = 200_000


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
    faults: Mapping[int, CellFault] = field(default_factory=dict)
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


def bounded(lines: Iterable[TableLine]) -> Iterator[TableLine]:
    """The lines that say something. Raises Refused when there are too many."""
    # The header is a line too.
    left = MOST_ROWS + 1
    for line in lines:
        if line.number > _MOST_LINES:
            raise Refused(
                TOO_LARGE, f"line {line.number}: a file may have at most {_MOST_LINES} lines, empty ones included"
            )
        while line.cells and not line.cells[-1] and len(line.cells) - 1 not in line.faults:
            line.cells.pop()
        if not line.cells:
            continue
        if left == 0:
            raise Refused(TOO_LARGE, f"line {line.number}: a file may have at most {MOST_ROWS} rows; split it")
        left -= 1
        yield line
