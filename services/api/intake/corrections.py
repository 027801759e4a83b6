"""Corrections of readings as they are listed: of one meter, or over many."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.api.listing import Column, Filter, Source
from services.core.calendar import SHANGHAI
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "corrections.sql")

CorrectionKind = Literal["replace", "withdraw", "supply", "revoke"]


class Correction(BaseModel):
    """A recorded correction."""

    id: int
    ts: datetime
    kind: CorrectionKind
    original_value: float | None = Field(description="What was stored when it was recorded; null: nothing")
    value: float | None
    author: str
    reason: str
    recorded_at: datetime
    counts: bool = Field(description="Whether it counts: the newest of its time, and not revoked")
    conflict: bool = Field(description="A value was supplied, and since then the meter has given one that differs")
    stored_value: float | None = Field(description="What is stored for this time now, as the meter gave it")
    seal: int | None = Field(description="Number of its seal; null for the second or so until it is sealed")


TIMES: Mapping[str, Filter] = {
    "start": Filter("entry.ts >= CAST(:start AS timestamptz)"),
    "end": Filter("entry.ts < CAST(:end AS timestamptz)"),
}
CORRECTION_COLUMNS: Mapping[str, Column] = {
    "id": Column(int),
    "ts": Column(datetime),
    "kind": Column(),
    "author": Column(),
    "recorded_at": Column(datetime),
}


def corrections_source(name: str, *, filters: Mapping[str, Filter], more: Mapping[str, Column] | None = None) -> Source:
    """Where corrections come from, the newest first; `more`: columns by which they may be ordered besides."""
    columns = {**CORRECTION_COLUMNS, **(more or {})}
    return Source(name=name, select=SQL["corrections"], usual=("-id",), columns=columns, filters=filters)


def correction(row: DictRow) -> dict[str, Any]:
    """A correction of these rows as Correction describes it."""
    times = {"ts": row["ts"].astimezone(SHANGHAI), "recorded_at": row["recorded_at"].astimezone(UTC)}
    is_conflict = row["counts"] and row["kind"] == "supply" and row["stored_value"] not in (None, row["value"])
    return {**row, **times, "conflict": is_conflict}
