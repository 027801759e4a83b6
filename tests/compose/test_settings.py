"""What several containers are told is the same in each of them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from services.core.db.roles import DatabaseRole

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]


@pytest.mark.parametrize("name", ["ENERMON_ALERTS_LINK", "ENERMON_WEBHOOK_ALLOW_PRIVATE", "ENERMON_WEBHOOK_ALLOW_HTTP"])
def test_the_api_takes_webhooks_and_writes_links_as_the_alert_service_sends_them(name: str) -> None:
    in_api, in_alerts = (SERVICES[service]["environment"][name] for service in ("api", "alerts"))
    assert in_api == in_alerts
    assert in_api.startswith(f"${{{name}:-")


LOGINS = {
    **{name: f"enermon_{name}" for name in ("api", "ingest", "rollup", "quality", "alerts")},
    "hj212": "enermon_ingest",
    "necc": "enermon_ingest",
    "sparkplug": "enermon_ingest",
    "upward": "enermon_alerts",
    **{"administrator": "enermon_admit", "former-passwords": "enermon_admit", "broker-users": "enermon_reader"},
    **{"migrate": "enermon", "database-logins": "postgres"},
}


@pytest.mark.parametrize("service", LOGINS)
def test_each_service_comes_to_the_database_by_its_own_login_and_sees_no_other(service: str) -> None:
    environment, volumes = SERVICES[service]["environment"], SERVICES[service]["volumes"]
    login = urlsplit(environment["ENERMON_DATABASE_URL"]).username
    file = Path(environment["ENERMON_DATABASE_PASSWORD_FILE"])
    assert (login, file.name) == (LOGINS[service], login)
    folders = [volume.split(":")[1] for volume in volumes]
    assert str(file.parent) in folders
    if service != "database-logins":
        of_the_database = ("/secrets/logins", "/secrets/database", "/secrets/superuser")
        assert [each for each in folders if each.startswith(of_the_database)] == [str(file.parent)]


def test_no_other_service_reaches_the_database() -> None:
    in_its_network = {name for name, service in SERVICES.items() if "database" in service.get("networks", [])}
    assert in_its_network == {*LOGINS, "database"}


def test_every_login_is_made_and_given() -> None:
    files = {f"/secrets/logins/{role.removeprefix('enermon_')}/{role}" for role in DatabaseRole}
    assert files <= set(SERVICES["secrets"]["command"])
    assert files == set(SERVICES["database-logins"]["command"][2:])


def test_every_setting_that_the_example_names_reaches_a_container() -> None:
    example = (ROOT / ".env.example").read_text("utf-8").splitlines()
    named = {line.lstrip("#").partition("=")[0] for line in example if line.lstrip("#").startswith("ENERMON_")}
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert sorted(name for name in named if name not in compose) == []
