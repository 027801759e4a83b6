"""Logins of the database roles, from files with their passwords: for whoever gives each process its own."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from psycopg.errors import InsufficientPrivilege

from services.core.db.connections import connect
from services.core.db.guarded import guard
from services.core.db.roles import BACKUP, DatabaseRole, DatabaseRolesError, let_in, let_in_backup, make_roles
from services.core.secret_files import read_secret_file


class PasswordFileError(Exception):
    """A file is not the password of a database role; the message names it."""


LOGINS: Sequence[str] = (*DatabaseRole, BACKUP)


def read_passwords(files: Iterable[Path]) -> Mapping[str, str]:
    """The password of each login, which is the name of its file. Raises PasswordFileError."""
    passwords = {}
    for file in files:
        if file.name not in LOGINS:
            raise PasswordFileError(f"{file} is named by no role, which are {', '.join(LOGINS)}")
        try:
            password = read_secret_file(file).decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise PasswordFileError(f"{file} is not written in UTF-8") from error
        except OSError as error:
            raise PasswordFileError(f"{file}: {error.strerror}") from error
        if not password:
            raise PasswordFileError(f"{file} is empty")
        passwords[file.name] = password
    return passwords


def give_logins(database_url: str, passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing, and let these log in with their passwords, as a superuser.

    Raises DatabaseRolesError where the login of the address may not.
    """
    with connect(database_url, role=None, application_name="enermon-logins") as connection:
        connection.autocommit = True
        make_roles(connection)
        guard(connection)
        try:
            for name, password in passwords.items():
                if name == BACKUP:
                    let_in_backup(connection, password)
                else:
                    let_in(connection, DatabaseRole(name), password)
        except InsufficientPrivilege as error:
            login = connection.info.user
            raise DatabaseRolesError(f"The user {login} may not give logins to roles; a superuser may.") from error
