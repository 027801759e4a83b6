"""The list of alerts: narrowed, counted, the newest first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, get_args

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import Field

from services.alerts.state.handling import Status
from services.api.alerts.fields import AlertState, SeverityName, Slug, Subject
from services.api.alerts.known import ENTERPRISE, PARK, RULE, SUBJECT
from services.api.alerts.model import judged
from services.api.asking import MomentOrDay
from services.api.database import Database
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Condition, Filter, Source, equal, parameters_of
from services.api.registry.fields import AreaCode, Code, CreditCode, SearchText
from services.api.registry.filters import AREA_OF_ENTRY
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "alerts.sql")

_FILTERS: Mapping[str, Filter] = {
    "area": AREA_OF_ENTRY,
    "park": PARK,
    "enterprise": ENTERPRISE,
    "rule": RULE,
    "severity": equal("severity"),
    "state": equal("state"),
    "status": equal("status"),
    "since": Filter("entry.fired_at >= :since"),
    "until": Filter("entry.fired_at < :until"),
    "subject": SUBJECT,
    "q": Filter(SQL["text_is_in_entry"]),
}
ALERTS = Source(
    name="alerts",
    select=SQL["alerts"],
    usual=("-fired_at", "-alert_id"),
    columns={
        "fired_at": Column(datetime),
        "alert_id": Column(int),
        "resolved_at": Column(datetime, nullable=True),
        "severity": Column(),
        "rule": Column(),
        "status": Column(),
        "area_code": Column(nullable=True),
        "enterprise_code": Column(nullable=True),
    },
    filters=_FILTERS,
    names=SQL["names_of_entry"],
    grows=True,
)


class AlertQuery(ListQuery):
    """How the list of alerts may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    enterprise: Many[CreditCode] | None = None
    rule: Many[Slug] | None = None
    severity: Many[SeverityName] | None = None
    state: Many[AlertState] | None = None
    status: Many[Status] | None = Field(None, description="Of the handling")
    since: MomentOrDay | None = Field(None, description="Fired at or after this moment or day")
    until: MomentOrDay | None = Field(None, description="Fired before this moment or day")
    subject: Many[Subject] | None = Field(
        None, description="unit:CODE, enterprise:CREDIT_CODE, park:CODE, area:CODE, gateway:CODE or meter:CODE"
    )
    q: SearchText | None = Field(None, description="Part of a code or name of rule, subject, enterprise, park or area")
    order: Annotated[
        list[str],
        OrderedBy("fired_at", "alert_id", "resolved_at", "severity", "rule", "status", "area_code", "enterprise_code"),
    ] = ORDER


def alerts_of(database: Database, query: AlertQuery) -> dict[str, Any]:
    """The page of alerts that `query` asks for, and the counts of all it leaves, as AlertList describes it."""
    with database.read() as connection:
        found = ALERTS.page(connection, query)
        counts = _counts(connection, ALERTS.wanted(connection, query), parameters_of(query.filters))
    return {"counts": counts, "data": [shown(row) for row in found.data], "next": found.next, "total": found.total}


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


def _counts(connection: Connection, wanted: Sequence[Condition], parameters: Mapping[str, Any]) -> dict[str, Any]:
    rows = ALERTS.counted(connection, wanted, parameters, ("severity", "state", "status"))
    known: Mapping[str, list[str]] = {
        "severity": list(reversed(get_args(SeverityName))),
        "state": list(get_args(AlertState)),
        "status": [*Status],
    }
    counts: dict[str, Any] = {"alerts": sum(row["rows"] for row in rows)}
    for name, values in known.items():
        counts[name] = {value: sum(row["rows"] for row in rows if row[name] == value) for value in values}
    return counts
