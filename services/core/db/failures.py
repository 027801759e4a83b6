"""What passes if one waits: the database is away, not made ready yet, or could not do a statement now."""

import logging
from typing import Any

import psycopg

_NOT_READY = (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege)
"""What a service is answered that was started before `enermon migrate` had done its work."""
PASSING = (psycopg.OperationalError, *_NOT_READY)
"""What is waited for. Not all of it is a database that is away, see `is_away`."""

# By SQLSTATE: failures of the connection, refused log-ins, the end of a session or of the server, too many connections.
_AWAY_STATES = ("08", "28", "57P", "53300")


def is_away(error: psycopg.Error) -> bool:
    """Whether the database or its tables are away; or else it is there, and gave up one statement.

    It gives up what takes too long, a deadlock, what finds no room: OperationalError to psycopg too.
    """
    if error.sqlstate is None or isinstance(error, _NOT_READY):
        return True
    return error.sqlstate.startswith(_AWAY_STATES)


def warn_of(error: psycopg.Error, log: logging.Logger, **more: Any) -> None:
    """Say in the log what is waited for, with the reason."""
    about = {**more, "reason": str(error).strip()}
    if is_away(error):
        log.warning("database not available, waiting", extra=about)
    else:
        log.warning("statement failed, trying again", extra=about | {"error": type(error).__name__})
