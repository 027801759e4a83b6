"""Names that begin with enermon are the services' own, also where a gateway was registered so before."""

from pathlib import Path

import psycopg

from services.energy.check.report import report
from services.ingest.broker_users import is_password_of
from tests.integration.ingest.test_broker_users_command import run
from tests.integration.registered import Registered

OLD = "enermon-ingest-0"
CREDIT_CODE = "91150622MA0N0000XF"


def registered_before(registered: Registered, database: psycopg.Connection) -> tuple[str, str]:
    """A gateway as any other, and one that bears the name of a service."""
    owner = registered.enterprise()
    gateways = registered.gateway(owner), registered.gateway(owner)
    database.execute("UPDATE gateway SET code = %s WHERE code = %s", [OLD, gateways[1]])
    return gateways[0], OLD


def test_check_names_it_and_says_what_to_do(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    assert not any("cannot connect" in line for line in report(database_url).lines())
    registered_before(registered, database)
    found = report(database_url)
    [line] = [line for line in found.lines() if "cannot connect" in line]
    assert OLD in line
    assert "register it under another code" in line
    assert found.well


def test_check_names_a_gateway_with_the_code_of_an_enterprise_too(
    registered: Registered, database: psycopg.Connection, database_url: str
) -> None:
    gateway = registered.gateway(registered.enterprise())
    database.execute("UPDATE gateway SET code = %s WHERE code = %s", [CREDIT_CODE, gateway])
    [line] = [line for line in report(database_url).lines() if "cannot connect" in line]
    assert CREDIT_CODE in line


def test_broker_gets_its_own_users_and_not_that_gateway(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    good, _ = registered_before(registered, database)
    (tmp_path / "gateway.key").write_bytes(b"key of the tests")
    settings = {"ENERMON_DATABASE_URL": database_url}
    assert run(tmp_path, "credentials", "adopt", "gateway.key", **settings).stdout == "kept: 1\n"
    # Nor where it had been given a credential in some way.
    database.execute(
        "INSERT INTO broker_credential (holder_kind, holder_code, generation, user_name, kind, password_hash,"
        " created_at, created_by) VALUES ('gateway', %s, 1, %s, 'password', 'x', now(), 'tests')",
        [OLD, OLD],
    )
    services = tmp_path / "services"
    services.mkdir()
    for name in (OLD, "enermon-alerts", ".enermon-ingest-1.new", "enermon", "notes"):
        (services / name).write_text("a word\n")
    options = ["--passwords", "users", "--rights", "rights.json", "--service-passwords", str(services)]
    written = run(tmp_path, "broker-users", *options, **settings)
    assert written.returncode == 0, written.stderr
    lines = [line.partition(":") for line in (tmp_path / "users").read_text().splitlines()]
    assert [user for user, _, _ in lines] == sorted([good, OLD, "enermon-alerts"])
    assert {user: is_password_of(kept, "a word") for user, _, kept in lines} == {
        good: False,
        OLD: True,
        "enermon-alerts": True,
    }
