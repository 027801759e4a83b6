"""Who changed what, and who saw or exported what."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.api.asking import START_AFTER_END, require_order
from services.api.audit.entries import ENTRIES, AuditNarrowing, AuditQuery, AuditRecord, record
from services.api.audit.export import TOO_MANY_ENTRIES, export_of
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.export.described import CSV
from services.api.openapi import refusals
from services.api.paging import Page
from services.provenance.notes import NoteKind, note

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


@router.get("", summary="List the entries of the audit", responses=refusals(BAD_CURSOR, START_AFTER_END))
def list_audit(database: Db, query: Annotated[AuditQuery, Query()]) -> Page[AuditRecord]:
    """Every change of what people keep, with the row before and after, and who acted; the newest first."""
    require_order(query.start, query.end)
    with database.read() as connection:
        found = ENTRIES.page(connection, query)
    return Page[AuditRecord](data=[record(row) for row in found.data], next=found.next, total=found.total)


@router.get(
    "/export",
    summary="Export entries of the audit",
    response_class=Response,
    responses={
        200: {"content": {CSV: {"schema": {"type": "string"}}}},
        **refusals(START_AFTER_END, TOO_MANY_ENTRIES),
    },
)
def export_audit(database: Db, narrowing: Annotated[AuditNarrowing, Query()]) -> Response:
    """The entries as a CSV file, the newest first; rows before and after are JSON. That it was exported is an entry."""
    require_order(narrowing.start, narrowing.end)
    with database.read() as connection:
        text, number = export_of(connection, narrowing)
    given = narrowing.model_dump(mode="json", exclude_none=True)
    with database.write() as connection:
        note(connection, NoteKind.EXPORT, "audit", {"entries": number, **given})
    return Response(text, media_type=CSV, headers={"Content-Disposition": 'attachment; filename="audit.csv"'})
