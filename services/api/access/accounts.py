"""Accounts and their keys, as they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection

from services.api.access.role import Right, Role
from services.api.access.tokens import token_sha256
from services.core.db.statements import Statements, run_text

SQL = Statements.beside(__file__, "accounts.sql")

NAME_PATTERN = "^[a-z0-9][a-z0-9._-]{1,63}$"


class LastAdministratorError(Exception):
    """Without this account nobody could let anyone in."""


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """An account, without its secrets."""

    account_id: int
    name: str
    display_name: str
    role: str
    area: str | None
    enterprise: str | None
    email: str | None
    has_password: bool
    must_change_password: bool
    oidc_subject: str | None
    created_at: datetime
    disabled_at: datetime | None


def moment(connection: Connection) -> datetime:
    """The time of the database at which the transaction began."""
    now: datetime = SQL.run(connection, "moment").scalar_one()
    return now


def accounts(connection: Connection) -> list[KeptAccount]:
    """All accounts in the order of their names."""
    return run_text(connection, f"{SQL['select']} ORDER BY account.name", {}).of(KeptAccount).all()


def account_named(connection: Connection, name: str) -> KeptAccount | None:
    """The account of this name; None: there is none."""
    text = f"{SQL['select']} WHERE account.name = %(name)s"
    return run_text(connection, text, {"name": name}).of(KeptAccount).first()


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


def administrators(connection: Connection) -> list[int]:
    """Numbers of the administrators that are not disabled, the oldest first; held so until the transaction ends."""
    return list(SQL.run(connection, "hold_administrators").scalars())


def require_another_administrator(connection: Connection, account_id: int) -> None:
    """Raises LastAdministratorError where this is the only administrator."""
    if administrators(connection) == [account_id]:
        raise LastAdministratorError


def disable(connection: Connection, account_id: int, *, now: datetime) -> None:
    """Let an account in no more; its sessions end. Raises LastAdministratorError."""
    require_another_administrator(connection, account_id)
    SQL.run(connection, "set_disabled", account_id=account_id, disabled_at=now)
    end_sessions(connection, account_id)


def enable(connection: Connection, account_id: int) -> None:
    """Let an account in again. Its keys hold again too, as far as they were not revoked."""
    SQL.run(connection, "set_disabled", account_id=account_id, disabled_at=None)


def set_password(connection: Connection, account_id: int, password_hash: str, *, must_change_password: bool) -> None:
    """Give an account another password; its sessions end."""
    SQL.run(
        connection,
        "set_password",
        account_id=account_id,
        password_hash=password_hash,
        must_change_password=must_change_password,
    )
    end_sessions(connection, account_id)


def note_let_in(connection: Connection, account_id: int, *, by: str | None, now: datetime) -> None:
    """Keep which account has given it a password or a name at the provider; None: somebody at the database."""
    SQL.run(connection, "note_let_in", account_id=account_id, by=by, now=now)


def end_sessions(connection: Connection, account_id: int) -> None:
    """Sign an account out everywhere."""
    SQL.run(connection, "end_sessions", account_id=account_id)


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


def key_works(connection: Connection, key: str) -> bool:
    """Whether somebody could come in with a key now."""
    return bool(SQL.run(connection, "key_works", token_sha256=token_sha256(key)).scalar_one())
