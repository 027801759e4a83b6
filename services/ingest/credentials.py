"""With what gateways and enterprises come in: passwords and certificates, given once, rotated, revoked.

A secret is never kept: of a password the hash that mosquitto's password file takes, of a certificate its number.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import psycopg

from services.core.db.leading import LockKey
from services.core.db.statements import Statements
from services.ingest.broker_users import (
    BrokerUser,
    Holder,
    HolderKind,
    code_of,
    derived_password,
    is_password_of,
    may_connect,
    new_hash,
)

SQL = Statements.beside(__file__, "credentials.sql")

OVERLAP = timedelta(hours=24)
"""So long the credential before works on, unless said otherwise: a device is set up by somebody who goes there."""
MOST_OVERLAP = timedelta(days=30)
MOST_PASSWORD = 200
"""Longer ones are not looked at."""


_NOBODYS = new_hash(secrets.token_urlsafe(32))
_KEY = "key of the gateways"
"""Stands as who gave the passwords that were derived from it."""


class CredentialKind(StrEnum):
    """Password, or certificate of the private CA."""

    PASSWORD = "password"  # noqa: S105 - a word, and no password
    CERTIFICATE = "certificate"


class HolderError(Exception):
    """There is nobody who could be given a credential."""


class UnknownHolderError(HolderError):
    """None is registered with this code."""


class HolderNotLetInError(HolderError):
    """It is registered under a name such as only services or enterprises have."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate as it was made for a user; `key` is None where the holder has it."""

    serial_number: int
    expires_at: datetime
    certificate: str
    key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new credential; what is secret of it is seen here and never again."""

    generation: int
    user_name: str
    kind: CredentialKind
    created_at: datetime
    password: str | None = field(default=None, repr=False)
    certified: Certified | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a credential."""

    generation: int
    user_name: str
    kind: str
    serial_number: str | None
    expires_at: datetime | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    revoked_by: str | None


def issue_password(
    connection: psycopg.Connection, holder: Holder, *, author: str, now: datetime, overlap: timedelta = OVERLAP
) -> Issued:
    """A new password of 256 random bits; the credential before works on for the time of the overlap.

    Raises HolderError, psycopg.Error.
    """
    password = secrets.token_urlsafe(32)
    generation = _begin(connection, holder, author=author, now=now, overlap=overlap)
    _add(connection, holder, generation, author=author, now=now, password_hash=new_hash(password))
    return Issued(generation, holder.user_name(generation), CredentialKind.PASSWORD, now, password=password)


def issue_certificate(
    connection: psycopg.Connection,
    holder: Holder,
    certify: Callable[[str], Certified],
    *,
    author: str,
    now: datetime,
    overlap: timedelta = OVERLAP,
) -> Issued:
    """A new certificate, made by `certify` for the user; otherwise as `issue_password`."""
    generation = _begin(connection, holder, author=author, now=now, overlap=overlap)
    user = holder.user_name(generation)
    certified = certify(user)
    _add(connection, holder, generation, author=author, now=now, certified=certified)
    return Issued(generation, user, CredentialKind.CERTIFICATE, now, certified=certified)


def _begin(connection: psycopg.Connection, holder: Holder, *, author: str, now: datetime, overlap: timedelta) -> int:
    """Let the credentials before end, and give the number of the new one."""
    name = {"kind": holder.kind, "code": holder.code}
    SQL.run(connection, "hold", family=LockKey.CREDENTIAL, code=holder.code)
    if not is_known(connection, holder):
        raise UnknownHolderError(f"no {holder.kind} is registered as {holder.code}")
    if not may_connect(holder):
        raise HolderNotLetInError(
            f"{holder.code} cannot be a user of the broker: such names are those of the services or of enterprises;"
            " register it under another code"
        )
    SQL.run(connection, "end_earlier", **name, now=now, until=now + overlap, author=author)
    newest: int = SQL.run(connection, "newest_generation", **name).scalar_one()
    return newest + 1


def _add(
    connection: psycopg.Connection,
    holder: Holder,
    generation: int,
    *,
    author: str,
    now: datetime,
    password_hash: str | None = None,
    certified: Certified | None = None,
) -> None:
    SQL.run(
        connection,
        "add",
        kind=holder.kind,
        code=holder.code,
        generation=generation,
        user_name=holder.user_name(generation),
        credential_kind=CredentialKind.PASSWORD if certified is None else CredentialKind.CERTIFICATE,
        password_hash=password_hash,
        serial_number=None if certified is None else str(certified.serial_number),
        expires_at=None if certified is None else certified.expires_at,
        now=now,
        author=author,
    )


def is_known(connection: psycopg.Connection, holder: Holder) -> bool:
    """Whether it is registered. Raises psycopg.Error."""
    return SQL.run(connection, "known", kind=holder.kind, code=holder.code).first() is not None


def credentials_of(connection: psycopg.Connection, holder: Holder) -> list[Credential]:
    """Every credential that its code has had, the newest first. Raises psycopg.Error."""
    return SQL.run(connection, "of_holder", kind=holder.kind, code=holder.code).of(Credential).all()


def revoke(
    connection: psycopg.Connection, holder: Holder, *, generation: int | None, author: str, now: datetime
) -> int:
    """Revoke one, or all for None; how many were not revoked before. Raises psycopg.Error."""
    return SQL.run(
        connection, "revoke", kind=holder.kind, code=holder.code, generation=generation, author=author, now=now
    ).rowcount


def broker_users(connection: psycopg.Connection, *, now: datetime) -> list[BrokerUser]:
    """Who may connect to the broker. Raises psycopg.Error."""
    users = [
        BrokerUser(
            row.user_name, Holder(HolderKind(row.holder_kind), row.holder_code), row.password_hash, row.edge_node
        )
        for row in SQL.run(connection, "users", now=now)
    ]
    return [user for user in users if may_connect(user.holder)]


def certificates_in_use(connection: psycopg.Connection, *, now: datetime) -> list[tuple[str, datetime]]:
    """User and end of each certificate that lets in, the next to end first. Raises psycopg.Error."""
    return [(row.user_name, row.expires_at) for row in SQL.run(connection, "certificates_in_use", now=now)]


def gateway_of(connection: psycopg.Connection, user: str, password: str, *, now: datetime) -> str | None:
    """The registered gateway that comes by HTTP with this user (its code) and password; None: it is not let in.

    Raises psycopg.Error.
    """
    code = code_of(user)
    if len(password) > MOST_PASSWORD or not may_connect(Holder(HolderKind.GATEWAY, code)):
        return None
    hashes = SQL.run(connection, "live_hashes", code=code, now=now).scalars().all()
    # Of a gateway that there is not, a password is tried too: how long it takes tells nobody which codes there are.
    fits = [is_password_of(kept, password) for kept in hashes or [_NOBODYS]]
    return code if hashes and any(fits) else None


def adopt(connection: psycopg.Connection, key: bytes, *, now: datetime) -> int:
    """Keep the passwords that were derived from one key, of those who have no other yet; how many these are.

    It is done once for a database: by a second time nobody comes in who was registered since.
    Raises psycopg.Error.
    """
    adopted = 0
    for row in SQL.run(connection, "without_credential", author=_KEY):
        holder = Holder(HolderKind(row.kind), row.code)
        if may_connect(holder):
            password = derived_password(key, holder.code)
            _add(connection, holder, 1, author=_KEY, now=now, password_hash=new_hash(password))
            adopted += 1
    return adopted
