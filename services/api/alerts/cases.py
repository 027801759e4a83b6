"""Cases: what fires or asks for something, by subject. One subject, one case, however many rules it is in breach of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from psycopg import Connection
from pydantic import BaseModel, Field

from services.alerts.state.handling import shanghai_day
from services.api.alerts.fields import AlertState, Reference, SeverityName
from services.api.alerts.handling import Awaited
from services.api.alerts.listing import ALERTS, AlertFilters, alerts_numbered, asked_at, counts_of
from services.api.alerts.model import Alert, AlertCounts
from services.api.computed_listing import ComputedSource
from services.api.database import Database
from services.api.list_query import OrderedBy
from services.api.listing import parameters_of

MOST_ALERTS = 20
"""Of a case: so many of its alerts are shown, the most urgent."""

ORDER_OF_CASES = "By what cases are ordered; - before one turns its order round; left out: the most urgent first"
_GRAVITIES: Mapping[int, SeverityName] = {3: "severe", 2: "warning", 1: "notice"}
LIVE = "entry.state = 'firing' OR entry.awaiting IS NOT NULL"
"""Whether an alert fires, or something is still to be done about it."""
_ASKS_FIRST = "entry.urgency NULLS LAST, entry.fired_at DESC, entry.alert_id DESC"
_AGGREGATES = {
    "urgency": "min(entry.urgency)",
    "due_on": "min(entry.due_on)",
    "gravity": "max(entry.gravity)",
    "fired_at": "max(entry.fired_at)",
    "since": "min(entry.fired_at)",
    "firing": "count(*) FILTER (WHERE entry.state = 'firing')",
    "awaiting": "array_agg(DISTINCT entry.awaiting) FILTER (WHERE entry.awaiting IS NOT NULL)",
    "enterprise_code": "min(entry.enterprise_code)",
    "alert_ids": f"(array_agg(entry.alert_id ORDER BY {_ASKS_FIRST}))[1:{MOST_ALERTS}]",
}


class CaseQuery(AlertFilters):
    """How cases may be narrowed and put in order; a case is made of the alerts that fit."""

    at_rest: bool = Field(False, description="With alerts that have ended and ask for nothing any more")
    order: Annotated[
        list[str], OrderedBy("urgency", "due_on", "severity", "fired_at", "since", "alerts", "subject")
    ] = Field(["urgency", "-fired_at"], description=ORDER_OF_CASES)


class OpenCase(BaseModel):
    """What is open about one subject."""

    subject: str
    subject_name_zh: str | None = Field(description="null where it is no longer registered")
    subject_name_en: str | None
    area: Reference | None
    park: Reference | None
    enterprise: Reference | None
    severity: SeverityName = Field(description="The gravest of its alerts")
    state: AlertState = Field(description="firing: at least one of its alerts fires")
    awaiting: list[Awaited] = Field(description="Who has to act next on one of its alerts")
    due_on: date | None = Field(description="The first day that ends for one of its alerts")
    overdue: bool
    since: datetime = Field(description="When the first of its alerts fired")
    fired_at: datetime = Field(description="When the newest did")
    alert_count: int
    alerts: list[Alert] = Field(description="The first 20, the most urgent first")


class CaseCounts(AlertCounts):
    """How many cases and alerts the filters leave, over all pages."""

    cases: int
    severity_of_cases: dict[SeverityName, int]
    by_enterprise: dict[str, int] = Field(description="Cases of each enterprise that has one, by credit code")


class CaseList(BaseModel):
    """Cases, the most urgent first unless ordered otherwise."""

    counts: CaseCounts
    data: list[OpenCase]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def _subject(row: Mapping[str, Any]) -> str:
    return f"{row['subject_kind']}:{row['subject_code']}"


CASES: ComputedSource[Mapping[str, Any]] = ComputedSource(
    name="cases",
    usual=("subject",),
    columns={
        "urgency": (int, lambda row: row["urgency"]),
        "due_on": (date, lambda row: row["due_on"]),
        "severity": (int, lambda row: row["gravity"]),
        "fired_at": (datetime, lambda row: row["fired_at"]),
        "since": (datetime, lambda row: row["since"]),
        "alerts": (int, lambda row: row["rows"]),
        "subject": (str, _subject),
    },
)


def cases_of(database: Database, query: CaseQuery, *, now: datetime) -> dict[str, Any]:
    """The page of cases that `query` asks for, as CaseList describes it."""
    asked = asked_at(now)
    live = [] if query.at_rest else [LIVE]
    with database.read() as connection:
        wanted = ALERTS.wanted(connection, query, conditions=live)
        given = parameters_of(query.filters) | asked
        ALERTS.require_few(connection, wanted, given)
        found = ALERTS.counted(connection, wanted, given, ("subject_kind", "subject_code"), beside=_AGGREGATES)
        page = CASES.page(found, query)
        counts = counts_of(connection, wanted, given) | _case_counts(found)
        data = _shown(connection, page.data, now)
    return {"counts": counts, "data": data, "next": page.next, "total": page.total}


def _case_counts(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    by_severity = {name: sum(row["gravity"] == gravity for row in found) for gravity, name in _GRAVITIES.items()}
    by_enterprise = Counter(row["enterprise_code"] for row in found if row["enterprise_code"] is not None)
    return {"cases": len(found), "severity_of_cases": by_severity, "by_enterprise": by_enterprise}


def _shown(connection: Connection, cases: Sequence[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Cases as OpenCase describes them; one question for the alerts of all of them."""
    alerts = alerts_numbered(connection, (number for row in cases for number in row["alert_ids"]), now=now)
    return [_case(row, [alerts[number] for number in row["alert_ids"]], now) for row in cases]


def _case(row: Mapping[str, Any], alerts: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    first, due_on = alerts[0], row["due_on"]
    state: Literal["firing", "resolved"] = "firing" if row["firing"] else "resolved"
    named = ("subject", "subject_name_zh", "subject_name_en", "area", "park", "enterprise")
    return {name: first[name] for name in named} | {
        "severity": _GRAVITIES[row["gravity"]],
        "state": state,
        "awaiting": sorted(row["awaiting"] or ()),
        "due_on": due_on,
        "overdue": due_on is not None and due_on < shanghai_day(now),
        "since": row["since"],
        "fired_at": row["fired_at"],
        "alert_count": row["rows"],
        "alerts": alerts,
    }
