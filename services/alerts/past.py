"""Rules held against what was measured as of moments of the past, where nothing was judged since."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
from psycopg import Notify
from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.alerts import store
from services.alerts.cycle import Cycle
from services.alerts.notify.messages import Notifier
from services.alerts.rules.shipped import load_rules
from services.alerts.service import STATEMENT_TIMEOUT_S
from services.core.clock import utc_now
from services.core.db.connections import connect_to_ask
from services.core.db.leading import LockKey, Turn, lead_and_serve
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.core.settings import Settings
from services.judging.data.tables import load_tables

log = logging.getLogger("alerts")
_sql = Statements.beside(__file__, "past.sql")

SETTLED = timedelta(minutes=1)
"""So long after a moment its news is looked at once more: what has stood so long is told."""


class PastJudgement(BaseModel):
    """As of when which rules are to be judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    rules: tuple[str, ...]


def read_moments(text: str) -> list[PastJudgement]:
    """The moments of a text, a line of JSON each. Raises ValueError."""
    return [PastJudgement.model_validate_json(line) for line in text.splitlines() if line.strip()]


def judge_past(settings: Settings, asked: Sequence[PastJudgement]) -> int:
    """Judge in the order of time, and give how many of `asked` were judged.

    What is stored now is taken for what was known then. A moment that is not after all that was judged is passed over,
    so that nothing is judged twice and no alert begins before another of its history. Late steps are not escalated, and
    no digest is written, as of the past. Waits while the alert service leads. Raises ValueError for an unknown rule.
    """
    stopping, judged = threading.Event(), 0
    database_url = settings.database_url.get_secret_value()
    tables = load_tables(settings.data)
    rules = load_rules(tables, settings.data)

    @contextmanager
    def judging(connection: psycopg.Connection) -> Iterator[Turn]:
        with connection.transaction():
            store.keep_shipped(connection, rules, utc_now())
        notifier = Notifier(window_s=settings.alerts_grouping_s, link=settings.link)
        notifier.begin(connection)
        reads = connect_to_ask(
            database_url,
            role=DatabaseRole.ALERTS,
            application_name="enermon-alerts-reading",
            statement_timeout_s=STATEMENT_TIMEOUT_S,
        )
        with closing(reads) as reading:
            cycle = Cycle(connection, reading, tables, notifier)

            def turn(_told: Sequence[Notify]) -> float:
                nonlocal judged
                judged = _judge(connection, cycle, asked)
                stopping.set()
                return 0

            yield turn

    lead_and_serve(LockKey.ALERTS, database_url, judging, role=DatabaseRole.ALERTS, stopping=stopping)
    return judged


def _judge(connection: psycopg.Connection, cycle: Cycle, asked: Sequence[PastJudgement]) -> int:
    until, judged = _sql.run(connection, "judged_until").scalar(), 0
    active = cycle.rules()
    for each in sorted(asked, key=lambda one: one.at):
        if unknown := set(each.rules) - active.keys():
            raise ValueError(f"no rule that is switched on is called {', '.join(sorted(unknown))}")
        if until is not None and each.at <= until:
            log.info("judged already", extra={"at": each.at.isoformat(), "until": until.isoformat()})
            continue
        cycle.run(active, each.rules, each.at, with_daily=False)
        cycle.run(active, (), each.at + SETTLED, with_daily=False)
        judged += 1
    return judged
