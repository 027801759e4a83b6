"""How a large answer leaves: in parts, and without holding others up for longer than they wait."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.api.guard import turns
from services.api.guard.parts import SentInParts
from services.api.guard.turns import HeavyInTurn, require_turn
from services.api.turnstile import Turnstile


async def nothing() -> Message:
    raise AssertionError("nothing is received")


@pytest.mark.parametrize(("size", "parts"), [(0, 1), (262_144, 1), (262_145, 2), (600_000, 3)])
def test_a_large_body_leaves_in_parts(size: int, parts: int) -> None:
    body = bytes(number % 251 for number in range(size))
    sent: list[Message] = []

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(SentInParts(answer)({"type": "http"}, nothing, send))
    assert b"".join(message["body"] for message in sent[1:]) == body
    assert [bool(message.get("more_body")) for message in sent[1:]] == [True] * (parts - 1) + [False]


def test_who_takes_an_answer_slowly_holds_others_up_no_longer_than_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_LONGEST_SENT_S", 0.01)
    shared = Turnstile(10)

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        require_turn(10)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert not shared.enter(within_s=0)
        await send({"type": "http.response.body", "body": b"much"})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            while not shared.enter(within_s=0, places=10):
                await asyncio.sleep(0.01)

    scope = {"type": "http", "method": "GET", "app": SimpleNamespace(state=SimpleNamespace(heavy_places=shared))}
    asyncio.run(HeavyInTurn(answer)(scope, nothing, send))
    assert not shared.enter(within_s=0), "what was given back is not given back again"
