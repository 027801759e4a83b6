"""Whose a request is: by the key, the cookie or the password it carries."""

import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from psycopg import Connection
from starlette.requests import Request

from services.api.access.principal import Principal, SignedBy
from services.api.access.reach import EVERYTHING, NOTHING, Reach
from services.api.access.role import REGION, RIGHTS, Right, Role, rights_of
from services.api.access.tokens import csrf_token_of, token_sha256
from services.core.db.statements import Statements
from services.ingest.credentials import gateway_of
from services.provenance.audited import audit_mark

SQL = Statements.beside(__file__, "identify.sql")

COOKIE = "__Host-enermon"
"""The prefix has the browser keep it from other hosts, and from lines without TLS (but to the own machine)."""
IDLE = timedelta(hours=8)
"""A session ends so long after it was last used."""

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
        return token_sha256(token), lambda connection, now: _of_session(connection, token, now)
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


class Remembered:
    """Who was found a moment ago: a page asks several questions at once. For a second: who is shut out is out then."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: bytes) -> Principal | None:
        """Who was found by this within the last second."""
        with self._lock:
            at, principal = self._found.get(digest, (float("-inf"), None))
        return principal if time.monotonic() - at < _REMEMBERED_S else None

    def put(self, digest: bytes, principal: Principal) -> None:
        """Remember who was found."""
        with self._lock:
            self._found[digest] = time.monotonic(), principal
            self._found.move_to_end(digest)
            while len(self._found) > _MOST_REMEMBERED:
                self._found.popitem(last=False)

    def forget(self) -> None:
        """Look again whoever comes next: rights have changed."""
        with self._lock:
            self._found.clear()


def _of_key(connection: Connection, digest: bytes, now: datetime) -> Principal | None:
    row = SQL.run(connection, "of_key", token_sha256=digest, now=now).mappings().first()
    if row is None:
        return None
    SQL.run(connection, "note_key", key_id=row["key_id"], now=now)
    return _principal(row, SignedBy.KEY, credential=f"api_key {row['key_id']}")


def _of_session(connection: Connection, token: str, now: datetime) -> Principal | None:
    digest = token_sha256(token)
    found = SQL.run(connection, "of_session", token_sha256=digest, now=now, idle_since=now - IDLE)
    row = found.mappings().first()
    if row is None:
        return None
    SQL.run(connection, "note_session", token_sha256=digest, now=now)
    credential = f"session {audit_mark(digest)}"
    return _principal(row, SignedBy.SESSION, credential=credential, csrf_token=csrf_token_of(token))


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
    row: dict[str, Any], signed_by: SignedBy, *, credential: str, csrf_token: str | None = None
) -> Principal:
    role = Role(row["role"])
    rights = rights_of(role, row["area_code"])
    if row.get("rights") is not None:
        rights = rights & ({Right(right) for right in row["rights"]} | {Right.OWN})
    return Principal(
        account_id=row["account_id"],
        name=row["name"],
        display_name=row["display_name"],
        role=role,
        rights=rights,
        reach=_reach(row["area_code"], row["credit_code"], row.get("areas")),
        signed_by=signed_by,
        area=row["area_code"],
        must_change_password=row["must_change_password"],
        csrf_token=csrf_token,
        credential=credential,
    )


def _reach(area: str | None, credit_code: str | None, of_key: list[str] | None) -> Reach:
    """The areas of a key lie within those of its account: that was looked at when it was made."""
    if credit_code is not None:
        return Reach(enterprise=credit_code)
    areas = tuple(of_key) if of_key is not None else (() if area is None else (area,))
    return EVERYTHING if not areas or REGION in areas else Reach(areas=areas)
