"""Energy handed on in pages, as JSON, CSV or Parquet, and what was booked again since a page before."""

from datetime import datetime, time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from psycopg import Connection
from pydantic import Field

from services.api.access.reach import AREA_TREE
from services.api.asking import START_AFTER_END, MomentOrDay, ScopeKind, require_order
from services.api.database import Db
from services.api.energy.query import quantity_units
from services.api.energy.scope import narrow
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, ProblemKind, Refused, refused_fields
from services.api.export.described import CSV
from services.api.export.exports import chunks_of
from services.api.guard.cost import TOO_MUCH, take_turn
from services.api.open_data.answer import MEDIA_TYPES, PARQUET, OpenFormat, in_form, write_rows
from services.api.open_data.change import Horizon
from services.api.open_data.pages import MOST_ROWS, OpenQuestion, RowForm, RowPlace, horizon_of
from services.api.open_data.views import OpenView
from services.api.openapi import refusals
from services.api.paging import PageQuery, Pager
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import CreditCode
from services.core.calendar import SHANGHAI

router = APIRouter(prefix="/api/v1/export", tags=["open data"])

BEGIN_ANEW = ProblemKind("begin_anew", 410, "What was booked since then cannot be told")

_SUMS_A_ROW = 0.3
"""As so many sums a row counts where heavy questions wait for one another: it takes time of the database, no memory."""


class OpenQuery(PageQuery):
    """Which rows, and in which form."""

    limit: int = Field(10_000, ge=1, le=MOST_ROWS, description="Rows a page; a page may have fewer, and a next one")
    start: MomentOrDay | None = Field(None, description="Periods that begin then or later; without: the first")
    end: MomentOrDay | None = Field(None, description="Periods that begin before")
    area: str | None = Field(None, description="GB/T 2260 code: what was booked to it and to all below")
    enterprise: CreditCode | None = Field(None, description="Unified social credit code; of energy of meters")
    carrier: str | None = Field(None, description="Energy carrier")
    format: OpenFormat = Field("json", description="csv: UTF-8 with the mark of its order, for Excel")
    changed_since: str | None = Field(
        None, max_length=60, description="`changed_until` of an answer before: what was booked again since then"
    )


@router.get(
    "/{view}",
    summary="Hand energy on, page by page",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/json": {"schema": {"type": "object"}},
                CSV: {"schema": {"type": "string"}},
                PARQUET: {"schema": {"type": "string", "format": "binary"}},
            }
        },
        **refusals(
            BAD_CURSOR,
            BEGIN_ANEW,
            TOO_MUCH,
            START_AFTER_END,
            nouns.AREA.unknown,
            nouns.CARRIER.unknown,
            nouns.ENTERPRISE.unknown,
        ),
    },
)
def export_view(database: Db, request: Request, view: OpenView, query: Annotated[OpenQuery, Query()]) -> Response:
    """Rows of a view of the schema `open`, by period and number. `next` and `changed_until` are said in headers too.

    With `changed_since` those that were booked again; of hours all of a day of a meter, by day and meter.
    There a row without a quantity says that nothing is booked (any more).
    """
    require_order(query.start, query.end)
    pager = Pager(query, of=f"export {view}")
    found = pager.after(str, datetime, int, int)
    take_turn(query.limit * _SUMS_A_ROW)
    with database.read() as connection:
        now = horizon_of(connection)
        asked = _asked(connection, view, query, now)
        # What is booked while the pages are read is told the next time.
        until = str(now) if found is None else found[0]
        form: RowForm = "json" if query.format == "json" else "csv"
        after = None if found is None else RowPlace(*found[1:])
        page = write_rows(connection, asked, form=form, after=after, limit=query.limit)
    place = page.following
    following = None if place is None else pager.cursor([until, place.period, place.number, place.account])
    rows, digest = page.rows, page.digest
    file = in_form(page, asked, query.format, {"next": following, "changed_until": until})
    headers = {"X-Changed-Until": until, "X-Rows": str(rows), "ETag": f'W/"{digest}-{query.format}"'}
    if following is not None:
        given = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        address = f"{request.url.path}?{urlencode([*given, ('cursor', following)])}"
        headers |= {"X-Next-Cursor": following, "Link": f'<{address}>; rel="next"'}
    if query.format != "json":
        headers["Content-Disposition"] = f'attachment; filename="{_file_name(view, query, after)}"'
    return StreamingResponse(chunks_of(file), media_type=MEDIA_TYPES[query.format], headers=headers)


def _file_name(view: OpenView, query: OpenQuery, after: RowPlace | None) -> str:
    """Of a page: what was asked for, and after which row it begins, so that two pages do not lie under one name."""
    asked = [
        ("from", query.start and _compact(query.start)),
        ("to", query.end and _compact(query.end)),
        ("area", query.area),
        ("of", query.enterprise),
        ("carrier", query.carrier),
        ("since", query.changed_since and query.changed_since.rpartition("-")[2]),
        ("after", after and f"{_compact(after.period)}-{after.number}-{after.account}"),
    ]
    parts = [view.value, *(f"{word}-{said}" for word, said in asked if said)]
    return f"{'_'.join(parts)}.{query.format}"


def _compact(moment: datetime) -> str:
    """The local day, with the time where that is not its beginning; without colons, which not all file systems take."""
    local = moment.astimezone(SHANGHAI)
    return f"{local:%Y-%m-%d}" if local.time() == time.min else f"{local:%Y-%m-%dT%H%M%S}"


def _asked(connection: Connection, view: OpenView, query: OpenQuery, now: Horizon) -> OpenQuestion:
    """The question. Raises Refused."""
    if query.enterprise is not None:
        if view.is_of_places:
            raise refused_fields(INVALID_PARAMETER, [Fault("enterprise", "unknown_parameter", {"known": "area"})])
        narrow(connection, ScopeKind.ENTERPRISE, query.enterprise, AREA_TREE)
    if query.area is not None and query.area not in AREA_TREE.level:
        raise nouns.AREA.refuse_unknown(query.area)
    if query.carrier is not None and query.carrier not in quantity_units(connection):
        raise nouns.CARRIER.refuse_unknown(query.carrier)
    area = query.area
    return OpenQuestion(
        view=view,
        start=query.start,
        end=query.end,
        areas=None if area is None else [code for code in AREA_TREE.level if AREA_TREE.above(code, area)],
        enterprise=query.enterprise,
        carrier=query.carrier,
        since=None if query.changed_since is None else _since(query.changed_since, now),
    )


def _since(text: str, now: Horizon) -> Horizon:
    since = Horizon.of(text)
    if since is None:
        raise refused_fields(INVALID_PARAMETER, [Fault("changed_since", "not_changed_until")])
    if not since.comes_before(now):
        raise Refused(
            BEGIN_ANEW,
            "changed_since is of another database, or of one that was restored: ask without, then by changed_until",
        )
    return since
