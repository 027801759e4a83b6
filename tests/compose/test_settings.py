"""What several containers are told is the same in each of them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from services.core.db.roles import BACKUP, DatabaseRole

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]


@pytest.mark.parametrize("name", ["ENERMON_ALERTS_LINK", "ENERMON_WEBHOOK_ALLOW_PRIVATE", "ENERMON_WEBHOOK_ALLOW_HTTP"])
def test_the_api_takes_webhooks_and_writes_links_as_the_alert_service_sends_them(name: str) -> None:
    in_api, in_alerts = (SERVICES[service]["environment"][name] for service in ("api", "alerts"))
    assert in_api == in_alerts
    assert in_api.startswith(f"${{{name}:-")


LOGINS = {
    **{name: f"enermon_{name}" for name in ("api", "ingest", "rollup", "quality", "alerts")},
    **{f"{name}-1": f"enermon_{name}" for name in ("api", "ingest", "rollup", "quality")},
    "hj212": "enermon_ingest",
    "necc": "enermon_ingest",
    "sparkplug": "enermon_ingest",
    "upward": "enermon_alerts",
    "archive": "enermon_backup",
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
    files = {f"/secrets/logins/{role.removeprefix('enermon_')}/{role}" for role in (*DatabaseRole, BACKUP)}
    assert files <= set(SERVICES["secrets"]["command"])
    assert files == set(SERVICES["database-logins"]["command"][2:])


def test_every_setting_that_the_example_names_reaches_a_container() -> None:
    example = (ROOT / ".env.example").read_text("utf-8").splitlines()
    named = {line.lstrip("#").partition("=")[0] for line in example if line.lstrip("#").startswith("ENERMON_")}
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert sorted(name for name in named if name not in compose) == []


def test_only_front_and_broker_and_two_servers_are_published_and_for_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"front", "broker", "hj212", "necc"}
    assert all("_BIND:-127.0.0.1}:" in port for ports in published.values() for port in ports)


def test_who_is_reached_from_outside_reaches_no_database_and_who_reaches_out_is_not_reached() -> None:
    of = {name: set(service.get("networks", ())) for name, service in SERVICES.items()}
    assert {name for name, networks in of.items() if "outward" in networks} == {"api", "api-1", "alerts", "upward"}
    assert {name for name, networks in of.items() if {"edge", "outward"} <= networks} == set()
    assert "database" not in of["front"] | of["broker"] | of["simulator"]


def test_two_that_share_what_gateways_send_are_two_users_of_the_broker() -> None:
    told = [SERVICES[name]["environment"] for name in ("ingest", "ingest-1")]
    assert [each["ENERMON_INGEST_INSTANCE"] for each in told] == ["0", "1"]
    for each in told:
        user = f"enermon-ingest-{each['ENERMON_INGEST_INSTANCE']}"
        assert urlsplit(each["ENERMON_MQTT_URL"]).username == user
        assert each["ENERMON_MQTT_PASSWORD_FILE"] == f"/secrets/mqtt/{user}"
        assert each["ENERMON_MQTT_PASSWORD_FILE"] in SERVICES["secrets"]["command"]
        assert each["ENERMON_INGEST_SHARE"] == "true"


def test_every_container_is_bounded_and_has_no_more_rights_than_it_needs() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert ("cap_add" in service or service.get("user") == "root") == (name == "restore"), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name


def test_every_service_is_in_the_order_of_a_rolling_restart() -> None:
    script = (ROOT / "deploy" / "rolling_restart.sh").read_text("utf-8")
    order = script[script.index("for service in secrets") :].replace(";", " ").split()
    by_hand = {name for name, service in SERVICES.items() if service.get("profiles") == ["restore"]}
    assert sorted(set(SERVICES) - set(order) - by_hand) == []


def test_a_folder_for_each_volume_of_the_image_is_made_with_its_owner() -> None:
    image = (ROOT / "deploy" / "docker" / "Dockerfile").read_text("utf-8")
    volumes = [volume for name in ("secrets", "certificates") for volume in SERVICES[name]["volumes"]]
    own = [volume.partition(":")[2] for volume in volumes if not volume.endswith("/given:ro")]
    missing = [folder for folder in own if f" {folder} " not in image]
    assert missing == []
