"""The page on which people sign in. It asks the API as any other program does."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.api.access.login import LOGIN, START, own_path
from services.api.routes.console import HEADERS

router = APIRouter(include_in_schema=False)

_page = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "web"), autoescape=True, undefined=StrictUndefined
).get_template("login.html.j2")


@router.get(LOGIN)
def login(
    request: Request,
    wanted: Annotated[str, Query(alias="next")] = START,
    refused: Annotated[str, Query(max_length=100)] = "",  # noqa: ARG001 - read by the page's own script
) -> HTMLResponse:
    """The page; `next` is where it leads to afterwards."""
    provider = request.app.state.provider is not None
    return HTMLResponse(_page.render(next=own_path(wanted), provider=provider), headers=HEADERS)
