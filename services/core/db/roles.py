"""The database roles of Enermon: as what each process works, with the least rights; made where they are missing.

Roles belong to the whole server, so several databases of one share them. What each may do stands in `grants.toml`.
"""

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateObject, InsufficientPrivilege, UniqueViolation

from services.core.db.statements import Statements

_sql = Statements(Path(__file__).with_name("roles.sql"))

_POWERS = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


@unique
class DatabaseRole(StrEnum):
    """As what a connection works. The owner of the tables is none of these: it is the login of `enermon migrate`."""

    API = "enermon_api"
    INGEST = "enermon_ingest"
    ROLLUP = "enermon_rollup"
    QUALITY = "enermon_quality"
    ALERTS = "enermon_alerts"
    ADMIT = "enermon_admit"
    """The commands that let people in: `enermon account`."""
    READER = "enermon_reader"
    """What looks and changes nothing: `enermon check`, `enermon verify`, the broker's users."""


OPEN_READERS = "enermon_open"
"""What the logins of `enermon open-reader` are members of: reads the views of the schema `open`, and has no login."""
BACKUP: Final = "enermon_backup"
"""The login of `enermon backup` and `enermon archive`: it copies the whole server (REPLICATION), and reads no table."""
ALL_ROLES: Sequence[str] = (*DatabaseRole, OPEN_READERS)


class DatabaseRolesError(Exception):
    """The roles are not as they must be, and this login may not make them so; the message has the SQL that does."""


def make_roles(connection: psycopg.Connection) -> None:
    """Make the roles that are missing, without a login. Several processes and databases may do so at once.

    The connection commits each statement. Raises DatabaseRolesError.
    """
    powers = {row.name: row.too_powerful for row in _sql.run(connection, "roles", names=list(ALL_ROLES))}
    missing = [role for role in ALL_ROLES if role not in powers]
    _refuse_the_powerful([role for role in ALL_ROLES if powers.get(role)])
    belongs = not is_superuser(connection)
    try:
        for role in missing:
            _make(connection, role, belongs=belongs)
    except InsufficientPrivilege as error:
        raise DatabaseRolesError(_how_to_make(connection, missing)) from error


def is_superuser(connection: psycopg.Connection) -> bool:
    """Whether the login is one."""
    return bool(_sql.run(connection, "is_superuser").scalar_one())


def let_in(connection: psycopg.Connection, role: DatabaseRole, password: str) -> None:
    """Let a role that is there log in with this password, of which only a digest goes to the server and its log."""
    digest = connection.pgconn.encrypt_password(password.encode(), role.encode())
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(digest.decode())))


def let_in_backup(connection: psycopg.Connection, password: str) -> None:
    """Make the login of backups where it is missing, with this password. Raises InsufficientPrivilege."""
    name = sql.Identifier(BACKUP)
    with suppress(DuplicateObject, UniqueViolation), connection.transaction():
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    digest = connection.pgconn.encrypt_password(password.encode(), BACKUP.encode())
    statement = sql.SQL("ALTER ROLE {} LOGIN REPLICATION CONNECTION LIMIT 10 PASSWORD {}")
    connection.execute(statement.format(name, sql.Literal(digest.decode())))
    # How far the archive has received is told to those alone who may see all statistics.
    connection.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(name))
    connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION pg_current_xact_id() TO {}").format(name))


def _make(connection: psycopg.Connection, role: str, *, belongs: bool) -> None:
    """Make one. `belongs`: the login is to be a member, so that it can work as this role."""
    named = sql.Identifier(role)
    try:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(named))
    except (DuplicateObject, UniqueViolation):  # another process was first
        return
    if belongs:
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(named))


def _how_to_make(connection: psycopg.Connection, missing: Sequence[str]) -> str:
    login = sql.Identifier(connection.info.user).as_string(connection)
    lines = [f"CREATE ROLE {role} NOLOGIN; GRANT {role} TO {login};" for role in missing]
    return "\n".join([f"The user {login} may not create roles. As a superuser of the database, once:", *lines])


def _refuse_the_powerful(roles: Sequence[str]) -> None:
    if roles:
        lines = [f"ALTER ROLE {role} {_POWERS};" for role in roles]
        raise DatabaseRolesError(
            "\n".join(["Roles of the services have rights over the whole server. As a superuser:", *lines])
        )
