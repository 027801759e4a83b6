"""Logins of the database that read the views of the schema `open`, and nothing else: those of their areas."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from services.core.db.roles import OPEN_READERS, DatabaseRole, is_superuser
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "readers.sql")

_NAME = re.compile(r"(?!pg_|enermon_)[a-z][a-z0-9_]{1,62}")
_IDLE_S, _LOCK_S = 60, 5
_MOST_ON_DISK = "2GB"
"""What a query may put on the disk of the server for itself; a superuser alone can set that."""


class OpenReaderError(Exception):
    """A reader cannot be made or found; the message says why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class OpenReader:
    """A login: the areas whose rows it sees (None: all), whether it may come in, and over how many connections."""

    login: str
    areas: Sequence[str] | None
    made_at: datetime
    comes_in: bool
    connections: int


def add(
    connection: psycopg.Connection,
    login: str,
    password: str,
    *,
    areas: Sequence[str] | None,
    connections: int,
    longest_s: int,
) -> None:
    """Let a new login in, that sees the rows of these areas (None: all); in the transaction of the connection.

    At most so many `connections` at once; a statement of its ends after `longest_s` unless it says otherwise itself.
    Raises OpenReaderError; psycopg.errors.InsufficientPrivilege where the owner may not make roles.
    """
    if not _NAME.fullmatch(login):
        raise OpenReaderError(
            f"{login} is no name of a reader: small letters, digits and _, from a letter on, not pg_ or enermon_ first"
        )
    if unknown := [row.code for row in _sql.run(connection, "unknown_areas", codes=list(areas or ()))]:
        raise OpenReaderError(f"no area has the code {', '.join(unknown)}; GET /api/v1/areas lists them")
    named = sql.Identifier(login)
    try:
        with connection.transaction():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN INHERIT CONNECTION LIMIT {} PASSWORD {}").format(
                    named, sql.Literal(connections), _digest(connection, login, password)
                )
            )
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        raise OpenReaderError(f"the database server has a role {login} already; take another name") from None
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(OPEN_READERS), named))
    for setting, value in _settings(connection, longest_s).items():
        connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(named, sql.Identifier(setting), value))
    watch(connection, login)
    _sql.run(connection, "add", login=login, areas=None if areas is None else list(areas), longest_s=longest_s)


def watch(connection: psycopg.Connection, login: str) -> None:
    """Let the alert service end what a reader does for too long: a session can lift its own limit of time."""
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(login), sql.Identifier(DatabaseRole.ALERTS)))


def readers(connection: psycopg.Connection) -> list[OpenReader]:
    """All of them, by name."""
    return _sql.run(connection, "readers").of(OpenReader).all()


def set_password(connection: psycopg.Connection, login: str, password: str) -> None:
    """Give a reader another password; its sessions go on. Raises OpenReaderError."""
    _require(connection, login)
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(login), _digest(connection, login, password)))


def remove(connection: psycopg.Connection, login: str) -> None:
    """End a reader's sessions and take its login away. Raises OpenReaderError."""
    _require(connection, login)
    named = sql.Identifier(login)
    connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(named))
    _sql.run(connection, "end_sessions", login=login)
    try:
        with connection.transaction():
            if not is_superuser(connection):
                connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(named))
            connection.execute(sql.SQL("DROP OWNED BY {}").format(named))
            connection.execute(sql.SQL("DROP ROLE {}").format(named))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise OpenReaderError(
            f"{login} does not come in any more, but owns something in another database of the server"
            f" ({error.diag.message_detail}): there `DROP OWNED BY {login}` as a superuser, then remove it again"
        ) from None
    _sql.run(connection, "remove", login=login)


def _require(connection: psycopg.Connection, login: str) -> None:
    if login not in {reader.login for reader in readers(connection)}:
        raise OpenReaderError(f"no reader is called {login}; `enermon open-reader list` shows them")


def _settings(connection: psycopg.Connection, longest_s: int) -> dict[str, sql.Literal]:
    """What a session begins with. Whoever logs in may set most of it otherwise; rights and connections stay."""
    given = {
        "search_path": "open",
        "timezone": "Asia/Shanghai",
        "default_transaction_read_only": "on",
        "statement_timeout": f"{longest_s}s",
        "idle_in_transaction_session_timeout": f"{_IDLE_S}s",
        "lock_timeout": f"{_LOCK_S}s",
    }
    if is_superuser(connection):
        given["temp_file_limit"] = _MOST_ON_DISK
    return {name: sql.Literal(value) for name, value in given.items()}


def _digest(connection: psycopg.Connection, login: str, password: str) -> sql.Literal:
    """Of the password, which so stands neither in the server nor in its log."""
    return sql.Literal(connection.pgconn.encrypt_password(password.encode(), login.encode()).decode())
