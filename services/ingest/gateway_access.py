"""Who may connect to the broker, as it stands in the database; and keeping mosquitto's files in step with it."""

import json
import logging
import os
import signal
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.failures import PASSING, warn_of
from services.core.db.roles import DatabaseRole
from services.core.mqtt_address import BrokerAddress
from services.core.settings import Settings
from services.ingest.broker_control import BrokerControlError, hold_rights
from services.ingest.broker_rights import document, role_by_user
from services.ingest.broker_users import (
    CONTROL_USER,
    BrokerUser,
    is_service_user,
    new_hash,
    write_password_file,
    write_private,
)
from services.ingest.certificates import PrivateCa
from services.ingest.credentials import SQL, broker_users

log = logging.getLogger("broker-users")

LOOK_EVERY_S = 0.5
"""What the database does not tell is seen so soon: passwords of services, a broker that was away."""
_ASK_EVERY_S = 30.0
"""So often the database is asked though it told of nothing."""
_GIVE_EVERY_S = 86_400.0
"""So often who may connect is given though it is the same: the list of revoked certificates has an end."""
_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that is not to be taken any more, by its serial number."""

    serial_number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """Who may connect, and which certificates were revoked."""

    users: tuple[BrokerUser, ...] = ()
    revoked: tuple[Revoked, ...] = ()


class AccessWatch:
    """Asks the database who may connect whenever it tells that this has changed, or a credential comes to its end."""

    def __init__(self, database_url: str, *, application_name: str) -> None:
        self._database_url = database_url
        self._application_name = application_name
        self._connection: psycopg.Connection | None = None
        self._due_s = 0.0
        self._next_end: datetime | None = None
        self._given: Access | None = None
        self._given_s = 0.0

    def look(self, *, wait_s: float = 0.0) -> Access | None:
        """Who may connect, where that has changed, at first and once a day; None where it has not within `wait_s`.

        Raises psycopg.Error; the next call begins with a new connection.
        """
        try:
            connection = self._connected()
            told = any(True for _ in connection.notifies(timeout=wait_s, stop_after=1))
            now = utc_now()
            ended = self._next_end is not None and self._next_end <= now
            if not (told or ended or time.monotonic() >= self._due_s):
                return None
            self._due_s = time.monotonic() + _ASK_EVERY_S
            return self._if_new(self._read(connection, now))
        except psycopg.Error:
            self.close()
            raise

    def look_again(self) -> None:
        """Let the next look ask and give in any case: what was given could not be used, or not at once."""
        self._due_s = 0.0
        self._given = None

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._due_s = 0.0

    def _if_new(self, access: Access) -> Access | None:
        now_s = time.monotonic()
        if access == self._given and now_s < self._given_s + _GIVE_EVERY_S:
            return None
        self._given, self._given_s = access, now_s
        return access

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            connection = connect(self._database_url, role=DatabaseRole.READER, application_name=self._application_name)
            connection.autocommit = True
            SQL.run(connection, "listen")
            self._connection = connection
        return self._connection

    def _read(self, connection: psycopg.Connection, now: datetime) -> Access:
        with connection.transaction():
            users = tuple(broker_users(connection, now=now))
            self._next_end = SQL.run(connection, "next_end", now=now).scalar()
            rows = SQL.run(connection, "ended_certificates", now=now)
            return Access(users, tuple(Revoked(int(row.serial_number), row.ended_at) for row in rows))


def service_passwords(folder: Path) -> dict[str, str]:
    """The password of each service user: a file of this folder is named by its user.

    Folders, backups and files that are empty, as one being written is, are left aside.
    """
    files = [file for file in folder.iterdir() if is_service_user(file.name) and file.is_file()]
    found = {file.name: file.read_text("utf-8").strip() for file in files}
    return {user: password for user, password in found.items() if password}


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """What mosquitto reads: its password file, the rights with which its plugin starts, revoked certificates.

    `pid`: mosquitto's process, to be told; 0: whoever started it looks at the password file. `control`: where the
    running broker takes commands; None: its rights are those of its last start.
    """

    passwords: Path
    rights: Path
    revoked: Path | None = None
    pid: int = 0
    control: BrokerAddress | None = None


def write_users(files: BrokerFiles, access: Access, ca: PrivateCa, own: dict[str, str], hashes: dict[str, str]) -> None:
    """Write the files; `own` are the services' passwords, `hashes` what they were written as before, by password."""
    for password in own.values():
        hashes.setdefault(password, new_hash(password))
    of_gateways = {user.name: user.password_hash for user in access.users if user.password_hash is not None}
    if files.revoked is not None:
        revoked = ((each.serial_number, each.at) for each in access.revoked)
        write_private(files.revoked, ca.revocations(revoked, now=utc_now()), owner_of_folder=True)
    write_private(files.rights, json.dumps(document(role_by_user(access.users))), owner_of_folder=True)
    write_password_file(files.passwords, of_gateways | {user: hashes[password] for user, password in own.items()})


def keep_broker_users(settings: Settings, files: BrokerFiles, *, services: Path, watch: bool) -> None:
    """Write mosquitto's files and tell it; with `watch` again whenever credentials or services' passwords change.

    `services` is the folder with the services' own passwords. Raises psycopg.Error without `watch`; with it the
    database is waited for.
    """
    watching = AccessWatch(settings.database_url.get_secret_value(), application_name="enermon-broker-users")
    access = Access()
    own: dict[str, str] = {}
    hashes: dict[str, str] = {}
    while True:
        try:
            found = watching.look(wait_s=LOOK_EVERY_S if watch else 0.0)
            read = service_passwords(services)
            if found is not None or read != own:
                access, own = found or access, read
                if _give_rights(files, access, own, watching):
                    continue
                write_users(files, access, PrivateCa(settings.ca_folder), own, hashes)
                if files.pid:
                    os.kill(files.pid, signal.SIGHUP)
                _say(access, own, services)
        except PASSING as error:
            if not watch:
                raise
            warn_of(error, log)
            time.sleep(_AGAIN_S)
        if not watch:
            watching.close()
            return


def _give_rights(files: BrokerFiles, access: Access, own: dict[str, str], watching: AccessWatch) -> int:
    """Rights first: who has none any more is cut off at once, and who comes in has his. How many are left to give.

    A broker that is away starts with those of the file; one that does not take them is asked again.
    """
    password = own.get(CONTROL_USER)
    if files.control is None or password is None or not (files.passwords.exists() and files.rights.exists()):
        return 0
    at = files.control
    address = BrokerAddress(host=at.host, port=at.port, tls=at.tls, user=CONTROL_USER, password=password)
    try:
        left = hold_rights(address, role_by_user(access.users))
    except BrokerControlError as error:
        log.warning("the broker does not take the rights of its users", extra={"reason": str(error)})
        watching.look_again()
        time.sleep(_AGAIN_S)
        return 0
    if left:
        watching.look_again()
    return left


def _say(access: Access, own: dict[str, str], services: Path) -> None:
    """Log what was written, and what was not."""
    log.info("password file written", extra={"users": len(access.users), "services": len(own)})
    for name in sorted(file.name for file in services.iterdir() if file.name not in own):
        log.warning("left aside: not the password file of a service user", extra={"file": name})
