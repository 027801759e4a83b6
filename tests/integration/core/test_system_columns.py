"""No statement reads a system column of a hypertable: compressed chunks know none."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import services
from tests.integration.statements import statements_here

pytestmark = pytest.mark.store

SYSTEM_COLUMN = re.compile(r"\b(ctid|xmin|xmax|cmin|cmax)\b")

READ_FROM_THEM = """
WITH RECURSIVE above (oid) AS (
    SELECT unnest(ARRAY['reading', 'energy_quarters'])::regclass::oid
    UNION
    SELECT pg_rewrite.ev_class
    FROM above
    JOIN pg_depend ON pg_depend.refobjid = above.oid AND pg_depend.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite ON pg_rewrite.oid = pg_depend.objid
)
SELECT relname FROM above JOIN pg_class USING (oid)
"""


@pytest.fixture(scope="module")
def connected(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def test_no_statement_reads_a_system_column_of_a_hypertable(connected: psycopg.Connection) -> None:
    tables = [row[0] for row in connected.execute(READ_FROM_THEM).fetchall()]
    assert {"reading", "reading_now", "energy_quarters", "energy_slot", "energy_hour"} <= set(tables)
    hypertable = re.compile(rf"\b({'|'.join(tables)})\b")
    reading_them = {label: each.text for label, each in statements_here(connected) if SYSTEM_COLUMN.search(each.text)}
    assert len(reading_them) >= 5
    assert [label for label, text in reading_them.items() if hypertable.search(text)] == []


def test_statements_in_python_ask_single_chunks_at_most() -> None:
    """The one place asks chunk by chunk, and does without those that are compressed."""
    folder = Path(services.__file__).parent
    asking = [
        file for file in sorted(folder.rglob("*.py")) if re.search(r"\bSELECT\b[^\n]*\b(ctid|xmin)\b", file.read_text())
    ]
    assert [file.name for file in asking] == ["examine.py"]
