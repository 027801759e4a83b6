"""How fast one may ask: a bucket of requests for each account, each key, and each peer that says nothing of itself.

The answer says what is left (RateLimit, draft-ietf-httpapi-ratelimit-headers). Each process of the API counts for
itself.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.access.identify import credential_of
from services.api.access.principal import Principal
from services.api.errors import ProblemKind, Refused
from services.api.guard.peers import peer_of

TOO_FAST = ProblemKind("too_fast", 429, "Too many requests in a short time")

_MOST_BUCKETS = 10_000
_TOLD = "enermon.pace"
_NOT_COUNTED = ("/health/", "/web/")
"""Asked by those who watch, and by every page that is opened, many at once; answered without the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests a second in the long run, and so many at once before that counts."""

    name: str
    per_s: float
    burst: int


class Buckets:
    """A bucket of tokens for each of those that ask; those not asked of for longest are forgotten, as full again."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._lock = Lock()
        self._held: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, *, now_s: float) -> float:
        """Take one token of the bucket; answers how many are left, below zero where there was none: what lacks."""
        with self._lock:
            left, at_s = self._held.pop(key, (float(self.rate.burst), now_s))
            left = min(float(self.rate.burst), left + max(0.0, now_s - at_s) * self.rate.per_s)
            # Who finds none takes none: waiting helps, however often one has asked meanwhile.
            self._held[key] = (left - 1 if left >= 1 else left, now_s)
            while len(self._held) > _MOST_BUCKETS:
                # The one that was taken from longest ago.
                self._held.popitem(last=False)
            return left - 1


class RequestPace:
    """The buckets of an API. Nothing is bounded where `per_s` is 0."""

    def __init__(self, *, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._is_bounded = per_s > 0
        burst = max(1, math.ceil(per_s * 10))
        self._of_accounts = Buckets(Rate(name="account", per_s=per_s, burst=burst))
        # One key that runs wild leaves half to the people and the other keys of its account.
        self._of_keys = Buckets(Rate(name="key", per_s=per_s / 2, burst=-(-burst // 2)))
        self._of_strangers = Buckets(Rate(name="peer", per_s=per_s / 10, burst=-(-burst // 10)))

    def stranger(self, request: Request) -> None:
        """One who says nothing of itself asks. Raises Refused(TOO_FAST)."""
        self._take(request, self._of_strangers, peer_of(request.client.host if request.client else None))

    def known(self, request: Request, principal: Principal) -> None:
        """An account asks, perhaps by a key. Raises Refused(TOO_FAST)."""
        if principal.credential:
            self._take(request, self._of_keys, principal.credential)
        self._take(request, self._of_accounts, principal.name)

    def _take(self, request: Request, buckets: Buckets, key: Hashable) -> None:
        if not self._is_bounded:
            return
        rate = buckets.rate
        left = buckets.take(key, now_s=self._clock())
        wait_s = math.ceil(max(0.0, -left) / rate.per_s)
        told: dict[str, str] = request.scope.get(_TOLD, {})
        told["RateLimit-Policy"] = f'"{rate.name}";q={rate.burst};w={math.ceil(rate.burst / rate.per_s)}'
        told["RateLimit"] = f'"{rate.name}";r={max(0, math.floor(left))};t={wait_s}'
        if left < 0:
            detail = f"{rate.per_s:g} requests a second of one {rate.name} are answered: ask more slowly"
            raise Refused(TOO_FAST, detail, retry_after_s=max(1, wait_s))


async def require_pace_of_stranger(request: Request) -> None:
    """Slow down who asks without saying who asks. Before anything is looked up."""
    pace: RequestPace = request.app.state.pace
    if credential_of(request) is None and not request.url.path.startswith(_NOT_COUNTED):
        pace.stranger(request)


async def require_pace(request: Request) -> None:
    """Slow down the account that asks. After it is known."""
    pace: RequestPace = request.app.state.pace
    principal: Principal | None = getattr(request.state, "principal", None)
    if principal is not None:
        pace.known(request, principal)


class TellPace:
    """ASGI middleware: lets every answer say what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        told: dict[str, str] = {}

        async def send_with_pace(message: Message) -> None:
            if message["type"] == "http.response.start" and told:
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers[name] = value
            await send(message)

        scope[_TOLD] = told
        await self._app(scope, receive, send_with_pace)
