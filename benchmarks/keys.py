"""Accounts for the runs, and the keys with which these come."""

import secrets

import psycopg

from services.api.access.accounts import add_account, add_key
from services.api.access.role import Role
from services.api.access.tokens import new_key


def key_of(database_url: str, role: Role, *, area: str | None = None, enterprise: str | None = None) -> str:
    """A key of a new account with this role, in a database with the newest schema."""
    key, name = new_key(), f"bench.{secrets.token_hex(4)}"
    with psycopg.connect(database_url) as connection:
        account = add_account(connection, name, role, area=area, enterprise=enterprise)
        add_key(connection, account, "bench", key, created_by=name)
    return key
