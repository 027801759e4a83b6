"""Operations asked from within, in the name of whoever asks: with the same checks, rights and reach as from outside."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Message, Scope

_OF_ONE_REQUEST = ("route", "endpoint", "path_params", "router")


def scope_within(scope: Scope, *, query: str, path: str | None = None, **more: Any) -> dict[str, Any]:
    """The scope of a GET in the name of the request of `scope`: of its own path unless another is given."""
    inner = {name: part for name, part in scope.items() if name not in _OF_ONE_REQUEST}
    if path is not None:
        inner |= {"path": path, "raw_path": quote(path).encode()}
    return inner | {"method": "GET", "query_string": query.encode("latin-1"), "state": {}} | more


class AnswerWithin:
    """Takes the answer to a request from within."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        """The body of the request: none."""
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._parts.append(message.get("body", b""))

    @property
    def status(self) -> int:
        """Its status."""
        return int(self._start["status"])

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self._start["headers"]}

    def body(self) -> bytes:
        """Its body."""
        return b"".join(self._parts)

    def response(self) -> Response:
        """The answer whole."""
        return Response(self.body(), status_code=self.status, headers=dict(self.headers))
