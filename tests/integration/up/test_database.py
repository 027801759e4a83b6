"""The private database of `enermon up`: it answers, and it comes back after every kind of end.

pytest's temporary folders are closed to other users: as root this also shows that the server runs in such a folder.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.up.errors import StartError
from services.up.home import Home
from services.up.postgres import PrivatePostgres
from services.up.stack import embedded_database, native_database
from tests.integration.ports import home_in

pytestmark = pytest.mark.store

ANSWER_S = 60.0


def _database(store: str, folder: Path) -> PrivatePostgres:
    home = Home(folder) if (folder / "remembered.json").exists() else home_in(folder)
    return native_database(home) if store == "native" else embedded_database(home)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the one cluster of this file."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def database(store: str, folder: Path) -> Iterator[PrivatePostgres]:
    """The database, running; the cluster is made by the first test."""
    private = _database(store, folder)
    private.start()
    yield private
    private.stop()


def _one(database: PrivatePostgres, query: str) -> object:
    with psycopg.connect(database.url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _store_row(database: PrivatePostgres, table: str) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 42 AS answer".encode())


def test_database_answers_with_checksums_and_utf8(database: PrivatePostgres) -> None:
    assert _one(database, "SELECT 1") == 1
    assert _one(database, "SHOW data_checksums") == "on"
    assert _one(database, "SHOW server_encoding") == "UTF8"
    assert _one(database, "SHOW synchronous_commit") == "on"
    assert _one(database, "SHOW listen_addresses") == "127.0.0.1"


def test_timescaledb_is_there_exactly_in_the_native_store(database: PrivatePostgres, store: str) -> None:
    there = _one(database, "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'")
    assert there == (1 if store == "native" else 0)


def test_wrong_password_is_refused(database: PrivatePostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(database.url.replace(database.home.secret("database"), "wrong"))


def test_killed_database_comes_back_on_its_port_with_what_was_committed(database: PrivatePostgres) -> None:
    _store_row(database, "before_kill")
    port = database.port
    database.kill()
    database.start()
    assert database.port == port
    assert _one(database, "SELECT answer FROM before_kill") == 42


def test_database_that_was_left_running_is_taken_over(database: PrivatePostgres, store: str, folder: Path) -> None:
    _store_row(database, "before_takeover")
    left_running = database.child
    assert left_running is not None
    successor = _database(store, folder)
    successor.start()
    assert left_running.wait(ANSWER_S) == 0
    assert _one(successor, "SELECT answer FROM before_takeover") == 42
    successor.stop()


def test_pid_file_whose_number_belongs_to_another_program_now_is_no_hindrance(database: PrivatePostgres) -> None:
    database.stop()
    pid_file = database.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{database.data}\n0\n15432\n\n127.0.0.1\n")
    if database.account:
        os.chown(pid_file, database.account.uid, database.account.gid)
    database.start()
    assert _one(database, "SELECT 1") == 1


def test_cluster_whose_making_was_cut_short_is_made_anew(store: str, tmp_path: Path) -> None:
    private = _database(store, tmp_path)
    unfinished = private.data.with_name(private.data.name + ".new")
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("15\n")
    private.start()
    assert _one(private, "SELECT 1") == 1
    private.stop()


def test_folder_that_holds_something_else_is_left_alone(store: str, tmp_path: Path) -> None:
    private = _database(store, tmp_path)
    private.data.mkdir()
    (private.data / "photo.jpg").touch()
    with pytest.raises(StartError, match="holds no PostgreSQL cluster"):
        private.start()
    assert (private.data / "photo.jpg").exists()


def test_taken_fixed_port_is_named_with_its_holder(
    database: PrivatePostgres, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERMON_DATABASE_PORT", str(database.port))
    with pytest.raises(StartError, match=rf"Port {database.port} \(ENERMON_DATABASE_PORT\) is taken by postgres"):
        _database(store, tmp_path).start()
