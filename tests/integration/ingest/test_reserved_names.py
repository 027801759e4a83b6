"""Names that begin with enermon are the services' own, also where a gateway was registered so before."""

import csv
import io
from pathlib import Path

import psycopg

from services.energy.check.report import report
from services.up.gateways import GatewayWatch
from tests.integration.ingest.test_gateway_passwords import run, with_key
from tests.integration.ports import home_in
from tests.integration.registered import Registered

OLD = "enermon-ingest-0"


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


def test_broker_gets_its_own_users_with_their_passwords_and_not_that_gateway(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    good, _ = registered_before(registered, database)
    home = with_key(tmp_path / "srv")
    services = tmp_path / "services"
    services.mkdir()
    for name in (OLD, "enermon-alerts", ".enermon-ingest-1.new", "enermon", "notes"):
        (services / name).write_text("a word\n")
    settings = {"ENERMON_HOME": str(home), "ENERMON_DATABASE_URL": database_url}
    written = run(tmp_path, "broker-users", "--file", "users", "--service-passwords", str(services), **settings)
    assert written.returncode == 0, written.stderr
    users = [line.partition(":")[0] for line in (tmp_path / "users").read_text().splitlines()]
    assert users == sorted([good, OLD, "enermon-alerts"])
    assert "gateway may not connect under a name of the services" in written.stderr
    printed = run(tmp_path, "gateway-passwords", **settings).stdout
    assert [row["gateway"] for row in csv.DictReader(io.StringIO(printed))] == [good]


def test_up_hands_out_no_password_for_it(
    registered: Registered, database: psycopg.Connection, database_url: str, tmp_path: Path
) -> None:
    good, _ = registered_before(registered, database)
    home = home_in(tmp_path)
    watch = GatewayWatch(database_url=database_url, home=home, broker=None)
    watch.look()
    watch.close()
    rows = csv.DictReader(home.gateway_passwords_file.read_text("utf-8").splitlines())
    assert [row["gateway"] for row in rows] == [good]
