"""Quantities of months that people enter by hand, set beside what meters measured."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, status

from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_BODY
from services.api.manual_reports import store
from services.api.manual_reports.entry import (
    ManualReportEntry,
    ManualReportOut,
    ManualReportPatch,
    ManualReportQuery,
    NamedManualReport,
    PostedManualReports,
)
from services.api.manual_reports.importing import RESOURCE
from services.api.names import NamedPage, names_beside
from services.api.openapi import refusals
from services.api.posted import judged, unjudged
from services.api.proposals.model import PROPOSED
from services.api.registry import nouns
from services.api.registry.closed_months import REPORT_SUPERSEDED
from services.api.registry.fields import Note
from services.api.routes.imports import import_router
from services.api.tables import TablesDep

router = APIRouter(tags=["statistics"])
PATH = "/api/v1/manual-reports"
UNKNOWN = nouns.MANUAL_REPORT.unknown


@router.get(PATH, summary="List manual reports", responses=refusals(BAD_CURSOR))
def list_manual_reports(
    database: Db, tables: TablesDep, query: Annotated[ManualReportQuery, Query()]
) -> NamedPage[ManualReportOut]:
    """Those that stand, or every version, each beside what meters measured of the same, and how far that is apart."""
    return store.page_of(database, query, tables)


@router.post(PATH, summary="Enter manual reports", responses={**PROPOSED, **refusals(INVALID_BODY)})
def post_manual_reports(
    database: Db, tables: TablesDep, given: Annotated[object, Body(), unjudged(ManualReportEntry)], now: Now
) -> PostedManualReports:
    """Enter what a paper says of a month, or a list of at most 5000 such; all are written or none.

    One that is there already becomes a further version, which a second person confirms.
    """
    return store.post(database, judged(ManualReportEntry, given), tables=tables, now=now)


@router.get(PATH + "/{number}", summary="Read a manual report", responses=refusals(UNKNOWN))
def read_manual_report(database: Db, tables: TablesDep, number: int) -> NamedManualReport:
    """One version of a manual report, whether it stands or not."""
    with database.read() as connection:
        report = store.one(connection, number, tables)
        names = names_beside(connection, [dict(report)], store.NAMED)
    return NamedManualReport.model_construct(**dict(report), names=names)


@router.patch(
    PATH + "/{number}",
    summary="Correct a manual report",
    responses={**PROPOSED, **refusals(UNKNOWN, REPORT_SUPERSEDED, INVALID_BODY)},
)
def correct_manual_report(
    database: Db, tables: TablesDep, number: int, patch: ManualReportPatch, now: Now
) -> ManualReportOut:
    """Change the fields given, as the next version, which a second person confirms; the one before stays to be read."""
    return store.correct(database, number, patch, tables=tables, now=now)


@router.delete(
    PATH + "/{number}",
    summary="Withdraw a manual report",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={**PROPOSED, **refusals(UNKNOWN, REPORT_SUPERSEDED)},
)
def withdraw_manual_report(
    database: Db, number: int, reason: Annotated[Note, Query(description="Why; kept with the withdrawal")]
) -> None:
    """Let it not stand any more, as a further version, which a second person confirms."""
    store.withdraw(database, number, reason=reason)


router.include_router(import_router(RESOURCE))
