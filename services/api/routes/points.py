"""Points of foreign gateways: set in one act, and what is held of them taken in."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.api.asking import Now
from services.api.database import Database, Db
from services.api.errors import BAD_CURSOR, INVALID_BODY, Refused, refused_fields
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.change import registry_change
from services.api.registry.fields import Code
from services.api.registry.point_import import RESOURCE
from services.api.registry.points import (
    COUNTS,
    HELD,
    POINTS,
    SQL,
    CountQuery,
    FlagName,
    HeldQuery,
    HeldWhy,
    PointAnswer,
    PointName,
    PointQuery,
    PointsEntry,
    faults_of_points,
    require_gateway,
    set_points,
)
from services.api.routes.imports import import_router
from services.api.routes.rejected import WRITER
from services.core.calendar import to_us
from services.ingest.held import take_in_held
from services.ingest.retry import Retried

router = APIRouter(tags=["gateways"])
MOST_TAKEN = 20_000
UNKNOWN_POINT = nouns.POINT.unknown


class HeldReading(BaseModel):
    """A value of a point that did not become a reading, as it came."""

    id: int
    received_at: datetime
    gateway: str
    point: str
    ts: datetime
    value: float
    unit: str = Field(description="As the message said it; empty: it said none")
    flag: FlagName | None = Field(description="What the sender said of it; null: good")
    why: HeldWhy
    outcome: Literal["taken", "conflict", "refused"] | None
    taken_at: datetime | None


class ForeignCount(BaseModel):
    """How many values of foreign messages of a gateway came on a day of which this is to be said."""

    gateway: str
    day: date
    reason: str = Field(description="`good`, a flag, or why they are no readings")
    readings: int


class HeldTaken(BaseModel):
    """What became of held values."""

    tried: int
    stored: int
    duplicate: int = Field(description="Were stored before with the same value")
    conflict: int = Field(description="Another value is stored for their time and stays")
    refused: int = Field(description="Cannot be taken; they are rejected readings from now on")
    more: bool = Field(description="Whether there may be more: ask again")


class PointsSet(BaseModel):
    """What setting points did."""

    set: int
    taken: HeldTaken = Field(description="What was held of them and is taken in now")
    waits_for: dict[str, str] = Field(
        description="Of an end device: points whose days stay held, each with the point of the same data code whose "
        "moments are booked; ignore that one to book days"
    )


class TakeQuery(BaseModel):
    """Which held values to take in."""

    gateway: Code
    point: PointName | None = Field(None, description="Those of this point only")
    accept_flags: bool = Field(False, description="Those too that are held for their flag: you say that they are right")
    most: int = Field(10_000, ge=1, le=MOST_TAKEN, description="So many at once, the oldest first")


class PointsRemoval(BaseModel):
    """Which points to remove."""

    name: list[PointName] = Field(min_length=1, max_length=100)
    pattern: bool = False


@router.get("/api/v1/points", summary="List points", responses=refusals(BAD_CURSOR))
def list_points(database: Db, query: Annotated[PointQuery, Query()]) -> NamedPage[PointAnswer]:
    """Points that are meters or ignored, and such as came and are unknown (`state=unknown`)."""
    with database.read() as connection:
        found = POINTS.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",), NamedKind.METER: ("meter",)})
    fields = PointAnswer.model_fields
    data = [PointAnswer.model_construct(**{name: row[name] for name in fields}) for row in found.data]
    return NamedPage[PointAnswer](data=data, next=found.next, total=found.total, names=names)


@router.put("/api/v1/gateways/{code}/points", summary="Say what points are", responses=refusals(nouns.GATEWAY.unknown))
def put_points(database: Db, code: Code, entry: PointsEntry, now: Now) -> PointsSet:
    """Map points to meters, or ignore them, many in one act; what is held of them is taken in.

    A point that was said to be something before is what is said now; readings that are stored stay. Points that are not
    named stay as they are.
    """
    with registry_change(database) as change:
        require_gateway(change.connection, code)
        faults = faults_of_points(change.connection, code, entry.points)
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        set_points(change, code, entry.points)
        waits_for = dict(SQL.run(change.connection, "waits_for", gateway=code).tuples())
    taken = _take(database, TakeQuery(gateway=code), now)
    return PointsSet(set=len(entry.points), taken=taken, waits_for=waits_for)


@router.delete(
    "/api/v1/gateways/{code}/points",
    summary="Remove points",
    responses=refusals(nouns.GATEWAY.unknown, UNKNOWN_POINT),
    status_code=204,
)
def remove_points(database: Db, code: Code, query: Annotated[PointsRemoval, Query()]) -> None:
    """What comes of them is held again. Readings that are stored stay."""
    with registry_change(database) as change:
        require_gateway(change.connection, code)
        removed = SQL.run(change.connection, "remove_points", gateway=code, names=query.name, is_pattern=query.pattern)
        missing = sorted({*query.name} - {*removed.scalars()})
        if missing:
            raise Refused(UNKNOWN_POINT, f"gateway {code} has no point {missing[0]!r}")


@router.get("/api/v1/held-readings", summary="List held values", responses=refusals(BAD_CURSOR))
def list_held(database: Db, query: Annotated[HeldQuery, Query()]) -> NamedPage[HeldReading]:
    """Values of foreign messages that did not become readings, newest first."""
    with database.read() as connection:
        found = HELD.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [HeldReading(**row) for row in found.data]
    return NamedPage[HeldReading](data=data, next=found.next, total=found.total, names=names)


@router.post("/api/v1/held-readings/take", summary="Take in held values", responses=refusals(nouns.GATEWAY.unknown))
def take_held(database: Db, query: Annotated[TakeQuery, Query()], now: Now) -> HeldTaken:
    """Store held values of points that are meters by now; with `accept_flags` also such as their senders doubt.

    Their rows stay, marked with what became of them, and are not tried again: to ask twice does no harm.
    """
    with database.read() as connection:
        require_gateway(connection, query.gateway)
    return _take(database, query, now)


@router.get("/api/v1/foreign-counts", summary="Count what foreign messages said", responses=refusals(BAD_CURSOR))
def list_counts(database: Db, query: Annotated[CountQuery, Query()]) -> NamedPage[ForeignCount]:
    """Values by day and gateway: good ones, flagged ones by flag, and those that are no readings by the reason why."""
    with database.read() as connection:
        found = COUNTS.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [ForeignCount.model_validate(row) for row in found.data]
    return NamedPage[ForeignCount](data=data, next=found.next, total=found.total, names=names)


def _take(database: Database, query: TakeQuery, now: datetime) -> HeldTaken:
    known = database.registry()
    with database.write() as connection:
        found = take_in_held(
            connection,
            known,
            gateway=query.gateway,
            point=query.point,
            most=query.most,
            now_us=to_us(now),
            writer=WRITER,
            accept_flags=query.accept_flags,
        )
    return _told(found, query.most)


def _told(found: Retried, most: int) -> HeldTaken:
    outcomes = {
        "stored": found.stored,
        "duplicate": found.duplicate,
        "conflict": found.conflict,
        "refused": found.refused,
    }
    tried = sum(outcomes.values())
    return HeldTaken(tried=tried, more=tried >= most, **outcomes)


router.include_router(import_router(RESOURCE))
