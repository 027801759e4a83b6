"""Keeps mosquitto's password file in step with the registered gateways."""

import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from services.core.broker_users import SERVICE_USER, gateway_passwords, is_user_name, write_password_file
from services.core.db.engine import connect
from services.core.settings import Settings

log = logging.getLogger("broker-users")

POLL_S = 2.0


class NoGatewayKeyError(Exception):
    """No key is given from which passwords could be derived."""


@dataclass(frozen=True, slots=True)
class Access:
    """The password of each gateway, and of each enterprise told of alerts by MQTT; a number that changes with them."""

    revision: int
    passwords: dict[str, str]


def read_access(settings: Settings) -> Access:
    """Who may connect. Raises NoGatewayKeyError, OSError (the key cannot be read) or psycopg.OperationalError."""
    if settings.gateway_key_file is None:
        raise NoGatewayKeyError("ENERMON_GATEWAY_KEY_FILE names no file; it holds the key of the gateways' passwords")
    key = settings.gateway_key_file.read_bytes()
    with connect(settings.database_url.get_secret_value(), application_name="enermon-broker-users") as connection:
        row = connection.execute("SELECT revision FROM broker_user_revision").fetchone()
        codes = [str(code) for (code,) in connection.execute("SELECT code FROM broker_user ORDER BY code")]
    usable = [code for code in codes if is_user_name(code) and code != SERVICE_USER]
    return Access(row[0] if row else 0, gateway_passwords(key, usable))


def keep_password_file(settings: Settings, file: Path, *, service_password_file: Path, pid: int, watch: bool) -> None:
    """Write the password file and tell mosquitto; with `watch` again whenever the registry has changed."""
    written: int | None = None
    while True:
        try:
            access = read_access(settings)
            if access.revision != written:
                service = {SERVICE_USER: service_password_file.read_text("utf-8").strip()}
                write_password_file(file, access.passwords | service)
                if pid:
                    os.kill(pid, signal.SIGHUP)
                written = access.revision
                log.info("password file written", extra={"gateways": len(access.passwords)})
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as error:
            if not watch:
                raise
            log.warning("database not available, waiting", extra={"reason": str(error).strip()})
        if not watch:
            return
        time.sleep(POLL_S)
