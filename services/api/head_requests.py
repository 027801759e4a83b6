"""HEAD is answered as GET would be, without the body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """ASGI middleware: lets a GET be answered in place of a HEAD, and keeps its body back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_answered = False

        async def send_head(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                await send(message)
            elif not is_answered:
                is_answered = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_until_answered() -> Message:
            # A stream goes on until its reader leaves.
            return {"type": "http.disconnect"} if is_answered else await receive()

        inner = dict(scope, method="GET")
        try:
            await self._app(inner, receive_until_answered, send_head)
        finally:
            # Whoever notes the request outside wants to know by which route it was answered.
            scope["route"] = inner.get("route")
