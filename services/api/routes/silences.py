"""Silences 静默: what is not to be told for a time."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, status

from services.api.alerts import nouns, silences
from services.api.alerts.fields import Id
from services.api.alerts.silences import Silence, SilenceEnd, SilenceEntry, SilenceQuery
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.openapi import refusals
from services.api.paging import Page

router = APIRouter(prefix="/api/v1/silences", tags=["alerts"])


@router.get("", summary="List silences", response_model=Page[Silence], responses=refusals(BAD_CURSOR))
def list_silences(database: Db, query: Annotated[SilenceQuery, Query()], now: Now) -> dict[str, Any]:
    """Silences, the newest first; those that are over too."""
    return silences.silences_of(database, query, now=now)


@router.post("", summary="Silence", status_code=status.HTTP_201_CREATED, response_model=Silence, responses=refusals())
def add_silence(database: Db, entry: SilenceEntry, now: Now) -> Silence:
    """Keep alerts from being told for a time. They are judged and listed all the same.

    Who acts on an area silences what lies there; the whole region is for those who act on all of it.
    """
    return silences.add(database, entry, now=now)


@router.get(
    "/{silence_id}", summary="Read a silence", response_model=Silence, responses=refusals(nouns.SILENCE.unknown)
)
def read_silence(database: Db, silence_id: Id, now: Now) -> Silence:
    """One silence."""
    return silences.silence_of(database, silence_id, now=now)


@router.post(
    "/{silence_id}/end",
    summary="End a silence",
    response_model=Silence,
    responses=refusals(nouns.SILENCE.unknown, nouns.SILENCE_OVER),
)
def end_silence(
    database: Db, silence_id: Id, now: Now, _end: Annotated[SilenceEnd, Body(default_factory=SilenceEnd)]
) -> Silence:
    """End a silence before its time. It stays in the list."""
    return silences.end(database, silence_id, now=now)
