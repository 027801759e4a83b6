"""The first page, what the region uses today, live; and dual control. They ask the API as any other program does."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter(include_in_schema=False)

_WEB = Path(__file__).parent.parent / "web"
_FILES = {
    "console.js": "text/javascript",
    "dual_control.js": "text/javascript",
    "login.js": "text/javascript",
    "console.css": "text/css",
}
HEADERS = {"Cache-Control": "no-cache"}


@router.get("/")
def page() -> FileResponse:
    """The page."""
    return FileResponse(_WEB / "index.html", media_type="text/html", headers=HEADERS)


@router.get("/dual-control")
def dual_control() -> FileResponse:
    """How areas stand in dual control, year by year."""
    return FileResponse(_WEB / "dual_control.html", media_type="text/html", headers=HEADERS)


def _serve(name: str, media_type: str) -> None:
    @router.get(f"/web/{name}", name=name)
    def file() -> FileResponse:
        return FileResponse(_WEB / name, media_type=media_type, headers=HEADERS)


for _name, _media_type in _FILES.items():
    _serve(_name, _media_type)
