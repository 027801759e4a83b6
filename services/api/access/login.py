"""The page on which people sign in, and the way back from it to where they wanted to go."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

LOGIN = "/login"
START = "/"

# Browsers read a backslash as a slash, and leave out line breaks and tabs: two slashes at the beginning name a host.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_MOST_CHARACTERS = 2000


class SignInFirst(Exception):  # noqa: N818 - named after the fact
    """A person asked for a page without being signed in."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        query = request.url.query
        self.wanted = request.url.path + (f"?{query}" if query else "")


def own_path(wanted: str) -> str:
    """`wanted` where it is a path of this service, else its first page: a link must not lead to another site."""
    return wanted if len(wanted) <= _MOST_CHARACTERS and _OWN_PATH.fullmatch(wanted) else START


def lead_to_login(_request: Request, error: Exception) -> Response:
    """To the page of the login, and from there to what was wanted."""
    assert isinstance(error, SignInFirst)
    address = f"{LOGIN}?{urlencode({'next': own_path(error.wanted)})}"
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
