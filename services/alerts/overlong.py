"""Ends what logins of `enermon open-reader` do for too long: their session can lift every limit of time itself."""

import logging

import psycopg

from services.core.db.statements import Statements

log = logging.getLogger("alerts")

_sql = Statements.beside(__file__, "overlong.sql")

GRACE_S = 60.0
"""By then the limits of the session itself have ended what keeps to them."""


def end_overlong(connection: psycopg.Connection, *, grace_s: float = GRACE_S) -> int:
    """End the sessions whose transaction lasts longer than their statements may, by a minute; how many were."""
    ended = _sql.run(connection, "end_overlong", grace_s=grace_s).all()
    for row in ended:
        log.warning("session of an open reader ended", extra={"login": row.login, "seconds": round(row.seconds)})
    return len(ended)
