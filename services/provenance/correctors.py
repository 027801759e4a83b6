"""People who may correct readings: each has a token, of which only the SHA-256 is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.core.db.connections import connect
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "correctors.sql")

_TOKEN_BYTES = 32


class NameTakenError(Exception):
    """The name is, or was, that of a corrector; it is never given to another person."""


class UnknownCorrectorError(Exception):
    """Nobody of this name may correct readings."""


@dataclass(frozen=True, slots=True)
class Corrector:
    """A person who may, or might, correct readings."""

    name: str
    valid_from: datetime
    revoked_at: datetime | None


def token_sha256(token: str) -> bytes:
    """What is kept of a token. It is random and long, so that a plain hash cannot be guessed backwards."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).digest()


def holder_of(token: str, correctors: Iterable[tuple[str, bytes]]) -> str | None:
    """The name that holds `token` among (name, token_sha256); every one is compared, each in constant time."""
    given = token_sha256(token)
    holder: str | None = None
    for name, kept in correctors:
        if hmac.compare_digest(given, kept):
            holder = name
    return holder


def add_corrector(database_url: str, name: str) -> str:
    """Let a person correct readings from now on; gives the token, which cannot be shown again.

    Raises NameTakenError, psycopg.OperationalError.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with connect(database_url, application_name="enermon-corrector") as connection:
        if not _sql.run(connection, "add", name=name, token_sha256=token_sha256(token)).rowcount:
            raise NameTakenError(name)
    return token


def list_correctors(database_url: str) -> list[Corrector]:
    """All who may or might correct readings, in the order in which they were added."""
    with connect(database_url, application_name="enermon-corrector") as connection:
        return _sql.run(connection, "correctors").of(Corrector).all()


def revoke_corrector(database_url: str, name: str) -> None:
    """Let a person correct no more; what was corrected stays. Raises UnknownCorrectorError."""
    with connect(database_url, application_name="enermon-corrector") as connection:
        if not _sql.run(connection, "revoke", name=name).rowcount:
            raise UnknownCorrectorError(name)
