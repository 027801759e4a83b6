"""Strict reading of the sourced tables beside this module.

A table is a CSV file in UTF-8 whose columns are exactly the fields of a dataclass derived from `Sourced`.
Every row names its source. An operator's folder may hold a file of the same name, which is then read instead.
"""

import csv
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

DATA = Path(__file__).parent
TABLES = (
    "carriers",
    "standard_coal",
    "co2",
    "heat_ranges",
    "processes",
    "benchmarks",
    "limits",
    "unit_inputs",
    "limit_corrections",
    "retrofit_deadlines",
    "tariff_aluminium",
    "tariff_steps",
    "tariff_punitive",
    "two_high",
    "parameters",
    "statistic_kinds",
    "checks",
    "national_aims",
)
"""The tables that an operator may give, by the names of their files; the plans are in a folder of their own."""
PLANS = "plans"
LEAST_MAGNITUDE = Decimal("1e-12")
MOST_MAGNITUDE = Decimal("1e15")
"""Of a number that is not 0. What lies beyond is a slip of the pen, and no result of it would fit into an answer."""


class DataFileError(ValueError):
    """A table does not keep its rules; the message names file, line, field and what is wrong."""

    def __init__(self, file: Path, line: int, field: str, problem: str) -> None:
        super().__init__(f"{file.name}, line {line}, field {field}: {problem}")
        self.file = file
        self.line = line
        self.field = field


class DataFolderError(DataFileError):
    """The folder of an operator's own tables is not one; the message names what is wrong."""

    def __init__(self, path: Path, problem: str) -> None:
        ValueError.__init__(self, f"{path} {problem}")
        self.file, self.line, self.field = path, 0, ""


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

_ADAPTERS: dict[type[Sourced], TypeAdapter[Any]] = {}


def load(row_type: type[Row], file: Path) -> tuple[Row, ...]:
    """The rows of `file` in the order written. Raises DataFileError at the first fault."""
    return tuple(row for _, row in load_lines(row_type, file))


def load_lines(row_type: type[Row], file: Path) -> tuple[tuple[int, Row], ...]:
    """The rows of `file` with the line each stands in, for tables with rules across rows."""
    names = [field.name for field in fields(row_type)]
    required = {field.name for field in fields(row_type) if field.default is MISSING}
    adapter = _adapter(row_type)
    rows: list[tuple[int, Row]] = []
    line_of_code: dict[str, int] = {}
    lines = _cells(file)
    _, header = next(lines, (1, []))
    _check_header(file, header, names)
    for line, cells in lines:
        row = _row(adapter, file, line, header, cells, required)
        if row.code in line_of_code:
            raise DataFileError(file, line, "code", f"{row.code} stands in line {line_of_code[row.code]} too")
        line_of_code[row.code] = line
        _check_magnitudes(file, line, row)
        if isinstance(row, Number) and row.valid_to is not None and row.valid_to <= row.valid_from:
            raise DataFileError(file, line, "valid_to", f"must lie after valid_from ({row.valid_from})")
        rows.append((line, row))
    return tuple(rows)


def table_file(name: str, override: Path | None) -> Path:
    """The file of the table `name` in the folder `override` where it has one, else the shipped one."""
    if override is not None and (override / name).is_file():
        return override / name
    return DATA / name


def check_folder(folder: Path | None) -> None:
    """Raise DataFolderError where an operator's folder is not there, or holds a CSV file that is no table.

    A mistyped name would leave the shipped numbers in force unnoticed.
    """
    if folder is None:
        return
    if not folder.is_dir():
        raise DataFolderError(folder, "is not a folder; ENERMON_DATA names the folder with your own tables")
    known = [f"{name}.csv" for name in TABLES]
    for file in sorted(folder.glob("*.csv")):
        if file.name not in known:
            raise DataFolderError(
                file, f"is not a table; the tables are {', '.join(known)}, and plans go into {PLANS}/"
            )


def _adapter(row_type: type[Row]) -> TypeAdapter[Row]:
    """What reads cells as a `row_type`. It is made once: that takes longer than to read most tables."""
    if row_type not in _ADAPTERS:
        _ADAPTERS[row_type] = TypeAdapter(row_type)
    return _ADAPTERS[row_type]


def _cells(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The lines of `file`, cut into cells, with the number of the line each ends in."""
    line = 1
    # Spreadsheet programs write a byte order mark, which utf-8-sig leaves out.
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            for cells in reader:
                line = reader.line_num
                yield line, cells
        except UnicodeDecodeError:
            raise DataFileError(file, line, "code", "the file is not UTF-8 from about this line on") from None
        except csv.Error as error:
            raise DataFileError(file, reader.line_num, "code", f"the line cannot be read: {error}") from None


def _check_header(file: Path, header: list[str], names: list[str]) -> None:
    for column in header:
        if column not in names:
            raise DataFileError(file, 1, column, f"unknown column; the columns are {', '.join(names)}")
        if header.count(column) > 1:
            raise DataFileError(file, 1, column, "the column stands twice")
    for name in names:
        if name not in header:
            raise DataFileError(file, 1, name, "the column is missing")


def _row(
    adapter: TypeAdapter[Row], file: Path, line: int, header: list[str], cells: list[str], required: set[str]
) -> Row:
    if len(cells) != len(header):
        raise DataFileError(file, line, header[-1], f"the row has {len(cells)} cells, the header {len(header)}")
    values = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    for name in header:
        if name in required and name not in values:
            raise DataFileError(file, line, name, "must not be empty")
    try:
        return adapter.validate_strings(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DataFileError(file, line, ".".join(map(str, first["loc"])), first["msg"]) from None


def _check_magnitudes(file: Path, line: int, row: Sourced) -> None:
    for field in fields(row):
        value = getattr(row, field.name)
        # copy_abs, unlike abs, neither rounds nor overflows.
        if isinstance(value, Decimal) and value and not LEAST_MAGNITUDE <= value.copy_abs() <= MOST_MAGNITUDE:
            problem = f"must be 0, or of a magnitude from 1e-12 to 1e15, not {value:e}"
            raise DataFileError(file, line, field.name, problem)
