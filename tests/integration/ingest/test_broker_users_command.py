"""The commands by which an operator keeps the broker's users, and gives and revokes credentials."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from services.ingest.broker_users import derived_password, is_password_of
from services.ingest.gateway_access import service_passwords
from tests.integration.registered import Registered
from tests.integration.running import wait_until

pytestmark = pytest.mark.store


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


def hash_of(database: psycopg.Connection, user: str) -> str:
    row = database.execute("SELECT password_hash FROM broker_credential WHERE user_name = %s", [user]).fetchone()
    assert row is not None
    return str(row[0])


def test_password_is_printed_once_and_listed_and_revoked_without_it(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    gateway = registered.gateway(registered.enterprise())
    settings = {"ENERMON_DATABASE_URL": database_url}
    given = run(tmp_path, "credentials", "give", gateway, **settings)
    assert given.returncode == 0, given.stderr
    said = re.fullmatch(r"user {6}(\S+)\npassword {2}(\S{43})\n", given.stdout)
    assert said is not None
    assert said[1] == gateway
    assert is_password_of(hash_of(database, gateway), said[2])
    listed = run(tmp_path, "credentials", "list", gateway, **settings).stdout
    assert re.match(rf"  1  {gateway}  password  given .* by command, \w+  works\n", listed)
    assert said[2] not in listed
    assert run(tmp_path, "credentials", "revoke", gateway, **settings).stdout == "revoked: 1\n"
    assert "revoked" in run(tmp_path, "credentials", "list", gateway, **settings).stdout


def test_code_that_is_not_registered_is_named(database_url: str, tmp_path: Path) -> None:
    for command in ("give", "list", "revoke"):
        refused = run(tmp_path, "credentials", command, "GW-none", ENERMON_DATABASE_URL=database_url)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == "error: no gateway is registered as GW-none\n"


def test_passwords_of_a_key_of_before_are_kept_once_and_none_is_made_by_it_later(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    gateway = registered.gateway(registered.enterprise())
    (tmp_path / "gateway.key").write_bytes(b"key of the tests")
    settings = {"ENERMON_DATABASE_URL": database_url}
    assert run(tmp_path, "credentials", "adopt", "gateway.key", **settings).stdout == "kept: 1\n"
    registered.gateway(registered.enterprise())
    assert run(tmp_path, "credentials", "adopt", "gateway.key", **settings).stdout == "kept: 0\n"
    assert is_password_of(hash_of(database, gateway), derived_password(b"key of the tests", gateway))


def test_authority_is_made_certifies_and_says_until_when(
    registered: Registered, database_url: str, tmp_path: Path
) -> None:
    gateway = registered.gateway(registered.enterprise())
    settings = {"ENERMON_DATABASE_URL": database_url, "ENERMON_HOME": str(tmp_path / "srv")}
    missing = run(tmp_path, "ca", "server", "localhost", **settings)
    assert missing.returncode == 1
    assert "ca.pem: no certificate can be read there" in missing.stderr
    made = run(tmp_path, "ca", "make", **settings)
    assert made.returncode == 0, made.stderr
    assert run(tmp_path, "ca", "make", **settings).returncode == 1
    assert run(tmp_path, "ca", "server", "localhost", "127.0.0.1", **settings).returncode == 0
    assert stat.S_IMODE((tmp_path / "srv" / "secrets" / "ca" / "ca.key").stat().st_mode) == 0o600
    given = run(tmp_path, "credentials", "give", gateway, "--certificate", "device", **settings)
    assert given.returncode == 0, given.stderr
    assert sorted(os.listdir(tmp_path / "device")) == [f"{gateway}.key", f"{gateway}.pem", "ca.pem"]
    assert stat.S_IMODE((tmp_path / "device" / f"{gateway}.key").stat().st_mode) == 0o600
    lines = run(tmp_path, "ca", "list", **settings).stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["Enermon", "localhost", gateway]


def users_in(file: Path) -> list[str]:
    """The users of mosquitto's password file."""
    return [line.partition(":")[0] for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def test_new_password_of_a_service_reaches_the_broker_without_a_change_of_the_registry(
    registered: Registered, database_url: str, tmp_path: Path
) -> None:
    gateway = registered.gateway(registered.enterprise())
    registered.client.post(f"/api/v1/gateways/{gateway}/credentials")
    services, file, rights = tmp_path / "services", tmp_path / "passwd", tmp_path / "rights.json"
    services.mkdir()
    (services / "enermon-ingest-0").write_text("first")
    (services / "enermon-alerts.bak").write_text("old")
    environment = os.environ | {"ENERMON_DATABASE_URL": database_url}
    options = ["--watch", "--passwords", str(file), "--rights", str(rights), "--service-passwords", str(services)]
    command = [sys.executable, "-m", "services.cli", "broker-users", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as watching:
        try:
            before = sorted([gateway, "enermon-ingest-0"])
            wait_until("it is written", lambda: sorted(users_in(file)) == before, within_s=30)
            clients = [each["username"] for each in json.loads(rights.read_text("utf-8"))["clients"]]
            assert gateway in clients
            (services / "enermon-ingest-1").write_text("second")
            after = sorted([*before, "enermon-ingest-1"])
            wait_until("the new user is there", lambda: sorted(users_in(file)) == after, within_s=30)
            lines = file.read_text("utf-8")
            (services / "enermon-ingest-0").write_text("another")
            wait_until("the new password is there", lambda: file.read_text("utf-8") != lines, within_s=30)
            registered.client.delete(f"/api/v1/gateways/{gateway}/credentials")
            wait_until("the gateway is out", lambda: gateway not in users_in(file), within_s=30)
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
