"""Measured heat values of the fuels of enterprises, which go before the coefficients of the tables."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, status

from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_BODY
from services.api.heat_values import store
from services.api.heat_values.entry import (
    HeatValueEntry,
    HeatValueOut,
    HeatValuePatch,
    HeatValueQuery,
    NamedHeatValue,
    PostedHeatValues,
)
from services.api.heat_values.importing import RESOURCE
from services.api.names import NamedPage, names_beside
from services.api.openapi import refusals
from services.api.posted import judged, unjudged
from services.api.proposals.model import PROPOSED
from services.api.registry import nouns
from services.api.registry.fields import Note
from services.api.routes.imports import import_router
from services.api.tables import TablesDep

router = APIRouter(tags=["heat values"])
PATH = "/api/v1/heat-values"
UNKNOWN = nouns.HEAT_VALUE.unknown


@router.get(PATH, summary="List heat values", responses=refusals(BAD_CURSOR))
def list_heat_values(
    database: Db, tables: TablesDep, query: Annotated[HeatValueQuery, Query()]
) -> NamedPage[HeatValueOut]:
    """Those that count, or every version ever given, in the order of enterprise, carrier, month and version."""
    return store.page_of(database, query, tables)


@router.post(PATH, summary="Give heat values", responses={**PROPOSED, **refusals(INVALID_BODY)})
def post_heat_values(
    database: Db, tables: TablesDep, given: Annotated[object, Body(), unjudged(HeatValueEntry)], now: Now
) -> PostedHeatValues:
    """Give one measured heat value, or a list of at most 5000; all are written or none.

    One that is there already becomes a further version. Sums and verdicts of the month are other ones from then on:
    quantities stay, standard coal and CO2 are those of the heat value.
    """
    return store.post(database, judged(HeatValueEntry, given), tables=tables, now=now)


@router.get(PATH + "/{number}", summary="Read a heat value", responses=refusals(UNKNOWN))
def read_heat_value(database: Db, tables: TablesDep, number: int) -> NamedHeatValue:
    """One version of a heat value, whether it counts or not."""
    with database.read() as connection:
        row = store.one(connection, number)
        names = names_beside(connection, [row], store.NAMED)
    return NamedHeatValue.model_construct(**dict(store.shaped(row, tables)), names=names)


@router.patch(
    PATH + "/{number}", summary="Correct a heat value", responses={**PROPOSED, **refusals(UNKNOWN, INVALID_BODY)}
)
def correct_heat_value(database: Db, tables: TablesDep, number: int, patch: HeatValuePatch, now: Now) -> HeatValueOut:
    """Change the fields given, as the next version; the one before stays to be read."""
    return store.correct(database, number, patch, tables=tables, now=now)


@router.delete(
    PATH + "/{number}",
    summary="Withdraw a heat value",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={**PROPOSED, **refusals(UNKNOWN)},
)
def withdraw_heat_value(
    database: Db, number: int, reason: Annotated[Note | None, Query(description="Why; kept with the withdrawal")] = None
) -> None:
    """Let it not count any more, as a further version; the default of the enterprise or the table counts again."""
    store.withdraw(database, number, reason=reason)


router.include_router(import_router(RESOURCE))
