"""Accounts of the tests, and the keys with which they come."""

from typing import Any

import psycopg

from services.api.access.accounts import add_account, add_key
from services.api.access.role import Role

ADMINISTRATOR_KEY = "enk_of-the-administrator-of-the-tests"
SECOND_KEY = "enk_of-a-second-administrator-of-the-tests"
ADMINISTRATOR, SECOND = "admin", "second.admin"


def bearer(key: str) -> dict[str, str]:
    """The header with which a program comes."""
    return {"Authorization": f"Bearer {key}"}


BY_ADMINISTRATOR = bearer(ADMINISTRATOR_KEY)


def add_administrators(database_url: str) -> None:
    """Two administrators, each with a key: what changes the past needs a second person."""
    with psycopg.connect(database_url) as connection:
        for name, key in ((ADMINISTRATOR, ADMINISTRATOR_KEY), (SECOND, SECOND_KEY)):
            add_with_key(connection, name, Role.ADMINISTRATOR, key=key)


def add_with_key(connection: psycopg.Connection, name: str, role: Role, *, key: str, **given: Any) -> int:
    """An account that comes with `key`: its number."""
    account_id = add_account(connection, name, role, **given)
    add_key(connection, account_id, "tests", key, created_by=name)
    return account_id
