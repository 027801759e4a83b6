"""Refuses bodies that are too large before anything reads them."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import INVALID_BODY, TOO_LARGE, Refused, problem

_MOST_DIGITS = 20


class BodyLimit:
    """ASGI middleware: answers 413 to a body above `default_bytes`; `larger` says what paths that begin so may have."""

    def __init__(self, app: ASGIApp, *, default_bytes: int, larger: Mapping[str, int]) -> None:
        self._app = app
        self._default_bytes = default_bytes
        self._larger = dict(larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its body is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_bytes(scope["path"])
        headers = Headers(scope=scope)
        length = headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdigit()):
            await problem(Request(scope), Refused(INVALID_BODY, "Content-Length is not a number"))(scope, receive, send)
        elif length is not None and (len(length) > _MOST_DIGITS or int(length) > limit):
            await self._refuse(scope, receive, send, limit)
        elif "transfer-encoding" in headers:
            await self._buffered(scope, receive, send, limit)
        else:
            await self._app(scope, receive, send)

    def _limit_bytes(self, path: str) -> int:
        return next((limit for prefix, limit in self._larger.items() if path.startswith(prefix)), self._default_bytes)

    async def _buffered(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """A body of unannounced length is gathered first: only then is it known whether to refuse it."""
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                await self._refuse(scope, receive, send, limit)
                return
        pending: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        refusal = Refused(TOO_LARGE, f"at most {limit} bytes are read here; send the rest in further requests")
        await problem(Request(scope), refusal)(scope, receive, send)
