"""A private mosquitto: its configuration, its users, and its life as a child of this process."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from string import Template

from services.ingest.broker_users import (
    INGEST_USER,
    PROBE_USER,
    SERVICE_USERS,
    gateway_password,
    gateway_passwords,
    may_be_gateway,
    write_password_file,
)
from services.up.broker_answer import refusal
from services.up.child import TICK_S, Child, Command, SystemUser, describe_exit
from services.up.errors import StartError
from services.up.home import Home
from services.up.leftovers import end_processes_in
from services.up.ports import LOOPBACK, start_on_free_port

PREFERRED_PORT = 11883
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
RELOAD_TIMEOUT_S = 20.0
TEMPLATES = Path(__file__).resolve().parents[2] / "deploy" / "mosquitto"


def find_mosquitto() -> Path | None:
    """The program, which Debian puts where an ordinary user's PATH does not look."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    return Path(found) if found else None


def render_config(template: str, *, port: int, folder: str = "") -> str:
    """The broker's configuration for loopback, with paths in ``folder``, by default its working directory."""
    return Template(template).substitute(
        listeners=f"listener {port} {LOOPBACK}",
        password_file=f"{folder}passwd",
        acl_file=f"{folder}acl",
        persistence_location=f"{folder}./",
    )


class PrivateMosquitto:
    """The broker in one folder of the home. All methods raise StartError with the reason when they fail.

    It works with names relative to its working directory, which it is started in: so it needs no right to pass through
    the folders above when root has handed it to another user.
    """

    name = "broker"

    def __init__(self, *, home: Home, program: Path, fixed_port: int | None) -> None:
        self.home = home
        self.program = program
        self.folder = home.path / "mosquitto"
        self.fixed_port = fixed_port
        self.account = SystemUser.owning(self.folder) or SystemUser.named("mosquitto", "nobody")
        self.port: int | None = None
        self.child: Child | None = None
        self._gateways: frozenset[str] | None = None
        self._probe_password = ""

    def url(self, user: str | None = INGEST_USER) -> str:
        """URL for a service or for a gateway (with its password), or without user for None."""
        if user is None:
            return f"mqtt://{LOOPBACK}:{self.port}"
        return f"mqtt://{user}:{self.password(user)}@{LOOPBACK}:{self.port}"

    def password(self, user: str) -> str:
        """The password of a service or of a gateway: all come from one key."""
        return gateway_password(self.home.gateway_key(), user)

    def describe(self) -> str:
        """Name and version."""
        said = subprocess.run([str(self.program), "-h"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        found = re.search(r"mosquitto version (\S+)", said)
        return f"mosquitto {found.group(1)}" if found else "mosquitto"

    def start(self, check: Callable[[], None] = lambda: None) -> None:
        """Start the broker; returns when it lets in its users, and no others. ``check`` may raise to give up."""
        end_processes_in(self.folder, None, stop_signal=signal.SIGTERM, timeout_s=STOP_TIMEOUT_S)
        if self._gateways is None:
            self._gateways = self._gateways_of_last_start()
        self.port = start_on_free_port(
            partial(self._start_on, gateways=self._gateways, check=check),
            fixed=self.fixed_port,
            remembered=self.home.remembered_port("mqtt_port"),
            preferred=PREFERRED_PORT,
            setting="ENERMON_MQTT_PORT",
        )
        self.home.remember(mqtt_port=str(self.port))

    def _start_on(self, port: int, gateways: frozenset[str], check: Callable[[], None]) -> None:
        self.port = port
        self._write_config(port)
        self._write_users(gateways)
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

    def allow_gateways(self, codes: Iterable[str]) -> None:
        """Let exactly these gateways connect, from its start on or, when it runs, from the return of this call on.

        A code that cannot be a gateway's user (it has : + # or /, or is such as the services have) is passed over.
        """
        wanted = frozenset(filter(may_be_gateway, codes))
        if wanted == self._gateways:
            return
        self._gateways = wanted
        if self.child is not None and self.child.exit_code() is None:
            self._write_users(wanted)
            os.kill(self.child.pid, signal.SIGHUP)
            self._wait_until_users_are_read(RELOAD_TIMEOUT_S, lambda: None)

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
        self._write("mosquitto.conf", render_config(template.read_text(encoding="utf-8"), port=port))
        self._write("acl", (TEMPLATES / "acl").read_text(encoding="utf-8"))

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def _write_users(self, gateways: frozenset[str]) -> None:
        users = gateway_passwords(self.home.gateway_key(), gateways.union(SERVICE_USERS))
        # Another one each time: where it is taken, this file has been read.
        self._probe_password = secrets.token_hex()
        write_password_file(self.folder / "passwd", {**users, PROBE_USER: self._probe_password})

    def _gateways_of_last_start(self) -> frozenset[str]:
        try:
            lines = (self.folder / "passwd").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return frozenset()
        return frozenset(filter(may_be_gateway, (line.partition(":")[0] for line in lines)))

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
