"""Keeps whether gateways are there, as they or their last wills say."""

from collections.abc import Mapping

import psycopg

from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "statuses.sql")


def note_statuses(connection: psycopg.Connection, said: Mapping[str, bool]) -> None:
    """Keep what gateways, or their last wills, said of themselves: online or not. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(connection, "note_statuses", gateways=list(said), online=list(said.values()))
