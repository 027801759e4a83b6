"""A table as entries of the registry: every cell that cannot be read is named with its reason."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Generic

from pydantic import BaseModel, ValidationError

from services.api.errors import INVALID_BODY, Refused, field_problem
from services.api.reasons import Fault, faults_of
from services.api.registry.files.cells import CellRefused, read_cell
from services.api.registry.files.csv_file import is_parted_otherwise
from services.api.registry.files.form import form_of
from services.api.registry.files.header import column_name, columns_named
from services.api.registry.files.lines import MOST_LINES_ABOVE, FileTable, TableLine, cell_name
from services.api.registry.resource import A, E, R, Resource

MOST_ERRORS = 10_000
"""So many faults of a file are told, the first; the others are counted."""
ROW = "row"
"""What a fault of a whole row names instead of a field."""


class HiddenRows(enum.StrEnum):
    """What becomes of rows that are hidden or filtered out."""

    REFUSE = "refuse"
    SKIP = "skip"
    TAKE = "take"


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault, the line it stands in, and what a spreadsheet calls the cell."""

    line: int
    fault: Fault
    cell: str | None = None

    def answer(self) -> dict[str, Any]:
        """The fault as it is answered."""
        return {"line": self.line, "cell": self.cell, **field_problem(self.fault)}


@dataclass(slots=True)
class Sheet(Generic[E]):
    """A file that was read: the entries whose form is right with their lines, and what is wrong with the others."""

    header: Sequence[str]
    rows: int = 0
    entries: list[tuple[int, E]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    faults_beyond: int = 0
    """How many were found once there were as many as are told."""
    hidden: list[int] = field(default_factory=list)
    """Lines that were left out since they are hidden."""

    def refuse(self, line: int, faults: Iterable[Fault]) -> None:
        """A line has these faults."""
        for fault in faults:
            if len(self.faults) < MOST_ERRORS:
                self.faults.append(self.fault(line, fault))
            else:
                self.faults_beyond += 1

    def fault(self, line: int, fault: Fault) -> RowFault:
        """A fault of a line, with the cell of its field."""
        place = self.header.index(fault.field) if fault.field in self.header else None
        return RowFault(line, fault, None if place is None else cell_name(place, line))


def columns_of(entry: type[BaseModel]) -> list[str]:
    """The columns of an import file: the fields that create one entry."""
    return list(entry.model_fields)


def read_sheet(
    resource: Resource[E, R, A], table: FileTable, *, hidden_rows: HiddenRows = HiddenRows.REFUSE
) -> Sheet[E]:
    """Read `table`. Raises Refused when there is no row."""
    header, lines = _header(resource, table.lines)
    sheet = Sheet[E]([column_name(cell) for cell in header.cells])
    sheet.faults += _header_faults(resource, header.number, sheet)
    if sheet.faults:
        sheet.rows = sum(1 for _ in lines)
        return sheet
    reader = _RowReader(resource, sheet)
    for line in lines:
        if line.is_hidden and hidden_rows is HiddenRows.SKIP:
            sheet.hidden.append(line.number)
            continue
        sheet.rows += 1
        if line.is_hidden and hidden_rows is HiddenRows.REFUSE:
            sheet.refuse(line.number, [Fault(ROW, "hidden_row")])
            continue
        reader.read(line)
    sheet.faults += _merged_faults(table, header.number)
    sheet.faults += _faults_of_other_sheets(resource, table, header.number)
    if sheet.rows == 0 and not sheet.hidden:
        raise Refused(INVALID_BODY, "the file has a header but no rows")
    return sheet


def _header(resource: Resource[E, R, A], lines: Iterator[TableLine]) -> tuple[TableLine, Iterator[TableLine]]:
    """The first line that names columns, else the first line; and the lines after it."""
    columns = columns_of(resource.entry)
    first = list(islice(lines, MOST_LINES_ABOVE))
    if not first:
        raise Refused(INVALID_BODY, f"the file is empty; its first line names the columns {', '.join(columns)}")
    place = next((place for place, line in enumerate(first) if columns_named(line.cells, columns)), 0)
    return first[place], chain(first[place + 1 :], lines)


def _header_faults(resource: Resource[E, R, A], line: int, sheet: Sheet[E]) -> Iterator[RowFault]:
    columns = columns_of(resource.entry)
    for column in dict.fromkeys(name for name in sheet.header if name):
        if column not in columns:
            fault = Fault(column[:100], "unknown_column", {"columns": ", ".join(columns)})
            yield RowFault(line, fault, cell_name(sheet.header.index(column), line))
        elif sheet.header.count(column) > 1:
            yield sheet.fault(line, Fault(column, "repeated_column"))
    for name, info in resource.entry.model_fields.items():
        if info.is_required() and name not in sheet.header:
            yield RowFault(line, Fault(name, "missing_column"))


def _merged_faults(table: FileTable, header: int) -> Iterator[RowFault]:
    for reference, lines in table.merged:
        if lines.stop - 1 > header:
            line = max(lines.start, header + 1)
            yield RowFault(line, Fault(ROW, "merged_cells", {"range": reference}), reference.partition(":")[0])


def _faults_of_other_sheets(resource: Resource[E, R, A], table: FileTable, header: int) -> Iterator[RowFault]:
    """A further sheet with a table of the same kind, whose rows would be passed over."""
    columns = columns_of(resource.entry)
    for name, lines in table.others:
        if any(columns_named(cells, columns) > 1 for cells in lines):
            yield RowFault(header, Fault(ROW, "other_sheet", {"sheet": name}))


class _RowReader(Generic[E, R, A]):
    """Reads the rows of a sheet into its entries and faults."""

    def __init__(self, resource: Resource[E, R, A], sheet: Sheet[E]) -> None:
        self._resource = resource
        self._sheet = sheet
        self._forms = {name: form_of(info) for name, info in resource.entry.model_fields.items()}
        self._line_of_key: dict[str, int] = {}

    def read(self, line: TableLine) -> None:
        """Read one row."""
        faults = list(self._faults_of_place(line))
        given: dict[str, str | float] = {}
        if not faults:
            given, faults = self._given(line)
        entry = self._entry(given, faults) if given else None
        if entry is not None and not faults:
            self._keep(line.number, entry)
        self._sheet.refuse(line.number, faults)

    def _faults_of_place(self, line: TableLine) -> Iterator[Fault]:
        header = self._sheet.header
        if len(header) > 1 and is_parted_otherwise(line.cells):
            yield Fault(header[0], "other_separator")
        elif len(line.cells) > len(header):
            yield Fault(header[-1], "cell_count", {"found": len(line.cells), "expected": len(header)})
        for place, (column, cell) in enumerate(zip(header, line.cells, strict=False)):
            if cell and not column:
                yield Fault(ROW, "unnamed_column", {"cell": cell_name(place, line.number)})

    def _given(self, line: TableLine) -> tuple[dict[str, str | float], list[Fault]]:
        """What the cells say, and the faults of those that cannot be read."""
        cells = {column: cell for column, cell in zip(self._sheet.header, line.cells, strict=False) if column}
        shares = self._resource.shares_among(cells)
        given: dict[str, str | float] = {}
        faults: list[Fault] = []
        for place, (column, cell) in enumerate(cells.items()):
            form = self._forms[column]
            spoilt = line.faults.get(place)
            if spoilt is not None and form not in spoilt.takers:
                faults.append(Fault(column, spoilt.code, spoilt.mentions))
            elif cell:
                try:
                    given[column] = read_cell(cell, form, is_share=column in shares)
                except CellRefused as refused:
                    faults.append(Fault(column, refused.code, refused.mentions))
        return given, faults

    def _entry(self, given: Mapping[str, str | float], faults: list[Fault]) -> E | None:
        """The entry of a row; what is wrong with it besides goes to `faults`."""
        try:
            return self._resource.entry.model_validate(given)
        except ValidationError as error:
            known = {fault.field for fault in faults}
            found = faults_of(error.errors(include_url=False, include_input=False))
            faults += (fault for fault in found if fault.field not in known)
            return None

    def _keep(self, line: int, entry: E) -> None:
        key = self._resource.key_of(entry)
        earlier = self._line_of_key.setdefault(key, line)
        if earlier != line:
            self._sheet.refuse(line, [self._resource.repeated(entry, earlier)])
        else:
            self._sheet.entries.append((line, entry))
