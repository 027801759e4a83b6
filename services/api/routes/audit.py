"""Who changed what, exported or saw what."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.asking import START_AFTER_END, require_order
from services.api.audit.entries import ENTRIES, AuditQuery, AuditRecord, record
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.openapi import refusals
from services.api.paging import Page

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


@router.get("", summary="List the entries of the audit", responses=refusals(BAD_CURSOR, START_AFTER_END))
def list_audit(database: Db, query: Annotated[AuditQuery, Query()]) -> Page[AuditRecord]:
    """Every change of what people keep, with the row before and after, and who acted; the newest first."""
    require_order(query.start, query.end)
    with database.read() as connection:
        found = ENTRIES.page(connection, query)
    return Page[AuditRecord](data=[record(row) for row in found.data], next=found.next, total=found.total)
