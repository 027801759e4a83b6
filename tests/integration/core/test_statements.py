"""Every named statement is one that PostgreSQL takes on the real schema: what is mistyped fails here."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import pq

import services
from services.core.db.statements import Statement, Statements

pytestmark = pytest.mark.store

ROOT = Path(services.__file__).parent
STAGES = ("create_stages", "create_stage")
"""They make the temporary tables that others read and write; the first holds several statements."""


def statements() -> Iterator[tuple[str, Statement]]:
    for file in sorted(ROOT.rglob("*.sql")):
        if "migrations" not in file.parts and "-- name:" in file.read_text("utf-8"):
            for name, statement in Statements(file).statements.items():
                yield f"{file.relative_to(ROOT)}: {name}", statement


def numbered(statement: Statement) -> str:
    """The text with its parameters as PostgreSQL numbers them."""
    text = statement.text
    for number, name in enumerate(sorted(statement.parameters), start=1):
        text = text.replace(f"%({name})s", f"${number}")
    return text


@pytest.fixture(scope="module")
def staged(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        for label, statement in statements():
            if label.endswith(STAGES):
                connection.execute(statement.text.encode())
        yield connection


def fault_of(connection: psycopg.Connection, statement: Statement) -> str | None:
    prepared = connection.pgconn.prepare(b"", numbered(statement).encode())
    if prepared.status != pq.ExecStatus.COMMAND_OK:
        return prepared.get_error_message()
    described = connection.pgconn.describe_prepared(b"")
    names = Counter(described.fname(column) for column in range(described.nfields))
    twice = [name for name, count in names.items() if count > 1]
    return f"columns of one name: {twice}" if twice else None


def test_every_statement_can_be_prepared_and_names_its_columns(staged: psycopg.Connection) -> None:
    """Rows are read by the names of their columns, so no two of a statement have the same."""
    faults = {label: fault_of(staged, each) for label, each in statements() if not each.is_part}
    assert len(faults) > 300
    assert {label: fault for label, fault in faults.items() if fault and not label.endswith("create_stages")} == {}
