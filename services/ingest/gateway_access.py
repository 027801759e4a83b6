"""Keeps mosquitto's password file in step with the registered gateways."""

import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from services.core.db.connections import connect
from services.core.db.failures import PASSING, warn_of
from services.core.db.roles import DatabaseRole
from services.core.secret_files import OpenToOthersError, read_secret_file
from services.core.settings import Settings
from services.ingest.broker_users import gateway_passwords, is_service_user, may_be_gateway, write_password_file

log = logging.getLogger("broker-users")

POLL_S = 2.0
_HOME_KEY = Path("secrets", "gateway.key")


class NoGatewayKeyError(Exception):
    """There is no key from which passwords could be derived; the message says where it was looked for."""


@dataclass(frozen=True, slots=True)
class Access:
    """The password of each gateway, and of each enterprise told of alerts by MQTT; a number that changes with them.

    `refused` are gateways that may not connect, because their names are such as only the services have.
    """

    revision: int
    passwords: dict[str, str]
    refused: tuple[str, ...]


def read_access(settings: Settings) -> Access:
    """Who may connect. Raises NoGatewayKeyError or psycopg.OperationalError."""
    key = _gateway_key(settings)
    with connect(
        settings.database_url.get_secret_value(), role=DatabaseRole.READER, application_name="enermon-broker-users"
    ) as connection:
        row = connection.execute("SELECT revision FROM broker_user_revision").fetchone()
        codes = [str(code) for (code,) in connection.execute("SELECT code FROM broker_user ORDER BY code")]
    usable = [code for code in codes if may_be_gateway(code)]
    refused = tuple(code for code in codes if not may_be_gateway(code))
    return Access(row[0] if row else 0, gateway_passwords(key, usable), refused)


def service_passwords(folder: Path) -> dict[str, str]:
    """The password of each service user: a file of this folder is named by its user.

    Folders, backups and files that are empty, as one being written is, are left aside.
    """
    files = [file for file in folder.iterdir() if is_service_user(file.name) and file.is_file()]
    found = {file.name: file.read_text("utf-8").strip() for file in files}
    return {user: password for user, password in found.items() if password}


def _gateway_key(settings: Settings) -> bytes:
    """The key in the file named, or where none is named in that of the home, which `enermon up` makes."""
    named = settings.gateway_key_file
    file = named or settings.home.expanduser().absolute() / _HOME_KEY
    try:
        return read_secret_file(file)
    except OSError as error:
        if isinstance(error, OpenToOthersError):
            raise NoGatewayKeyError(error.strerror) from error
        mend = "Name the right file, as a user who may read it."
        if named is None:
            mend = (
                "ENERMON_GATEWAY_KEY_FILE names no other file. Set it to the key's file, or ENERMON_HOME to the folder "
                "in which Enermon runs, as a user who may read it."
            )
        origin = "ENERMON_HOME" if named is None else "ENERMON_GATEWAY_KEY_FILE"
        raise NoGatewayKeyError(f"{file} ({origin}): {error.strerror}. {mend}") from error


def keep_password_file(settings: Settings, file: Path, *, services: Path, pid: int, watch: bool) -> None:
    """Write the password file and tell mosquitto; with `watch` again whenever registry or services' passwords change.

    `services` is the folder with the services' own passwords.
    """
    written: tuple[int, dict[str, str]] | None = None
    while True:
        try:
            access = read_access(settings)
            own = service_passwords(services)
            if (access.revision, own) != written:
                write_password_file(file, access.passwords | own)
                if pid:
                    os.kill(pid, signal.SIGHUP)
                written = access.revision, own
                _tell(access, own, services)
        except PASSING as error:
            if not watch:
                raise
            warn_of(error, log)
        if not watch:
            return
        time.sleep(POLL_S)


def _tell(access: Access, own: dict[str, str], services: Path) -> None:
    """Log what was written, and what was not."""
    log.info("password file written", extra={"gateways": len(access.passwords), "services": len(own)})
    for code in access.refused:
        log.warning("gateway may not connect under a name of the services", extra={"gateway": code})
    for name in sorted(file.name for file in services.iterdir() if file.name not in own):
        log.warning("left aside: not the password file of a service user", extra={"file": name})
