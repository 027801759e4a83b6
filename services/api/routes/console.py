"""The console: one page for every view, and its files. It asks the API as any other program does."""

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from services.api.console_paths import PATHS
from services.api.web_folder import web_folder

router = APIRouter(include_in_schema=False)

HEADERS = {"Cache-Control": "no-cache"}
_FOR_GOOD = "public, max-age=31536000, immutable"


def index(request: Request) -> HTMLResponse:
    """The page. It looks at its own address for what to show."""
    files = web_folder().files()
    page = files.page("index.html", ["app.js", *files.views_at(request.url.path)])
    return HTMLResponse(page, headers=HEADERS)


for _path in PATHS:
    router.add_api_route(_path, index, methods=["GET"], response_class=HTMLResponse)


@router.get("/reference")
def reference() -> HTMLResponse:
    """The reference of the API, to be read and tried."""
    return HTMLResponse(web_folder().files().page("reference.html"), headers=HEADERS)


@router.get("/web/{digest}/{name:path}")
def file(digest: str, name: str, accepted: Annotated[str, Header(alias="accept-encoding")] = "") -> Response:
    """A file of the folder whose digest this is.

    A page that was opened before the files changed gets those of now, which are not to be kept under its address.
    """
    files = web_folder().files(digest)
    found = files.file(name)
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": _FOR_GOOD if digest == files.digest else "no-store"}
    # Where it would be larger zipped, it goes as it is.
    if "gzip" not in accepted or len(found.zipped) >= len(found.content):
        return Response(found.content, media_type=found.media_type, headers=headers)
    return Response(found.zipped, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"})
