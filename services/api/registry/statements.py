"""The registry's SQL: one file a resource in `sql/`, each statement under its name."""

from pathlib import Path

from services.core.db import statements

_SQL = Path(__file__).parent / "sql"


class Statements(statements.Statements):
    """The named statements of one file of the folder `sql`."""

    def __init__(self, file: str) -> None:
        super().__init__(_SQL / file)
