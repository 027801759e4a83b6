"""Signing in by an OpenID provider: the way there, and the way back."""

import logging
from typing import Annotated
from urllib.parse import quote, unquote, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.api.access.login import LOGIN, START, own_path
from services.api.access.provided import provided_account
from services.api.access.provider import NotSignedInError, Provider, ProviderSignIn
from services.api.asking import Now
from services.api.database import WholeDb
from services.api.errors import ProblemKind, Refused
from services.api.routes.session import begin_session

log = logging.getLogger("enermon.api.oidc")

NO_PROVIDER = ProblemKind("no_provider", 404, "No provider is configured")

COOKIE = "__Host-enermon-oidc"
_HOLDS_S = 600

# For browsers, which are led on: no part of what programs ask.
router = APIRouter(prefix="/api/v1/session/oidc", include_in_schema=False)


@router.get("")
def begin(request: Request, wanted: Annotated[str, Query(alias="next", max_length=4000)] = START) -> Response:
    """Send the browser to the provider."""
    provider, flow, path = _provider_of(request), ProviderSignIn.new(), own_path(wanted)
    try:
        answer = RedirectResponse(provider.address_for(flow), status_code=303)
    except NotSignedInError as error:
        return _refused(error, path)
    # Lax: the provider leads back from another site.
    value = f"{flow.secret}.{quote(path, safe='')}"
    answer.set_cookie(COOKIE, value, max_age=_HOLDS_S, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.get("/callback")
def end(database: WholeDb, request: Request, now: Now) -> Response:
    """Sign in whoever the provider names, if it was this browser that asked."""
    provider = _provider_of(request)
    secret, _, kept = request.cookies.get(COOKIE, "").partition(".")
    flow, path, given = ProviderSignIn(secret), own_path(unquote(kept)), request.query_params
    try:
        if not secret or not flow.is_state(given.get("state", "")):
            raise NotSignedInError("the answer belongs to no sign-in of this browser")
        if given.get("iss", provider.issuer) != provider.issuer:
            raise NotSignedInError("the answer is that of another provider")
        if "code" not in given:
            raise NotSignedInError(f"the provider refuses: {given.get('error', '')!a:.100}")
        claims = provider.claims_for(flow, given["code"], now=now)
        with database.write() as connection:
            account_id = provided_account(connection, claims, claim=request.app.state.settings.oidc_claim)
        answer = RedirectResponse(path, status_code=303)
        begin_session(database, request, answer, account_id, now=now, checked=None)
    except (NotSignedInError, Refused) as error:
        answer = _refused(error, path)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _provider_of(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise Refused(NO_PROVIDER, "sign in with name and password; ENERMON_OIDC_ISSUER names a provider")
    return provider


def _refused(error: Exception, path: str) -> RedirectResponse:
    log.warning("sign-in by the provider refused: %s", error)
    return RedirectResponse(f"{LOGIN}?{urlencode({'refused': 'provider', 'next': path})}", status_code=303)
