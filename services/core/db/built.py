"""SQL that SQLAlchemy's Core has put together, run on the same connections as all other SQL."""

from typing import Any

from psycopg import Connection
from sqlalchemy import Executable, make_url
from sqlalchemy.sql.elements import ClauseElement

from services.core.db.statements import Rows, run_text

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()


def run_built(connection: Connection[Any], statement: Executable, /, **parameters: Any) -> Rows[Any]:
    """Execute what Core has built, with the values that are bound in it and these parameters. Raises psycopg.Error."""
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return run_text(connection, str(compiled), compiled.construct_params(parameters) or {})
