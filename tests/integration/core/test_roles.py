"""The roles on a server that has none yet."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from services.core.db.connections import connect
from services.core.db.logins import PasswordFileError, give_logins, read_passwords
from services.core.db.migrate import upgrade
from services.core.db.roles import DatabaseRole, DatabaseRolesError, make_roles
from services.up.stack import embedded_database, native_database
from tests.integration.ports import home_in

pytestmark = pytest.mark.store

OWNER, PASSWORD = "energy", "sesame"


@pytest.fixture
def fresh_url(store: str, tmp_path: Path) -> Iterator[str]:
    """The address of a server of its own, as its superuser."""
    database = (native_database if store == "native" else embedded_database)(home_in(tmp_path))
    database.start()
    yield database.url
    database.stop()


def made(url: str, name: str) -> str:
    """The address of a further database."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def owned(url: str, attributes: str = "") -> str:
    """The address of a database as its owner, who is no superuser."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}' {attributes}".encode())
        server.execute(f"GRANT pg_read_all_settings TO {OWNER}".encode())
        server.execute(f"CREATE DATABASE owned OWNER {OWNER}".encode())
    address = make_url(url).set(database="owned", username=OWNER, password=PASSWORD)
    return address.render_as_string(hide_password=False)


def test_databases_of_one_server_that_are_upgraded_at_once_share_the_roles(fresh_url: str) -> None:
    urls = [made(fresh_url, f"energy_{number}") for number in range(3)]
    command = [sys.executable, "-m", "services.cli", "migrate"]
    running = [subprocess.Popen(command, env={**os.environ, "ENERMON_DATABASE_URL": url}) for url in urls * 2]
    assert [process.wait() for process in running] == [0] * 6
    for url in urls:
        with connect(url, role=DatabaseRole.API, application_name="test") as connection:
            assert connection.execute("SELECT count(*) FROM meter").fetchone() == (0,)


def test_an_owner_that_may_not_create_roles_is_told_the_sql(fresh_url: str) -> None:
    url = owned(fresh_url)
    with pytest.raises(DatabaseRolesError) as refused:
        upgrade(url)
    said = str(refused.value).splitlines()
    assert said[0] == 'The user "energy" may not create roles. As a superuser of the database, once:'
    with psycopg.connect(fresh_url, autocommit=True) as superuser:
        superuser.execute("\n".join(said[1:]).encode())
    upgrade(url)
    with connect(url, role=DatabaseRole.INGEST, application_name="test") as connection:
        assert connection.execute("SELECT current_user, count(*) FROM gateway").fetchone() == ("enermon_ingest", 0)


def test_an_owner_that_may_create_roles_makes_them_and_works_as_each(fresh_url: str) -> None:
    url = owned(fresh_url, "CREATEROLE")
    upgrade(url)
    for role in DatabaseRole:
        with connect(url, role=role, application_name="test") as connection:
            assert connection.execute("SELECT current_user").fetchone() == (role,)


def test_each_role_logs_in_with_the_password_in_its_file(fresh_url: str, tmp_path: Path) -> None:
    """Before the first `enermon migrate`, and again with another password."""
    file = tmp_path / "enermon_rollup"
    for password in ("first", "second"):
        file.write_text(f"{password}\n")
        file.chmod(0o600)
        give_logins(fresh_url, read_passwords([file]))
        own = make_url(fresh_url).set(username="enermon_rollup", password=password)
        upgrade(fresh_url)
        with connect(own.render_as_string(hide_password=False), role=DatabaseRole.ROLLUP, application_name="t") as mine:
            assert mine.execute("SELECT session_user, count(*) FROM ledger").fetchone() == ("enermon_rollup", 0)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                mine.execute("SET ROLE enermon_ingest")


def test_logins_are_not_given_by_whoever_may_not_alter_roles(fresh_url: str) -> None:
    url = owned(fresh_url)
    give_logins(fresh_url, {})
    with pytest.raises(DatabaseRolesError, match="The user energy may not give logins to roles; a superuser may"):
        give_logins(url, {DatabaseRole.API: "sesame"})


@pytest.mark.parametrize(
    ("name", "text", "mode", "said"),
    [
        ("enermon_cook", "word", 0o600, "is named by no role, which are enermon_api, "),
        ("enermon_api", " ", 0o600, "is empty"),
        ("enermon_api", "word", 0o604, "others may read or write it"),
    ],
)
def test_a_file_that_is_no_password_of_a_role_is_named(
    tmp_path: Path, name: str, text: str, mode: int, said: str
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / name).chmod(mode)
    with pytest.raises(PasswordFileError, match=f"{name}.*{said}"):
        read_passwords([tmp_path / name])


def test_a_role_with_rights_over_the_whole_server_is_refused(fresh_url: str) -> None:
    with psycopg.connect(fresh_url, autocommit=True) as superuser:
        superuser.execute("CREATE ROLE enermon_api BYPASSRLS")
        with pytest.raises(DatabaseRolesError, match=r"ALTER ROLE enermon_api NOSUPERUSER .* NOBYPASSRLS;"):
            make_roles(superuser)
