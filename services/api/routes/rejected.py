"""What was rejected: taken in later on request, and what of it is not kept any more."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from prometheus_client import Counter
from pydantic import BaseModel, Field

from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.intake.rejected import DROPPED, DroppedQuery
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.registry.fields import Code
from services.core.calendar import to_us
from services.ingest.retry import retry

router = APIRouter(prefix="/api/v1", tags=["readings"])

RETRIED = Counter(
    "enermon_api_retried_readings_total", "Rejected readings tried again, by what became of them", ["outcome"]
)
WRITER = "api"


class RetryQuery(BaseModel):
    """Which rejected readings to try again."""

    gateway: Code | None = Field(None, description="Those of this gateway only")
    meter: Code | None = Field(None, description="Those of this meter only")
    accept_old: bool = Field(
        False, description="Those too that are held as `ts_too_old`: you say that their times are right"
    )
    most: int = Field(10_000, ge=1, le=20_000, description="So many at once, the oldest first")


class RetryAnswer(BaseModel):
    """What became of the readings that were tried."""

    tried: int
    stored: int
    duplicate: int = Field(description="Were stored before with the same value")
    conflict: int = Field(description="Another value is stored for their time and stays")
    refused: int = Field(description="Cannot be taken all the same, such as NaN")
    more: bool = Field(description="Whether there may be more: ask again")


class Dropped(BaseModel):
    """How much of one kind was dropped of a gateway on a day."""

    gateway: str = Field(description="Empty: messages that name none")
    kind: str = Field(description="rejected_reading, rejected_message, or message (not taken and not answered)")
    reason: str = Field(description="age, cap (more than is kept of one gateway), or flood")
    day: date
    dropped: int


@router.post(
    "/rejected-readings/retry", summary="Take in rejected readings that would be taken now", responses=refusals()
)
def retry_rejected_readings(database: Db, query: Annotated[RetryQuery, Query()], now: Now) -> RetryAnswer:
    """Store kept readings that were rejected for their meter, gateway or age and now would not be.

    Their rows stay, marked with what became of them, and are not tried again: to ask twice does no harm.
    """
    known = database.registry()
    with database.write() as connection:
        found = retry(
            connection,
            known,
            gateway=query.gateway,
            meter=query.meter,
            most=query.most,
            now_us=to_us(now),
            writer=WRITER,
            believe_old=query.accept_old,
        )
    outcomes = {
        "stored": found.stored,
        "duplicate": found.duplicate,
        "conflict": found.conflict,
        "refused": found.refused,
    }
    for outcome, count in outcomes.items():
        RETRIED.labels(outcome).inc(count)
    tried = sum(outcomes.values())
    return RetryAnswer(tried=tried, more=tried >= query.most, **outcomes)


@router.get("/dropped", summary="List what is not kept", responses=refusals(BAD_CURSOR))
def read_dropped(database: Db, query: Annotated[DroppedQuery, Query()]) -> NamedPage[Dropped]:
    """Rejected readings and messages dropped by age or cap, and messages of flooding gateways, by day."""
    with database.read() as connection:
        found = DROPPED.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [Dropped.model_validate(row) for row in found.data]
    return NamedPage[Dropped](data=data, next=found.next, total=found.total, names=names)
