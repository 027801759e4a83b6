"""The domain numbers: each table with all its rows, and what of it is not verified. Read only: they come from files."""

import enum
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.computed_listing import ComputedSource
from services.api.errors import BAD_CURSOR, ProblemKind, Refused
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.registry.fields import SearchText
from services.api.tables import TablesDep
from services.core.data.loader import Sourced

UNKNOWN_TABLE = ProblemKind("unknown_table", 404, "No such table")


class Table(BaseModel):
    """A table of domain numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "co2", "rows": 30, "unverified": 22, "columns": ["code", "source", "verified", "…"]}]
        }
    )

    name: str
    rows: int
    unverified: int = Field(description="Rows that were not checked against their document or a second source")
    columns: list[str]


_TABLES: ComputedSource[Table] = ComputedSource(
    name="table",
    usual=("name",),
    columns={
        "name": (str, lambda table: table.name),
        "rows": (int, lambda table: table.rows),
        "unverified": (int, lambda table: table.unverified),
    },
)


class TablesQuery(ListQuery):
    """By what the list of tables is ordered."""

    order: Annotated[list[str], OrderedBy(*_TABLES.columns)] = ORDER


class TableQuery(ListQuery):
    """How the rows of a table may be narrowed."""

    verified: bool | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")


Name = Annotated[str, PathParameter(max_length=64, description="As it stands in the list of tables")]
TableRow = dict[str, JsonValue]

router = APIRouter(prefix="/api/v1/tables", tags=["tables"])


@router.get("", summary="List the tables of domain numbers", responses=refusals(BAD_CURSOR))
def list_tables(tables: TablesDep, query: Annotated[TablesQuery, Query()]) -> Page[Table]:
    """The tables in the order of their names."""
    columns = tables.columns()
    found = (
        Table(name=name, rows=len(rows), unverified=sum(not row.verified for row in rows), columns=columns[name])
        for name, rows in tables.by_name().items()
    )
    return _TABLES.page(found, query)


@router.get("/{name}", summary="Read a table of domain numbers", responses=refusals(BAD_CURSOR, UNKNOWN_TABLE))
def read_table(tables: TablesDep, name: Name, query: Annotated[TableQuery, Query()]) -> Page[TableRow]:
    """The rows in the order of their codes, each with every column; null where a cell is empty."""
    rows = tables.by_name().get(name)
    if rows is None:
        raise Refused(UNKNOWN_TABLE, f"there is no table {name}; /api/v1/tables lists them")
    listed: ComputedSource[Sourced] = ComputedSource(
        name=f"table {name}", usual=("code",), columns={"code": (str, lambda row: row.code)}
    )
    found = listed.page((row for row in rows if _fits(row, query)), query)
    return Page[TableRow](data=[_row(row) for row in found.data], next=found.next, total=found.total)


def _fits(row: Sourced, query: TableQuery) -> bool:
    if query.verified not in (None, row.verified):
        return False
    if query.q is None:
        return True
    named = [row.code, *(str(getattr(row, name.name)) for name in fields(row) if name.name.startswith("name"))]
    return any(query.q.casefold() in text.casefold() for text in named)


def _row(row: Sourced) -> TableRow:
    return {field.name: _plain(getattr(row, field.name)) for field in fields(row)}


def _plain(value: object) -> JsonValue:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, str):
        return value or None
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float) else None
