"""The list of alerts: narrowed, counted, the newest first or the most urgent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from psycopg import Connection
from pydantic import Field

from services.alerts.state.deadlines import STANDARD
from services.alerts.state.handling import Status, shanghai_day
from services.api.alerts.fields import AlertState, SeverityName, Slug, Subject
from services.api.alerts.handling import Awaited
from services.api.alerts.known import ENTERPRISE, PARK, RULE, SUBJECT
from services.api.alerts.saying import shown
from services.api.asking import MomentOrDay
from services.api.database import Database
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Column, Condition, Filter, Source, equal, parameters_of
from services.api.registry.fields import AreaCode, Code, CreditCode, SearchText
from services.api.registry.filters import AREA_OF_ENTRY
from services.core.db.statements import Statements

SQL = Statements.beside(__file__, "alerts.sql")
SOON = timedelta(days=7)
"""What is due within it is due this week."""

DueWhen = Literal["overdue", "week"]
_OVERDUE = "coalesce(entry.due_on < CAST(:today AS date), false)"
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
    "awaiting": equal("awaiting"),
    "due": Filter(
        f"('overdue' = ANY(:due) AND {_OVERDUE})"
        " OR ('week' = ANY(:due) AND entry.due_on BETWEEN CAST(:today AS date) AND CAST(:soon AS date))"
    ),
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
        "severity": Column(int, of="gravity"),
        "rule": Column(),
        "status": Column(int, of="progress"),
        "area_code": Column(nullable=True),
        "enterprise_code": Column(nullable=True),
        "due_on": Column(date, nullable=True),
        "urgency": Column(int, nullable=True),
    },
    filters=_FILTERS,
    names=SQL["names_of_entry"],
    grows=True,
)


class AlertFilters(ListQuery):
    """What alerts may be narrowed by."""

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
    awaiting: Many[Awaited] | None = Field(None, description="Who has to act next")
    due: Many[DueWhen] | None = Field(
        None, description="overdue: the last day of the next step is over; week: it is today or within seven days"
    )
    q: SearchText | None = Field(None, description="Part of a code or name of rule, subject, enterprise, park or area")


class AlertQuery(AlertFilters):
    """How the list of alerts may be narrowed and put in order."""

    order: Annotated[
        list[str],
        OrderedBy(
            *("fired_at", "alert_id", "resolved_at", "severity", "rule", "status", "area_code", "enterprise_code"),
            *("due_on", "urgency"),
        ),
    ] = ORDER


def alerts_of(database: Database, query: AlertQuery, *, now: datetime) -> dict[str, Any]:
    """The page of alerts that `query` asks for, and the counts of all it leaves, as AlertList describes it."""
    asked = asked_at(now)
    with database.read() as connection:
        found = ALERTS.page(connection, query, parameters=asked)
        wanted = ALERTS.wanted(connection, query)
        counts = counts_of(connection, wanted, parameters_of(query.filters) | asked)
        data = shown(connection, found.data, now=now)
    return {"counts": counts, "data": data, "next": found.next, "total": found.total}


def alerts_numbered(connection: Connection, numbers: Iterable[int], *, now: datetime) -> dict[int, dict[str, Any]]:
    """The alerts of these numbers as model.Alert describes them, by number; of all of them in two questions."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    given = {"numbers": wanted, **deadlines()}
    rows = ALERTS.rows(connection, "entry.alert_id = ANY(CAST(:numbers AS bigint[]))", given, most=len(wanted))
    return {each["alert_id"]: each for each in shown(connection, rows, now=now)}


def deadlines() -> dict[str, Any]:
    """The parameters of the statement of alerts: how long each step may take, and which days are worked."""
    return {
        "acknowledge_severe_days": STANDARD.acknowledge_severe_days,
        "acknowledge_days": STANDARD.acknowledge_days,
        "explain_working_days": STANDARD.explain_working_days,
        "plan_working_days": STANDARD.plan_working_days,
        "verify_working_days": STANDARD.verify_working_days,
        "close_working_days": STANDARD.close_working_days,
        "holidays": sorted(STANDARD.working_days.holidays),
        "worked_weekends": sorted(STANDARD.working_days.worked_weekends),
    }


def asked_at(now: datetime) -> dict[str, Any]:
    """The parameters of the statement and of the filters of alerts, asked at `now`."""
    today = shanghai_day(now)
    return deadlines() | {"today": today, "soon": today + SOON}


def counts_of(connection: Connection, wanted: Sequence[Condition], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """How many alerts meet the conditions, as AlertCounts describes it."""
    overdue = {"overdue": f"count(*) FILTER (WHERE {_OVERDUE})"}
    rows = ALERTS.counted(connection, wanted, parameters, ("severity", "state", "status", "awaiting"), beside=overdue)
    known: Mapping[str, list[str]] = {
        "severity": list(reversed(get_args(SeverityName))),
        "state": list(get_args(AlertState)),
        "status": [*Status],
        "awaiting": list(get_args(Awaited)),
    }
    counts: dict[str, Any] = {"alerts": sum(row["rows"] for row in rows)}
    for name, values in known.items():
        counts[name] = {value: sum(row["rows"] for row in rows if row[name] == value) for value in values}
    counts["overdue"] = {
        whom: sum(row["overdue"] for row in rows if row["awaiting"] == whom) for whom in get_args(Awaited)
    }
    return counts
