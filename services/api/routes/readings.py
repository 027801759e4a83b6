"""Readings: one meter's as they were stored and judged, those that were rejected, and the way in by HTTP."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, Field

from services.api.access.principal import Principal
from services.api.access.require import Acting
from services.api.access.role import Role
from services.api.asking import START_AFTER_END, MomentOrDay, Now, require_order
from services.api.database import Database, Db, WholeDb
from services.api.errors import BAD_CURSOR, TOO_LARGE, ProblemKind, Refused
from services.api.intake.answer import NotTaken, ReadingAnswer, read_answer
from services.api.intake.rejected import (
    REJECTED_MESSAGES,
    REJECTED_READINGS,
    RejectedMessageQuery,
    RejectedReadingQuery,
)
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.listing import MOST_COUNTED
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.paging import Page, Pager
from services.api.registry import nouns
from services.api.registry.fields import Code, refusal
from services.core.calendar import OPEN_START_US, SHANGHAI, from_us, to_us
from services.core.db.reading_edge import kept_from_us
from services.core.db.statements import Statements
from services.core.meter import Mark
from services.ingest.formats.kinds import FORMATS, decode
from services.ingest.intake import BY_PROFILE, checked_by_profile
from services.ingest.message import UnreadableMessage
from services.ingest.profiles.decode import Came
from services.ingest.rejected import Unreadable
from services.ingest.store import store
from services.ingest.validate import check

WRITER = "api"

router = APIRouter(prefix="/api/v1", tags=["readings"])

UNDECODABLE = ProblemKind("undecodable", 422, "The message cannot be read")
UNKNOWN_GATEWAY = nouns.GATEWAY.unknown

_SQL = Statements(Path(__file__).parent.parent / "intake" / "readings.sql")


class ReadingCorrection(BaseModel):
    """What a person has made of a reading."""

    id: int
    kind: Literal["replace", "withdraw", "supply"]
    value: float | None = Field(description="What counts instead; null: nothing")
    author: str
    reason: str
    recorded_at: datetime


class Reading(BaseModel):
    """One reading of a meter."""

    ts: datetime = Field(description="Of an interval meter the start of its period")
    value: float | None = Field(
        description="As the meter gave it: register units, before the multiplier; null: it gave none, one was supplied"
    )
    counting_value: float | None = Field(description="What is booked: `value`, or as corrected; null: withdrawn")
    quality: str = Field(description="good, or what is special: see the marks of the glossary")
    received_at: datetime | None = Field(description="null: the meter gave none, one was supplied")
    correction: ReadingCorrection | None = Field(description="The correction that counts")


class ReadingPage(Page[Reading]):
    """A part of the readings of a meter."""

    kept_from: datetime | None = Field(
        None, description="Readings of before then are kept no longer, but for some from which others are counted"
    )


class ReadingQuery(ListQuery):
    """Which readings of the meter."""

    start: MomentOrDay | None = Field(
        None, description="First moment, RFC 3339 or a day; the meter's first if left out"
    )
    end: MomentOrDay | None = Field(None, description="First moment after; the meter's last if left out")
    order: Annotated[list[str], OrderedBy("ts")] = ORDER


class RejectedReading(BaseModel):
    """A reading that was not taken, as it came."""

    id: int
    received_at: datetime
    gateway: str
    seq: int | None
    meter: str
    ts: str
    value: str
    code: str
    detail: str
    outcome: Literal["taken", "conflict", "refused"] | None = Field(
        description="What became of it when it was tried again: it is stored, another value stands for its time, "
        "or it cannot be taken all the same; null: not tried again"
    )
    retried_at: datetime | None = Field(description="When it was tried again")


class RejectedMessage(BaseModel):
    """A message that was not taken at all."""

    id: int
    received_at: datetime
    gateway: str | None
    claimed: str | None = Field(description="The gateway that it names without proof; it is not counted as that one's")
    topic: str
    payload_bytes: int
    payload_base64: str = Field(description="Its first 512 bytes")
    code: str
    detail: str


async def _body(request: Request) -> bytes:
    return await request.body()


_EXAMPLE = {
    "seq": 41,
    "readings": [{"meter": "150622-0007-E01", "ts": "2026-01-01T00:15:00+08:00", "value": 81233.4}],
}


"""Read by the profile of the gateway."""


def _format(name: object) -> object:
    if not isinstance(name, str) or name not in _known_formats():
        raise refusal("literal_error", expected=" or ".join(f"'{known}'" for known in _known_formats()))
    return name


def _known_formats() -> list[str]:
    return [*FORMATS, BY_PROFILE]


FormatName = Annotated[
    str, BeforeValidator(_format), Field(json_schema_extra=lambda schema: schema.update(enum=_known_formats()))
]


@router.get(
    "/meters/{code}/readings",
    summary="List the readings of a meter",
    responses=refusals(BAD_CURSOR, nouns.METER.unknown, START_AFTER_END),
)
def read_readings(database: Db, code: Code, query: Annotated[ReadingQuery, Query()]) -> ReadingPage:
    """The readings of a meter in order of time, each with its quality."""
    require_order(query.start, query.end)
    pager = Pager(query, of=f"readings of {code}", order=query.asked_order)
    (after,) = pager.after(datetime) or (None,)
    with database.read() as connection:
        meter_id = _SQL.run(connection, "meter_id", code=code).scalar()
        if meter_id is None:
            raise nouns.METER.refuse_unknown(code)
        of = {"meter_id": meter_id, "from_ts": query.start or "-infinity", "to_ts": query.end or "infinity"}
        newest_first = "-ts" in query.asked_order
        rows = _SQL.run(connection, "readings", **of, after=after, newest_first=newest_first, row_limit=query.limit + 1)
        found = rows.mappings().all()
        total = _SQL.run(connection, "count_readings", **of, most=MOST_COUNTED).scalar_one() if query.total else None
        edge_us = kept_from_us(connection)
    shown, following = pager.cut(found, lambda row: [row["ts"]])
    kept_from = None if edge_us == OPEN_START_US else from_us(edge_us).astimezone(SHANGHAI)
    return ReadingPage(data=[reading(row) for row in shown], next=following, total=total, kept_from=kept_from)


def reading(row: Mapping[str, Any]) -> Reading:
    """A reading of a meter, with the correction that counts."""
    correction = None
    if row["correction_id"] is not None:
        correction = ReadingCorrection(
            id=row["correction_id"],
            kind=row["kind"],
            value=row["corrected_value"],
            author=row["author"],
            reason=row["reason"],
            recorded_at=row["recorded_at"],
        )
    return Reading(
        ts=row["ts"].astimezone(SHANGHAI),
        value=row["value"],
        counting_value=row["value"] if correction is None else correction.value,
        quality="good" if row["quality"] is None else Mark(row["quality"]).name.lower(),
        received_at=row["received_at"],
        correction=correction,
    )


@router.get("/rejected-readings", summary="List rejected readings", responses=refusals(BAD_CURSOR))
def read_rejected_readings(database: Db, query: Annotated[RejectedReadingQuery, Query()]) -> NamedPage[RejectedReading]:
    """Readings that were not taken, newest first, as they came, with the reason and what became of them since."""
    with database.read() as connection:
        found = REJECTED_READINGS.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",), NamedKind.METER: ("meter",)})
    data = [RejectedReading(**row) for row in found.data]
    return NamedPage[RejectedReading](data=data, next=found.next, total=found.total, names=names)


@router.get("/rejected-messages", summary="List rejected messages", responses=refusals(BAD_CURSOR))
def read_rejected_messages(database: Db, query: Annotated[RejectedMessageQuery, Query()]) -> NamedPage[RejectedMessage]:
    """Messages that were not taken at all, newest first, with the reason."""
    with database.read() as connection:
        found = REJECTED_MESSAGES.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [RejectedMessage(**row) for row in found.data]
    return NamedPage[RejectedMessage](data=data, next=found.next, total=found.total, names=names)


@router.post(
    "/readings",
    summary="Send readings",
    responses=refusals(UNDECODABLE, UNKNOWN_GATEWAY, TOO_LARGE),
    response_model_exclude_unset=True,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        }
    },
)
def send_readings(
    database: Db,
    whole: WholeDb,
    acting: Acting,
    gateway: Annotated[Code, Query(description="Gateway with which the meters are registered")],
    body: Annotated[bytes, Depends(_body)],
    now: Now,
    format_name: Annotated[FormatName, Query(alias="format", description="Format of the message")] = "enermon",
) -> ReadingAnswer:
    """Take a message as it would come by MQTT, store it, and answer as it would be answered there.

    200 also where single readings are rejected: `rejected` says which and why; of a message that is read by the
    gateway's profile (`format=profile`) also where it cannot be read.
    """
    _require_own(database, gateway, acting)
    known = whole.registry()
    with whole.write() as connection:
        try:
            if format_name == BY_PROFILE:
                checked = checked_by_profile(gateway, "http", body, Came(to_us(now)), known, now_us=to_us(now))
            else:
                checked = check(decode(FORMATS[format_name], gateway, body), known, now_us=to_us(now))
        except UnreadableMessage as reason:
            store(connection, [], [Unreadable(gateway, "http", body, reason, format_name)], writer=WRITER)
            if format_name == BY_PROFILE and reason.code != "unknown_gateway":
                # It is kept, and sent again it would be no better: such gateways repeat what is refused for ever.
                why = NotTaken(meter=None, ts=None, code=reason.code, detail=reason.detail)
                return ReadingAnswer(seq=None, stored=0, duplicate=0, rejected=[why])
            refusal = _refusal(reason, gateway)
        else:
            (answer,) = store(connection, [checked], writer=WRITER)
            return read_answer(answer, checked if format_name == BY_PROFILE else None)
    raise refusal


def _require_own(database: Database, gateway: str, acting: Principal) -> None:
    """Refuse to send for a gateway that the account does not see. Who sees all may: the intake keeps note of it."""
    if acting.role is Role.GATEWAY and acting.name != gateway:
        raise nouns.GATEWAY.refuse_unknown(gateway)
    if acting.role is Role.GATEWAY or acting.reach.everything:
        return
    with database.read() as connection:
        if _SQL.run(connection, "gateway", code=gateway).first() is None:
            raise nouns.GATEWAY.refuse_unknown(gateway)


def _refusal(reason: UnreadableMessage, gateway: str) -> Refused:
    if reason.code == "unknown_gateway":
        return nouns.GATEWAY.refuse_unknown(gateway)
    return Refused(TOO_LARGE if reason.code == "too_large" else UNDECODABLE, reason.detail)
