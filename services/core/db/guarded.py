"""Takes from everybody what PostgreSQL lets everybody do, and leaves it to the services: see `guarded.sql`.

Only a superuser can. It holds for one database, and copies of it.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from services.core.db.roles import BACKUP, DatabaseRole, is_superuser
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "guarded.sql")


def open_to_everybody(connection: psycopg.Connection) -> Sequence[str]:
    """The functions, with their parameters, that everybody may run still."""
    return [row.function for row in _sql.run(connection, "open_to_everybody")]


def guard(connection: psycopg.Connection) -> None:
    """Leave them to the services and the owner of the database; nothing happens where the login is no superuser."""
    if not is_superuser(connection):
        return
    allowed = [row.name for row in _sql.run(connection, "may_run_them", names=[*DatabaseRole, BACKUP])]
    roles = sql.SQL(", ").join(map(sql.Identifier, allowed))
    for function in open_to_everybody(connection):
        named = sql.SQL(function)  # as the catalogue writes it
        connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(named, roles))
        connection.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(named))
