"""How far the clock of the database is from that of this machine."""

import psycopg

from services.core.clock import utc_now
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "clock_offset.sql")


def clock_offset_s(connection: psycopg.Connection) -> float:
    """Seconds by which the database's clock is ahead; true to half of the time that the question takes."""
    asked = utc_now()
    told = _sql.run(connection, "clock").scalar_one()
    heard = utc_now()
    return float((told - (asked + (heard - asked) / 2)).total_seconds())
