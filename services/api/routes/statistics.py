"""Numbers that are reported and not metered: output, GDP, value added, floor area, head counts, plans of a year."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_BODY
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.posted import judged, unjudged
from services.api.routes.imports import import_router
from services.api.statistics import store
from services.api.statistics.entry import (
    Posted,
    Statistic,
    StatisticEntry,
    StatisticKindAnswer,
    StatisticQuery,
)
from services.api.statistics.importing import RESOURCE
from services.api.statistics.kinds import known_kinds, product_units
from services.api.tables import TablesDep

router = APIRouter(tags=["statistics"])


@router.get("/api/v1/statistic-kinds", summary="List the kinds of reported numbers")
def list_kinds(tables: TablesDep) -> Page[StatisticKindAnswer]:
    """All kinds: whose they are, their unit and periods, and the rule that asks for them."""
    return Page[StatisticKindAnswer].model_construct(
        data=[StatisticKindAnswer.of(kind) for kind in known_kinds(tables).values()], next=None
    )


@router.get("/api/v1/statistics", summary="List reported numbers", responses=refusals(BAD_CURSOR))
def list_statistics(database: Db, tables: TablesDep, query: Annotated[StatisticQuery, Query()]) -> Page[Statistic]:
    """The newest version of each number, or all, in the order of owner, kind, period, price base and version."""
    return store.page_of(database, query, kinds=known_kinds(tables), product_units=product_units(tables))


@router.post("/api/v1/statistics", summary="Report numbers", responses=refusals(INVALID_BODY))
def post_statistics(
    database: Db, tables: TablesDep, given: Annotated[object, Body(), unjudged(StatisticEntry)], now: Now
) -> Posted:
    """Report one number, or a list of at most 5000; all are written or none.

    A number that is there already becomes a further version; the very value that is the newest is left as it is.
    """
    return store.post(
        database, judged(StatisticEntry, given), kinds=known_kinds(tables), product_units=product_units(tables), now=now
    )


router.include_router(import_router(RESOURCE))
