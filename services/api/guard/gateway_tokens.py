"""Gateways that can only be given an address: `POST /api/v1/TOKEN/telemetry`, where the token says who sends.

The token is the code of the gateway, a point and its password. It leaves the request here, before anything notes the
address: to all others it is a message of the gateway by HTTP Basic.
"""

import base64
import re
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.credentials import MOST_PASSWORD

_ADDRESS = re.compile(r"/api/v1/([^/]*)/telemetry/?")
_TOKEN = re.compile(r"^/api/v1/[^/.]+\.[^/]{12,}(?=/|$)")
_HIDDEN = "/api/v1/TOKEN"
"""In place of a token in an address that is none: clients of such platforms ask for more than to send."""
_MOST_CODE = 64
_PATH = "/api/v1/readings"


class GatewayTokens:
    """ASGI middleware: makes of the address with a token that of readings, which are read by the gateway's profile."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        found = _ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None:
            await self._app(_without_token(scope), receive, send)
            return
        code, _, password = found[1][: _MOST_CODE + 1 + MOST_PASSWORD].partition(".")
        basic = base64.b64encode(f"{code}:{password}".encode())
        kept = [
            (name, value)
            for name, value in scope["headers"]
            if name not in (b"authorization", b"content-type", b"cookie")
        ]
        query = f"gateway={quote(code, safe='')}&format=profile"
        inner = dict(
            scope,
            path=_PATH,
            raw_path=_PATH.encode(),
            query_string=query.encode(),
            headers=[*kept, (b"authorization", b"Basic " + basic), (b"content-type", b"application/octet-stream")],
        )
        await self._app(inner, receive, send)


def _without_token(scope: Scope) -> Scope:
    path = _TOKEN.sub(_HIDDEN, scope.get("path", ""))
    return scope if path == scope.get("path", "") else dict(scope, path=path, raw_path=quote(path).encode())
