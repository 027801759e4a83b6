"""`enermon migrate` while others work, when it is killed, twice at once, and on a schema of a newer version."""

import re
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from services.core.db import migrate
from services.core.db.revision import newest_revision
from services.up.stack import Stack
from tests.integration.migrating import database_of, migrating, revision_of

FROM = "0010"


@pytest.fixture
def old_url(stack: Stack) -> Iterator[str]:
    """A database of 0.4.0, without rows."""
    with database_of(stack, name="test_migrate", revision=FROM) as url:
        yield url


def test_cut_off_by_the_database_it_goes_on_from_there(old_url: str) -> None:
    running = migrating(old_url)
    while revision_of(old_url) < "0024":
        time.sleep(0.01)
    with psycopg.connect(old_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'enermon-migrate' AND datname = current_database()"
        )
    running.communicate()
    assert running.returncode != 0
    assert migrating(old_url).communicate()[0] == f"schema at revision {newest_revision()}\n"


def test_of_two_at_once_one_waits_and_says_for_which_process(old_url: str) -> None:
    with psycopg.connect(old_url) as busy:
        busy.execute("LOCK TABLE meter IN ACCESS SHARE MODE")
        first = migrating(old_url)
        while not _migrates(old_url):
            time.sleep(0.02)
        second = migrating(old_url)
        assert second.stderr is not None
        assert re.search(r"another process changes the schema, waiting.*\bpid\b", second.stderr.readline())
    for each in (first, second):
        assert each.communicate()[0] == f"schema at revision {newest_revision()}\n"


def _migrates(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return (
            connection.execute(
                "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchone()
            is not None
        )


def test_it_lets_others_pass_while_it_waits_for_a_lock(old_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with psycopg.connect(old_url, application_name="a long question") as busy:
        busy.execute("SELECT FROM meter")
        working = threading.Thread(target=migrate.upgrade, args=(old_url,))
        working.start()
        while "waits for a lock, trying again" not in caplog.messages:
            time.sleep(0.05)
        with psycopg.connect(old_url, options="-c statement_timeout=5s") as beside:
            beside.execute("SELECT FROM meter")
    working.join()
    (told, *_) = (vars(record) for record in caplog.records if "waits for a lock" in record.message)
    assert "a long question (process" in told["transactions"]
    assert revision_of(old_url) == newest_revision()


def test_a_schema_of_a_newer_version_is_left_as_it_is(old_url: str) -> None:
    with psycopg.connect(old_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = migrating(old_url)
    told = refused.communicate()[1]
    assert refused.returncode == 78
    assert "the schema is at revision 9999, and this version knows only" in told
    assert "restore a backup of before" in told
    assert revision_of(old_url) == "9999"
