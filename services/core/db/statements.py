"""Named SQL: the statements of a .sql file, each with the parameters it takes.

`-- name: late_slots(most)` begins a statement that can be run, `-- part: in_area(area)` a piece that others are put
together from. Parameters are written `:most`. What is called is checked: the name, and that exactly the declared
parameters are given (tests hold every call in the program to that, and prepare every statement on the real schema).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from psycopg import Connection, Cursor
from psycopg.rows import RowFactory, class_row, dict_row, namedtuple_row, scalar_row, tuple_row

_HEAD = re.compile(r"-- (?P<kind>name|part): (?P<name>\w+)\((?P<parameters>[\w, ]*)\)")
_ANY_HEAD = re.compile(r"-- (name|part):")
# What is quoted, a comment, and a cast hold no parameters.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|::|:(?P<name>[a-z_]\w*)")

_ROWS_AT_ONCE = 1000

T = TypeVar("T")
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as psycopg takes it; a part is none that could be run."""

    text: str
    parameters: frozenset[str]
    is_part: bool


class Rows(Generic[T]):
    """What a statement gave: rows with the columns as attributes, unless asked for in another form."""

    def __init__(self, cursor: Cursor[Any], form: RowFactory[Any] = namedtuple_row) -> None:
        self._cursor = cursor
        self._form = form

    def of(self, kind: type[Kind]) -> "Rows[Kind]":
        """The rows as `kind`, whose fields are named as the columns are."""
        return Rows(self._cursor, class_row(kind))

    def mappings(self) -> "Rows[dict[str, Any]]":
        """The rows by the names of their columns."""
        return Rows(self._cursor, dict_row)

    def tuples(self) -> "Rows[tuple[Any, ...]]":
        """The rows without names, in a third of the time: for very many, of few columns, told apart where they come."""
        return Rows(self._cursor, tuple_row)

    def scalars(self) -> "Rows[Any]":
        """The first column alone."""
        return Rows(self._cursor, scalar_row)

    def __iter__(self) -> Iterator[T]:
        """Some rows after others: as the database sent them they take a third of the memory."""
        cursor = self._formed()
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows

    def all(self) -> list[T]:
        """Every row that is left."""
        return self._formed().fetchall()

    def first(self) -> T | None:
        """The next row; None where there is none."""
        return self._formed().fetchone()

    def one(self) -> T:
        """The only row. Raises ValueError where there is none, or another."""
        (row,) = self.all()
        return row

    def scalar(self) -> Any:
        """The first column of the next row; None where there is none."""
        return self.scalars().first()

    def scalar_one(self) -> Any:
        """The first column of the only row. Raises ValueError where there is none, or another."""
        return self.scalars().one()

    def _formed(self) -> Cursor[Any]:
        if self._cursor.row_factory is not self._form:
            self._cursor.row_factory = self._form
        return self._cursor

    @property
    def rowcount(self) -> int:
        """How many rows were given, or changed."""
        return self._cursor.rowcount


class Statements:
    """The statements of one file. Raises ValueError for a faulty one."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._statements = read(file.read_text("utf-8"))

    @classmethod
    def beside(cls, module: str, name: str) -> Self:
        """Those of the file `name` that lies beside the module `module` (its __file__)."""
        return cls(Path(module).with_name(name))

    @property
    def statements(self) -> Mapping[str, Statement]:
        """All of them, by name."""
        return self._statements

    def __getitem__(self, name: str) -> str:
        """The text of a statement or part, to put others together from it. Raises LookupError."""
        return self._named(name).text

    def run(self, connection: Connection[Any], name: str, /, **parameters: Any) -> Rows[Any]:
        """Execute the statement `name`. Raises LookupError, TypeError for wrong parameters, psycopg.Error."""
        return run_text(connection, self.text_for(name, parameters), parameters)

    def by_code(self, connection: Connection[Any], name: str, column: str, /, **parameters: Any) -> dict[str, str]:
        """Execute the statement `name` and give the `column` of each row by its column `code`."""
        return {row["code"]: row[column] for row in self.run(connection, name, **parameters).mappings()}

    def text_for(self, name: str, parameters: Mapping[str, Any]) -> str:
        """The text of a statement that is to be run with these. Raises LookupError, TypeError."""
        statement = self._named(name)
        if statement.is_part:
            raise LookupError(f"{self.file.name}: {name} is a part, and no statement")
        if parameters.keys() != statement.parameters:
            raise TypeError(f"{self.file.name}: {name} takes {sorted(statement.parameters)}, not {sorted(parameters)}")
        return statement.text

    def _named(self, name: str) -> Statement:
        try:
            return self._statements[name]
        except KeyError:
            raise LookupError(f"{self.file.name}: there is no statement {name}") from None


def run_text(connection: Connection[Any], text: str, parameters: Mapping[str, Any]) -> Rows[Any]:
    """Execute SQL with parameters as psycopg takes them, %(name)s. Raises psycopg.Error."""
    cursor = connection.cursor()
    # Without parameters it may be several statements.
    cursor.execute(text.encode(), parameters or None)
    return Rows(cursor)


def read(text: str) -> dict[str, Statement]:
    """The statements and parts of a file, by name. Raises ValueError."""
    found: dict[str, Statement] = {}
    blocks = re.split(r"^(?=-- (?:name|part):)", text, flags=re.MULTILINE)
    for block in blocks:
        if not _ANY_HEAD.match(block):
            continue
        line, _, body = block.partition("\n")
        head = _HEAD.fullmatch(line.rstrip())
        if head is None:
            raise ValueError(f"not `-- name: statement(parameter, ...)`: {line}")
        name, declared = head["name"], frozenset(re.findall(r"\w+", head["parameters"]))
        used: set[str] = set()
        statement = Statement(_bound(body, used).strip().rstrip(";"), declared, head["kind"] == "part")
        if name in found:
            raise ValueError(f"{name} is there twice")
        if "%" in body:
            raise ValueError(f"{name} has a %, which psycopg would take for a parameter")
        if used != declared:
            raise ValueError(f"{name} declares {sorted(declared)} and uses {sorted(used)}")
        found[name] = statement
    return found


def _bound(body: str, used: set[str]) -> str:
    """The SQL with its parameters as psycopg takes them; their names are added to `used`."""

    def placeholder(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        used.add(match["name"])
        return f"%({match['name']})s"

    return _PARAMETER.sub(placeholder, body)
