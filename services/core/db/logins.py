"""Logins of the database roles, from files with their passwords: for whoever gives each process its own."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from psycopg.errors import InsufficientPrivilege

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole, DatabaseRolesError, let_in, make_roles
from services.core.secret_files import read_secret_file


class PasswordFileError(Exception):
    """A file is not the password of a database role; the message names it."""


def read_passwords(files: Iterable[Path]) -> Mapping[DatabaseRole, str]:
    """The password of each role, which is the name of its file. Raises PasswordFileError."""
    passwords = {}
    for file in files:
        try:
            role = DatabaseRole(file.name)
            password = read_secret_file(file).decode("utf-8").strip()
        except ValueError as error:
            raise PasswordFileError(f"{file} is named by no role, which are {', '.join(DatabaseRole)}") from error
        except OSError as error:
            raise PasswordFileError(f"{file}: {error.strerror}") from error
        if not password:
            raise PasswordFileError(f"{file} is empty")
        passwords[role] = password
    return passwords


def give_logins(database_url: str, passwords: Mapping[DatabaseRole, str]) -> None:
    """Make the roles that are missing, and let these log in with their passwords, as a superuser.

    Raises DatabaseRolesError where the login of the address may not.
    """
    with connect(database_url, role=None, application_name="enermon-logins") as connection:
        connection.autocommit = True
        make_roles(connection)
        try:
            for role, password in passwords.items():
                let_in(connection, role, password)
        except InsufficientPrivilege as error:
            login = connection.info.user
            raise DatabaseRolesError(f"The user {login} may not give logins to roles; a superuser may.") from error
