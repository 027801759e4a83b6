"""Steps of handling that are late: which level of supervision is told now, and what the history says of it."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from services.alerts import metrics, store
from services.alerts.notify.audience import audience_of, notice_of, silences_of
from services.alerts.notify.case import case_of, steps_of
from services.alerts.notify.telling import News
from services.alerts.routing.routing import Recipient, Routing, silenced_by
from services.alerts.state.lateness import Escalated, Late, escalation
from services.core.data.divisions import Level
from services.core.db.statements import Statements

log = logging.getLogger("alerts")
_sql = Statements.beside(__file__, "alerts.sql")

FORGOTTEN_AFTER = timedelta(days=730)
"""An alert older than this is escalated no more."""
_LEVELS: Mapping[str, Level] = {"banner": "banner", "league": "league", "region": "region"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A late step of an alert, and who is told of it."""

    alert_id: int
    late: Late
    level: str | None
    """The level that is told: the one asked for or, where nobody there is subscribed, one further up; None: nobody."""
    to: tuple[Recipient, ...]

    @property
    def step(self) -> dict[str, Any]:
        """The late step, as events and messages name it; `level` is that told."""
        return {
            "step": str(self.late.action),
            "due_on": self.late.due_on.isoformat(),
            "days_late": self.late.days,
            "level": self.level,
        }

    @property
    def detail(self) -> dict[str, Any]:
        """As in the detail of its event."""
        return self.step | {"asked": self.late.level, "told": len(self.to)}


def escalate(connection: psycopg.Connection, now: datetime) -> list[News]:
    """Record which steps are late, and give what is to be told of them; what is held back waits."""
    found = _escalations(connection, now)
    if not found:
        return []
    store.add_events(connection, [(each.alert_id, now, "escalated", each.detail) for each in found])
    _warn_of_no_recipient([each for each in found if not each.to])
    return [News(kind="escalated", alert_id=each.alert_id, late=each.step, to=each.to) for each in found if each.to]


def _escalations(connection: psycopg.Connection, now: datetime) -> list[Escalation]:
    rows = _sql.run(connection, "unfinished", since=now - FORGOTTEN_AFTER).mappings().all()
    if not rows:
        return []
    routing, silences = audience_of(connection).routing, silences_of(connection, now)
    found = []
    for row in rows:
        notice = notice_of(row)
        late = escalation(case_of(row, _level(row["area_code"], routing)), steps_of(row), _escalated(row), now)
        if late is None or silenced_by(notice, silences, routing.tree, now) is not None:
            continue
        level, to = routing.escalated(notice, late.level)
        found.append(Escalation(alert_id=row["alert_id"], late=late, level=level, to=to))
    return found


def _warn_of_no_recipient(untold: Iterable[Escalation]) -> None:
    for each in untold:
        metrics.UNTOLD.labels("escalated").inc()
        log.warning(
            "a step is late and nobody is subscribed to hear of it", extra={"alert": each.alert_id} | each.detail
        )


def _level(code: str | None, routing: Routing) -> Level:
    """The level of the body that the alert goes to first."""
    tree = routing.tree
    while code is not None and code not in routing.areas_with_body:
        code = tree.parent[code]
    return "region" if code is None else _LEVELS[tree.level[code]]


def _escalated(row: Mapping[str, Any]) -> list[Escalated]:
    return [Escalated(datetime.fromisoformat(past["at"]), past["level"]) for past in row["escalated"] or ()]
