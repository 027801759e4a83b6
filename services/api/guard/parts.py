"""A large answer leaves in parts: what the peer has not taken stands once in memory, and its request is not over."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PART_BYTES = 262_144


class SentInParts:
    """ASGI middleware: sends a body of more than 256 kB part by part, each when the wire has room for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_parts(message: Message) -> None:
            body = message.get("body", b"")
            if len(body) <= _PART_BYTES:
                await send(message)
                return
            for first in range(0, len(body), _PART_BYTES):
                after = first + _PART_BYTES
                more = after < len(body) or message.get("more_body", False)
                await send({"type": message["type"], "body": body[first:after], "more_body": more})

        await self._app(scope, receive, send_parts)
