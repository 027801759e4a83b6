"""Strict reading of the sourced tables beside this module.

A table is a CSV file in UTF-8 whose columns are exactly the fields of a dataclass derived from `Sourced`.
Every row names its source.
"""

import csv
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

DATA = Path(__file__).parent


class DataFileError(ValueError):
    """A table does not keep its rules; the message names file, line, field and what is wrong."""

    def __init__(self, file: Path, line: int, field: str, problem: str) -> None:
        super().__init__(f"{file.name}, line {line}, field {field}: {problem}")
        self.line = line
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """What every row of every table says of itself."""

    code: str
    source: str
    """Document the row was taken from."""
    verified: bool
    """Whether the row was checked against that document or a second source; written yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Sourced):
    """A row that gives one number. None of these fields may be empty but `valid_to`."""

    value: Decimal
    unit: str
    valid_from: date
    valid_to: date | None = None
    """First day on which it no longer holds."""
    place: str
    """Where in the document it stands."""


Row = TypeVar("Row", bound=Sourced)


def load(row_type: type[Row], file: Path) -> tuple[Row, ...]:
    """The rows of `file` in the order written. Raises DataFileError at the first fault."""
    names = [field.name for field in fields(row_type)]
    adapter = TypeAdapter(row_type)
    rows: list[Row] = []
    line_of_code: dict[str, int] = {}
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        header = next(reader, [])
        _check_header(file, header, names)
        for cells in reader:
            row = _row(adapter, file, reader.line_num, header, cells)
            if row.code in line_of_code:
                raise DataFileError(
                    file, reader.line_num, "code", f"{row.code} stands in line {line_of_code[row.code]} too"
                )
            line_of_code[row.code] = reader.line_num
            rows.append(row)
    return tuple(rows)


def _check_header(file: Path, header: list[str], names: list[str]) -> None:
    for column in header:
        if column not in names:
            raise DataFileError(file, 1, column, f"unknown column; the columns are {', '.join(names)}")
        if header.count(column) > 1:
            raise DataFileError(file, 1, column, "the column stands twice")
    for name in names:
        if name not in header:
            raise DataFileError(file, 1, name, "the column is missing")


def _row(adapter: TypeAdapter[Row], file: Path, line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        raise DataFileError(file, line, header[-1], f"the row has {len(cells)} cells, the header {len(header)}")
    values = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    for required in ("code", "source", "verified"):
        if required not in values:
            raise DataFileError(file, line, required, "must not be empty")
    try:
        return adapter.validate_strings(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DataFileError(file, line, ".".join(map(str, first["loc"])), first["msg"]) from None
