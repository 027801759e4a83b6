"""A database that is away is told from one that is there and gave up a statement."""

import logging
import threading

import psycopg
import pytest
from psycopg import errors

from services.core.db.failures import PASSING, is_away, warn_of
from services.ingest.database import IngestDatabase

AWAY: list[psycopg.Error] = [
    psycopg.OperationalError("connection refused"),
    errors.ConnectionTimeout("connection timeout expired"),
    errors.ConnectionFailure("server closed the connection"),
    errors.AdminShutdown("terminating connection"),
    errors.CannotConnectNow("the database system is starting up"),
    errors.TooManyConnections("sorry, too many clients already"),
    errors.UndefinedTable("relation does not exist"),
    errors.InsufficientPrivilege("permission denied for table meter"),
]
GAVE_UP: list[psycopg.Error] = [
    errors.QueryCanceled("canceling statement due to statement timeout"),
    errors.DeadlockDetected("deadlock detected"),
    errors.LockNotAvailable("canceling statement due to lock timeout"),
    errors.DiskFull("could not extend file"),
    errors.OutOfMemory("out of memory"),
]


@pytest.mark.parametrize("error", AWAY + GAVE_UP, ids=lambda error: type(error).__name__)
def test_only_a_lost_connection_and_missing_tables_or_rights_are_a_database_that_is_away(error: psycopg.Error) -> None:
    assert isinstance(error, PASSING)
    assert is_away(error) == (error in AWAY)


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str | None, str]]:
    return [(one.message, getattr(one, "error", None), getattr(one, "reason", "")) for one in caplog.records]


def test_the_log_says_what_failed_and_why(caplog: pytest.LogCaptureFixture) -> None:
    for error in (AWAY[0], GAVE_UP[3]):
        warn_of(error, logging.getLogger("test"))
    assert said(caplog) == [
        ("database not available, waiting", None, "connection refused"),
        ("statement failed, trying again", "DiskFull", "could not extend file"),
    ]


def test_ingest_does_again_what_ended_in_a_deadlock_and_says_that_it_did(caplog: pytest.LogCaptureFixture) -> None:
    left = [errors.DeadlockDetected("deadlock detected")]

    def work() -> None:
        if left:
            raise left.pop()

    assert IngestDatabase("postgresql://nobody", stopping=threading.Event()).retry(work)
    assert said(caplog) == [("statement failed, trying again", "DeadlockDetected", "deadlock detected")]
