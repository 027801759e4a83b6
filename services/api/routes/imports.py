"""Bulk import of the registry from CSV and XLSX files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.asking import MomentOrDay, Now
from services.api.database import Db
from services.api.errors import (
    BUSY,
    IMPORT_REFUSED,
    INVALID_BODY,
    INVALID_PARAMETER,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    Refused,
    refused_fields,
)
from services.api.export.described import CSV, XLSX
from services.api.guard.bodies import JSON
from services.api.openapi import refusals
from services.api.proposals.model import PROPOSED
from services.api.reasons import Fault
from services.api.registry.fields import Note
from services.api.registry.files.encoding import encoding_named
from services.api.registry.importing import Existing, ImportHandling, ImportOutcome
from services.api.registry.reading import MOST_ERRORS, HiddenRows, columns_of
from services.api.registry.resource import A, DatedFrom, E, R, Resource
from services.api.registry.table_file import csv_of
from services.api.routes.importable import ImportFile, import_apart
from services.api.tables import TablesDep

PREFIX = "/api/v1/import/"
MOST_BYTES = 10_000_000
_MOST_AT_ONCE = 2


class ImportQuery(BaseModel):
    """How to import. A mistyped `dry_run` must not write, so parameters it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="Only say what would come of it, row by row")
    existing: Existing = Field(
        Existing.REFUSE,
        description="Rows of what is registered: a fault each, left alone, or changed as they say",
    )
    dated_from: MomentOrDay | None = Field(
        None,
        description="With `existing=update` of meters: from when what has dates (unit, gateway, multiplier, …) is as"
        " the rows say, a moment with offset or a day; each meter gets a term from then on",
    )
    reason: Note | None = Field(None, description="With `dated_from`: what was changed at the meters")
    encoding: Literal["utf-8", "gb18030", "gbk", "utf-16"] | None = Field(
        None, description="How a CSV file was saved; left out: as its type says, or as its text shows"
    )
    hidden_rows: HiddenRows = Field(
        HiddenRows.REFUSE, description="Hidden and filtered rows of a workbook: a fault each, left out, or read"
    )


class RowError(BaseModel):
    """One refused field of one row."""

    line: int = Field(description="As the file or sheet shows it; the header is line 1")
    cell: str | None = Field(description="Where it stands, such as B2; null: nowhere, since the cell is missing")
    field: str
    code: str
    reason: str
    reason_zh: str


class RowOutcome(BaseModel):
    """What would come of one row."""

    line: int
    key: str | None = Field(description="Code of what the row is about; null for hidden rows that are left out")
    outcome: ImportOutcome
    fields: list[str] = Field(description="What would change")


class ImportAccount(BaseModel):
    """What came of an import."""

    dry_run: bool
    rows: int = Field(description="Rows that were read, without header, empty lines and hidden rows that are left out")
    created: int = Field(description="Rows written as new; of statistics those that say something new")
    updated: int = Field(description="Registered things that were changed, with `existing=update`")
    unchanged: int = Field(description="Rows that say what is registered, with `existing=update`")
    skipped: int = Field(description="Rows of what is registered, with `existing=skip`")
    hidden: int = Field(description="Hidden rows that were left out, with `hidden_rows=skip`")
    error_count: int
    errors: list[RowError] = Field(description=f"In the order of the lines, the first {MOST_ERRORS}")
    outcomes: list[RowOutcome] | None = Field(
        None, description="With `dry_run`: what would come of each row without faults"
    )


def _handling(query: ImportQuery) -> ImportHandling:
    """What becomes of rows of what is registered. Raises Refused where it is not said whole."""
    if query.dated_from is None:
        faults = [Fault("reason", "only_with", {"other": "dated_from"})] if query.reason else []
    elif query.existing is not Existing.UPDATE:
        faults = [Fault("dated_from", "only_with", {"other": "existing=update"})]
    else:
        faults = [] if query.reason else [Fault("reason", "missing")]
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)
    since = DatedFrom(query.dated_from, query.reason) if query.dated_from and query.reason else None
    return ImportHandling(query.existing, since)


async def _whole_body(request: Request) -> bytes:
    return await request.body()


class Places:
    """A bounded number of imports at once."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place during the block. Raises Refused(BUSY) when there is none."""
        if not self._free.acquire(blocking=False):
            raise Refused(BUSY, "other imports are running; try again in a few seconds")
        try:
            yield
        finally:
            self._free.release()


_places = Places(_MOST_AT_ONCE)


def import_router(resource: Resource[E, R, A]) -> APIRouter:
    """The import of one kind of thing, and the template of its file."""
    plural = resource.noun.plural
    router = APIRouter(prefix=PREFIX + plural, tags=["import"])
    columns = ", ".join(
        f"`{name}`" if info.is_required() else f"`{name}` (may be left out)"
        for name, info in resource.entry.model_fields.items()
    )
    binary = {"schema": {"type": "string", "format": "binary"}}

    @router.post(
        "",
        summary=f"Import {plural}",
        description="All rows are written, or none. With `dry_run` none is, and faults are answered with 200."
        f"\n\nColumns, in any order: {columns}.",
        response_model=ImportAccount,
        responses={
            **(PROPOSED if resource.may_touch_past else {}),
            **refusals(IMPORT_REFUSED, INVALID_BODY, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BUSY),
        },
        openapi_extra={"requestBody": {"required": True, "content": {CSV: binary, XLSX: binary}}},
        name=f"import_{plural}",
    )
    def import_file(
        database: Db,
        tables: TablesDep,
        request: Request,
        body: Annotated[bytes, Depends(_whole_body)],
        query: Annotated[ImportQuery, Query()],
        now: Now,
    ) -> Response:
        handling = _handling(query)
        file = ImportFile(
            plural=plural,
            body=body,
            content_type=request.headers.get("content-type", ""),
            encoding=encoding_named(query.encoding) if query.encoding else None,
            hidden_rows=query.hidden_rows,
            dry_run=query.dry_run,
            handling=handling,
        )
        with _places.one():
            return Response(import_apart(database, file, tables, now), media_type=JSON)

    @router.get(
        "/template",
        summary=f"Template for the import of {plural}",
        response_class=Response,
        responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
        name=f"template_{plural}",
    )
    def template() -> Response:
        """A CSV file with all columns and an example row."""
        headers = {"Content-Disposition": f'attachment; filename="{plural}.csv"'}
        return Response(csv_of(columns_of(resource.entry), resource.example), media_type=CSV, headers=headers)

    return router
