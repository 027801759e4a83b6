"""The live stream: today's and this hour's energy of a scope, sent again whenever new energy is booked."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from services.api.asking import INVALID_SCOPE, Clock, ScopeText, clock_of, scope_of
from services.api.database import Database, Db
from services.api.energy.ask import Asked, By
from services.api.energy.query import energy, quantity_units
from services.api.energy.scope import Scoped
from services.api.errors import Refused
from services.api.openapi import refusals
from services.api.registry import nouns
from services.core.calendar import SHANGHAI, Bucket, Grain, floor, following
from services.core.db.connections import connect
from services.core.meter import Flow

log = logging.getLogger("enermon.api.live")

router = APIRouter(prefix="/api/v1/live", tags=["live"])

CHANNEL = "enermon_energy"
HEARTBEAT_S = 15
LEAST_PAUSE_S = 1.0
_RETRY_S = 2.0


class Broadcast:
    """Listens to the database once for all streams and counts how often energy was booked."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def join(self, event: asyncio.Event) -> None:
        """Set `event`, of the running loop, whenever energy was booked."""
        with self._lock:
            self._waiting.add((asyncio.get_running_loop(), event))
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()

    def leave(self, event: asyncio.Event) -> None:
        """Do not set `event` any more."""
        with self._lock:
            self._waiting = {pair for pair in self._waiting if pair[1] is not event}

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                with connect(self._database_url, application_name="enermon-live") as connection:
                    connection.autocommit = True
                    connection.execute(f"LISTEN {CHANNEL}")
                    # What was booked while nobody listened.
                    self._wake()
                    while not self._closing.is_set():
                        for _ in connection.notifies(timeout=1.0, stop_after=1):
                            self._wake()
            except psycopg.OperationalError as error:
                log.warning("live stream waits for the database: %s", type(error).__name__)
                self._closing.wait(_RETRY_S)

    def _wake(self) -> None:
        with self._lock:
            for loop, event in self._waiting:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(event.set)


class LiveQuery(BaseModel):
    """What to watch."""

    model_config = ConfigDict(extra="forbid")

    scope: ScopeText = Field("area:150000", description="As for energy")


_EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events named `energy`; their data is JSON",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "",
    summary="Watch energy as it is booked",
    response_class=EventSourceResponse,
    responses=_EVENT_STREAM
    | refusals(
        INVALID_SCOPE,
        nouns.AREA.unknown,
        nouns.PARK.unknown,
        nouns.ENTERPRISE.unknown,
        nouns.UNIT.unknown,
        nouns.METER.unknown,
    ),
)
async def live(database: Db, request: Request, query: Annotated[LiveQuery, Query()]) -> EventSourceResponse:
    """Server-sent events: at once, then at most once a second when other energy is booked; a comment each 15 s."""
    broadcast: Broadcast = request.app.state.live
    clock = clock_of(request)
    first = await run_in_threadpool(_state, database, query.scope, now=clock())
    return EventSourceResponse(_events(database, broadcast, clock, query.scope, first), ping=HEARTBEAT_S)


async def _events(
    database: Database, broadcast: Broadcast, clock: Clock, scope: str, state: dict[str, Any]
) -> AsyncIterator[dict[str, str]]:
    booked = asyncio.Event()
    broadcast.join(booked)
    # Something may have been booked since `state` was read.
    booked.set()
    told = None
    try:
        while True:
            if _energy_of(state) != told:
                told = _energy_of(state)
                yield {"event": "energy", "data": json.dumps(state, ensure_ascii=False)}
            await asyncio.sleep(LEAST_PAUSE_S)
            await booked.wait()
            booked.clear()
            state = await run_in_threadpool(_state, database, scope, now=clock())
    except Refused as refusal:
        yield {"event": "error", "data": json.dumps({"code": refusal.kind.code, "detail": refusal.detail})}
    finally:
        broadcast.leave(booked)


def _energy_of(state: dict[str, Any]) -> tuple[Any, Any]:
    return state["hour"], state["day"]


def _state(database: Database, scope: str, *, now: datetime) -> dict[str, Any]:
    """The energy of the scope in the hour and the day at hand."""
    kind, code = scope_of(scope)
    state: dict[str, Any] = {"scope": scope, "at": now.astimezone(SHANGHAI).isoformat(timespec="milliseconds")}
    with database.read() as connection:
        units = quantity_units(connection)
        for name, grain in (("hour", Grain.HOUR), ("day", Grain.DAY)):
            start = floor(now, grain)
            end = following(floor(now, Grain.SLOT), Grain.SLOT)
            period = Asked(kind, code, start, end, Bucket.TOTAL, frozenset({By.CARRIER}), None, (Flow.INPUT,))
            state[name] = [
                {
                    "carrier": line.group.carrier,
                    "quantity": line.quantity,
                    "quantity_unit": units[line.group.carrier],
                    "coverage": line.coverage,
                }
                for line in energy(connection, Scoped.read(connection, period), now=now)
            ]
    return state
