"""A login that only reads holds up nobody, leaves nothing behind, and is ended where it takes too long."""

import time

import psycopg
import pytest
from sqlalchemy import make_url

from services.alerts.overlong import end_overlong
from services.api.open_data import readers
from services.api.open_data.readers import OpenReaderError
from services.core.db.connections import connect
from services.core.db.guarded import guard, open_to_everybody
from services.core.db.leading import LockKey
from services.core.db.roles import DatabaseRole
from tests.integration.open_data.conftest import PASSWORD, Login

pytestmark = pytest.mark.store

HOLDS_UP_OR_WRITES = [
    f"SELECT pg_advisory_lock({LockKey.ALERTS:d})",
    f"SELECT pg_try_advisory_lock_shared({LockKey.ROLLUP_PART:d}, 3)",
    f"SELECT pg_advisory_xact_lock({LockKey.SCHEMA:d})",
    "SELECT pg_advisory_unlock_all()",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'much')",
    "SELECT pg_notify('enermon_energy', '0/1')",
    "SELECT pg_logical_emit_message(false, 'a', repeat('b', 1000))",
    "SELECT pg_current_xact_id()",
    "SELECT txid_current()",
]


def test_a_reader_takes_no_lock_of_a_service_and_writes_no_large_object(
    login: Login, database: psycopg.Connection, database_url: str
) -> None:
    assert open_to_everybody(database) == []
    reader = login("enemy", None)
    reader.execute("SET default_transaction_read_only = off")
    for attack in HOLDS_UP_OR_WRITES:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(attack.encode())
    for role in DatabaseRole:
        with connect(database_url, role=role, application_name="test") as service:
            found = service.execute("SELECT pg_try_advisory_lock_shared(%s)", [LockKey.UPWARD]).fetchone()
            assert found == (True,), role


def test_what_an_upgrade_finds_open_is_closed_and_said_meanwhile(database: psycopg.Connection) -> None:
    database.execute("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint), lo_create(oid) TO PUBLIC")
    assert open_to_everybody(database) == ["lo_create(oid)", "pg_advisory_lock(bigint)"]
    guard(database)
    assert open_to_everybody(database) == []


def test_a_reader_that_left_something_behind_is_removed(database: psycopg.Connection, database_url: str) -> None:
    name = f"leaver_{database.info.dbname[-8:]}"
    readers.add(database, name, PASSWORD, areas=None, connections=5, longest_s=30)
    database.execute(f"GRANT EXECUTE ON FUNCTION lo_create(oid) TO {name}")
    database.execute(f"GRANT CREATE ON SCHEMA public TO {name}")
    url = make_url(database_url).set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as reader:
        reader.execute("SET default_transaction_read_only = off")
        reader.execute("SELECT lo_create(0)")
        reader.execute("CREATE TABLE public.mine (n integer)")
    readers.remove(database, name)
    assert database.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [name]).fetchone() == (0,)
    assert database.execute("SELECT to_regclass('public.mine')").fetchone() == (None,)


def test_what_it_left_in_another_database_is_named(database: psycopg.Connection, database_url: str) -> None:
    name = f"stranger_{database.info.dbname[-8:]}"
    readers.add(database, name, PASSWORD, areas=None, connections=5, longest_s=30)
    elsewhere = make_url(database_url).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(elsewhere, autocommit=True) as other:
        other.execute(f"CREATE SCHEMA of_{name} AUTHORIZATION {name}")
        try:
            with pytest.raises(OpenReaderError, match="in another database"):
                readers.remove(database, name)
        finally:
            other.execute(f"DROP OWNED BY {name}")
    readers.remove(database, name)


def test_a_session_that_lifts_its_own_limits_is_ended(
    login: Login, database: psycopg.Connection, database_url: str
) -> None:
    slow, idle = login("slow", None, longest_s=1), login("idle", None, longest_s=100)
    for session in (slow, idle):
        session.execute("SET statement_timeout = 0")
        session.execute("SET idle_in_transaction_session_timeout = 0")
        session.execute("BEGIN")
        session.execute("SELECT 1")
    time.sleep(1.2)
    with connect(database_url, role=DatabaseRole.ALERTS, application_name="test") as alerts:
        assert end_overlong(alerts) == 0
        assert end_overlong(alerts, grace_s=0) == 1
    assert idle.execute("SELECT 2").fetchone() == (2,)
    with pytest.raises(psycopg.OperationalError):
        slow.execute("SELECT 2")
