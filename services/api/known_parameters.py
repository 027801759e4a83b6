"""Parameters of the query that a route does not declare, or given twice where it takes one, are refused."""

import difflib
import itertools
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute

from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.reasons import Fault

_MOST_NAME_CHARACTERS = 100
_MOST_FAULTS = 20


async def require_known_parameters(request: Request) -> None:
    """Refuse parameters that would be passed over: a mistyped filter would answer more than was asked.

    Raises Refused with the first 20 of them, and for an unknown one the nearest name there is.
    """
    if not request.scope["query_string"]:
        return
    route = request.scope["route"]
    if not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    known = {
        field.alias: _takes_several(field.field_info.annotation)
        for field in get_flat_params(route.dependant)
        if not isinstance(field.field_info, Path | Header | Cookie)
    }
    faults = list(itertools.islice(_faults(request, known), _MOST_FAULTS))
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)


def _faults(request: Request, known: dict[str, bool]) -> Iterator[Fault]:
    for name in request.query_params:
        if name not in known:
            yield Fault(name[:_MOST_NAME_CHARACTERS], *_unknown(name, sorted(known)))
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            yield Fault(name, "repeated_parameter")


def _unknown(name: str, known: list[str]) -> tuple[str, dict[str, Any]]:
    if not known:
        return "no_parameters", {}
    nearest = difflib.get_close_matches(name[:_MOST_NAME_CHARACTERS].lower(), known, n=1)
    names = ", ".join(known)
    return ("mistyped_parameter", {"nearest": nearest[0]}) if nearest else ("unknown_parameter", {"known": names})


def _takes_several(annotation: Any) -> bool:
    """Whether a list is among the kinds a parameter may be."""
    return get_origin(annotation) is list or annotation is list or any(map(_takes_several, get_args(annotation)))
