"""Texts that are made for PostgreSQL and mosquitto."""

from pathlib import Path

import pytest

from services.ingest.certificates import PrivateCa
from services.up.errors import StartError
from services.up.listeners import TlsFiles, TlsListeners, listener_lines, tls_listeners
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


def lines_of(port: int, tls: TlsListeners | None = None) -> list[str]:
    listeners = listener_lines(port, tls)
    template = (TEMPLATES / "mosquitto.conf.template").read_text()
    text = render_config(template, listeners=listeners, plugin=Path("/usr/lib/plugin.so"))
    assert "${" not in text
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_broker_configuration_listens_on_loopback_only_and_lets_nobody_in_without_password() -> None:
    lines = lines_of(11883)
    assert [line for line in lines if line.startswith("listener")] == ["listener 11883 127.0.0.1"]
    assert "allow_anonymous false" in lines
    assert "max_inflight_messages 0" in lines


def test_what_one_client_can_take_of_the_broker_is_bounded() -> None:
    bounds = dict(line.split(" ", 1) for line in lines_of(11883) if line.startswith(("max_", "message", "persistent")))
    assert bounds["max_connections"] == "10000"
    assert bounds["persistent_client_expiration"] == "14d"
    assert bounds["max_queued_messages"] == "100000"
    assert bounds["max_queued_bytes"] == "268435456"
    assert int(bounds["message_size_limit"]) < int(bounds["max_packet_size"]) < 4_400_000


def test_plain_listener_stays_on_loopback_and_each_listener_takes_the_user_for_the_client() -> None:
    files = TlsFiles(Path("c"), Path("k"), Path("a"), revoked=Path("r"))
    lines = lines_of(11883, TlsListeners(files, "0.0.0.0", password_port=8883, certificate_port=8884))
    heads = [number for number, line in enumerate(lines) if line.startswith("listener ")]
    assert [lines[head] for head in heads] == [
        "listener 11883 127.0.0.1",
        "listener 8883 0.0.0.0",
        "listener 8884 0.0.0.0",
    ]
    assert [lines[head + 1] for head in heads] == 3 * ["use_username_as_clientid true"]
    assert [lines[head + 2] for head in heads] == 3 * ["max_connections 10000"]
    assert lines[heads[1] + 3 : heads[2]] == ["certfile server.pem", "keyfile server.key"]
    assert lines[heads[2] + 3 : heads[2] + 9] == [
        "certfile server.pem",
        "keyfile server.key",
        "cafile ca.pem",
        "require_certificate true",
        "use_identity_as_username true",
        "crlfile revoked.pem",
    ]


def test_tls_is_not_there_unless_asked_for_and_needs_a_certificate(tmp_path: Path) -> None:
    ca = PrivateCa(tmp_path)
    assert tls_listeners({}, ca) is None
    with pytest.raises(StartError, match="enermon ca make") as refused:
        tls_listeners({"ENERMON_MQTT_TLS_PORT": "8883"}, ca)
    assert refused.value.code == "no_certificate"
    given = {"ENERMON_MQTT_TLS_PORT": "8883", "ENERMON_MQTT_TLS_CERTIFICATE": "c"}
    with pytest.raises(StartError, match="set together"):
        tls_listeners(given, ca)
    whole = tls_listeners({**given, "ENERMON_MQTT_TLS_KEY": "k", "ENERMON_MQTT_TLS_CA": "a"}, ca)
    assert whole == TlsListeners(TlsFiles(Path("c"), Path("k"), Path("a")), "127.0.0.1", password_port=8883)
