"""Lists over all meters that the asker sees: readings by their mark, corrections, acceptances, settlements."""

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Query
from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.asking import START_AFTER_END, Now, require_order
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.guard.cost import TOO_MUCH
from services.api.intake.corrections import Correction, correction
from services.api.intake.over_meters import (
    ACCEPTANCES,
    CORRECTIONS,
    MARKED,
    SETTLEMENTS,
    AcceptancesQuery,
    AllCorrectionsQuery,
    MarkedQuery,
    SettlementsQuery,
    whose,
)
from services.api.listing import ListPart
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.routes.meter_events import Acceptance
from services.api.routes.readings import Reading, reading
from services.api.routes.settlements import SettlementAnswer, settlement
from services.core.calendar import SHANGHAI

router = APIRouter(prefix="/api/v1")
_REFUSALS = refusals(BAD_CURSOR, START_AFTER_END, TOO_MUCH)


class OfMeter(BaseModel):
    """Whose something is."""

    meter: str
    unit: str = Field(description="Whose the meter is now")
    enterprise: str


class MarkedReading(Reading, OfMeter):
    """A reading that is not plainly good."""

    unit_of_measure: str | None = Field(description="Of the register at that time; null where nothing is known of it")


class MeterCorrection(Correction, OfMeter):
    """A correction, and of which meter."""


class MeterAcceptance(Acceptance, OfMeter):
    """An acceptance, and of which meter."""

    value: float | None = Field(description="The reading as the meter gave it")


class MeterSettlement(SettlementAnswer, OfMeter):
    """A settlement, and of which meter."""


_OF_METER: Mapping[NamedKind, tuple[str, ...]] = {
    NamedKind.METER: ("meter",),
    NamedKind.UNIT: ("unit_code",),
    NamedKind.ENTERPRISE: ("enterprise",),
}


def _page(connection: Connection, found: ListPart, data: list[dict[str, Any]]) -> dict[str, Any]:
    names = names_beside(connection, found.data, _OF_METER)
    return {"data": data, "next": found.next, "total": found.total, "names": names}


@router.get("/readings", tags=["readings"], summary="List readings with a mark", responses=_REFUSALS)
def list_marked(database: Db, query: Annotated[MarkedQuery, Query()], now: Now) -> NamedPage[MarkedReading]:
    """Readings of all meters that are not plainly good: suspect, set aside, a reset and so on; the newest first."""
    start, end = query.range(now=now)
    with database.read() as connection:
        parameters = {"from_ts": start, "to_ts": end, "marks": query.marks}
        found = MARKED.page(connection, query, parameters=parameters)
        data = [_marked(row) for row in found.data]
        return NamedPage[MarkedReading].model_validate(_page(connection, found, data))


def _marked(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = reading({**row, "quality": row["mark"]}).model_dump()
    return {**shown, **whose(row), "unit_of_measure": row["unit_of_measure"]}


@router.get("/corrections", tags=["corrections"], summary="List corrections", responses=_REFUSALS)
def list_all_corrections(database: Db, query: Annotated[AllCorrectionsQuery, Query()]) -> NamedPage[MeterCorrection]:
    """Every correction of all meters, the newest first; nothing is removed from this list."""
    require_order(query.start, query.end)
    with database.read() as connection:
        # Of meters that are another's now, the list of the meter itself tells.
        found = CORRECTIONS.page(connection, query, conditions=("entry.enterprise IS NOT NULL",))
        data = [{**correction(row), **whose(row)} for row in found.data]
        return NamedPage[MeterCorrection].model_validate(_page(connection, found, data))


@router.get("/acceptances", tags=["readings"], summary="List accepted readings", responses=_REFUSALS)
def list_all_acceptances(database: Db, query: Annotated[AcceptancesQuery, Query()]) -> NamedPage[MeterAcceptance]:
    """Suspect readings of all meters that people have accepted, the newest acceptance first."""
    require_order(query.start, query.end)
    with database.read() as connection:
        found = ACCEPTANCES.page(connection, query)
        data = [{**_accepted(row), **whose(row)} for row in found.data]
        return NamedPage[MeterAcceptance].model_validate(_page(connection, found, data))


def _accepted(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("reason", "accepted_by", "value")}
    # As it was given: an acceptance names its reading by the text of a time.
    return {**said, "ts": row["ts"].astimezone(SHANGHAI).isoformat(), "accepted_at": row["accepted_at"].astimezone(UTC)}


@router.get("/settlements", tags=["readings"], summary="List settlements", responses=_REFUSALS)
def list_all_settlements(database: Db, query: Annotated[SettlementsQuery, Query()]) -> NamedPage[MeterSettlement]:
    """What people have settled of stretches of readings of all meters, the newest first; with `withdrawn` also what
    does not count any more.
    """
    require_order(query.start, query.end)
    with database.read() as connection:
        found = SETTLEMENTS.page(connection, query)
        data = [{**settlement(_with_times(row)), **whose(row)} for row in found.data]
        return NamedPage[MeterSettlement].model_validate(_page(connection, found, data))


def _with_times(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "from": row["from_ts"], "to": row["to_ts"]}
