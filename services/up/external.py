"""A database or a broker that Enermon did not start: is it there, what can it do?"""

from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from services.core.db.connections import connect
from services.up.broker_answer import refusal
from services.up.errors import StartError

MQTT_PORT, MQTTS_PORT = 1883, 8883
EDITIONS = {"apache": " (Apache edition)", "timescale": " (Community edition)"}


def describe_database(url: str, *, edition: str = "") -> str:
    """``PostgreSQL 15.18, TimescaleDB 2.19.3 (Apache edition)`` or without it; ``edition`` is used until it is loaded.

    Raises StartError when it does not answer."""
    try:
        with connect(url, role=None, application_name="enermon-up") as connection:
            version = connection.execute("SELECT current_setting('server_version')").fetchone()
            timescale = connection.execute(
                "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions"
                " WHERE name = 'timescaledb'"
            ).fetchone()
            license_row = connection.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
    except psycopg.OperationalError as error:
        raise StartError(
            "database_unreachable", f"The database at {without_user(url)} does not answer: {error}"
        ) from error
    number = str(version[0]).split()[0] if version else "?"
    if timescale is None:
        return f"PostgreSQL {number} without TimescaleDB"
    loaded = license_row[0] if license_row else None
    return f"PostgreSQL {number}, TimescaleDB {timescale[0]}{EDITIONS.get(loaded or edition, '')}"


def check_mqtt(url: str) -> str:
    """Says which broker is used. Raises StartError when it does not let the service in."""
    parts = urlsplit(url)
    where = without_user(url)
    if parts.scheme not in ("mqtt", "mqtts", "tcp") or parts.hostname is None:
        raise StartError(
            "bad_setting", f"ENERMON_MQTT_URL is '{where}'; it must look like mqtt://user:password@host:1883"
        )
    if parts.scheme == "mqtts":
        return f"{where} (not tried: TLS)"
    user = unquote(parts.username) if parts.username else None
    try:
        said = refusal(
            host=parts.hostname, port=parts.port or MQTT_PORT, user=user, password=unquote(parts.password or "")
        )
    except OSError as error:
        raise StartError("broker_unreachable", f"The broker at {where} does not answer: {error}") from error
    if said is not None:
        raise StartError(
            "broker_refused",
            f"The broker at {where} refuses user {user or '(none)'}: {said}. "
            "Set user and password in ENERMON_MQTT_URL.",
        )
    return where


def without_user(url: str) -> str:
    """The URL without user and password, fit for a screen or a log."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host))
