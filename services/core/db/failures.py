"""What passes if one waits: the database is away, its tables are not made yet, or it could not do a statement now."""

import logging
from typing import Any

import psycopg

PASSING = (psycopg.OperationalError, psycopg.errors.UndefinedTable)
"""What is waited for. Not all of it is a database that is away, see `is_away`."""

# By SQLSTATE: failures of the connection, refused log-ins, the end of a session or of the server, too many connections.
_AWAY_STATES = ("08", "28", "57P", "53300")


def is_away(error: psycopg.Error) -> bool:
    """Whether the database or its tables are away; or else it is there, and gave up one statement.

    It gives up what takes too long, a deadlock, what finds no room: OperationalError to psycopg too.
    """
    if error.sqlstate is None or isinstance(error, psycopg.errors.UndefinedTable):
        return True
    return error.sqlstate.startswith(_AWAY_STATES)


def warn_of(error: psycopg.Error, log: logging.Logger, **more: Any) -> None:
    """Say in the log what is waited for, with the reason."""
    about = {**more, "reason": str(error).strip()}
    if is_away(error):
        log.warning("database not available, waiting", extra=about)
    else:
        log.warning("statement failed, trying again", extra=about | {"error": type(error).__name__})
