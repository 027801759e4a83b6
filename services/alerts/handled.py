"""Steps of handling of which the enterprise is told: from each its own days run."""

from collections.abc import Mapping
from typing import Any

import psycopg

from services.alerts.notify.audience import audience_of, notice_of
from services.alerts.notify.content import moment
from services.alerts.notify.telling import News
from services.alerts.state.handling import Actor
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "alerts.sql")


def steps_taken(connection: psycopg.Connection) -> list[News]:
    """What is to be told of the steps taken since the last cycle, in their order; each is taken from the queue.

    They are told whatever holds the alert back: days run all the same.
    """
    rows = sorted(_sql.run(connection, "take_steps_due").mappings(), key=lambda row: row["step_id"])
    if not rows:
        return []
    routing = audience_of(connection).routing
    found = []
    for row in rows:
        notice = notice_of(row)
        of_enterprise = routing.of_enterprise.get(notice.enterprise_code or "", ())
        to = tuple(each for each in of_enterprise if each.wants(notice))
        if to:
            apart = f"step {row['step_id']}"
            found.append(News(kind="handled", alert_id=notice.alert_id, step=_step(row), to=to, apart=apart))
    return found


def _step(row: Mapping[str, Any]) -> dict[str, Any]:
    """As messages list it."""
    actor = Actor.parse(row["actor"])
    return {
        "action": row["action"],
        "by": str(actor.kind),
        "at": moment(row["at"]),
        "text": row["text"],
        "due_on": row["due_on"] and row["due_on"].isoformat(),
        "reference": row["reference"],
    }
