"""`enermon account`: who may come in, for those who run Enermon."""

import json
import stat
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from services.api.access.passwords import Passwords
from services.cli import app
from tests.integration.registered import DALAD, JUNGAR, ORDOS, Registered
from tests.signed_in import ADMINISTRATOR, SECOND, bearer

pytestmark = pytest.mark.store


class Operator:
    """Runs the command on the database of the test."""

    def __init__(self, database_url: str) -> None:
        self._env = {"ENERMON_DATABASE_URL": database_url}

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["account", *arguments], env=self._env)

    def gives(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.stderr
        return done.stdout.strip()

    def is_refused(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        return done.stderr.strip()


@pytest.fixture
def operator(database_url: str) -> Operator:
    return Operator(database_url)


@pytest.fixture
def nobody(database: psycopg.Connection) -> None:
    """An installation that was never started."""
    database.execute("TRUNCATE user_account, api_key, session, remembered_device")


def kept_password(database: psycopg.Connection, name: str) -> str | None:
    row = database.execute("SELECT password_hash FROM user_account WHERE name = %s", [name]).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def test_the_first_administrator_is_made_once_with_a_key_for_its_owner_alone(
    operator: Operator, nobody: None, database: psycopg.Connection, client: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "administrator.key"

    made = json.loads(operator.gives("first", "--key-file", str(file)))

    assert made["account"] == "admin"
    assert Passwords().check(made["password"], kept_password(database, "admin")).right
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_text("utf-8").strip()
    assert client.get("/api/v1/meters", headers=bearer(key)).status_code == 200

    assert operator.gives("first", "--key-file", str(file)) == ""
    assert file.read_text("utf-8").strip() == key
    assert list(tmp_path.iterdir()) == [file]


def test_the_first_password_may_lie_in_a_file_for_its_owner_alone_and_is_not_printed_then(
    operator: Operator, nobody: None, database: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    options = ("--key-file", str(tmp_path / "key"), "--password-file", str(file))

    said = operator.gives("first", *options)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = file.read_text("utf-8").strip()
    assert password not in said
    assert f"lies in {file}" in said
    assert Passwords().check(password, kept_password(database, "admin")).right

    assert operator.gives("first", *options) == ""
    assert file.read_text("utf-8").strip() == password


@pytest.mark.parametrize("left", [None, "enk_of-a-database-that-is-gone\n", "\0\xff"])
def test_a_key_that_is_lost_or_dead_is_made_anew(
    operator: Operator, client: TestClient, tmp_path: Path, left: str | None
) -> None:
    file = tmp_path / "administrator.key"
    if left is not None:
        file.write_text(left, "latin-1")

    assert operator.gives("first", "--key-file", str(file)) == ""

    assert client.get("/api/v1/meters", headers=bearer(file.read_text("utf-8").strip())).status_code == 200


def test_a_key_that_cannot_be_written_leaves_no_administrator(
    operator: Operator, nobody: None, database: psycopg.Connection, tmp_path: Path
) -> None:
    nowhere, key = str(tmp_path / "none" / "file"), str(tmp_path / "key")
    assert "cannot be written" in operator.is_refused("first", "--key-file", nowhere)
    assert "cannot be written" in operator.is_refused("first", "--key-file", key, "--password-file", nowhere)
    assert database.execute("SELECT count(*) FROM user_account").fetchone() == (0,)


def test_a_person_is_let_in_with_a_first_password_that_must_change(
    operator: Operator, database: psycopg.Connection
) -> None:
    password = operator.gives("add", "wang", "--role", "supervisor", "--area", JUNGAR, "--display-name", "王")

    assert Passwords().check(password, kept_password(database, "wang")).right
    assert f"wang: supervisor of {JUNGAR}, 王, first password" in operator.gives("list")
    assert "never given again" in operator.is_refused("add", "wang", "--role", "auditor")


def test_a_program_is_let_in_by_keys_alone(operator: Operator, client: TestClient) -> None:
    assert operator.gives("add", "history", "--role", "program", "--area", ORDOS) == ""
    key = operator.gives("key", "history", "--right", "read", "--area", JUNGAR, "--days", "30")

    assert client.get(f"/api/v1/energy?scope=area:{JUNGAR}", headers=bearer(key)).status_code == 200
    assert client.get(f"/api/v1/energy?scope=area:{DALAD}", headers=bearer(key)).json()["code"] == "outside_reach"
    assert client.get("/metrics", headers=bearer(key)).json()["code"] == "not_allowed"
    assert "keys alone" in operator.is_refused("password", "history")


def test_a_key_does_no_more_than_its_account(operator: Operator, registered: Registered) -> None:
    works = registered.enterprise()
    operator.gives("add", "works", "--role", "enterprise", "--enterprise", works)
    operator.gives("add", "wang", "--role", "supervisor", "--area", JUNGAR)

    assert "rights: administer is not known here" in operator.is_refused("key", "wang", "--right", "administer")
    assert operator.is_refused("key", "wang", "--area", DALAD) == f"areas: {DALAD} does not lie in {JUNGAR}"
    assert "enterprise has none" in operator.is_refused("key", "works", "--area", JUNGAR)
    assert operator.is_refused("key", "li") == "no account is called li; `enermon account list` shows them"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("Wang", "--role", "auditor"), "NAME: must be 2 to 64 small letters"),
        (("wang", "--role", "supervisor"), "area: must be given: an account that is supervisor has one"),
        (
            ("wang", "--role", "auditor", "--area", JUNGAR),
            "area: must be left out: an account that is auditor has none",
        ),
        (("wang", "--role", "supervisor", "--area", "999999"), "area: no area is registered as 999999"),
        (("wang", "--role", "enterprise", "--enterprise", "x"), "enterprise: no enterprise is registered as x"),
    ],
)
def test_an_account_is_bound_as_its_role_asks(operator: Operator, given: tuple[str, ...], why: str) -> None:
    assert operator.is_refused("add", *given).startswith(why)


def test_who_is_disabled_is_out_but_the_last_administrator_stays(
    operator: Operator, client: TestClient, database: psycopg.Connection
) -> None:
    key = operator.gives("key", SECOND)
    operator.gives("disable", SECOND)

    assert client.get("/api/v1/meters", headers=bearer(key)).json()["code"] == "not_signed_in"
    assert "only administrator" in operator.is_refused("disable", ADMINISTRATOR)
    operator.gives("enable", SECOND)
    assert client.get("/api/v1/meters", headers=bearer(key)).status_code == 200


def test_a_new_password_ends_the_sessions(operator: Operator, database: psycopg.Connection) -> None:
    database.execute(
        "INSERT INTO session (token_sha256, account_id, expires_at)"
        " SELECT sha256('a'), account_id, now() + interval '1 day' FROM user_account WHERE name = %s",
        [SECOND],
    )

    password = operator.gives("password", SECOND)

    assert Passwords().check(password, kept_password(database, SECOND)).right
    assert database.execute("SELECT count(*) FROM session").fetchone() == (0,)
