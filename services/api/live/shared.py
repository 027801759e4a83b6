"""What is watched, computed once for all who watch the same: a scope, as far as they see it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import suppress
from typing import Any

from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool

from services.api.live.broadcast import Broadcast

COMPUTED = Counter(
    "enermon_api_stream_states_total", "States computed for live streams, each for all who watch the same"
)

LEAST_PAUSE_S = 1.0
_OLDEST_S = 15.0
"""A state is computed anew after this without any booking: a gateway may have gone, an hour may have ended."""

State = dict[str, Any]
Compute = Callable[[], State]


class Watched:
    """One thing that is watched, and its newest state."""

    def __init__(self, key: Hashable, compute: Compute, broadcast: Broadcast) -> None:
        self.key = key
        self.watchers = 0
        self.failure: BaseException | None = None
        self._state: State | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._keep(compute, broadcast))
        self._task.add_done_callback(self._on_end)

    def end(self) -> None:
        """Compute it no more."""
        self._task.cancel()

    async def first(self) -> State:
        """The newest state. Raises what keeps it from being computed."""
        while self._state is None and self.failure is None:
            await self._changed.wait()
        if self.failure is not None:
            raise self.failure
        assert self._state is not None
        return self._state

    async def states(self, *, for_s: float) -> AsyncIterator[State]:
        """The newest state, and for so long each that differs. Raises what keeps it from being computed."""
        clock = asyncio.get_running_loop().time
        ends_s = clock() + for_s
        told = None
        while (left_s := ends_s - clock()) > 0:
            changed, state = self._changed, await self.first()
            if _told(state) != told:
                told = _told(state)
                yield state
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), left_s)

    async def _keep(self, compute: Compute, broadcast: Broadcast) -> None:
        booked = asyncio.Event()
        broadcast.join(booked)
        try:
            while True:
                booked.clear()
                self._state = await run_in_threadpool(compute)
                COMPUTED.inc()
                self._tell()
                await asyncio.sleep(LEAST_PAUSE_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(booked.wait(), _OLDEST_S)
        finally:
            broadcast.leave(booked)

    def _on_end(self, task: asyncio.Task[None]) -> None:
        # It has nobody else to tell than those who watch.
        self.failure = None if task.cancelled() else task.exception()
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Watching:
    """All that is watched now."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._watched: dict[Hashable, Watched] = {}

    def join(self, key: Hashable, compute: Compute) -> Watched:
        """What `key` names, computed by the `compute` of the first who came; to be left again."""
        watched = self._watched.get(key)
        if watched is None or watched.failure is not None:
            watched = self._watched[key] = Watched(key, compute, self._broadcast)
        watched.watchers += 1
        return watched

    def leave(self, watched: Watched) -> None:
        """One watches no more; the last one ends it."""
        watched.watchers -= 1
        if watched.watchers == 0:
            watched.end()
            if self._watched.get(watched.key) is watched:
                del self._watched[watched.key]

    def close(self) -> None:
        """Listen to the database no more."""
        self._broadcast.close()


def _told(state: State) -> State:
    """What is worth telling again where it differs: all but the time at which it was looked at."""
    return {name: value for name, value in state.items() if name != "at"}
