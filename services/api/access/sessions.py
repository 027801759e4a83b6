"""Sessions of browsers, as they are kept: begun by a sign-in, ended by a sign-out, by others, or by time."""

from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg import Connection
from starlette.requests import Request
from starlette.responses import Response

from services.api.access.identify import COOKIE, IDLE
from services.api.access.tokens import new_session_token, token_sha256
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "sessions.sql")

LASTS = timedelta(hours=24)
"""A session ends so long after it began, however much it is used."""
MOST_SESSIONS = 20
"""Of an account: the oldest ends when one more begins."""

DEVICE_COOKIE = "__Host-enermon-device"
DEVICE_REMEMBERED = timedelta(days=180)
_MOST_DEVICES = 50
_MOST_BROWSER_CHARACTERS = 200


class NoAccountNowError(Exception):
    """The account was disabled, or got another password, while somebody signed in to it."""


class Whence(NamedTuple):
    """Where a sign-in comes from, as the list of sessions shows it."""

    peer: str
    browser: str

    @classmethod
    def of(cls, request: Request) -> "Whence":
        """Of a request."""
        browser = request.headers.get("user-agent", "")
        shown = "".join(each if each.isprintable() else "?" for each in browser[:_MOST_BROWSER_CHARACTERS])
        return cls(request.client.host if request.client else "", shown)


class LiveSession(NamedTuple):
    """A browser that is signed in."""

    session_id: str
    token_sha256: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    peer: str | None
    browser: str | None


def begin(
    connection: Connection, account_id: int, whence: Whence, *, now: datetime, checked: str | None, before: str | None
) -> str:
    """Sign a browser in, and give the new token for its cookie; what it was signed in to `before` ends.

    `checked`: what was kept of the password that was given; None: none was. Raises NoAccountNowError.
    """
    account = SQL.run(connection, "hold", account_id=account_id).one()
    if account.is_disabled or (checked is not None and account.password_hash != checked):
        raise NoAccountNowError
    token = new_session_token()
    if before is not None:
        end(connection, before)
    SQL.run(
        connection,
        "begin",
        token_sha256=token_sha256(token),
        account_id=account_id,
        now=now,
        expires_at=now + LASTS,
        peer=whence.peer,
        browser=whence.browser,
    )
    SQL.run(connection, "end_over", now=now, idle_since=now - IDLE, account_id=account_id, most=MOST_SESSIONS)
    return token


def end(connection: Connection, token: str) -> None:
    """Sign a browser out."""
    SQL.run(connection, "end", token_sha256=token_sha256(token))


def sessions_of(connection: Connection, account_id: int, *, now: datetime) -> list[LiveSession]:
    """The browsers that are signed in to an account, the newest first."""
    return SQL.run(connection, "sessions", account_id=account_id, now=now, idle_since=now - IDLE).of(LiveSession).all()


def end_one(connection: Connection, account_id: int, session_id: str) -> bool:
    """Sign out the browser of this number; False where the account has no such session."""
    return bool(SQL.run(connection, "end_one", account_id=account_id, session_id=session_id).rowcount)


def set_cookie(answer: Response, token: str) -> None:
    """Give a browser its session.

    Lax, not Strict: a link in a mail that is read in a browser must find whoever is signed in. Writes carry a token.
    """
    answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="lax")


def clear_cookie(answer: Response) -> None:
    """Take a browser's session from it."""
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def knows_device(connection: Connection, account: str, device: str, *, now: datetime) -> bool:
    """Whether somebody has signed in to the account of this name with this device."""
    digest = token_sha256(device)
    found = SQL.run(connection, "knows_device", name=account, token_sha256=digest, since=now - DEVICE_REMEMBERED)
    return bool(found.scalar_one())


def remember_device(connection: Connection, account_id: int, device: str, *, now: datetime) -> None:
    """Note that somebody has signed in to the account with this device."""
    SQL.run(connection, "remember_device", token_sha256=token_sha256(device), account_id=account_id, now=now)
    SQL.run(connection, "forget_devices", account_id=account_id, since=now - DEVICE_REMEMBERED, most=_MOST_DEVICES)


def set_device_cookie(answer: Response, device: str) -> None:
    """Let a browser be known again; it opens nothing."""
    answer.set_cookie(
        DEVICE_COOKIE,
        device,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
        max_age=int(DEVICE_REMEMBERED.total_seconds()),
    )
