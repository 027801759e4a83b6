"""What monitors of pollution sources said, how much of it was due, and what has left by outlets."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.asking import Now
from services.api.database import Db
from services.api.emissions.rates import AmountsQuery, OutletAmounts, OutletDaysQuery, TransmissionRates, amounts, rates
from services.api.emissions.records import (
    LATER,
    MONITORS,
    RECORDS,
    EmissionQuery,
    EmissionRecord,
    LaterQuery,
    LaterRecord,
    MonitorQuery,
    MonitorSpeech,
    record_of,
    require_bounded,
)
from services.api.errors import BAD_CURSOR
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals

router = APIRouter(prefix="/api/v1", tags=["emissions"])


@router.get("/emissions", summary="List what monitors said", responses=refusals(BAD_CURSOR))
def list_emissions(database: Db, query: Annotated[EmissionQuery, Query()]) -> NamedPage[EmissionRecord]:
    """Concentrations, flows and amounts of one grain, with units, flag, and whether a permitted limit is exceeded."""
    require_bounded(query)
    with database.read() as connection:
        found = RECORDS.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [record_of(dict(row)) for row in found.data]
    return NamedPage[EmissionRecord](data=data, next=found.next, total=found.total, names=names)


@router.get("/emissions/amounts", summary="Sum what has left by outlets", responses=refusals())
def list_amounts(database: Db, query: Annotated[AmountsQuery, Query()], now: Now) -> OutletAmounts:
    """Amounts of valid hours by outlet and factor, with coverage; hours alone are summed, minutes and days are not."""
    with database.read() as connection:
        return amounts(connection, query, now=now)


@router.get("/emissions/later", summary="List what came later and differs", responses=refusals(BAD_CURSOR))
def list_later(database: Db, query: Annotated[LaterQuery, Query()]) -> NamedPage[LaterRecord]:
    """Corrections and resent records that differ from what stands, beside it; the first value stays."""
    with database.read() as connection:
        found = LATER.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [LaterRecord.model_validate(row) for row in found.data]
    return NamedPage[LaterRecord](data=data, next=found.next, total=found.total, names=names)


@router.get("/transmission-rates", summary="Rate the data of monitors", responses=refusals())
def list_rates(database: Db, query: Annotated[OutletDaysQuery, Query()], now: Now) -> TransmissionRates:
    """Valid-transmission rates 数据传输有效率 = transmission x validity, of outlets and of all together."""
    with database.read() as connection:
        return rates(connection, query, now=now)


@router.get("/monitors", summary="List how monitors speak", responses=refusals(BAD_CURSOR))
def list_monitors(database: Db, query: Annotated[MonitorQuery, Query()]) -> NamedPage[MonitorSpeech]:
    """Address, edition, connection and frames of each monitor that speaks HJ 212."""
    with database.read() as connection:
        found = MONITORS.page(connection, query)
        names = names_beside(connection, found.data, {NamedKind.GATEWAY: ("gateway",)})
    data = [MonitorSpeech.model_validate(row) for row in found.data]
    return NamedPage[MonitorSpeech](data=data, next=found.next, total=found.total, names=names)
