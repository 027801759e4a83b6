"""The first administrator of an installation, and the key that it leaves for whoever runs it."""

from pathlib import Path

from psycopg import Connection

from services.api.access.accounts import add_account, add_key, administrators, key_works
from services.api.access.passwords import Passwords
from services.api.access.role import Role
from services.api.access.tokens import new_key, new_password
from services.ingest.broker_users import write_private

NAME = "admin"
_KEY_NAME = "administrator.key"


def first_administrator(
    connection: Connection, key_file: Path, passwords: Passwords, *, password_file: Path | None = None
) -> str | None:
    """The password of the administrator that was made, which lies in `password_file` too; None where there was one.

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
    write_private(key_file, f"{key}\n")
    if password is not None and password_file is not None:
        write_private(password_file, f"{password}\n")
    return password
