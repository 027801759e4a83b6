"""The list of alerts: narrowed, counted, the newest first."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import Field

from services.alerts.state.handling import Status
from services.api.alerts.fields import AlertState, Severity, Slug, Subject
from services.api.alerts.known import require_rule
from services.api.alerts.model import judged
from services.api.alerts.statements import Statements
from services.api.asking import MomentOrDay
from services.api.database import Database
from services.api.paging import PageQuery, cursor_after, key_of_cursor
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode, SearchText
from services.api.registry.filters import AREA_OF_ENTRY, Filter, equal, parameters_of
from services.core.db.statements import run_text

SQL = Statements("alerts.sql")
_LIST = "alerts"

FILTERS: Mapping[str, Filter] = {
    "area": AREA_OF_ENTRY,
    "park": equal("park_code", parameter="park", names=nouns.PARK),
    "enterprise": equal("enterprise_code", parameter="enterprise", names=nouns.ENTERPRISE),
    "rule": equal("rule"),
    "severity": equal("severity"),
    "state": equal("state"),
    "status": equal("status"),
    "since": Filter("entry.fired_at >= %(since)s"),
    "until": Filter("entry.fired_at < %(until)s"),
    "subject": Filter("entry.subject_kind = %(subject_kind)s AND entry.subject_code = %(subject_code)s"),
    "q": Filter(SQL["text_is_in_entry"]),
}


class AlertQuery(PageQuery):
    """How the list of alerts may be narrowed."""

    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    park: Code | None = None
    enterprise: CreditCode | None = None
    rule: Slug | None = None
    severity: Severity | None = None
    state: AlertState | None = None
    status: Status | None = Field(None, description="Of the handling")
    since: MomentOrDay | None = Field(None, description="Fired at or after this moment or day")
    until: MomentOrDay | None = Field(None, description="Fired before this moment or day")
    subject: Subject | None = Field(
        None, description="unit:CODE, enterprise:CREDIT_CODE, park:CODE, area:CODE, gateway:CODE or meter:CODE"
    )
    q: SearchText | None = Field(None, description="Part of a code or name of rule, subject, enterprise, park or area")


def alerts_of(database: Database, query: AlertQuery) -> dict[str, Any]:
    """The page of alerts that `query` asks for, and the counts of all it leaves, as AlertList describes it."""
    given = query.filters
    parameters = parameters_of(given)
    if query.subject is not None:
        parameters["subject_kind"], _, parameters["subject_code"] = query.subject.partition(":")
    conditions = [FILTERS[name].condition for name in given]
    with database.read() as connection:
        for name, value in given.items():
            FILTERS[name].require_known(connection, name, value)
        if query.rule is not None:
            require_rule(connection, query.rule)
        counts = _counts(connection, " AND ".join(conditions) or "true", parameters)
        if query.cursor is not None:
            after = key_of_cursor(query.cursor, of=_LIST, filters=given)
            parameters["after_fired_at"], _, parameters["after_id"] = after.partition("/")
            conditions.append("(entry.fired_at, entry.alert_id) < (%(after_fired_at)s, CAST(%(after_id)s AS bigint))")
        parameters["row_limit"] = query.limit + 1
        rows = rows_of(connection, " AND ".join(conditions) or "true", parameters)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    last = f"{rows[-1]['fired_at'].isoformat()}/{rows[-1]['alert_id']}" if more else ""
    following = cursor_after(last, of=_LIST, filters=given) if more else None
    return {"counts": counts, "data": [shown(row) for row in rows], "next": following}


def rows_of(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> Sequence[DictRow]:
    """The alerts that meet the condition, with names, the newest first; at most `row_limit` of the parameters."""
    statement = (
        "SELECT entry.*, named.* FROM ("  # noqa: S608 - put together from this program's own parts
        f"SELECT * FROM ({SQL['alerts']}) AS entry WHERE {condition}"
        " ORDER BY fired_at DESC, alert_id DESC LIMIT %(row_limit)s"
        f") AS entry {SQL['names_of_entry']} ORDER BY entry.fired_at DESC, entry.alert_id DESC"
    )
    return run_text(connection, statement, parameters).mappings().all()


def shown(row: DictRow) -> dict[str, Any]:
    """An alert as model.Alert describes it."""
    plain = (
        "alert_id",
        "severity",
        "state",
        "status",
        "fired_at",
        "resolved_at",
        "reopened",
        "inhibited_by",
        "last_value",
    )
    return judged(row) | {name: row[name] for name in plain}


def _counts(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    statement = (
        f"SELECT severity, state, status, count(*) AS alerts FROM ({SQL['alerts']}) AS entry"  # noqa: S608 - own parts
        f" WHERE {condition} GROUP BY severity, state, status"
    )
    rows = run_text(connection, statement, parameters).mappings().all()
    known: Mapping[str, list[str]] = {
        "severity": list(reversed(get_args(Severity))),
        "state": list(get_args(AlertState)),
        "status": [*Status],
    }
    counts: dict[str, Any] = {"alerts": sum(row["alerts"] for row in rows)}
    for name, values in known.items():
        counts[name] = {value: sum(row["alerts"] for row in rows if row[name] == value) for value in values}
    return counts
