"""The commands that derive the gateways' passwords, as an operator runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.ingest.broker_users import gateway_password
from services.ingest.gateway_access import service_passwords
from tests.integration.registered import Registered
from tests.integration.running import wait_until

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
    write_key(folder / "secrets" / "gateway.key", KEY)
    return folder


def write_key(file: Path, key: bytes, *, mode: int = 0o600) -> None:
    file.write_bytes(key)
    file.chmod(mode)


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
    write_key(other, b"another key")
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


@pytest.mark.parametrize("command", ["gateway-passwords", "broker-users"])
def test_key_that_others_may_read_is_refused(command: str, tmp_path: Path) -> None:
    options = ["--file", "users", "--service-passwords", "."] if command == "broker-users" else []
    write_key(tmp_path / "open.key", KEY, mode=0o644)
    refused = run(tmp_path, command, *options, ENERMON_GATEWAY_KEY_FILE="open.key")
    assert (refused.returncode, "Traceback" in refused.stderr) == (78, False)
    assert "others may read or write it, and it holds a secret: chmod o-rwx open.key" in refused.stderr


def users_in(file: Path) -> list[str]:
    """The users of mosquitto's password file."""
    return [line.partition(":")[0] for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def test_new_password_of_a_service_reaches_the_broker_without_a_change_of_the_registry(
    registered: Registered, database_url: str, tmp_path: Path
) -> None:
    gateway = registered.gateway(registered.enterprise())
    services, file = tmp_path / "services", tmp_path / "passwd"
    services.mkdir()
    (services / "enermon-ingest-0").write_text("first")
    (services / "enermon-alerts.bak").write_text("old")
    environment = os.environ | {
        "ENERMON_HOME": str(with_key(tmp_path / "srv")),
        "ENERMON_DATABASE_URL": database_url,
    }
    options = ["--watch", "--file", str(file), "--service-passwords", str(services)]
    command = [sys.executable, "-m", "services.cli", "broker-users", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as watching:
        try:
            before = sorted([gateway, "enermon-ingest-0"])
            wait_until("it is written", lambda: sorted(users_in(file)) == before, within_s=30)
            (services / "enermon-ingest-1").write_text("second")
            after = sorted([*before, "enermon-ingest-1"])
            wait_until("the new user is there", lambda: sorted(users_in(file)) == after, within_s=30)
            lines = file.read_text("utf-8")
            (services / "enermon-ingest-0").write_text("another")
            wait_until("the new password is there", lambda: file.read_text("utf-8") != lines, within_s=30)
        finally:
            watching.terminate()
        said = watching.communicate()[0].decode()
    assert "left aside" in said
    assert "enermon-alerts.bak" in said


def test_only_files_named_by_a_service_user_are_passwords(tmp_path: Path) -> None:
    for name in ("enermon-ingest-0", "enermon-ingest-12", "enermon-alerts", "enermon-probe"):
        (tmp_path / name).write_text(f"of {name}\n")
    for name in ("enermon-alerts~", "enermon-ingest-0.bak", ".enermon-alerts.swp", "enermon-other", "GW-1"):
        (tmp_path / name).write_text("old")
    (tmp_path / "enermon-ingest-3").mkdir()
    (tmp_path / "enermon-ingest-4").write_text("")
    assert service_passwords(tmp_path) == {
        "enermon-ingest-0": "of enermon-ingest-0",
        "enermon-ingest-12": "of enermon-ingest-12",
        "enermon-alerts": "of enermon-alerts",
        "enermon-probe": "of enermon-probe",
    }
