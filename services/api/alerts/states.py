"""Where rules stand with subjects: what is pending, what fires, and what cannot be judged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.api.alerts import listing
from services.api.alerts.fields import ReasonAnswer, Slug, Subject
from services.api.alerts.known import require_rule
from services.api.alerts.model import Judged, judged, reason_answers
from services.api.alerts.statements import Statements
from services.api.database import Database
from services.api.paging import PageQuery, cursor_after, key_of_cursor
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode
from services.api.registry.filters import AREA_OF_ENTRY, Filter, equal
from services.core.db.statements import run_text

SQL = Statements("states.sql")
_LIST = "alert states"
_KEY = ("rule", "subject_kind", "subject_code")

AskedState = Literal["pending", "firing", "resolved", "cannot_judge"]

FILTERS: Mapping[str, Filter] = {
    "rule": equal("rule"),
    "area": AREA_OF_ENTRY,
    "park": equal("park_code", parameter="park", names=nouns.PARK),
    "enterprise": equal("enterprise_code", parameter="enterprise", names=nouns.ENTERPRISE),
    "subject": Filter("entry.subject_kind = %(subject_kind)s AND entry.subject_code = %(subject_code)s"),
}
_CANNOT_JUDGE = "entry.cannot_since IS NOT NULL"


class StateQuery(PageQuery):
    """How the list of states may be narrowed."""

    state: AskedState | None = Field(None, description="cannot_judge: whatever the state is")
    rule: Slug | None = None
    area: AreaCode | None = Field(None, description="Area of any level; what lies below it today is included")
    park: Code | None = None
    enterprise: CreditCode | None = None
    subject: Subject | None = None


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


def states_of(database: Database, query: StateQuery) -> dict[str, Any]:
    """The page of states that `query` asks for, as StateList describes it."""
    given = query.filters
    parameters: dict[str, Any] = dict(given)
    if query.subject is not None:
        parameters["subject_kind"], _, parameters["subject_code"] = query.subject.partition(":")
    conditions = [FILTERS[name].condition for name in given if name != "state"]
    with database.read() as connection:
        for name, value in given.items():
            if name in FILTERS:
                FILTERS[name].require_known(connection, name, value)
        if query.rule is not None:
            require_rule(connection, query.rule)
        counts = _counts(connection, " AND ".join(conditions) or "true", parameters)
        if query.state is not None:
            conditions.append(_CANNOT_JUDGE if query.state == "cannot_judge" else "entry.state = %(state)s")
        if query.cursor is not None:
            after = key_of_cursor(query.cursor, of=_LIST, filters=given).split("/", 2)
            parameters |= {f"after_{name}": value for name, value in zip(_KEY, after, strict=True)}
            conditions.append(f"({', '.join(_KEY)}) > ({', '.join(f'%(after_{name})s' for name in _KEY)})")
        rows = _rows(connection, " AND ".join(conditions) or "true", parameters | {"row_limit": query.limit + 1})
    more, rows = len(rows) > query.limit, rows[: query.limit]
    last = "/".join(rows[-1][name] for name in _KEY) if more else ""
    following = cursor_after(last, of=_LIST, filters=given) if more else None
    return {"counts": counts, "data": [_shown(row) for row in rows], "next": following}


def _rows(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> Sequence[DictRow]:
    order = ", ".join(f"entry.{name}" for name in _KEY)
    statement = (
        "SELECT entry.*, named.* FROM ("  # noqa: S608 - put together from this program's own parts
        f"SELECT * FROM ({SQL['placed']}) AS entry WHERE {condition} ORDER BY {order} LIMIT %(row_limit)s"
        f") AS entry {listing.SQL['names_of_entry']} ORDER BY {order}"
    )
    return run_text(connection, statement, parameters).mappings().all()


def _counts(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> dict[str, int]:
    statement = (
        "SELECT"  # noqa: S608 - put together from this program's own parts
        " count(*) FILTER (WHERE state = 'pending') AS pending,"
        " count(*) FILTER (WHERE state = 'firing') AS firing,"
        " count(*) FILTER (WHERE state = 'resolved') AS resolved,"
        f" count(*) FILTER (WHERE {_CANNOT_JUDGE}) AS cannot_judge"
        f" FROM ({SQL['placed']}) AS entry WHERE {condition}"
    )
    return run_text(connection, statement, parameters).mappings().one()


def _shown(row: DictRow) -> dict[str, Any]:
    plain = ("state", "since", "alert_id", "cannot_since", "evaluated_at")
    reasons = reason_answers(row["cannot_reasons"]) if row["cannot_since"] is not None else []
    return judged(row) | {name: row[name] for name in plain} | {"reasons": reasons}
