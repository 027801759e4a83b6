"""Where rules stand with subjects: what is pending, what fires, and what cannot be judged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.api.alerts import listing
from services.api.alerts.fields import ReasonAnswer, Slug, Subject
from services.api.alerts.known import ENTERPRISE, PARK, RULE, SUBJECT
from services.api.alerts.model import Judged, judged, reason_answers
from services.api.database import Database
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Condition, ListPart, Source, parameters_of
from services.api.registry.fields import AreaCode, Code, CreditCode
from services.api.registry.filters import AREA_OF_ENTRY
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "states.sql")
AskedState = Literal["pending", "firing", "resolved", "cannot_judge"]

_STATE = "entry.state = ANY(:state) OR entry.cannot_judge AND 'cannot_judge' = ANY(:state)"
STATES = Source(
    name="alert states",
    select=SQL["placed"],
    usual=("rule", "subject_kind", "subject_code"),
    columns={
        "rule": Column(),
        "subject_kind": Column(),
        "subject_code": Column(),
        "state": Column(),
        "since": Column(datetime),
        "evaluated_at": Column(datetime),
    },
    filters={
        "rule": RULE,
        "area": AREA_OF_ENTRY,
        "park": PARK,
        "enterprise": ENTERPRISE,
        "subject": SUBJECT,
    },
    names=listing.SQL["names_of_entry"],
)


class StateQuery(ListQuery):
    """How the list of states may be narrowed."""

    state: Many[AskedState] | None = Field(None, description="cannot_judge: whatever the state is")
    rule: Many[Slug] | None = None
    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it today is included")
    park: Many[Code] | None = None
    enterprise: Many[CreditCode] | None = None
    subject: Many[Subject] | None = None
    order: Annotated[list[str], OrderedBy("rule", "state", "since", "evaluated_at")] = ORDER


class RuleState(Judged):
    """Where a rule stands with a subject."""

    state: Literal["ok", "pending", "firing", "resolved"]
    since: datetime
    alert_id: int | None = Field(description="The alert that fires or may be continued")
    cannot_since: datetime | None = Field(description="Since when it cannot be judged; null: it can")
    reasons: list[ReasonAnswer] = Field(description="Why it cannot be judged")
    evaluated_at: datetime


class StateCounts(BaseModel):
    """How many, over all pages, whatever `state` asks for."""

    pending: int
    firing: int
    resolved: int
    cannot_judge: int


class StateList(BaseModel):
    """States in the order of rule and subject. What is in order and can be judged is not listed."""

    counts: StateCounts
    data: list[RuleState]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def states_of(database: Database, query: StateQuery) -> dict[str, Any]:
    """The page of states that `query` asks for, as StateList describes it."""
    with database.read() as connection:
        found = page_of(connection, query)
        counts = _counts(connection, STATES.wanted(connection, query), parameters_of(query.filters))
    return {"counts": counts, "data": shown_states(found), "next": found.next, "total": found.total}


def page_of(connection: Connection, query: StateQuery, *conditions: str) -> ListPart:
    """The page of states that `query` asks for, of those that meet the conditions too."""
    return STATES.page(connection, query, conditions=[*([_STATE] if query.state else []), *conditions])


def shown_states(found: ListPart) -> list[dict[str, Any]]:
    """The states of a page as RuleState describes them."""
    return [_shown(row) for row in found.data]


def _counts(connection: Connection, wanted: Sequence[Condition], parameters: Mapping[str, Any]) -> dict[str, int]:
    counts = dict.fromkeys(StateCounts.model_fields, 0)
    for row in STATES.counted(connection, wanted, parameters, ("state", "cannot_judge")):
        if row["state"] in counts:
            counts[row["state"]] += row["rows"]
        counts["cannot_judge"] += row["rows"] if row["cannot_judge"] else 0
    return counts


def _shown(row: DictRow) -> dict[str, Any]:
    plain = ("state", "since", "alert_id", "cannot_since", "evaluated_at")
    reasons = reason_answers(row["cannot_reasons"]) if row["cannot_since"] is not None else []
    return judged(row) | {name: row[name] for name in plain} | {"reasons": reasons}
