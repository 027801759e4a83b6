"""A private mosquitto: its configuration, its users, and its life as a child of this process."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from string import Template

from services.core.clock import utc_now
from services.core.mqtt_address import BrokerAddress
from services.ingest.broker_control import BrokerControlError, hold_rights
from services.ingest.broker_rights import document, role_by_user
from services.ingest.broker_users import (
    CONTROL_USER,
    INGEST_USER,
    PROBE_USER,
    SERVICE_USERS,
    derived_password,
    new_hash,
    write_password_file,
    write_private,
)
from services.ingest.gateway_access import Access
from services.up.broker_answer import refusal
from services.up.child import TICK_S, Child, Command, SystemUser, describe_exit
from services.up.errors import StartError
from services.up.home import Home
from services.up.leftovers import end_processes_in
from services.up.listeners import (
    CLIENT_CA,
    REVOKED,
    SERVER_CERTIFICATE,
    SERVER_KEY,
    TlsListeners,
    listener_lines,
)
from services.up.ports import LOOPBACK, start_on_free_port

PREFERRED_PORT = 11883
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
RELOAD_TIMEOUT_S = 20.0
PLUGIN = "mosquitto_dynamic_security.so"
PASSWORDS, RIGHTS = "passwd", "rights.json"
TEMPLATES = Path(__file__).resolve().parents[2] / "deploy" / "mosquitto"


def find_mosquitto() -> Path | None:
    """The program, which Debian puts where an ordinary user's PATH does not look."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    return Path(found) if found else None


def find_plugin() -> Path | None:
    """The plugin that holds the users' rights, which comes with mosquitto."""
    folders = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")
    found = [*(path for folder in folders for path in Path(folder).glob(PLUGIN))]
    found += Path("/usr/lib").glob(f"*/{PLUGIN}")
    return found[0] if found else None


def render_config(template: str, *, listeners: str, plugin: Path) -> str:
    """The broker's configuration, with names relative to its working directory."""
    return Template(template).substitute(
        listeners=listeners,
        password_file=PASSWORDS,
        plugin=plugin,
        rights_file=RIGHTS,
        persistence_location="./",
    )


class PrivateMosquitto:
    """The broker in one folder of the home. All methods raise StartError with the reason when they fail.

    It works with names relative to its working directory, which it is started in: so it needs no right to pass through
    the folders above when root has handed it to another user.
    """

    name = "broker"

    def __init__(
        self, *, home: Home, program: Path, plugin: Path, fixed_port: int | None, tls: TlsListeners | None = None
    ) -> None:
        self.home = home
        self.program = program
        self.plugin = plugin
        self.folder = home.path / "mosquitto"
        self.fixed_port = fixed_port
        self.tls = tls
        self.account = SystemUser.owning(self.folder) or SystemUser.named("mosquitto", "nobody")
        self.port: int | None = None
        self.child: Child | None = None
        self._access = Access()
        self._services = {user: self.password(user) for user in SERVICE_USERS}
        self._service_hashes = {user: new_hash(password) for user, password in self._services.items()}
        self._probe_password = ""

    def url(self, user: str | None = INGEST_USER) -> str:
        """URL for a service (with its password), or without user for None."""
        if user is None:
            return f"mqtt://{LOOPBACK}:{self.port}"
        return f"mqtt://{user}:{self.password(user)}@{LOOPBACK}:{self.port}"

    def password(self, user: str) -> str:
        """The password of a service: all come from one key."""
        return derived_password(self.home.broker_key(), user)

    def describe(self) -> str:
        """Name and version."""
        said = subprocess.run([str(self.program), "-h"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        found = re.search(r"mosquitto version (\S+)", said)
        return f"mosquitto {found.group(1)}" if found else "mosquitto"

    def start(self, check: Callable[[], None] = lambda: None) -> None:
        """Start the broker; returns when it lets in its users, and no others. ``check`` may raise to give up."""
        end_processes_in(self.folder, None, stop_signal=signal.SIGTERM, timeout_s=STOP_TIMEOUT_S)
        self.port = start_on_free_port(
            partial(self._start_on, check=check),
            fixed=self.fixed_port,
            remembered=self.home.remembered_port("mqtt_port"),
            preferred=PREFERRED_PORT,
            setting="ENERMON_MQTT_PORT",
        )
        self.home.remember(mqtt_port=str(self.port))

    def _start_on(self, port: int, check: Callable[[], None]) -> None:
        self.port = port
        self._write_config(port)
        self._write_certificates()
        self._write_users()
        self.child = Child(
            Command(
                argv=[str(self.program), "-c", "mosquitto.conf"],
                log=self.home.log_file("broker"),
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                cwd=self.folder,
                account=self.account,
            )
        )
        self._wait_until_users_are_read(START_TIMEOUT_S, check)

    def let_in(self, access: Access) -> int:
        """Let exactly these users connect, from its start on or, when it runs, from the return of this call on.

        Who is not among them any more is cut off. Of very many changes it gives how many are left to another call.
        """
        self._access = access
        if self.child is None or self.child.exit_code() is not None:
            return 0
        assert self.port is not None
        password = self._services[CONTROL_USER]
        control = BrokerAddress(host=LOOPBACK, port=self.port, tls=False, user=CONTROL_USER, password=password)
        try:
            # Rights first: who has none any more is cut off at once, and who comes in has his.
            if left := hold_rights(control, role_by_user(access.users)):
                return left
        except BrokerControlError as error:
            raise StartError("broker_not_ready", f"mosquitto does not take the rights of its users: {error}") from error
        self._write_users()
        os.kill(self.child.pid, signal.SIGHUP)
        self._wait_until_users_are_read(RELOAD_TIMEOUT_S, lambda: None)
        return 0

    def stop(self) -> None:
        """Stop the broker; it writes its sessions and queues first."""
        if self.child is not None:
            self.child.stop(STOP_TIMEOUT_S)
        self.child = None

    def kill(self) -> None:
        """Kill the broker (SIGKILL), as a crash would: what it had not yet written of its queues is lost."""
        if self.child is not None:
            self.child.kill()
        self.child = None

    def exit_code(self) -> int | None:
        """None while the broker runs."""
        return self.child.exit_code() if self.child else None

    def last_lines(self) -> list[str]:
        """The last lines of its log."""
        return self.child.last_lines() if self.child else []

    def _write_config(self, port: int) -> None:
        template = TEMPLATES / "mosquitto.conf.template"
        if not template.exists():
            raise StartError("no_template", f"{template} is missing: `enermon up` runs from a checkout of the project.")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(self.folder, self.account.uid, self.account.gid)
        listeners = listener_lines(port, self.tls)
        text = render_config(template.read_text(encoding="utf-8"), listeners=listeners, plugin=self.plugin)
        self._write("mosquitto.conf", text)

    def _write(self, name: str, text: str) -> None:
        write_private(self.folder / name, text, owner_of_folder=True)

    def _write_certificates(self) -> None:
        """Copies that the broker's account can read."""
        if self.tls is None:
            return
        files = self.tls.files
        copies = {SERVER_CERTIFICATE: files.certificate, SERVER_KEY: files.key, CLIENT_CA: files.ca}
        if files.revoked is not None:
            copies[REVOKED] = files.revoked
        try:
            for name, file in copies.items():
                self._write(name, file.read_text(encoding="utf-8"))
        except OSError as error:
            raise StartError("no_certificate", f"{error.filename}: {error.strerror}") from error

    def _write_users(self) -> None:
        users = self._access.users
        hashes = {user.name: user.password_hash for user in users if user.password_hash is not None}
        # Another one each time: where it is taken, this file has been read.
        self._probe_password = secrets.token_hex()
        self._write(RIGHTS, json.dumps(document(role_by_user(users))))
        if self.tls is not None and (ca := self.tls.files.private) is not None:
            revoked = ((each.serial_number, each.at) for each in self._access.revoked)
            self._write(REVOKED, ca.revocations(revoked, now=utc_now()))
        own = {**self._service_hashes, PROBE_USER: new_hash(self._probe_password)}
        write_password_file(self.folder / PASSWORDS, {**hashes, **own})

    def _refusal(self, password: str) -> str | None:
        assert self.port is not None
        return refusal(host=LOOPBACK, port=self.port, user=PROBE_USER, password=password)

    def _wait_until_users_are_read(self, timeout_s: float, check: Callable[[], None]) -> None:
        assert self.child is not None
        assert self.port is not None
        deadline = time.monotonic() + timeout_s
        while True:
            check()
            if (code := self.child.wait(TICK_S)) is not None:
                lines = "\n".join(f"    {line}" for line in self.child.last_lines())
                raise StartError(
                    "broker_not_started",
                    f"mosquitto did not start ({describe_exit(code)}):\n{lines}\n  Full log: {self.child.command.log}",
                )
            said: str | None = "no answer"
            with suppress(OSError):
                said = self._refusal(self._probe_password)
                # A stranger's broker that lets in anyone would take the right password too.
                if said is None and self._refusal(secrets.token_hex()) is not None:
                    return
            if time.monotonic() > deadline:
                raise StartError(
                    "broker_not_ready",
                    f"mosquitto on port {self.port} does not let in its users alone ({said or 'it lets in anyone'}). "
                    f"See {self.child.command.log}",
                )
