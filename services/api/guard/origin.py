"""Writes that a page of another site makes a browser send are refused (CSRF).

A browser says from where a request comes, in headers that no page can write: Sec-Fetch-Site where the service is
reached by HTTPS or on this machine, else Origin. Who sends neither is no browser.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.errors import ProblemKind, Refused, problem

CROSS_SITE = ProblemKind("cross_site", 403, "The request comes from a page of another site")

_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_OWN = frozenset({"same-origin", "none"})
_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, int]
"""Host and port."""


class WritesFromOwnPages:
    """ASGI middleware: refuses what would change something and comes from a page that is not of this service.

    `link`: the address by which people reach it, if a proxy before it asks by another name.
    """

    def __init__(self, app: ASGIApp, *, link: str) -> None:
        self._app = app
        self._own: Collection[Origin | None] = (_origin_of(link),)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless it is such a one."""
        if scope["type"] == "http" and scope["method"] not in _READING and self._is_foreign(Headers(scope=scope)):
            refusal = Refused(CROSS_SITE, "send it from a page of this service, or from a program that is no browser")
            await problem(Request(scope), refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site not in _OWN
        if origin is None:
            return False
        found = _origin_of(origin)
        if found is None:
            return True
        return found not in self._own and found != _origin_of(f"{urlsplit(origin).scheme}://{headers.get('host', '')}")


def _origin_of(url: str) -> Origin | None:
    """None for `null`, and for what is no address of a page."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if port is None or not parts.hostname else (parts.hostname, port)
