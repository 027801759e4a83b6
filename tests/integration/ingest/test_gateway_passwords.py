"""The commands that derive the gateways' passwords, as an operator runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.ingest.broker_users import gateway_password
from tests.integration.registered import Registered

pytestmark = pytest.mark.store

KEY = b"key of the tests"


def run(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command with these settings alone, in this folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENERMON_")}
    return subprocess.run(
        [sys.executable, "-m", "services.cli", *command],
        cwd=folder,
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def with_key(folder: Path) -> Path:
    """A home with a key, as `enermon up` makes it."""
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "gateway.key").write_bytes(KEY)
    return folder


def test_passwords_come_from_the_key_of_the_home_where_no_file_is_named(
    registered: Registered, database_url: str, tmp_path: Path
) -> None:
    gateway = registered.gateway(registered.enterprise())
    printed = f"gateway,password\n{gateway},{gateway_password(KEY, gateway)}\n"
    home = with_key(tmp_path / "srv")
    named = run(tmp_path, "gateway-passwords", ENERMON_HOME=str(home), ENERMON_DATABASE_URL=database_url)
    assert (named.returncode, named.stdout) == (0, printed), named.stderr
    with_key(tmp_path / ".enermon")
    default = run(tmp_path, "gateway-passwords", ENERMON_DATABASE_URL=database_url)
    assert (default.returncode, default.stdout) == (0, printed), default.stderr


def test_file_that_is_named_comes_before_the_home(registered: Registered, database_url: str, tmp_path: Path) -> None:
    gateway = registered.gateway(registered.enterprise())
    other = tmp_path / "other.key"
    other.write_bytes(b"another key")
    settings = {"ENERMON_DATABASE_URL": database_url, "ENERMON_HOME": str(with_key(tmp_path / "srv"))}
    told = run(tmp_path, "gateway-passwords", ENERMON_GATEWAY_KEY_FILE=str(other), **settings)
    assert told.stdout == f"gateway,password\n{gateway},{gateway_password(b'another key', gateway)}\n", told.stderr


@pytest.mark.parametrize("command", ["gateway-passwords", "broker-users"])
def test_without_a_key_the_command_says_where_it_looked_and_how_to_mend_it(command: str, tmp_path: Path) -> None:
    options = ["--file", "users", "--service-passwords", "."] if command == "broker-users" else []
    none = run(tmp_path, command, *options)
    assert (none.returncode, none.stdout) == (78, "")
    assert "Traceback" not in none.stderr
    assert f"{tmp_path}/.enermon/secrets/gateway.key (ENERMON_HOME): No such file" in none.stderr
    assert "ENERMON_GATEWAY_KEY_FILE names no other file" in none.stderr
    wrong = run(tmp_path, command, *options, ENERMON_GATEWAY_KEY_FILE="lost.key")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (78, False)
    assert "lost.key (ENERMON_GATEWAY_KEY_FILE): No such file or directory" in wrong.stderr
