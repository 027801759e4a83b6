"""What every request passes through before its route: whose it is, whether that may do this, and where."""

import hmac
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from services.api.access.closing import CONFIRMED, Confirmed
from services.api.access.identify import Remembered, basic_credential, credential_of
from services.api.access.nouns import NEEDS_SESSION
from services.api.access.principal import Principal, SignedBy
from services.api.access.reach import AREA_TREE, EVERYTHING
from services.api.access.role import Right
from services.api.access.rules import BEFORE_THE_CHANGE, OPEN, RIGHT_OF, WITH_A_KEY, Operations, operation
from services.api.errors import OUTSIDE_REACH, ProblemKind, Refused

NOT_SIGNED_IN = ProblemKind("not_signed_in", 401, "Nobody is signed in")
GATEWAY_NOT_ADMITTED = ProblemKind("gateway_not_admitted", 401, "The token or password is not that of the gateway")
NOT_ALLOWED = ProblemKind("not_allowed", 403, "The account may not do this")
NO_CSRF_TOKEN = ProblemKind("no_csrf_token", 403, "The write does not say that it comes from a page of Enermon")
PASSWORD_TO_CHANGE = ProblemKind("password_to_change", 403, "The first password must be changed")

CSRF_HEADER = "X-CSRF-Token"
_OF_GATEWAY = (
    "no gateway is let in by this: a token is the code of the gateway, a point and the password of its credential"
    " (CODE.PASSWORD), HTTP Basic the code and the password; a credential that was withdrawn, or is replaced, is none"
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def require_access(request: Request) -> None:
    """Find whose a request is and put it into its state. Raises Refused, 401 or 403."""
    operations: Operations = request.app.state.operations
    asked = operation(request.method, operations.path_of(request.scope) or "")
    right = RIGHT_OF[asked]
    if not isinstance(right, Right):
        assert right == OPEN
        return
    principal = await identified(request)
    if right not in principal.rights:
        raise Refused(NOT_ALLOWED, f"{principal.name} is {principal.role} and may not: {right}")
    by_session = principal.signed_by is SignedBy.SESSION
    if right is Right.OWN and not by_session and asked not in WITH_A_KEY:
        raise Refused(NEEDS_SESSION, "a key does nothing of its own account; sign in: POST /api/v1/session")
    if by_session and principal.must_change_password and asked not in BEFORE_THE_CHANGE:
        raise Refused(PASSWORD_TO_CHANGE, "change it first: POST /api/v1/session/password")
    if by_session and request.method not in _SAFE:
        given = request.headers.get(CSRF_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, (principal.csrf_token or "").encode()):
            raise Refused(NO_CSRF_TOKEN, f"send the token of GET /api/v1/session as {CSRF_HEADER}")
    request.state.principal = principal
    _require_place(request, request.scope["route"], principal)


async def identified(request: Request) -> Principal:
    """Whose a request is. Raises Refused (NOT_SIGNED_IN, GATEWAY_NOT_ADMITTED)."""
    confirmed: Confirmed | None = request.scope.get(CONFIRMED)
    if confirmed is not None:
        return confirmed.principal
    credential = credential_of(request)
    if credential is None:
        raise Refused(NOT_SIGNED_IN, "send an API key as Authorization: Bearer KEY, or sign in at /login")
    digest, lookup = credential
    remembered: Remembered = request.app.state.remembered
    principal = remembered.get(digest)
    if principal is None:
        look = remembered.look()
        database, now = request.app.state.database.within(EVERYTHING), request.app.state.clock()

        def look_up() -> Principal | None:
            with database.write() as connection:
                return lookup(connection, now)

        principal = await run_in_threadpool(look_up)
        if principal is None:
            if basic_credential(request.headers.get("authorization", "")) is not None:
                raise Refused(GATEWAY_NOT_ADMITTED, _OF_GATEWAY)
            raise Refused(NOT_SIGNED_IN, "the key or session is unknown, has expired, or was withdrawn")
        remembered.put(digest, principal, look)
    return principal


def _require_place(request: Request, route: APIRoute, principal: Principal) -> None:
    """Refuse a question about a place outside; one that names no place is about the account's own.

    What is below an area (enterprises, units, meters, parks, alerts) is held back row by row by the database.
    """
    reach = principal.reach
    if reach.everything:
        return
    given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    for name, value in given:
        for code in value.split(","):
            area = code.removeprefix("area:") if name == "scope" and code.startswith("area:") else code
            names_area = name == "area" or area != code
            if names_area and not _sees_area(principal, area) and not _asks_for_total(request, principal, name):
                raise Refused(OUTSIDE_REACH, f"{name}: {principal.name} does not see area {area}")
            if name == "scope" and reach.enterprise is not None and code.startswith("park:"):
                raise Refused(OUTSIDE_REACH, f"{name}: {principal.name} does not see a park as a whole")
    known = {field.alias: field for field in get_flat_params(route.dependant)}
    if "scope" in known and "scope" not in dict(given):
        own = f"enterprise:{reach.enterprise}" if reach.enterprise is not None else f"area:{reach.areas[0]}"
        request.scope["query_string"] = urlencode([*given, ("scope", own)]).encode()
        # What Starlette has read of it before is read again.
        vars(request).pop("_query_params", None)


def _asks_for_total(request: Request, principal: Principal, name: str) -> bool:
    """Whether an enterprise asks for the sums of an area: the route tells what it may know of its own banner."""
    return principal.reach.enterprise is not None and name == "scope" and request.url.path == "/api/v1/energy"


def _sees_area(principal: Principal, code: str) -> bool:
    """Whether it lies in what the account sees. One that there is not is left to the route, which says so."""
    return code not in AREA_TREE.level or principal.reach.sees_area(code)


def principal_of(request: Request) -> Principal:
    """Whose the request is."""
    principal: Principal = request.state.principal
    return principal


async def _acting(request: Request) -> Principal:
    return principal_of(request)


Acting = Annotated[Principal, Depends(_acting)]
"""The account whose request it is: what it does is recorded under its name."""
