"""One shape for every error: RFC 9457 problem details with a stable code."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from services.api.guard.headers import OF_EVERY_ANSWER
from services.api.reasons import Fault, faults_of
from services.core.words import WORDS

log = logging.getLogger("enermon.api")

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "enermon.request_id"
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of error: its stable code, its HTTP status, and what it is called."""

    code: str
    status: int
    title: str

    @property
    def title_zh(self) -> str:
        """What it is called in Chinese."""
        return WORDS["problem"][self.code].zh


INVALID_BODY = ProblemKind("invalid_body", 422, "The body is not what is asked for")
INVALID_PARAMETER = ProblemKind("invalid_parameter", 422, "A parameter is not what is asked for")
BAD_CURSOR = ProblemKind("bad_cursor", 400, "The cursor does not belong to this list")
NOT_FOUND = ProblemKind("not_found", 404, "There is nothing at this address")
METHOD_NOT_ALLOWED = ProblemKind("method_not_allowed", 405, "This address does not know the method")
ALREADY_EXISTS = ProblemKind("already_exists", 409, "It is already registered")
IN_USE = ProblemKind("in_use", 409, "It is still in use")
LAST_MEMBERSHIP = ProblemKind("last_membership", 409, "An enterprise keeps at least one membership")
TOO_LARGE = ProblemKind("too_large", 413, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemKind("unsupported_media_type", 415, "The body is of a kind that is not read here")
IMPORT_REFUSED = ProblemKind("import_refused", 422, "The file has faults; nothing was written")
INTERNAL = ProblemKind("internal", 500, "Something failed inside the service")
NOT_READY = ProblemKind("not_ready", 503, "The service is not ready")
BUSY = ProblemKind("busy", 503, "Too many imports at once")
OUTSIDE_REACH = ProblemKind("outside_reach", 403, "It lies outside what the account sees or acts on")
DATABASE_UNAVAILABLE = ProblemKind("database_unavailable", 503, "The database does not answer")
DATABASE_TIMEOUT = ProblemKind("database_timeout", 503, "The database took too long")

_OF_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: TOO_LARGE}
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}


class FieldProblem(BaseModel):
    """One refused field."""

    field: str
    code: str
    reason: str
    reason_zh: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:enermon:problem:unknown_meter",
                    "title": "No such meter",
                    "title_zh": "没有该计量点",
                    "status": 404,
                    "detail": "no meter is registered as M-1",
                    "instance": "/api/v1/meters/M-1",
                    "code": "unknown_meter",
                }
            ]
        }
    )

    type: str = Field(description="urn:enermon:problem: and the code")
    title: str
    title_zh: str
    status: int
    detail: str
    instance: str = Field(description="Path of the request")
    code: str = Field(description="Stable: programs may decide by it")
    errors: list[FieldProblem] | None = Field(None, description="With 422: every refused field")
    request_id: str | None = Field(None, description="With 500: to be found in the service's log")


class Refused(Exception):  # noqa: N818 - named after the fact
    """A request is refused: `kind` says how, `detail` what exactly and how to mend it. Answered as problem details."""

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        retry_after_s: int | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.retry_after_s = retry_after_s
        self.more = more

    def __reduce__(self) -> tuple[Any, ...]:
        """It is raised again where the work was asked for that another process did."""
        return partial(Refused, faults=self.faults, retry_after_s=self.retry_after_s, **self.more), (
            self.kind,
            self.detail,
        )


class ProblemResponse(JSONResponse):
    """Problem details on the wire."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """As JSON; a lone surrogate in what a client sent becomes its JSON escape, since UTF-8 cannot hold it."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")


def problem(request: Request, refusal: Refused) -> ProblemResponse:
    """The answer to `request` that says `refusal`."""
    kind = refusal.kind
    headers = dict(_HEADERS.get(kind.status, {}))
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return ProblemResponse(details_of(refusal, instance=request.url.path), status_code=kind.status, headers=headers)


def details_of(refusal: Refused, *, instance: str) -> dict[str, Any]:
    """The problem details of a refusal; `instance`: path of what is refused."""
    kind = refusal.kind
    body: dict[str, Any] = {
        "type": f"urn:enermon:problem:{kind.code}",
        "title": kind.title,
        "title_zh": kind.title_zh,
        "status": kind.status,
        "detail": refusal.detail,
        "instance": instance,
        "code": kind.code,
    }
    if refusal.faults:
        body["errors"] = [field_problem(fault) for fault in refusal.faults]
    return body | refusal.more


def field_problem(fault: Fault) -> dict[str, str]:
    """A fault as it is answered."""
    return {"field": fault.field, "code": fault.code, "reason": fault.reason, "reason_zh": fault.reason_zh}


def refused_fields(kind: ProblemKind, faults: Sequence[Fault], *, beyond: int = 0) -> Refused:
    """The refusal of `faults`, of which there is at least one, and of so many beyond them, which are not told."""
    first = faults[0]
    more = len(faults) - 1 + beyond
    others = f" (and {more} more)" if more else ""
    return Refused(kind, f"{first.field}: {first.reason}{others}", faults=faults[:MOST_FAULTS])


def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(request, error)


def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    faults, beyond = found[:MOST_FAULTS], len(found[MOST_FAULTS:])
    if faults[0]["loc"][0] == "body":
        refused = refused_fields(INVALID_BODY, faults_of(faults, root="body", skip=1), beyond=beyond)
        return problem(request, refused)
    # Of several values of a parameter the parameter is named, as of one.
    named = [fault | {"loc": fault["loc"][:2]} for fault in faults]
    refused = refused_fields(INVALID_PARAMETER, faults_of(named, root="body", skip=1), beyond=beyond)
    return problem(request, refused)


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        return problem(request, refused_fields(INVALID_BODY, [Fault("body", "json_invalid", {"error": error.detail})]))
    title = str(error.detail)
    kind = _OF_STATUS.get(error.status_code, ProblemKind(f"http_{error.status_code}", error.status_code, title))
    answer = problem(request, Refused(kind, f"{request.method} {request.url.path}: {title}"))
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = _methods_at(request)
    return answer


def _methods_at(request: Request) -> str:
    """The methods of the address asked for. The router itself names only those of the first route that fits."""
    path = getattr(request.scope.get("route"), "path", None)
    contexts = iter_route_contexts(request.app.routes)
    methods = {method for found in contexts if found.path == path for method in found.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _on_database(request: Request, error: Exception) -> Response:
    if isinstance(error, psycopg.errors.QueryCanceled):
        log.warning("statement cancelled after its time limit: %s", request.url.path)
        return problem(request, Refused(DATABASE_TIMEOUT, "the database took longer than the time limit; ask for less"))
    log.warning("database unavailable: %s", type(error).__name__)
    return problem(request, Refused(DATABASE_UNAVAILABLE, "the database does not answer; try again in a few seconds"))


def _on_privilege(request: Request, error: Exception) -> Response:
    assert isinstance(error, psycopg.errors.InsufficientPrivilege)
    if "row-level security" not in (error.diag.message_primary or ""):
        return _on_unhandled(request, error)
    return problem(request, Refused(OUTSIDE_REACH, "what was to be written belongs to others; nothing was written"))


def _on_unhandled(request: Request, error: Exception) -> Response:
    request_id = str(request.scope.get(REQUEST_ID, ""))
    log.error("request %s failed", request_id, exc_info=error, extra={"request": request_id})
    refusal = Refused(INTERNAL, f"the log of the service has the cause under {request_id}", request_id=request_id)
    answer = problem(request, refusal)
    # This answer passes outside of all middleware.
    answer.headers.update({"X-Request-ID": request_id, "Cache-Control": "no-store", **OF_EVERY_ANSWER})
    return answer


def answer_errors_of(app: FastAPI) -> None:
    """Let every error of `app` be answered as problem details."""
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(psycopg.errors.InsufficientPrivilege, _on_privilege)
    app.add_exception_handler(psycopg.OperationalError, _on_database)
    app.add_exception_handler(psycopg.InterfaceError, _on_database)
    app.add_exception_handler(Exception, _on_unhandled)
