"""What every answer says to a browser about itself, in one place."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OF_EVERY_ANSWER: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# Nothing but this server's own files: no script and no style within a page, and nobody may frame it. Pictures that a
# page has drawn itself are its own too.
_OF_PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_BY_WHOM = ("Authorization", "Cookie")


class SecurityHeaders:
    """ASGI middleware: adds to every answer what browsers are to hold to, and that it is its asker's alone.

    `hsts_s`: so long browsers are to come by HTTPS only (RFC 6797); 0: nothing is said.
    """

    def __init__(self, app: ASGIApp, *, hsts_s: int = 0) -> None:
        self._app = app
        self._fixed = dict(OF_EVERY_ANSWER)
        if hsts_s:
            self._fixed["Strict-Transport-Security"] = f"max-age={hsts_s}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), is_known=message["status"] == 304)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, *, is_known: bool) -> None:
        for name, value in self._fixed.items():
            headers[name] = value
        if is_known:
            # Which kind of answer it was is not said again, and a browser puts these headers in place of those it kept.
            del headers["Content-Security-Policy"]
        elif headers.get("content-type", "").startswith("text/html"):
            headers["Content-Security-Policy"] = _OF_PAGES
        # What is not tagged to be asked for again is kept nowhere.
        headers.setdefault("Cache-Control", "no-store")
        # What is public is the same for everyone.
        if not headers["cache-control"].startswith("public"):
            for name in _BY_WHOM:
                headers.add_vary_header(name)
