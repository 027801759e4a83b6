"""Answers carry an ETag, and one that its asker has already is not sent again (RFC 9110, 8.8.3 and 13.1.2)."""

import hashlib
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.revision import END_OF_STATE, STATE_TAG

_DIGEST_BYTES = 12
_ALL_SEEN = "private, no-cache"
"""Whoever keeps an answer asks each time whether it still holds; nobody in between keeps it."""
_NOT_OF_304 = ("content-length", "content-type")


class Validators:
    """ASGI middleware: tags what a GET answers as a whole, and answers 304 to who has it. Streams pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, partial(_send_with_state, scope, send))
            return
        await self._app(scope, receive, _Answer(scope, send).send)


async def _send_with_state(scope: Scope, send: Send, message: Message) -> None:
    """Send a message of the answer to what is no GET, with the state of what was written."""
    if message["type"] == "http.response.start" and STATE_TAG in scope and message["status"] < 300:
        MutableHeaders(scope=message)["ETag"] = f'W/"{scope[STATE_TAG]}"'
    await send(message)


class _Answer:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        seen = Headers(scope=scope).get("if-none-match", "")
        self._seen = [tag.strip().removeprefix("W/") for tag in seen.split(",")]
        self._held: Message | None = None
        self._is_known = False

    async def send(self, message: Message) -> None:
        """Send a message of the answer, holding its head back until the body is there to be tagged."""
        if message["type"] == "http.response.start":
            is_stream = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
            if message["status"] == 200 and not is_stream:
                self._held = message
            else:
                await self._send(message)
        elif not self._is_known:
            if self._held is not None:
                await self._send(self._head(self._held, message))
                self._held = None
            await self._send({"type": message["type"], "body": b""} if self._is_known else message)

    def _head(self, start: Message, first: Message) -> Message:
        """The head of the answer whose first part of the body is `first`."""
        headers = MutableHeaders(scope=start)
        # A file has its tag from elsewhere, and is sent in parts.
        if "etag" not in headers:
            if first.get("more_body", False):
                return start
            digest = hashlib.blake2b(first.get("body", b""), digest_size=_DIGEST_BYTES).hexdigest()
            state = f"{self._scope[STATE_TAG]}{END_OF_STATE}" if STATE_TAG in self._scope else ""
            headers["ETag"] = f'W/"{state}{digest}"'
        headers.setdefault("Cache-Control", _ALL_SEEN)
        headers.add_vary_header("Accept-Encoding")
        self._is_known = "*" in self._seen or headers["etag"].removeprefix("W/") in self._seen
        if not self._is_known:
            return start
        for name in _NOT_OF_304:
            del headers[name]
        return {**start, "status": 304}
