"""What waits for a decision today: alerts by what is to be done with them, what cannot be judged, what is not heard."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field

from services.alerts.state.handling import shanghai_day
from services.api.access.principal import Principal
from services.api.access.reach import AREA_TREE
from services.api.access.role import REGION
from services.api.alerts import nouns
from services.api.alerts.fields import Reference
from services.api.alerts.listing import ALERTS, AlertQuery, alerts_numbered, asked_at
from services.api.alerts.model import Alert, reference
from services.api.alerts.states import STATES, RuleState, StateQuery, page_of, shown_states
from services.api.database import Database
from services.api.errors import INVALID_PARAMETER, OUTSIDE_REACH, Refused, refused_fields
from services.api.listing import parameters_of
from services.api.names import NamedKind, NamesOut, names_of_codes
from services.api.quality.ask import place_of
from services.api.quality.findings import FINDINGS
from services.api.reasons import Fault
from services.api.registry.fields import AreaCode, Code
from services.core.calendar import SHANGHAI
from services.core.db.statements import Statements
from services.judging.indicators.not_yet import TOO_LITTLE

SQL = Statements.beside(__file__, "worklist.sql")

_PROVISIONAL = f"entry.cannot_reason IS NOT DISTINCT FROM '{TOO_LITTLE}'"
"""Nothing is lacking but time."""
_COMES_BACK_WITHIN = timedelta(minutes=10)
"""So long a gateway may be offline before it counts as silent."""
_OVERDUE = "entry.due_on < CAST(:today AS date)"
_TASKS: Mapping[str, str] = {
    "to_acknowledge": "entry.awaiting = 'body' AND entry.status = 'open'",
    "to_verify": "entry.awaiting = 'body' AND entry.status = 'planned'",
    "to_close": "entry.awaiting = 'body' AND entry.status = 'verified'",
    "to_answer": "entry.awaiting = 'body' AND entry.status IN ('acknowledged', 'explained')",
    "with_enterprises": "entry.awaiting = 'enterprise'",
    "overdue_ours": f"entry.awaiting = 'body' AND {_OVERDUE}",
    "overdue_enterprises": f"entry.awaiting = 'enterprise' AND {_OVERDUE}",
    "due_in_7_days": "entry.due_on BETWEEN CAST(:today AS date) AND CAST(:soon AS date)",
}
"""Which alerts are in each list."""
_SUBJECT = "(entry.subject_kind, entry.subject_code)"
_OFFICE_CLOSES = time(18)
_FOUND_SINCE = timedelta(days=1)
"""Findings are those of yesterday and of today, so far as it is checked."""


class WorklistQuery(BaseModel):
    """Whose work is asked for; without body and area that of all the account sees."""

    model_config = ConfigDict(extra="forbid")

    body: Code | None = Field(None, description="Code of a supervision body: what lies in its area")
    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    first: int = Field(10, ge=1, le=50, description="So many rows of each list are answered")


class TaskList(BaseModel):
    """Alerts with which the same is to be done."""

    count: int
    subjects: int = Field(description="About how many subjects they are")
    data: list[Alert] = Field(description="The first of them, the most urgent first")


class ReasonCount(BaseModel):
    """Why something cannot be judged, and of how many states that is the first reason."""

    code: str
    count: int


class CannotJudgeList(BaseModel):
    """Rules that cannot judge their subjects until somebody mends what is lacking."""

    count: int
    subjects: int
    provisional: int = Field(description="Not among them: that judge once more of their period is over and measured")
    reasons: list[ReasonCount] = Field(description="The most frequent first")
    data: list[RuleState]


class SilentGateway(BaseModel):
    """A gateway that a rule has found silent, or that went offline and has not come back."""

    gateway: str
    name: str | None
    enterprise: Reference
    area: Reference | None
    last_message_at: datetime | None = Field(description="null: it was never heard")
    online: bool | None = Field(description="What it said last of itself; null: it never did")
    since: datetime = Field(description="Since when a rule counts it as silent, or it is offline")
    alert_ids: list[int] = Field(description="Alerts that fire because of it")


class SilentGatewayList(BaseModel):
    """Gateways that are silent, those first that were not heard for longest."""

    count: int
    data: list[SilentGateway]


class FoundThing(BaseModel):
    """What a check has found."""

    finding_id: int
    check: str
    subject_kind: str
    subject: str
    day: date
    start: datetime
    end: datetime
    value: float
    limit: float


class FoundList(BaseModel):
    """What the checks of data quality found yesterday and today, the newest first."""

    count: int
    checks: dict[str, int] = Field(description="How many each check found, the most first")
    data: list[FoundThing]
    names: NamesOut


class ChangesSince(BaseModel):
    """What has happened since the office closed."""

    since: datetime = Field(description="18:00 of the day before, in Asia/Shanghai")
    fired: int
    resolved: int
    answered: int = Field(description="Steps that enterprises have taken: explanations, plans, comments")
    corrections: int = Field(description="Of readings")


class Worklist(BaseModel):
    """What waits for a decision, counted, with the first rows of each list."""

    at: datetime
    today: date = Field(description="Of Asia/Shanghai: what was due before it is overdue")
    area: Reference | None = Field(description="Whose work it is; null: of all the account sees")
    body: Reference | None
    to_acknowledge: TaskList
    to_verify: TaskList
    to_close: TaskList
    to_answer: TaskList = Field(
        description="Of areas and parks: what bodies have to explain, plan or rectify themselves"
    )
    with_enterprises: TaskList = Field(description="What enterprises have to explain, plan or rectify")
    overdue_ours: TaskList = Field(description="Of what supervision bodies have to do, that whose last day is over")
    overdue_enterprises: TaskList = Field(description="Of what enterprises have to do, that whose last day is over")
    due_in_7_days: TaskList = Field(description="Whose last day is today or within seven days, whoever has to act")
    cannot_judge: CannotJudgeList
    silent_gateways: SilentGatewayList
    findings: FoundList
    since_last_evening: ChangesSince


def worklist_of(database: Database, query: WorklistQuery, acting: Principal, *, now: datetime) -> dict[str, Any]:
    """The work that `query` asks for, as Worklist describes it. Raises Refused for a body outside of what is seen."""
    if query.body is not None and query.area is not None:
        raise refused_fields(INVALID_PARAMETER, [Fault("body", "body_or_area")])
    with database.read() as connection:
        body = None if query.body is None else _body(connection, query.body, acting)
        area = query.area if body is None else body["area_code"]
        tasks = _tasks(connection, area, query.first, now)
        names = names_of_codes(connection, {NamedKind.AREA: [area]})[NamedKind.AREA]
        return {
            "at": now,
            "today": shanghai_day(now),
            "area": area and Reference(code=area, name_zh=names[area].zh, name_en=names[area].en),
            "body": body and Reference(code=body["code"], name_zh=body["name_zh"], name_en=body["name_en"]),
            **tasks,
            "silent_gateways": _silent(connection, area, query.first, now),
            "findings": _findings(connection, area, query.first, now),
            "cannot_judge": _cannot_judge(connection, area, query.first),
            "since_last_evening": _changes(connection, area, now),
        }


def _body(connection: Connection, code: str, acting: Principal) -> Mapping[str, Any]:
    row = SQL.run(connection, "body", code=code).mappings().first()
    if row is None:
        raise refused_fields(INVALID_PARAMETER, [nouns.BODY.fault("body", "unknown", code)])
    if not acting.reach.sees_area(row["area_code"]):
        raise Refused(OUTSIDE_REACH, f"body: {acting.name} does not see area {row['area_code']}")
    return row


def _tasks(connection: Connection, area: str | None, first: int, now: datetime) -> dict[str, Any]:
    """The lists of alerts: counted by one question, their first rows read by another."""
    query = AlertQuery() if area is None else AlertQuery(area=[area])
    given = parameters_of(query.filters) | asked_at(now)
    aggregates = {}
    for task, fits in _TASKS.items():
        chosen = f"FILTER (WHERE {fits})"
        aggregates[f"{task}_count"] = f"count(*) {chosen}"
        aggregates[f"{task}_subjects"] = f"count(DISTINCT {_SUBJECT}) {chosen}"
        aggregates[f"{task}_ids"] = (
            f"(array_agg(entry.alert_id ORDER BY entry.urgency, entry.fired_at, entry.alert_id) {chosen})[1:{first}]"
        )
    wanted = ALERTS.wanted(connection, query, conditions=["entry.awaiting IS NOT NULL"])
    (counted,) = ALERTS.counted(connection, wanted, given, (), beside=aggregates)
    numbers = [number for task in _TASKS for number in counted[f"{task}_ids"] or ()]
    alerts = alerts_numbered(connection, numbers, now=now)
    return {
        task: {
            "count": counted[f"{task}_count"],
            "subjects": counted[f"{task}_subjects"],
            "data": [alerts[number] for number in counted[f"{task}_ids"] or ()],
        }
        for task in _TASKS
    }


def _cannot_judge(connection: Connection, area: str | None, first: int) -> dict[str, Any]:
    query = StateQuery(state=["cannot_judge"], limit=first, area=None if area is None else [area])
    given = parameters_of(query.filters)
    every = STATES.wanted(connection, query, conditions=["entry.cannot_judge"])
    wanted = STATES.wanted(connection, query, conditions=["entry.cannot_judge", f"NOT ({_PROVISIONAL})"])
    (all_of_them,) = STATES.counted(connection, wanted, given, (), beside={"subjects": f"count(DISTINCT {_SUBJECT})"})
    by_reason = STATES.counted(connection, every, given, ("cannot_reason",))
    counts = {row["cannot_reason"]: row["rows"] for row in by_reason if row["cannot_reason"] is not None}
    provisional = counts.pop(TOO_LITTLE, 0)
    return {
        "count": all_of_them["rows"],
        "subjects": all_of_them["subjects"],
        "provisional": provisional,
        "reasons": [{"code": code, "count": counts[code]} for code in sorted(counts, key=lambda code: -counts[code])],
        "data": shown_states(page_of(connection, query, f"NOT ({_PROVISIONAL})")),
    }


def _silent(connection: Connection, area: str | None, first: int, now: datetime) -> dict[str, Any]:
    asked = {"areas": _areas_in(area), "most": first, "offline_before": now - _COMES_BACK_WITHIN}
    rows = SQL.run(connection, "silent_gateways", **asked).mappings().all()
    data = [
        {
            "gateway": row["code"],
            "enterprise": reference(row, "enterprise"),
            "area": reference(row, "area"),
            "alert_ids": row["alert_ids"] or [],
            **{name: row[name] for name in ("name", "last_message_at", "online", "since")},
        }
        for row in rows
    ]
    return {"count": rows[0]["total"] if rows else 0, "data": data}


def _changes(connection: Connection, area: str | None, now: datetime) -> dict[str, Any]:
    since = datetime.combine(shanghai_day(now) - timedelta(days=1), _OFFICE_CLOSES, SHANGHAI)
    return {"since": since, **SQL.run(connection, "changes", since=since, areas=_areas_in(area)).mappings().one()}


def _areas_in(area: str | None) -> list[str] | None:
    """The area and those below it; None: all."""
    return None if area in (None, REGION) else [code for code in AREA_TREE.level if AREA_TREE.above(code, area)]


def _findings(connection: Connection, area: str | None, first: int, now: datetime) -> dict[str, Any]:
    place, today = place_of(connection, f"area:{area or REGION}"), shanghai_day(now)
    given = {
        "meter_ids": place.meter_ids,
        "areas": place.areas_with_findings,
        "from_day": today - _FOUND_SINCE,
        "to_day": today + timedelta(days=1),
    }
    by_check = FINDINGS.counted(connection, [], given, ("check",))
    counts = {row["check"]: row["rows"] for row in sorted(by_check, key=lambda row: (-row["rows"], row["check"]))}
    rows = FINDINGS.rows(connection, "true", given, most=first)
    return {"count": sum(counts.values()), "checks": counts, "data": rows, "names": _named(connection, rows)}


def _named(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Any:
    kinds = {NamedKind(kind) for kind in ("meter", "unit", "enterprise", "gateway", "area")}
    return names_of_codes(
        connection, {kind: [row["subject"] for row in rows if row["subject_kind"] == kind] for kind in kinds}
    )
