"""Named SQL statements of a file, run on a connection of SQLAlchemy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiosql
from sqlalchemy import Connection, CursorResult


class Statements:
    """The named statements of one file. Parameters are written `:name`."""

    def __init__(self, file: Path) -> None:
        queries = aiosql.from_path(file, "psycopg", mandatory_parameters=False)
        self._text: Mapping[str, str] = {
            name: getattr(queries, name).sql.rstrip().rstrip(";")
            for name in queries.available_queries
            if not name.endswith("_cursor")
        }

    def __getitem__(self, name: str) -> str:
        return self._text[name]

    def run(self, connection: Connection, name: str, /, **parameters: Any) -> CursorResult[*tuple[Any, ...]]:
        """Execute the statement `name`."""
        return connection.exec_driver_sql(self._text[name], parameters)

    def by_code(self, connection: Connection, name: str, column: str, /, **parameters: Any) -> dict[str, str]:
        """Execute the statement `name` and give the `column` of each row by its column `code`."""
        return {row["code"]: row[column] for row in self.run(connection, name, **parameters).mappings()}
