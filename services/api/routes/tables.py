"""The domain numbers: each table with all its rows, and what of it is not verified. Read only: they come from files."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.errors import BAD_CURSOR, ProblemKind, Refused
from services.api.openapi import refusals
from services.api.paging import Page, PageQuery, Pager
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


class TableQuery(PageQuery):
    """How the rows of a table may be narrowed."""

    verified: bool | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")


Name = Annotated[str, PathParameter(max_length=64, description="As it stands in the list of tables")]
TableRow = dict[str, JsonValue]

router = APIRouter(prefix="/api/v1/tables", tags=["tables"])


@router.get("", summary="List the tables of domain numbers", responses=refusals(BAD_CURSOR))
def list_tables(tables: TablesDep, query: Annotated[PageQuery, Query()]) -> Page[Table]:
    """The tables in the order of their names."""
    columns = tables.columns()
    by_name = {
        name: Table(name=name, rows=len(rows), unverified=sum(not row.verified for row in rows), columns=columns[name])
        for name, rows in tables.by_name().items()
    }
    return _page(by_name, query, of="table")


@router.get("/{name}", summary="Read a table of domain numbers", responses=refusals(BAD_CURSOR, UNKNOWN_TABLE))
def read_table(tables: TablesDep, name: Name, query: Annotated[TableQuery, Query()]) -> Page[TableRow]:
    """The rows in the order of their codes, each with every column; null where a cell is empty."""
    rows = tables.by_name().get(name)
    if rows is None:
        raise Refused(UNKNOWN_TABLE, f"there is no table {name}; /api/v1/tables lists them")
    wanted = {row.code: _row(row) for row in rows if _fits(row, query)}
    return _page(wanted, query, of=f"table {name}")


def _page(entries: Mapping[str, Any], query: PageQuery, *, of: str) -> Page[Any]:
    """A page of `entries` in the order of their keys."""
    pager = Pager(query, of=of)
    (after,) = pager.after(str) or ("",)
    shown, following = pager.cut(sorted(key for key in entries if key > after), lambda key: [key])
    return Page[Any](data=[entries[key] for key in shown], next=following)


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
