"""The quality of the data of many meters, day by day, in one answer."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.asking import Now, is_wider
from services.api.database import Db
from services.api.guard.cost import TOO_MUCH
from services.api.names import NamedKind, NamesOut, names_of_codes
from services.api.openapi import refusals
from services.api.quality import ask
from services.api.quality.matrix import LONGEST_MATRIX_DAYS, CellState, MatrixQuery, MatrixRow, count_rows, matrix
from services.api.quality.pending import PendingDays, pending_days
from services.api.routes.quality import RANGE_REFUSALS
from services.api.tables import TablesDep
from services.core.calendar import start_of_day

router = APIRouter(prefix="/api/v1/quality", tags=["quality"])

_EXAMPLE: JsonDict = {
    "scope": "area:150600",
    "days": ["2026-11-01", "2026-11-02", "2026-11-03"],
    "data": [
        {
            "meter": "150622-0007-E01",
            "unit": "150622-0007-U1",
            "enterprise": "91150622MA0N0000XF",
            "area": "150622",
            "values": [1, 0.7083, None],
            "states": "=!.",
            "findings": [{"day": "2026-11-02", "check": "stuck"}],
        }
    ],
    "names": {"meter": {"150622-0007-E01": {"zh": "总进线", "en": "Main incomer"}}},
    "pending": None,
    "next": None,
}


class MatrixFinding(BaseModel):
    """That a check has found something on a day."""

    day: date
    check: str


class MatrixEntry(BaseModel):
    """A meter, or an enterprise, and its days."""

    meter: str | None = Field(None, description="With `by=meter`")
    unit: str | None = Field(None, description="With `by=meter`: whose it was last")
    enterprise: str
    area: str = Field(description="Banner in which it lay last")
    values: list[float | None] = Field(
        description="The score of each of `days`, 0 to 1, cut to four digits; null where there is none"
    )
    states: str = Field(
        description=f"A sign for each of `days`: {CellState.UNEXPECTED} no readings are expected, "
        f"{CellState.UNJUDGED} expected, and nothing to form this score of, {CellState.JUDGED} judged, "
        f"{CellState.FOUND} a check has found something"
    )
    findings: list[MatrixFinding] = Field(description="Of an enterprise also those of its meters, units and gateways")


class MatrixAnswer(BaseModel):
    """One score of many meters or enterprises, by day."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    scope: str
    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    by: str
    score: str
    days: list[date]
    data: list[MatrixEntry]
    names: NamesOut
    pending: PendingDays | None = Field(
        description="Days of meters that have readings and are in no score yet; null: there are none"
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(description="Rows of all pages; null where not asked for")


@router.get(
    "/matrix",
    summary="Score many meters day by day",
    response_model=MatrixAnswer,
    responses=refusals(*RANGE_REFUSALS, TOO_MUCH),
)
def read_matrix(database: Db, tables: TablesDep, query: Annotated[MatrixQuery, Query()], now: Now) -> Response:
    """A row a meter or enterprise, in the order of their codes; a cell a day. A page computes its own rows alone."""
    days = ask.days_of(query, now=now, back_days=None, longest_days=LONGEST_MATRIX_DAYS)
    with database.read() as connection:
        place = ask.place_of(connection, query.scope)
        rows, following = matrix(connection, tables, query, place, days, now=now)
        names = names_of_codes(connection, _codes(rows, query))
        pending = pending_days(connection, place, days)
        total = count_rows(connection, query, place, days) if query.total else None
    start, end = map(start_of_day, days)
    answer = {
        "scope": query.scope,
        "start": start,
        "end": end,
        "aligned": is_wider(query, start, end),
        "by": query.by,
        "score": query.score,
        "days": [days[0] + timedelta(days=number) for number in range((days[1] - days[0]).days)],
        "data": [_entry(row, query) for row in rows],
        "names": names,
        "pending": pending,
        "next": following,
        "total": total,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _codes(rows: Sequence[MatrixRow], query: MatrixQuery) -> dict[NamedKind, list[str]]:
    is_by_meter = query.by is ask.QualityBy.METER
    return {
        NamedKind.METER: [row.code for row in rows] if is_by_meter else [],
        NamedKind.UNIT: [row.unit for row in rows] if is_by_meter else [],
        NamedKind.ENTERPRISE: [row.enterprise for row in rows],
        NamedKind.AREA: [row.area for row in rows],
    }


def _entry(row: MatrixRow, query: MatrixQuery) -> dict[str, object]:
    whose = {"meter": row.code, "unit": row.unit} if query.by is ask.QualityBy.METER else {}
    findings = [{"day": day, "check": check} for day, check in row.findings]
    said = {"values": row.values, "states": row.states, "findings": findings}
    return {**whose, "enterprise": row.enterprise, "area": row.area, **said}
