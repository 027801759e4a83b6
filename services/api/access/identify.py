"""Whose a request is: by the key, the cookie or the password it carries."""

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple

from psycopg import Connection
from starlette.requests import Request

from services.api.access.principal import Principal, SignedBy
from services.api.access.reach import AREA_TREE, EVERYTHING, NOTHING, Reach
from services.api.access.role import OF_THE_WHOLE, REGION, RIGHTS, Right, Role, rights_of
from services.api.access.tokens import csrf_token_of, token_sha256
from services.core.db.statements import Statements
from services.ingest.credentials import gateway_of
from services.provenance.audited import audit_mark

SQL = Statements.beside(__file__, "identify.sql")

COOKIE = "__Host-enermon"
"""The prefix has the browser keep it from other hosts, and from lines without TLS (but to the own machine)."""
IDLE = timedelta(hours=8)
"""A session ends so long after it was last used."""

LET_IN_COUNTS = timedelta(days=7)
"""So long after somebody gave an account its way in, that may be who comes; its person would have noticed by then."""

_REMEMBERED_S = 1.0
_MOST_REMEMBERED = 10_000

Lookup = Callable[[Connection, datetime], Principal | None]


def credential_of(request: Request) -> tuple[bytes, Lookup] | None:
    """What a request carries: a digest by which it is remembered, and how to find whose it is. None: nothing."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and given:
        digest = token_sha256(given.strip())
        return digest, lambda connection, now: _of_key(connection, digest, now)
    token = request.cookies.get(COOKIE)
    if token:
        return token_sha256(token), lambda connection, now: principal_of_session(connection, token, now)
    header = request.headers.get("authorization", "")
    basic = basic_credential(header)
    if basic is not None:
        user, password = basic
        return token_sha256(header), lambda connection, now: _of_gateway(connection, user, password, now)
    return None


def basic_credential(header: str) -> tuple[str, str] | None:
    """Name and password of an Authorization header of HTTP Basic; None: it is none."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


class Look(NamedTuple):
    """When it was looked up whose a credential is."""

    changes: int
    at_s: float


class Remembered:
    """Who was found a moment ago: a page asks several questions at once.

    For a second: whoever is shut out by another process is out then; by this one, at once (`forget`).
    """

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._changes = 0
        self._lock = Lock()

    def look(self) -> Look:
        """To be taken before it is looked up whose a credential is."""
        with self._lock:
            return Look(self._changes, time.monotonic())

    def get(self, digest: bytes) -> Principal | None:
        """Who was found by this within the last second."""
        with self._lock:
            at, principal = self._found.get(digest, (float("-inf"), None))
        return principal if time.monotonic() - at < _REMEMBERED_S else None

    def put(self, digest: bytes, principal: Principal, look: Look) -> None:
        """Remember who was found, unless rights have changed since it was looked up."""
        with self._lock:
            if look.changes != self._changes:
                return
            self._found[digest] = look.at_s, principal
            self._found.move_to_end(digest)
            while len(self._found) > _MOST_REMEMBERED:
                self._found.popitem(last=False)

    def forget(self) -> None:
        """Look again whoever comes next: rights have changed."""
        with self._lock:
            self._changes += 1
            self._found.clear()


def _of_key(connection: Connection, digest: bytes, now: datetime) -> Principal | None:
    row = SQL.run(connection, "of_key", token_sha256=digest, now=now).mappings().first()
    if row is None:
        return None
    principal = _principal(row, SignedBy.KEY, now=now, credential=f"api_key {row['key_id']}")
    if principal is not None:
        SQL.run(connection, "note_key", key_id=row["key_id"], now=now)
    return principal


def principal_of_session(connection: Connection, token: str, now: datetime) -> Principal | None:
    """Whose the session with this token is; None: there is none, or it is over."""
    digest = token_sha256(token)
    found = SQL.run(connection, "of_session", token_sha256=digest, now=now, idle_since=now - IDLE)
    row = found.mappings().first()
    if row is None:
        return None
    SQL.run(connection, "note_session", token_sha256=digest, now=now)
    credential = f"session {audit_mark(digest)}"
    return _principal(row, SignedBy.SESSION, now=now, credential=credential, csrf_token=csrf_token_of(token))


def _of_gateway(connection: Connection, user: str, password: str, now: datetime) -> Principal | None:
    code = gateway_of(connection, user, password, now=now)
    if code is None:
        return None
    return Principal(
        account_id=None,
        name=code,
        display_name=code,
        role=Role.GATEWAY,
        rights=RIGHTS[Role.GATEWAY],
        reach=NOTHING,
        signed_by=SignedBy.GATEWAY,
    )


def _principal(
    row: dict[str, Any], signed_by: SignedBy, *, now: datetime, credential: str, csrf_token: str | None = None
) -> Principal | None:
    """None: nothing is left of what the key was made for, since its account was bound to another area."""
    role = Role(row["role"])
    rights = rights_of(role, row["area_code"])
    if row.get("rights") is not None:
        rights = rights & ({Right(right) for right in row["rights"]} | {Right.OWN})
    reach = _reach(row["area_code"], row["credit_code"], row.get("areas"))
    if reach is None:
        return None
    if row.get("areas") is not None and not reach.everything:
        rights = rights - OF_THE_WHOLE
    return Principal(
        account_id=row["account_id"],
        name=row["name"],
        display_name=row["display_name"],
        role=role,
        rights=rights,
        reach=reach,
        signed_by=signed_by,
        area=row["area_code"],
        must_change_password=row["must_change_password"],
        csrf_token=csrf_token,
        credential=credential,
        let_in_by=_let_in_by(row, now),
    )


def _let_in_by(row: dict[str, Any], now: datetime) -> frozenset[str]:
    """Whoever made the key, and who gave the account its way in lately."""
    lately = row["let_in_at"] is not None and now < row["let_in_at"] + LET_IN_COUNTS
    named = {row.get("created_by"), row["let_in_by"] if lately else None}
    return frozenset(each for each in named if each is not None and each != row["name"])


def _reach(area: str | None, credit_code: str | None, of_key: list[str] | None) -> Reach | None:
    """What an account sees, or what is left of that for its key; None: nothing."""
    if credit_code is not None:
        return Reach(enterprise=credit_code)
    own = REGION if area is None else area
    areas = {own} if of_key is None else {_shared(own, code) for code in of_key} - {None}
    if REGION in areas:
        return EVERYTHING
    return Reach(areas=tuple(sorted(code for code in areas if code is not None))) if areas else None


def _shared(own: str, other: str) -> str | None:
    """The smaller of two areas of which one lies in the other; None: neither does."""
    if AREA_TREE.above(other, own):
        return other
    return own if AREA_TREE.above(own, other) else None
