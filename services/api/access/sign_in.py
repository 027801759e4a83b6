"""Signing in with a password: one message whatever was wrong, the same work for every name, guessing slowed."""

import ipaddress
import math
import re
import time
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter
from starlette.requests import Request

from services.api.access import sessions
from services.api.access.accounts import NAME_PATTERN
from services.api.access.lockout import Address, Lockout, Trying, network_of
from services.api.access.passwords import HashingsBusy, Passwords
from services.api.access.sessions import DEVICE_COOKIE
from services.api.access.tokens import new_session_token, token_sha256
from services.api.database import Database
from services.api.errors import ProblemKind, Refused

WRONG_CREDENTIALS = ProblemKind("wrong_credentials", 401, "Name or password is wrong")
TOO_MANY_TRIES = ProblemKind("too_many_tries", 429, "Too many passwords were tried")
SIGN_IN_BUSY = ProblemKind("sign_in_busy", 503, "Too many sign in at once")

TRIES = Counter("enermon_api_passwords_tried_total", "Passwords tried", ["outcome"])

_DEVICE = re.compile(r"[\w-]{43}", re.ASCII)
_NOBODY = ipaddress.ip_address("127.0.0.1")
_WRONG = "no account that is let in has this name and this password"


@dataclass(frozen=True, slots=True)
class RightPassword:
    """An account whose password was right."""

    account_id: int
    kept: str
    """What is kept of the password now."""
    device: str
    """The token of the device it came from, old or new."""


def password_checked(request: Request, database: Database, name: str, password: str, *, now: datetime) -> RightPassword:
    """The account of this name, once the password was right. Raises Refused: 401, 429, 503."""
    state = request.app.state
    lockout: Lockout = state.lockout
    passwords: Passwords = state.passwords
    account = name.strip().lower()
    digest = None
    is_name = re.fullmatch(NAME_PATTERN, account) is not None
    device = request.cookies.get(DEVICE_COOKIE, "")
    if not _DEVICE.fullmatch(device):
        device = new_session_token()
    elif is_name and _is_known(database, account, device, now):
        digest = token_sha256(device).hex()
    trying = Trying(account, _address_of(request), digest)
    wait_s = lockout.wait_s(trying, now_s=time.monotonic())
    if wait_s:
        TRIES.labels("slowed").inc()
        seconds = math.ceil(wait_s)
        detail = f"wait {seconds} s before the next try; tries before that are not looked at"
        raise Refused(TOO_MANY_TRIES, detail, retry_after_s=seconds)
    kept, account_id, is_disabled = _kept(database, account) if is_name else (None, 0, False)
    try:
        check = passwords.check(password, kept, source=digest or network_of(trying.peer))
    except HashingsBusy:
        lockout.was_not_tried(trying, now_s=time.monotonic())
        TRIES.labels("busy").inc()
        raise Refused(SIGN_IN_BUSY, "the password was not looked at; try again in a few seconds") from None
    if not check.right or kept is None or is_disabled:
        TRIES.labels("wrong").inc()
        if account_id:
            state.seen.note_failed_sign_in(database, account, str(network_of(trying.peer)))
        raise Refused(WRONG_CREDENTIALS, _WRONG)
    lockout.was_right(trying, now_s=time.monotonic())
    TRIES.labels("right").inc()
    if check.anew is not None:
        with database.write() as connection:
            sessions.SQL.run(connection, "hash_anew", account_id=account_id, password_hash=check.anew, kept=kept)
    return RightPassword(account_id, check.anew or kept, device)


def hashed(passwords: Passwords, password: str, *, by: str) -> str:
    """What to keep of a new password that the account `by` gives. Raises Refused, 503."""
    try:
        return passwords.hashed(password, source=f"account {by}")
    except HashingsBusy:
        raise Refused(SIGN_IN_BUSY, "nothing was changed; try again in a few seconds") from None


def _is_known(database: Database, account: str, device: str, now: datetime) -> bool:
    with database.read() as connection:
        return sessions.knows_device(connection, account, device, now=now)


def _kept(database: Database, account: str) -> tuple[str | None, int, bool]:
    with database.read() as connection:
        row = sessions.SQL.run(connection, "credentials", name=account).first()
    return (None, 0, False) if row is None else (row.password_hash, row.account_id, row.is_disabled)


def _address_of(request: Request) -> Address:
    """Whence a request comes; what comes over no network comes from this machine."""
    try:
        return ipaddress.ip_address((request.client.host if request.client else "").partition("%")[0])
    except ValueError:
        return _NOBODY
