"""The live stream: what a scope uses now, how its readings come in, its gateways and alerts, told when it differs."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse
from starlette.types import Receive, Scope, Send

from services.api.access.principal import Principal
from services.api.access.require import Acting, identified
from services.api.asking import INVALID_SCOPE, ScopeText, clock_of
from services.api.database import Db
from services.api.errors import Refused
from services.api.live.places import TOO_MANY_STREAMS, StreamPlaces
from services.api.live.shared import Watched, Watching
from services.api.live.state import state_of
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.tables import TablesDep

router = APIRouter(prefix="/api/v1/live", tags=["live"])

HEARTBEAT_S = 15
LONGEST_S = 600
"""A stream ends after this; browsers come again by themselves."""
IDENTIFIED_S = 15
"""Whose a stream is is looked at again before it tells something, if it was not within this."""


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
    summary="Watch energy, readings, gateways and alerts",
    response_class=EventSourceResponse,
    responses=_EVENT_STREAM
    | refusals(
        INVALID_SCOPE,
        nouns.AREA.unknown,
        nouns.PARK.unknown,
        nouns.ENTERPRISE.unknown,
        nouns.UNIT.unknown,
        nouns.METER.unknown,
        TOO_MANY_STREAMS,
    ),
)
async def live(
    database: Db, tables: TablesDep, request: Request, acting: Acting, query: Annotated[LiveQuery, Query()]
) -> EventSourceResponse:
    """Server-sent events: at once, then at most once a second when something differs; a comment each 15 s.

    Energy is looked at as soon as it is booked, readings, gateways and alerts then too, and at least each 15 s.

    A stream ends after ten minutes, or when the account sees something else than when it began: ask again then.
    """
    watching: Watching = request.app.state.watching
    places: StreamPlaces = request.app.state.stream_places
    clock = clock_of(request)
    places.take(acting.name)
    stream = _Stream(request, acting, places, watching)
    try:
        stream.watched = watching.join(
            (acting.reach, query.scope), lambda: state_of(database, query.scope, tables.factors, now=clock())
        )
        await stream.watched.first()
    except BaseException:
        stream.end()
        raise
    return stream


class _Stream(EventSourceResponse):
    """What one reader is told. Gives back what it holds at its end, also where it never began."""

    def __init__(self, request: Request, principal: Principal, places: StreamPlaces, watching: Watching) -> None:
        super().__init__(self._events(), ping=HEARTBEAT_S)
        self.watched: Watched | None = None
        self._request, self._principal = request, principal
        self._places, self._watching = places, watching

    def end(self) -> None:
        """Give back what it holds."""
        self._places.leave(self._principal.name)
        if self.watched is not None:
            self._watching.leave(self.watched)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until the reader leaves, or the stream has gone on for its time."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.end()

    async def _events(self) -> AsyncIterator[dict[str, str]]:
        assert self.watched is not None
        clock = asyncio.get_running_loop().time
        identified_s = clock()
        try:
            async for state in self.watched.states(for_s=LONGEST_S):
                if clock() - identified_s > IDENTIFIED_S:
                    identified_s = clock()
                    if await identified(self._request) != self._principal:
                        return
                yield {"event": "energy", "data": json.dumps(state, ensure_ascii=False)}
        except Refused as refusal:
            yield {"event": "error", "data": json.dumps({"code": refusal.kind.code, "detail": refusal.detail})}
