"""Every named statement is one that PostgreSQL takes on the real schema: what is mistyped fails here."""

from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import pq

from services.core.db.statements import Statement
from tests.integration.statements import numbered, statements_here

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def connected(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def fault_of(connection: psycopg.Connection, statement: Statement) -> str | None:
    prepared = connection.pgconn.prepare(b"", numbered(statement).encode())
    if prepared.status != pq.ExecStatus.COMMAND_OK:
        return prepared.get_error_message()
    described = connection.pgconn.describe_prepared(b"")
    names = Counter(described.fname(column) for column in range(described.nfields))
    twice = [name for name, count in names.items() if count > 1]
    return f"columns of one name: {twice}" if twice else None


def test_every_statement_can_be_prepared_and_names_its_columns(connected: psycopg.Connection) -> None:
    """Rows are read by the names of their columns, so no two of a statement have the same."""
    faults = {label: fault_of(connected, each) for label, each in statements_here(connected) if not each.is_part}
    assert len(faults) > 300
    assert {label: fault for label, fault in faults.items() if fault} == {}
