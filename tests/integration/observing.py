"""Rules looking at a database, for tests."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from psycopg import Connection

from services.alerts.observe.observe import observations
from services.alerts.rules.body import parse
from services.alerts.rules.rule import Rule
from services.alerts.rules.shipped import load_rules
from services.alerts.state.observation import Observation
from services.core.db.connections import connect_to_ask
from services.core.db.roles import DatabaseRole
from tests.integration.served import shipped_tables
from tests.unit.alerts.rules.rules import body

TABLES = shipped_tables()
SHIPPED = {rule.slug: rule for rule in load_rules(TABLES)}


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """A connection as the services have it."""
    with closing(connect_to_ask(database_url, role=DatabaseRole.ALERTS, application_name="test")) as connection:
        yield connection


def rule(**given: Any) -> Rule:
    """A rule on the PUE of a day, changed as given."""
    return parse(body(**given))


def seen(connection: Connection, of: Rule | str, now: datetime) -> dict[str, Observation]:
    """What a rule, or the shipped one of that name, sees, by the code of the subject."""
    asked = SHIPPED[of] if isinstance(of, str) else of
    connection.rollback()
    return {found.subject_code: found for found in observations(connection, TABLES, asked, now=now)}


def told(found: dict[str, Observation]) -> dict[str, tuple[str, float | None, bool]]:
    """Verdict, value, and whether it is clear, by subject."""
    return {code: (str(each.verdict), each.value, each.cleared) for code, each in found.items()}
