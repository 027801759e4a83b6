"""The list of what the checks have found."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from psycopg import Connection
from pydantic import Field

from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, ListPart, Source, equal
from services.api.quality.ask import DaysQuery, ScopeConditions
from services.api.quality.scores import SQL

_COLUMNS: Mapping[str, Column] = {
    "day": Column(date),
    "finding_id": Column(int),
    "check": Column(),
    "subject_kind": Column(),
    "subject": Column(),
    "start": Column(datetime),
    "value": Column(float),
    "found_at": Column(datetime),
}
FINDINGS = Source(
    name="findings",
    select=SQL["findings"],
    usual=("day", "finding_id"),
    columns=_COLUMNS,
    filters={"check": equal("check")},
    grows=True,
)
CheckSlug = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


class FindingsQuery(DaysQuery, ListQuery):
    """The parameters of the list of findings. Without `start`: the last seven days."""

    check: Many[CheckSlug] | None = Field(None, description="Only of these checks")
    order: Annotated[list[str], OrderedBy(*_COLUMNS)] = ORDER


def findings_of(
    connection: Connection, query: FindingsQuery, place: ScopeConditions, days: tuple[date, date]
) -> ListPart:
    """The page of findings that `query` asks for, of subjects in the place and of these days."""
    narrowed: dict[str, Any] = {
        "meter_ids": place.meter_ids,
        "areas": place.areas_with_findings,
        "from_day": days[0],
        "to_day": days[1],
    }
    return FINDINGS.page(connection, query, parameters=narrowed)
