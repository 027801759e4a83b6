"""Refuses filters that name a rule which is not there: an empty list would hide the mistake."""

from psycopg import Connection

from services.api.alerts import nouns
from services.api.alerts.statements import Statements
from services.api.errors import INVALID_PARAMETER, refused_fields

_SQL = Statements("rules.sql")


def require_rule(connection: Connection, slug: str) -> None:
    """Raise Refused unless there is such a rule."""
    if _SQL.run(connection, "known", slug=slug).first() is None:
        raise refused_fields(INVALID_PARAMETER, [nouns.RULE.fault("rule", "unknown", slug)])
