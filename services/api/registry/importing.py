"""Bulk import: every faulty row is reported with its line, field and reason; all rows are written, or none."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from psycopg import Connection
from pydantic import BaseModel, ValidationError

from services.api.database import Database
from services.api.errors import IMPORT_REFUSED, INVALID_BODY, Refused, field_problem
from services.api.reasons import Fault, faults_of
from services.api.registry.change import registry_change
from services.api.registry.resource import A, E, R, Resource
from services.api.registry.table_file import TableLine

MOST_ERRORS = 100_000


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault and the line it stands in."""

    line: int
    fault: Fault

    def answer(self) -> dict[str, Any]:
        """The fault as it is answered."""
        return {"line": self.line, **field_problem(self.fault)}


@dataclass(slots=True)
class Sheet(Generic[E]):
    """A file that was read: the entries whose form is right with their lines, and what is wrong with the others."""

    rows: int = 0
    entries: list[tuple[int, E]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)


def columns_of(entry: type[BaseModel]) -> list[str]:
    """The columns of an import file: the fields that create one entry."""
    return list(entry.model_fields)


def read_sheet(resource: Resource[E, R, A], lines: Iterator[TableLine]) -> Sheet[E]:
    """Read `lines`, of which the first is the header. Raises Refused when there is no row."""
    sheet = Sheet[E]()
    header = next(lines, None)
    if header is None:
        raise Refused(
            INVALID_BODY, f"the file is empty; its first line names the columns {', '.join(_columns(resource))}"
        )
    sheet.faults += _header_faults(resource, header)
    if sheet.faults:
        sheet.rows = sum(1 for _ in lines)
        return sheet
    line_of_key: dict[str, int] = {}
    for line in lines:
        sheet.rows += 1
        try:
            entry = _entry(resource, header.cells, line)
        except _FaultyRow as faulty:
            sheet.faults += (RowFault(line.number, fault) for fault in faulty.faults)
            continue
        key = resource.key_of(entry)
        if key in line_of_key:
            sheet.faults.append(RowFault(line.number, resource.repeated(entry, line_of_key[key])))
            continue
        line_of_key[key] = line.number
        sheet.entries.append((line.number, entry))
    if sheet.rows == 0:
        raise Refused(INVALID_BODY, "the file has a header but no rows")
    return sheet


def import_sheet(
    database: Database, resource: Resource[E, R, A], sheet: Sheet[E], *, dry_run: bool, now: datetime
) -> dict[str, Any]:
    """Write the entries of `sheet` unless it has faults or this is a dry run, and tell what came of it.

    Raises Refused(IMPORT_REFUSED) with the same account when there are faults and this is no dry run.
    """
    entries = [entry for _, entry in sheet.entries]
    if dry_run:
        with database.read() as connection:
            faults = [*sheet.faults, *_registry_faults(resource, connection, sheet, now)]
        return _account(sheet, faults, dry_run=True, created=0)
    with registry_change(database) as change:
        faults = [*sheet.faults, *_registry_faults(resource, change.connection, sheet, now)]
        if faults:
            account = _account(sheet, faults, dry_run=False, created=0)
            found = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
            raise Refused(IMPORT_REFUSED, f"{found}; nothing was written", **account)
        created = resource.insert(change.connection, entries)
    return _account(sheet, [], dry_run=False, created=created)


class _FaultyRow(Exception):  # noqa: N818 - named after the fact
    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__()
        self.faults = faults


def _columns(resource: Resource[E, R, A]) -> list[str]:
    return columns_of(resource.entry)


def _header_faults(resource: Resource[E, R, A], header: TableLine) -> Iterator[RowFault]:
    columns = _columns(resource)
    for column in dict.fromkeys(header.cells):
        if column not in columns:
            yield RowFault(header.number, Fault(column[:100], "unknown_column", {"columns": ", ".join(columns)}))
        elif header.cells.count(column) > 1:
            yield RowFault(header.number, Fault(column, "repeated_column"))
    for name, info in resource.entry.model_fields.items():
        if info.is_required() and name not in header.cells:
            yield RowFault(header.number, Fault(name, "missing_column"))


def _entry(resource: Resource[E, R, A], columns: Sequence[str], line: TableLine) -> E:
    if len(line.cells) > len(columns):
        mentions = {"found": len(line.cells), "expected": len(columns)}
        raise _FaultyRow([Fault(columns[-1], "cell_count", mentions)])
    given = {column: cell for column, cell in zip(columns, line.cells, strict=False) if cell}
    try:
        return resource.entry.model_validate_strings(given)
    except ValidationError as error:
        raise _FaultyRow(faults_of(error.errors(include_url=False, include_input=False))) from None


def _registry_faults(
    resource: Resource[E, R, A], connection: Connection, sheet: Sheet[E], now: datetime
) -> Iterator[RowFault]:
    entries = [entry for _, entry in sheet.entries]
    existing = resource.existing(connection, [resource.key_of(entry) for entry in entries])
    for (line, entry), faults in zip(sheet.entries, resource.faults_of(connection, entries, now=now), strict=True):
        key = resource.key_of(entry)
        if key in existing:
            yield RowFault(line, resource.noun.fault(resource.key, "already_exists", key))
        yield from (RowFault(line, fault) for fault in faults)


def _account(sheet: Sheet[E], faults: Iterable[RowFault], *, dry_run: bool, created: int) -> dict[str, Any]:
    ordered = sorted(faults, key=lambda faulty: faulty.line)
    return {
        "dry_run": dry_run,
        "rows": sheet.rows,
        "created": created,
        "error_count": len(ordered),
        "errors": [faulty.answer() for faulty in itertools.islice(ordered, MOST_ERRORS)],
    }
