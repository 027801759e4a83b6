"""The page on which people sign in. It asks the API as any other program does."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.api.access.login import LOGIN, START, own_path
from services.api.routes.console import HEADERS
from services.api.web_folder import digest, web_folder

router = APIRouter(include_in_schema=False)

_templates = Environment(loader=FileSystemLoader(web_folder().path), autoescape=True, undefined=StrictUndefined)
_templates.globals["digest"] = digest


@router.get(LOGIN)
def login(
    request: Request,
    wanted: Annotated[str, Query(alias="next")] = START,
    refused: Annotated[str, Query(max_length=100)] = "",  # noqa: ARG001 - read by the page's own script
) -> HTMLResponse:
    """The page; `next` is where it leads to afterwards."""
    provider = request.app.state.provider is not None
    return HTMLResponse(
        _templates.get_template("login.html.j2").render(next=own_path(wanted), provider=provider), headers=HEADERS
    )
