"""What is answered at once: heavy questions share what one of the heaviest may take, and light ones never wait.

What a question costs is known in the midst of its work (cost.py). Where that is not free, an error ends the work: the
request gives thread and connection back, waits without either, and is worked on anew when its turn has come.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import ProblemKind, Refused, problem
from services.api.turnstile import Turnstile

TOO_HEAVY_NOW = ProblemKind("busy", 503, "Too many heavy questions at once")

_LONGEST_WAIT_S = 5.0
_LONGEST_SENT_S = 5.0
_MOST_WAITING = 32


class NotYet(Exception):  # noqa: N818 - named after the fact
    """So many places are not free now: wait for them, and ask anew."""

    def __init__(self, places: int) -> None:
        super().__init__(places)
        self.places = places


class Turn:
    """What a request has taken of the places of a turnstile."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self._has = 0

    def require(self, places: int, *, within_s: float = 0.0) -> None:
        """Have at least so many. Raises NotYet, and has none then: who has some and waits for more stops others."""
        if places <= self._has:
            return
        self.leave()
        if not self._turnstile.enter(within_s=within_s, places=places):
            raise NotYet(places)
        self._has = places

    def leave(self) -> None:
        """Give back what it has."""
        if self._has:
            self._turnstile.leave(places=self._has)
            self._has = 0


_TURN: ContextVar[Turn | None] = ContextVar("what the request at hand has of the places", default=None)


def require_turn(places: int) -> None:
    """Let the request at hand have so many places until it is answered. Raises NotYet, which is not to be caught."""
    turn = _TURN.get()
    if turn is not None:
        turn.require(places)


def leave_turn() -> None:
    """What the request at hand has left to do needs no memory."""
    turn = _TURN.get()
    if turn is not None:
        turn.leave()


class HeavyInTurn:
    """ASGI middleware: lets heavy GETs wait for one another, for 5 s; then they are answered 503 `busy`.

    What they share is `heavy_places` of the application's state, a turnstile. A turn ends when the answer is sent, or
    5 s after its begin where the peer takes it slowly.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._waiters = ThreadPoolExecutor(_MOST_WAITING, thread_name_prefix="turn")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # The body of another can be read but once.
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        as_it_came = dict(scope)
        until_s = time.monotonic() + _LONGEST_WAIT_S
        turnstile: Turnstile = scope["app"].state.heavy_places
        turn = Turn(turnstile)
        before = _TURN.set(turn)
        loop = asyncio.get_running_loop()
        ending: list[asyncio.TimerHandle] = []

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                ending.append(loop.call_later(_LONGEST_SENT_S, turn.leave))
            await send(message)

        try:
            while True:
                try:
                    await self._app(scope, receive, send_timed)
                    return
                except NotYet as told:
                    places = told.places
                if turnstile.waiting >= _MOST_WAITING:
                    raise _refusal()
                await self._wait(turn, places, until_s)
                scope.update(as_it_came)
        except Refused as refusal:
            await problem(Request(scope), refusal)(scope, receive, send)
        finally:
            for each in ending:
                each.cancel()
            turn.leave()
            _TURN.reset(before)

    async def _wait(self, turn: Turn, places: int, until_s: float) -> None:
        """Wait in a thread of its own. Raises Refused(TOO_HEAVY_NOW)."""
        wait = partial(turn.require, places, within_s=max(0.0, until_s - time.monotonic()))
        try:
            await asyncio.get_running_loop().run_in_executor(self._waiters, wait)
        except NotYet:
            raise _refusal() from None


def _refusal() -> Refused:
    detail = "others ask for much at the same time: ask again in a few seconds, or for less: a longer bucket,"
    return Refused(TOO_HEAVY_NOW, f"{detail} a shorter range, a narrower scope or fewer groups")
