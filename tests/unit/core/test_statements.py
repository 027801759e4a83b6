"""Named SQL: how a file is read, and that the whole program calls what there is, as it is declared."""

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
from psycopg import Cursor

import services
from services.core.db.registry_rows import RegistryRows
from services.core.db.statements import Rows, Statement, Statements, read

ROOT = Path(services.__file__).parent
NAMED_NOWHERE = re.compile(r"(?!)")


def test_a_statement_is_read_with_the_parameters_it_declares() -> None:
    found = read(
        "-- What this file is about: nothing.\n\n"
        "-- name: late_slots(most, since)\n-- Those of :nobody.\n"
        "SELECT slot::date, 'a:b' FROM late WHERE slot < :since ::timestamptz LIMIT :most;\n\n"
        "-- part: in_area(area)\nentry.area = :area\n"
    )
    text = (
        "-- Those of :nobody.\nSELECT slot::date, 'a:b' FROM late WHERE slot < %(since)s ::timestamptz LIMIT %(most)s"
    )
    assert found == {
        "late_slots": Statement(text, frozenset({"most", "since"}), is_part=False),
        "in_area": Statement("entry.area = %(area)s", frozenset({"area"}), is_part=True),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-- name: late\nSELECT 1;", "not `-- name"),
        ("-- name: late(most)\nSELECT 1;", "declares"),
        ("-- name: late()\nSELECT :most;", "uses"),
        ("-- name: late()\nSELECT 1;\n-- name: late()\nSELECT 2;", "twice"),
        ("-- name: share()\nSELECT 5 % 3;", "%"),
    ],
)
def test_a_faulty_file_is_not_read(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(text)


def test_what_is_called_in_another_way_than_it_is_declared_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "some.sql"
    file.write_text("-- name: late(most)\nSELECT :most;\n-- part: in_area(area)\nentry.area = :area;\n", "utf-8")
    statements = Statements(file)
    assert statements.text_for("late", {"most": 3}) == "SELECT %(most)s"
    for given in ({}, {"most": 3, "least": 2}, {"least": 2}):
        with pytest.raises(TypeError, match="takes"):
            statements.text_for("late", given)
    for name in ("lat", "in_area"):
        with pytest.raises(LookupError, match=name):
            statements.text_for(name, {"area": "150600"})


@dataclass(frozen=True)
class Use:
    """A place in the program that names a statement; `given` is None where its parameters are not written there."""

    at: str
    file: Path
    named: re.Pattern[str]
    given: frozenset[str] | None
    all_given: bool

    def suits(self, statement: Statement) -> bool:
        """Whether the parameters that are given there are those of the statement; others may come by `**`."""
        if self.given is None:
            return True
        return self.given == statement.parameters if self.all_given else self.given <= statement.parameters


@cache
def modules() -> list[tuple[ModuleType, ast.Module]]:
    found = []
    for info in pkgutil.walk_packages([str(ROOT)], "services."):
        if "migrations" not in info.name and not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            assert module.__file__ is not None
            found.append((module, ast.parse(Path(module.__file__).read_text("utf-8"))))
    return found


def files_of(value: object) -> frozenset[Path]:
    """The files of statements that a value stands for."""
    if isinstance(value, RegistryRows):
        value = value.statements
    return frozenset({value.file.resolve()}) if isinstance(value, Statements) else frozenset()


@cache
def files_of_resources() -> frozenset[Path]:
    """Of what has its statements as an attribute `sql`."""
    held = (getattr(value, "sql", None) for module, _ in modules() for value in vars(module).values())
    return frozenset(file for value in held for file in files_of(value))


def meant(base: ast.expr, module: ModuleType) -> frozenset[Path]:
    """The files of the statements that an expression of a module stands for; of none where it is no such thing."""
    if ast.unparse(base) == "self.sql":
        return files_of_resources()
    names = []
    while isinstance(base, ast.Attribute):
        names.append(base.attr)
        base = base.value
    if not isinstance(base, ast.Name):
        return frozenset()
    value: object = vars(module).get(base.id)
    for name in reversed(names):
        value = getattr(value, name, None)
    return files_of(value)


def pattern(name: ast.expr) -> re.Pattern[str]:
    """What a written name can be; of one that is a variable nothing is known."""
    if isinstance(name, ast.Constant):
        return re.compile(re.escape(str(name.value)))
    if isinstance(name, ast.JoinedStr):
        return re.compile(
            "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in name.values)
        )
    return NAMED_NOWHERE


def uses() -> Iterator[Use]:
    for module, tree in modules():
        for node in ast.walk(tree):
            at = f"{module.__name__}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Subscript):
                yield from (Use(at, f, pattern(node.slice), None, False) for f in meant(node.value, module))
            elif isinstance(node, ast.Call):
                given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
                all_given = all(keyword.arg is not None for keyword in node.keywords)
                for file, name in called(node, module):
                    yield Use(at, file, pattern(name), given, all_given)


def called(node: ast.Call, module: ModuleType) -> Iterator[tuple[Path, ast.expr]]:
    """The file and the name of a call like `sql.run(connection, name)` or `copy_out(connection, sql, name)`."""
    if isinstance(node.func, ast.Attribute) and len(node.args) >= 2:
        yield from ((file, node.args[1]) for file in meant(node.func.value, module))
    for statements, name in pairwise(node.args):
        yield from ((file, name) for file in meant(statements, module))


@cache
def files() -> dict[Path, Statements]:
    found = (file for file in ROOT.rglob("*.sql") if "migrations" not in file.parts and "-- name:" in file.read_text())
    return {file.resolve(): Statements(file) for file in found}


def test_every_name_that_is_called_exists_and_takes_those_parameters() -> None:
    faults, seen = [], 0
    for use in uses():
        if use.named is NAMED_NOWHERE:
            continue
        named = [s for n, s in files()[use.file].statements.items() if use.named.fullmatch(n)]
        seen += len(named)
        if not named and use.file not in files_of_resources():
            faults.append(f"{use.at}: there is no {use.named.pattern} in {use.file.name}")
        if named and not any(use.suits(statement) for statement in named):
            takes = [sorted(statement.parameters) for statement in named]
            faults.append(f"{use.at}: {use.named.pattern} takes {takes}, not {sorted(use.given or ())}")
    assert not faults, "\n".join(faults)
    assert seen > 200, "the calls are not found any more"


def is_begun(text: ast.JoinedStr) -> bool:
    """Whether a text with values in it says how the name begins, as `changed_{grain}` does."""
    first = text.values[0]
    return isinstance(first, ast.Constant) and str(first.value).isidentifier()


def test_every_statement_is_called() -> None:
    written: dict[Path, list[re.Pattern[str]]] = defaultdict(list)
    for use in uses():
        written[use.file].append(use.named)
    # A name that is handed on stands as a text in a module that uses the file.
    for module, tree in modules():
        texts = [
            re.compile(re.escape(n.value))
            for n in ast.walk(tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        texts += [pattern(n) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) and is_begun(n)]
        for value in vars(module).values():
            for file in files_of(value) | files_of(getattr(value, "SQL", None)):
                written[file] += texts
    unused = [
        f"{file.relative_to(ROOT)}: {name}"
        for file, statements in files().items()
        for name in statements.statements
        if not any(named.fullmatch(name) for named in written[file])
    ]
    assert not unused, "\n".join(unused)


class SentRows:
    """A cursor with rows that the database has sent; counts those taken over."""

    row_factory: object = None

    def __init__(self, rows: int) -> None:
        self.left, self.taken = list(range(rows)), 0

    def fetchmany(self, size: int) -> list[int]:
        rows, self.left = self.left[:size], self.left[size:]
        self.taken += len(rows)
        return rows


def test_rows_are_taken_over_some_at_a_time() -> None:
    sent = SentRows(2500)
    rows: Iterator[int] = iter(Rows(cast("Cursor[Any]", sent)))
    assert (next(rows), sent.taken) == (0, 1000)
    assert list(rows) == list(range(1, 2500))
    assert sent.taken == 2500
