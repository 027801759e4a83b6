"""Energy: how much was used, where, when, and how completely it was measured."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.database import Db
from services.api.energy import ask
from services.api.energy.answer import Line
from services.api.energy.ask import By, EnergyQuery
from services.api.energy.query import energy, quantity_units
from services.api.errors import BAD_CURSOR
from services.api.openapi import refusals
from services.api.paging import cursor_after, key_of_cursor
from services.api.registry import nouns

router = APIRouter(prefix="/api/v1/energy", tags=["energy"])


class EnergyRow(BaseModel):
    """A sum. Of area, park, enterprise, unit and meter only those are present that it is grouped by."""

    start: datetime
    end: datetime
    carrier: str
    flow: str = Field(description="input unless asked otherwise")
    area: str | None = Field(None, description="GB/T 2260 code")
    park: str | None = None
    enterprise: str | None = Field(None, description="Unified social credit code")
    unit: str | None = None
    meter: str | None = None
    quantity: float | None = Field(description="In `quantity_unit`; null where readings are missing: that is not zero")
    quantity_unit: str
    coverage: float | None = Field(description="Measured share of the period, 0 to 1; null where no meter is expected")


class EnergyAnswer(BaseModel):
    """Sums over [start, end) in buckets."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": "area:150600",
                    "start": "2026-01-01T00:00:00+08:00",
                    "end": "2026-02-01T00:00:00+08:00",
                    "bucket": "month",
                    "by": ["area", "carrier"],
                    "data": [
                        {
                            "start": "2026-01-01T00:00:00+08:00",
                            "end": "2026-02-01T00:00:00+08:00",
                            "carrier": "electricity",
                            "flow": "input",
                            "area": "150622",
                            "quantity": 1250000.5,
                            "quantity_unit": "kWh",
                            "coverage": 0.998,
                        }
                    ],
                    "next": None,
                }
            ]
        }
    )

    scope: str
    start: datetime
    end: datetime
    bucket: str
    by: list[str]
    data: list[EnergyRow]
    next: str | None = Field(description="Cursor of the next page; null on the last one")


_REFUSALS = refusals(
    BAD_CURSOR,
    nouns.AREA.unknown,
    nouns.PARK.unknown,
    nouns.ENTERPRISE.unknown,
    nouns.UNIT.unknown,
    nouns.METER.unknown,
    nouns.CARRIER.unknown,
    ask.START_AFTER_END,
    ask.RANGE_TOO_LONG,
    ask.NOT_ON_QUARTER,
    ask.INVALID_SCOPE,
    ask.INVALID_BY,
)
_GROUPS = {
    By.AREA: "area",
    By.LEAGUE: "area",
    By.BANNER: "area",
    By.PARK: "park",
    By.ENTERPRISE: "enterprise",
    By.UNIT: "unit",
    By.METER: "meter",
}


@router.get("", summary="Sum energy", response_model=EnergyAnswer, responses=_REFUSALS)
def read_energy(database: Db, query: Annotated[EnergyQuery, Query()]) -> Response:
    """Physical quantities of a scope in buckets, by carrier and by what else is asked for, with their coverage.

    Inputs, outputs, sub meters and products are never added to each other: name a `flow` or group by it.
    """
    now = ask.utc_now()
    asked = ask.asked(query, now=now)
    first = int(key_of_cursor(query.cursor, of="energy", filters=query.filters)) if query.cursor else 0
    with database.read() as connection:
        lines = energy(connection, asked, now=now)
        units = quantity_units(connection)
        if query.carrier is not None and query.carrier not in units:
            raise nouns.CARRIER.refuse_unknown(query.carrier)
    groups = [_GROUPS[by] for by in By if by in asked.by and by in _GROUPS]
    more = first + query.limit < len(lines)
    answer = {
        "scope": query.scope,
        "start": asked.start,
        "end": asked.end,
        "bucket": asked.bucket,
        "by": sorted(asked.by),
        "data": [_row(line, groups, units, asked.flows[0]) for line in lines[first : first + query.limit]],
        "next": cursor_after(str(first + query.limit), of="energy", filters=query.filters) if more else None,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _row(line: Line, groups: list[str], units: Mapping[str, str], only_flow: str) -> dict[str, object]:
    """A line as EnergyRow describes it: built by hand, since an answer has thousands."""
    group = line.group
    row: dict[str, object] = {
        "start": line.start,
        "end": line.end,
        "carrier": group.carrier,
        "flow": group.flow or only_flow,
    }
    for name in groups:
        row[name] = getattr(group, name)
    row["quantity"], row["quantity_unit"], row["coverage"] = line.quantity, units[group.carrier], line.coverage
    return row
