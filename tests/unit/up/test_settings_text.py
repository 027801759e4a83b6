"""Texts that are made for PostgreSQL and mosquitto."""

from services.up.mosquitto import TEMPLATES, render_config
from services.up.postgres_settings import ServerKind, render, server_settings

TIMESCALE_15 = ServerKind(major=15, timescaledb=True)
PLAIN_18 = ServerKind(major=18, timescaledb=False)


def test_database_listens_on_loopback_only_and_keeps_what_is_committed() -> None:
    settings = server_settings(port=15432, kind=TIMESCALE_15)
    assert settings["listen_addresses"] == "127.0.0.1"
    assert settings["port"] == "15432"
    assert settings["unix_socket_directories"] == ""
    assert settings["synchronous_commit"] == "on"
    assert settings["password_encryption"] == "scram-sha-256"
    assert "fsync" not in settings


def test_timescaledb_is_loaded_where_it_is_and_sends_nothing_home() -> None:
    assert server_settings(port=1, kind=TIMESCALE_15)["shared_preload_libraries"] == "timescaledb"
    assert server_settings(port=1, kind=TIMESCALE_15)["timescaledb.telemetry_level"] == "off"
    assert not [name for name in server_settings(port=1, kind=PLAIN_18) if "timescaledb" in name or "preload" in name]


def test_wal_compression_method_is_named_only_where_it_is_known() -> None:
    assert server_settings(port=1, kind=TIMESCALE_15)["wal_compression"] == "lz4"
    assert server_settings(port=1, kind=ServerKind(major=14, timescaledb=True))["wal_compression"] == "on"


def test_settings_are_quoted() -> None:
    assert render({"application_name": "it's"}).splitlines()[1:] == ["application_name = 'it''s'"]


def test_broker_configuration_listens_on_loopback_only_and_lets_nobody_in_without_password() -> None:
    text = render_config((TEMPLATES / "mosquitto.conf.template").read_text(), port=11883)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if line.startswith("listener")] == ["listener 11883 127.0.0.1"]
    assert "allow_anonymous false" in lines
    # it holds for the listener above it
    assert lines.index("use_username_as_clientid true") == lines.index("listener 11883 127.0.0.1") + 1
    assert "max_inflight_messages 0" in lines
    assert "persistent_client_expiration 14d" in lines
    assert "${" not in text


def test_access_list_gives_a_gateway_its_own_topic_only() -> None:
    lines = [line for line in (TEMPLATES / "acl").read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if line.startswith("pattern")] == [
        "pattern write enermon/v1/%u/readings",
        "pattern write enermon/v1/%u/readings/+",
        "pattern write enermon/v1/%u/status",
        "pattern read enermon/v1/%u/ack",
        # of enterprises whose user name is their credit code
        "pattern read enermon/v1/enterprises/%u/alerts",
    ]
