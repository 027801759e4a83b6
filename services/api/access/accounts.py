"""Accounts and their keys, as they are kept."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import Connection

from services.api.access.role import Right, Role
from services.api.access.tokens import token_sha256
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "accounts.sql")


def add_account(
    connection: Connection,
    name: str,
    role: Role,
    *,
    display_name: str | None = None,
    area: str | None = None,
    enterprise: str | None = None,
    email: str | None = None,
    password_hash: str | None = None,
    must_change_password: bool = False,
) -> int:
    """Keep a new account and give its number. Raises psycopg.errors.UniqueViolation where the name is taken."""
    return int(
        SQL.run(
            connection,
            "add",
            name=name,
            display_name=display_name or name,
            role=role,
            area=area,
            enterprise=enterprise,
            email=email,
            password_hash=password_hash,
            must_change_password=must_change_password,
        ).scalar_one()
    )


def add_key(
    connection: Connection,
    account_id: int,
    name: str,
    key: str,
    *,
    created_by: str,
    rights: Sequence[Right] | None = None,
    areas: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> int:
    """Keep the digest of a key and give its number."""
    return int(
        SQL.run(
            connection,
            "add_key",
            account_id=account_id,
            name=name,
            token_sha256=token_sha256(key),
            rights=None if rights is None else list(rights),
            areas=None if areas is None else list(areas),
            created_by=created_by,
            expires_at=expires_at,
        ).scalar_one()
    )
