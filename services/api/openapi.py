"""How the API describes itself: its refusals beside its answers."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api.access.identify import COOKIE
from services.api.access.rules import OPEN, RIGHT_OF
from services.api.errors import (
    INVALID_BODY,
    INVALID_PARAMETER,
    MEDIA_TYPE,
    TOO_LARGE,
    FieldProblem,
    Problem,
    ProblemKind,
)
from services.api.export.described import describe_files
from services.api.guard.cost import TOO_MUCH
from services.api.guard.turns import TOO_HEAVY_NOW
from services.api.words import say_kinds_of_words

TITLE = "Enermon"
DESCRIPTION = """The regulator's side of the online monitoring of key energy-using units.

Every list may be had whole as a file, with `format=csv` or `format=xlsx`.
Lists are paged: `limit` and `cursor` in, `data` and `next` out. A filter that is a list may be repeated, or have its
values between commas. Times are RFC 3339, days are those of Asia/Shanghai.
Parameters that an operation does not know are refused, and so is one that stands twice and takes one value. HEAD is
answered wherever GET is; answers are compressed, and have an ETag for If-None-Match.
The codes of an enumeration have their words at `/api/v1/words`, under the kind that its schema names as `x-words`.
Errors are problem details (RFC 9457); programs decide by their `code`, and 422 names every refused field.
Every operation may answer 500 `internal`, 503 `database_unavailable` and 503 `database_timeout` too.
"""

_REFERENCE = "#/components/schemas/{model}"
_WAYS_IN: Mapping[str, Any] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of an account: `enk_…`"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Of a browser that has signed in; writes send the token of `GET /api/v1/session` too",
    },
    "gateway": {"type": "http", "scheme": "basic", "description": "A gateway's credential"},
}
_OF_PEOPLE_AND_PROGRAMS = ("key", "session")
_OF_GATEWAYS_TOO = frozenset({"POST /api/v1/readings"})


def refusals(*kinds: ProblemKind) -> dict[int | str, dict[str, Any]]:
    """What an operation may refuse, for `responses=`; every operation may refuse its parameters."""
    descriptions: dict[int | str, list[str]] = {}
    for kind in (*kinds, INVALID_PARAMETER):
        descriptions.setdefault(kind.status, []).append(f"`{kind.code}`: {kind.title}")
    return {
        status: {"description": "; ".join(lines), "content": {MEDIA_TYPE: {"schema": _schema_of(Problem)}}}
        for status, lines in descriptions.items()
    }


def _schema_of(model: type) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def describe(app: FastAPI) -> None:
    """Let `app` describe itself with problem details instead of FastAPI's own error models."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description_of(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _description_of(app: FastAPI) -> dict[str, Any]:
    description = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = description.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    description["components"]["securitySchemes"] = _WAYS_IN
    for operation in describe_files(description):
        _add_refusals(operation["responses"], TOO_HEAVY_NOW, TOO_MUCH)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            operation["security"] = _ways_into(f"{method.upper()} {path}")
            # Every body may be too large, or not what is asked for.
            if "requestBody" in operation:
                _add_refusals(operation["responses"], INVALID_BODY, TOO_LARGE)
    for model in (Problem, FieldProblem):
        schema: Mapping[str, Any] = model.model_json_schema(ref_template=_REFERENCE)
        schemas[model.__name__] = {name: part for name, part in schema.items() if name != "$defs"}
    say_kinds_of_words(description)
    return description


def _ways_into(operation: str) -> list[dict[str, list[str]]]:
    """With what an operation is asked; nothing where it is open."""
    if RIGHT_OF[operation] == OPEN:
        return []
    ways = (*_OF_PEOPLE_AND_PROGRAMS, *(("gateway",) if operation in _OF_GATEWAYS_TOO else ()))
    return [{way: []} for way in ways]


def _add_refusals(responses: dict[str, Any], *kinds: ProblemKind) -> None:
    """Add what is refused to what an operation says of itself already."""
    for status, refusal in refusals(*kinds).items():
        known = responses.setdefault(str(status), refusal)
        for line in refusal["description"].split("; "):
            if line not in known["description"]:
                known["description"] += f"; {line}"
