"""What an alert's rule saw of its subject before it fired and since: the value, the limit, and how the alert stood."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from psycopg import Connection
from pydantic import BaseModel, Field

from services.alerts.notify.content import OBSERVED
from services.alerts.observe.series import grain_of, moments_of, observations_of
from services.alerts.rules.body import parse
from services.alerts.rules.fault import RuleError
from services.alerts.rules.rule import Rule, RulePeriod
from services.alerts.state.observation import Observation, SubjectKind
from services.api.alerts import nouns
from services.api.alerts.fields import ReasonAnswer, TimeInUtc
from services.api.alerts.listing import SQL
from services.api.alerts.model import reason_answers
from services.api.database import Database
from services.core.calendar import Grain
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.scope import UnknownScopeError

PointState = Literal["ok", "pending", "firing", "resolved"]
_EVERY: Mapping[Grain | None, str] = {Grain.HOUR: "hour", Grain.DAY: "day", Grain.MONTH: "month", None: "year"}
_STATES: Mapping[str, PointState] = {"fired": "firing", "reopened": "firing", "resolved": "resolved"}


class SeriesPoint(BaseModel):
    """The subject as the rule saw it at a time, by what is stored now."""

    at: TimeInUtc = Field(description="When the rule saw it so: as its period ended, or at the moment")
    period_start: TimeInUtc | None
    period_end: TimeInUtc | None
    value: float | None = Field(description="null: there is none, `reasons` say why")
    limit: float | None
    coverage: float | None
    verdict: Verdict
    reasons: list[ReasonAnswer]
    state: PointState = Field(
        description="How the alert stood then, as it is kept: before it first fired pending where in breach, else ok"
    )


class FrozenPoint(BaseModel):
    """What was found as the alert fired, or fired again: as it was then, whatever came since."""

    at: TimeInUtc
    kind: str = Field(description="fired, reopened or rule_changed")
    period_start: TimeInUtc | None
    period_end: TimeInUtc | None
    value: float | None
    limit: float | None
    coverage: float | None


class AlertSeries(BaseModel):
    """An alert over time: what its rule saw, by the period of the rule, and what was frozen."""

    alert_id: int
    subject: str
    rule: str
    rule_version: int
    unit: str | None = Field(description="Of value and limit; null: nothing was seen")
    every: Literal["hour", "day", "month", "year"] = Field(description="How often there is a point")
    hold_s: int = Field(description="How long a breach must last before it fires")
    coverage_least: float | None = Field(description="Below it the rule judges nothing")
    frozen: list[FrozenPoint]
    data: list[SeriesPoint] = Field(
        description="In order of time; empty where the subject or its past is not known any more"
    )


def series_of(database: Database, tables: Tables, alert_id: int, *, now: datetime) -> dict[str, Any]:
    """The series of an alert as AlertSeries describes it. Raises Refused where there is no such alert."""
    with database.read() as connection:
        row = SQL.run(connection, "alert_with_rule", alert_id=alert_id).mappings().first()
        if row is None:
            raise nouns.ALERT.refuse_unknown(str(alert_id))
        return series_in(connection, tables, row, now=now)


def series_in(connection: Connection, tables: Tables, row: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The series of the alert of this row of `alert_with_rule`."""
    events = SQL.run(connection, "events", alert_id=row["alert_id"]).mappings().all()
    rule = _rule(row["body"])
    grain = None if rule is None else grain_of(rule)
    seen = [] if rule is None else _seen(connection, tables, rule, row, now)
    ends = [after for _, (after, _) in pairwise(seen)] + [now]
    return {
        "alert_id": row["alert_id"],
        "subject": f"{row['subject_kind']}:{row['subject_code']}",
        "rule": row["rule"],
        "rule_version": row["rule_version"],
        "unit": next((each.unit for _, each in seen if each.unit), (row["last_value"] or {}).get("unit")),
        "every": _EVERY[grain],
        "hold_s": rule.hold_s if rule else 0,
        "coverage_least": rule.coverage_least if rule else None,
        "frozen": _frozen(row, events),
        "data": [_point(at, each, events, until) for (at, each), until in zip(seen, ends, strict=False)],
    }


def _rule(body: Mapping[str, Any] | None) -> Rule | None:
    """None where the rule is gone, or says what is not understood any more."""
    try:
        return None if body is None else parse(body)
    except RuleError:
        return None


def _seen(
    connection: Connection, tables: Tables, rule: Rule, row: Mapping[str, Any], now: datetime
) -> list[tuple[datetime, Observation]]:
    kind: SubjectKind = row["subject_kind"]
    moments = moments_of(grain_of(rule), row["fired_at"], now)
    if rule.period is RulePeriod.NOW:
        # What is judged at a moment was in order an hour before it fired.
        moments = sorted({*moments, row["fired_at"], now})
    try:
        return list(observations_of(connection, tables, rule, (kind, row["subject_code"]), moments))
    except UnknownScopeError:
        return []


def _point(at: datetime, seen: Observation, events: Sequence[Mapping[str, Any]], until: datetime) -> dict[str, Any]:
    states = [_STATES[event["kind"]] for event in events if event["kind"] in _STATES and event["at"] < until]
    before: PointState = "pending" if seen.verdict is Verdict.BREACH else "ok"
    return {
        "at": at,
        "period_start": seen.start,
        "period_end": seen.end,
        "value": seen.value,
        "limit": seen.limit,
        "coverage": seen.coverage,
        "verdict": seen.verdict,
        "reasons": reason_answers(seen.reasons) if seen.verdict is Verdict.CANNOT_JUDGE else [],
        "state": states[-1] if states else before,
    }


def _frozen(row: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    kept = [("fired", row["fired_at"], row["evidence"])]
    kept += [(event["kind"], event["at"], event["detail"].get("evidence") or {}) for event in events]
    names = ("period_start", "period_end", "value", "limit", "coverage")
    return [
        {"at": at, "kind": kind} | {name: evidence[OBSERVED].get(name) for name in names}
        for kind, at, evidence in kept
        if OBSERVED in evidence
    ]
