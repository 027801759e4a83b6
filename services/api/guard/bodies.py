"""Which bodies are read where: of which kinds, and how large. Others are refused before anything reads them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import INVALID_BODY, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, Refused, problem

JSON = "application/json"
_MOST_DIGITS = 20
_ALSO_JSON = re.compile(r"application/[a-z0-9.-]+\+json")
_READING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRule:
    """What addresses that begin with `prefix` read; without `kinds` the route judges the kind itself.

    None of the kinds may be one that a page of another site can send unasked (text/plain, forms): see origin.py.
    `read_late`: the route reads the body by itself, when the account is known; others' bodies are read before.
    """

    prefix: str
    most_bytes: int
    kinds: tuple[str, ...] = (JSON,)
    read_late: bool = False


class BodyRules:
    """ASGI middleware: answers 413 to a body that is too large, and 415 to one of another kind.

    The first of `rules` that fits an address holds; `otherwise` where none does.
    """

    def __init__(self, app: ASGIApp, *, rules: Sequence[BodyRule], otherwise: BodyRule) -> None:
        self._app = app
        self._rules = (*rules, otherwise)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its body may be read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        rule = next(rule for rule in self._rules if scope["path"].startswith(rule.prefix))
        headers = Headers(scope=scope)
        refusal = _refusal(rule, scope["method"], headers)
        if refusal is not None:
            await problem(Request(scope), refusal)(scope, receive, send)
        elif "transfer-encoding" in headers and rule.read_late:
            await self._app(scope, _counted(receive, rule), send)
        elif "transfer-encoding" in headers:
            await self._buffered(scope, receive, send, rule)
        else:
            await self._app(scope, receive, send)

    async def _buffered(self, scope: Scope, receive: Receive, send: Send, rule: BodyRule) -> None:
        """A body of unannounced length is gathered first: only then is it known whether to refuse it."""
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > rule.most_bytes:
                await problem(Request(scope), _too_large(rule))(scope, receive, send)
                return
        pending: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)


def _counted(receive: Receive, rule: BodyRule) -> Receive:
    """Receives a body of unannounced length, and raises Refused(TOO_LARGE) once it is too large."""
    received_bytes = 0

    async def receive_counted() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > rule.most_bytes:
            raise _too_large(rule)
        return message

    return receive_counted


def _refusal(rule: BodyRule, method: str, headers: Headers) -> Refused | None:
    """Why a body that is announced so is not read; None where it is, or there is none."""
    length = headers.get("content-length")
    if length is not None:
        if not (length.isascii() and length.isdigit()):
            return Refused(INVALID_BODY, "Content-Length is not a number")
        if len(length) > _MOST_DIGITS or int(length) > rule.most_bytes:
            return _too_large(rule)
    is_there = "transfer-encoding" in headers or (length is not None and int(length) > 0)
    if method in _READING and is_there and rule.kinds and not _is_of(rule.kinds, headers.get("content-type", "")):
        return Refused(UNSUPPORTED_MEDIA_TYPE, f"send the body with Content-Type: {' or '.join(rule.kinds)}")
    return None


def _is_of(kinds: Sequence[str], content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind in kinds or (JSON in kinds and _ALSO_JSON.fullmatch(kind) is not None)


def _too_large(rule: BodyRule) -> Refused:
    return Refused(TOO_LARGE, f"at most {rule.most_bytes} bytes are read here; send the rest in further requests")
