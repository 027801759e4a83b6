"""The entries of the audit: how they may be asked for, and what is answered."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.asking import MomentOrDay
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Filter, Source, equal
from services.api.registry.fields import Name
from services.core.db.statements import Statements

_SQL = Statements.beside(__file__, "entries.sql")

AuditAction = Literal["insert", "update", "delete", "taken_in", "note"]

ENTRIES = Source(
    name="audit",
    select=_SQL["entries"],
    usual=("-id",),
    grows=True,
    columns={"id": Column(int), "at": Column(datetime)},
    filters={
        "account": equal("account"),
        "database_role": equal("database_role"),
        "credential": equal("credential"),
        "request": equal("request"),
        "kind": equal("kind"),
        "subject": equal("subject"),
        "action": equal("action"),
        "start": Filter("entry.at >= CAST(:start AS timestamptz)"),
        "end": Filter("entry.at < CAST(:end AS timestamptz)"),
    },
)


class AuditNarrowing(BaseModel):
    """Which entries."""

    model_config = ConfigDict(extra="forbid")

    account: Many[Name] | None = Field(None, description="Who acted")
    database_role: Many[Name] | None = Field(None, description="As which role of the database")
    credential: Many[Name] | None = Field(None, description="By which API key or session, as an entry names it")
    request: Many[Name] | None = Field(None, description="Number of the request, as X-Request-ID of its answer")
    kind: Many[Name] | None = Field(None, description="Table of the rows; of notes what was done")
    subject: Many[Name] | None = Field(None, description="Code of what was changed")
    action: Many[AuditAction] | None = None
    start: MomentOrDay | None = Field(None, description="From this moment or day on")
    end: MomentOrDay | None = Field(None, description="Before this moment or day")


class AuditQuery(AuditNarrowing, ListQuery):
    """Which entries, the newest first."""

    order: Annotated[list[str], OrderedBy("id", "at")] = ORDER


class AuditRecord(BaseModel):
    """One row that changed, or one note."""

    id: int
    at: datetime
    account: str | None = Field(description="Who acted; null: a service, or a person at the database")
    credential: str | None = Field(description="By which API key or session")
    database_role: str = Field(description="As which role of the database")
    request: str | None
    kind: str = Field(description="Table of the row; of a note what was done")
    subject: str = Field(description="Code by which people know the row")
    key: str = Field(description="Its primary key")
    action: AuditAction
    before: dict[str, Any] | None = Field(description="The row as it was; secrets are marks, which differ if they do")
    after: dict[str, Any] | None = Field(description="The row as it is since")
    detail: dict[str, Any] | None = Field(description="Of a note")
    reason: str | None
    batch: int = Field(description="The same for all that one transaction changed")
    seal: int | None = Field(description="Number of its seal; null: it waits for it")


def record(row: dict[str, Any]) -> AuditRecord:
    """An entry as it is answered."""
    return AuditRecord.model_construct(**row | {"at": row["at"].astimezone(UTC)})
