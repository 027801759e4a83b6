"""The first administrator of an installation, and the key that it leaves for whoever runs it."""

import os
from pathlib import Path

from psycopg import Connection

from services.api.access.accounts import add_account, add_key, administrators, key_works
from services.api.access.passwords import Passwords
from services.api.access.role import Role
from services.api.access.tokens import new_key, new_password

NAME = "admin"
_KEY_NAME = "administrator.key"


def first_administrator(connection: Connection, key_file: Path, passwords: Passwords) -> str | None:
    """The password of the administrator that was made; None where there was one.

    A key of one is in `key_file` afterwards: what is there already and works stays. Raises OSError, and
    psycopg.errors.UniqueViolation where the name is taken though nobody is an administrator.
    """
    connection.execute("LOCK TABLE user_account IN SHARE ROW EXCLUSIVE MODE")
    oldest, password = next(iter(administrators(connection)), None), None
    if oldest is None:
        password = new_password()
        kept = passwords.hashed(password)
        oldest = add_account(connection, NAME, Role.ADMINISTRATOR, password_hash=kept, must_change_password=True)
    elif key_file.exists() and key_works(connection, key_file.read_text("utf-8", "replace").strip()):
        return None
    key = new_key()
    add_key(connection, oldest, _KEY_NAME, key, created_by="enermon account first")
    _write(key_file, key)
    return password


def _write(file: Path, key: str) -> None:
    """For the owner alone, from the first moment on; whole, or not at all."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(f"{key}\n")
    aside.replace(file)
