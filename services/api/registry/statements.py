"""The registry's SQL: one file a resource in `sql/`, each statement under its name."""

from pathlib import Path

from services.core.db.statements import Statements

_SQL = Path(__file__).parent / "sql"


def registry_statements(file: str) -> Statements:
    """The named statements of one file of the folder `sql`."""
    return Statements(_SQL / file)
