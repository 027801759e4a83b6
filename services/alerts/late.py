"""Steps of handling that are late: which level of supervision is to be told now."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.alerts.messages import notice_of
from services.core.db.queries import load
from services.core.domain.alerting.handling import Action, Actor, Case, Escalated, Level, Step, escalation
from services.core.domain.alerting.rule import Severity
from services.core.domain.alerting.telling import Routing

_sql = load(__file__, "alerts.sql")

FORGOTTEN_AFTER = timedelta(days=730)
"""An alert older than this is escalated no more."""
_LEVELS: Mapping[str, Level] = {"banner": "banner", "league": "league", "region": "region"}


def escalations(connection: psycopg.Connection, routing: Routing, now: datetime) -> list[tuple[int, Level]]:
    """Alerts with a late step and the level above to tell of it, each once; what is held back waits."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_sql.unfinished.sql, {"since": now - FORGOTTEN_AFTER}).fetchall()
    found = []
    for row in rows:
        level = escalation(_case(row, routing), _steps(row), _escalated(row), now)
        if level is not None:
            found.append((row["alert_id"], level))
    return found


def _case(row: Mapping[str, Any], routing: Routing) -> Case:
    return Case(
        severity=Severity(row["severity"]),
        fired_at=row["fired_at"],
        resolved_at=row["resolved_at"],
        reopened_at=row["reopened_at"],
        enterprise_code=row["enterprise_code"],
        level=_level(notice_of(row).area_code, routing),
    )


def _level(code: str | None, routing: Routing) -> Level:
    """The level of the body that the alert goes to first."""
    tree = routing.tree
    while code is not None and code not in routing.areas_with_body:
        code = tree.parent[code]
    return "region" if code is None else _LEVELS[tree.level[code]]


def _steps(row: Mapping[str, Any]) -> list[Step]:
    return [
        Step(
            at=datetime.fromisoformat(step["at"]),
            actor=Actor.parse(step["actor"]),
            action=Action(step["action"]),
            due_on=step["due_on"] and date.fromisoformat(step["due_on"]),
        )
        for step in row["steps"] or ()
    ]


def _escalated(row: Mapping[str, Any]) -> list[Escalated]:
    return [Escalated(datetime.fromisoformat(past["at"]), past["level"]) for past in row["escalated"] or ()]
