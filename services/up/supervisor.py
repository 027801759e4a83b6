"""`enermon up`: start every part in order, watch them, start again what ends, stop all at the end."""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from services.up.child import Child, Command, describe_exit, signal_group
from services.up.errors import StartError, StopRequested
from services.up.external import check_mqtt, describe_database, without_user
from services.up.gateways import GatewayWatch
from services.up.home import Home
from services.up.parts import REGION, SERVICES, Part
from services.up.ports import LOOPBACK, describe_holder, is_free
from services.up.postgres import PrivatePostgres
from services.up.running import RunningPart, pause_before_restart
from services.up.screen import Screen
from services.up.stack import Broker
from services.up.watchdog import Watchdog

TICK_S = 0.1
SLOW_AFTER_S = 30.0
PORT_PATIENCE_S = 5.0
MIGRATE_TIMEOUT_S = 600.0
HARD_EXIT_CODE = 130


@dataclass(frozen=True)
class Plan:
    """What to run. ``database`` and ``broker`` are None where a URL of someone else's is used instead."""

    home: Home
    database: PrivatePostgres | None
    broker: Broker | None
    database_url: str | None
    mqtt_url: str | None
    api_host: str
    api_port: int
    with_region: bool
    history_days: int
    notes: tuple[str, ...] = ()

    @property
    def api_reached_at(self) -> str:
        """The host by which this machine reaches its own API."""
        return LOOPBACK if self.api_host in ("0.0.0.0", "::") else self.api_host  # noqa: S104  compared, not bound

    @property
    def api_url(self) -> str:
        """Where this machine opens the console."""
        host = f"[{self.api_reached_at}]" if ":" in self.api_reached_at else self.api_reached_at
        return f"http://{host}:{self.api_port}"


@dataclass
class _Kept:
    """A private server and its next restart after it has ended."""

    server: PrivatePostgres | Broker
    failures: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """One run of `enermon up`."""

    plan: Plan
    screen: Screen
    parts: list[RunningPart] = field(default_factory=list)
    _stop_signals: int = 0
    _watchdog: Watchdog | None = None
    _gateways: GatewayWatch | None = None
    _servers: list[_Kept] = field(default_factory=list)
    _said: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Run until Ctrl-C or SIGTERM. Raises StartError when a part cannot be started at all."""
        with self.plan.home.only_one():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            self._watchdog = Watchdog()
            try:
                self._start()
                self._watch_until(lambda: False)
            except StopRequested:
                self.screen.history_ends()
                self.screen.note("Stopping")
            finally:
                self.screen.history_ends()
                self._stop()

    def _start(self) -> None:
        plan, began = self.plan, time.monotonic()
        for note in plan.notes:
            self.screen.note(note)
        self._require_api_port()
        database_url = self._start_database()
        self._migrate(database_url)
        mqtt_url = self._start_broker(database_url)
        env = self._environment(database_url, mqtt_url)
        for part in SERVICES:
            self._add(part, env)
        self._watch_until(lambda: all(part.ready for part in self.parts))
        if plan.with_region:
            self._add(REGION, env)
            self._watch_until(lambda: all(part.ready for part in self.parts))
        self.screen.history_ends()
        self.screen.note(f"      all parts are ready after {time.monotonic() - began:.0f} s")
        self.screen.address(plan.api_url)

    def _require_api_port(self) -> None:
        host, port = self.plan.api_host, self.plan.api_port
        deadline = time.monotonic() + PORT_PATIENCE_S  # the API of a killed `enermon up` may be ending just now
        while not is_free(port, host):
            self._check()
            if time.monotonic() > deadline:
                raise StartError(
                    "port_taken",
                    f"Port {port} of the API is taken by {describe_holder(port)}. Stop that, or set ENERMON_API_PORT.",
                )
            time.sleep(TICK_S)

    def _start_database(self) -> str:
        began = time.monotonic()
        if self.plan.database is None:
            assert self.plan.database_url is not None
            self.screen.ready("database", describe_database(self.plan.database_url), time.monotonic() - began)
            return self.plan.database_url
        database = self.plan.database
        self._servers.append(_Kept(database))
        database.start(self._check)
        database.fixed_port = database.port  # the parts know this address: it stays over restarts
        self._tell_watchdog()
        detail = f"{describe_database(database.url, edition=database.program.edition)} on {LOOPBACK}:{database.port}"
        self.screen.ready("database", detail, time.monotonic() - began)
        return database.url

    def _start_broker(self, database_url: str) -> str:
        began, plan = time.monotonic(), self.plan
        self._gateways = GatewayWatch(database_url=database_url, home=plan.home, broker=plan.broker)
        self._gateways.look()
        if plan.broker is None:
            assert plan.mqtt_url is not None
            self.screen.ready("broker", check_mqtt(plan.mqtt_url), time.monotonic() - began)
            return plan.mqtt_url
        self._servers.append(_Kept(plan.broker))
        plan.broker.start(self._check)
        plan.broker.fixed_port = plan.broker.port
        self._tell_watchdog()
        detail = f"{plan.broker.describe()} on {LOOPBACK}:{plan.broker.port}"
        self.screen.ready("broker", detail, time.monotonic() - began)
        return plan.broker.url()

    def _migrate(self, database_url: str) -> None:
        began = time.monotonic()
        env = self._environment(database_url, "")
        child = Child(Command(argv=[_program("enermon"), "migrate"], log=self.plan.home.log_file("migrate"), env=env))
        try:
            code = child.wait(MIGRATE_TIMEOUT_S, self._check)
        finally:
            child.kill()
        if code != 0:
            lines = "\n".join(f"    {line}" for line in child.last_lines())
            how = "it took too long" if code is None else describe_exit(code)
            raise StartError("not_migrated", f"The database's schema could not be brought up to date ({how}):\n{lines}")
        self.screen.ready("migrations", (child.last_lines(1) or ["done"])[0], time.monotonic() - began)

    def _environment(self, database_url: str, mqtt_url: str) -> dict[str, str]:
        plan = self.plan
        return {
            "ENERMON_ALERTS_LINK": plan.api_url,
            **os.environ,
            "ENERMON_HOME": str(plan.home.path),
            "ENERMON_DATABASE_URL": database_url,
            **({"ENERMON_MQTT_URL": mqtt_url} if mqtt_url else {}),
            "ENERMON_GATEWAY_KEY_FILE": str(plan.home.gateway_key_file),
            "ENERMON_API_HOST": plan.api_host,
            "ENERMON_API_PORT": str(plan.api_port),
            "PYTHONUNBUFFERED": "1",
        }

    def _add(self, part: Part, env: dict[str, str]) -> None:
        plan = self.plan
        words = {
            "api": plan.api_url,
            "mqtt": without_user(env["ENERMON_MQTT_URL"]),
            "passwords": str(plan.home.gateway_passwords_file),
            "state": str(plan.home.path / "region"),
            "history_days": str(plan.history_days),
        }
        argv = [_program(part.argv[0]), *(word.format(**words) for word in part.argv[1:])]
        running = RunningPart(part, argv=argv, env=env, home=plan.home, health=(plan.api_reached_at, plan.api_port))
        self.parts.append(running)
        running.start()

    def _watch_until(self, done: Callable[[], bool]) -> None:
        began = time.monotonic()
        while not done():
            self._check()
            for running in self.parts:
                self._look_at(running)
            for kept in self._servers:
                self._look_at_server(kept)
            if self._gateways is not None:
                try:
                    self._gateways.look()
                except StartError as error:
                    self.screen.note(f"      broker: {error}")
            self._tell_watchdog()
            self._say_what_is_slow(began)
            time.sleep(TICK_S)

    def _look_at(self, running: RunningPart) -> None:
        was_ready, name = running.ready, running.part.name
        ending = running.look()
        if running.progress is not None and running.progress.phase == "history" and not running.ready:
            self.screen.history(running.progress.sent, running.progress.total)
        if running.ready and not was_ready:
            self.screen.history_ends()
            detail = self.plan.api_url if name == "api" else ""
            self.screen.ready(name, detail, time.monotonic() - running.started_at)
        if ending is not None:
            self.screen.history_ends()
            self.screen.died(name, ending.how, ending.lines, log=str(ending.log), restart_in_s=ending.restart_in_s)

    def _look_at_server(self, kept: _Kept) -> None:
        server, now = kept.server, time.monotonic()
        if kept.restart_at is None:
            code = server.exit_code()
            if code is None:
                return
            kept.failures += 1
            pause_s = pause_before_restart(kept.failures)
            kept.restart_at = now + pause_s
            log = str(self.plan.home.logs / f"{server.name}.log")
            self.screen.died(server.name, describe_exit(code), server.last_lines(), log=log, restart_in_s=pause_s)
        elif now >= kept.restart_at:
            try:
                server.start(self._check)
            except StartError as error:
                kept.failures += 1
                kept.restart_at = time.monotonic() + pause_before_restart(kept.failures)
                self.screen.note(f"      {server.name}: {error}")
            else:
                kept.restart_at, kept.failures = None, 0
                self.screen.ready(server.name, "again", time.monotonic() - now)

    def _say_what_is_slow(self, began: float) -> None:
        if time.monotonic() - began < SLOW_AFTER_S:
            return
        for running in self.parts:
            name = running.part.name
            if not running.ready and running.progress is None and name not in self._said:
                self._said.add(name)
                self.screen.note(f"      {name} is not ready yet; its log: {self.plan.home.logs / name}.log")

    def _tell_watchdog(self) -> None:
        children = [running.child for running in reversed(self.parts)]
        children += [kept.server.child for kept in reversed(self._servers)]
        if self._watchdog is not None:
            self._watchdog.watch({c.pid: c.stop_signal for c in children if c is not None and c.exit_code() is None})

    def _stop(self) -> None:
        for running in reversed(self.parts):
            running.stop()
        if self._gateways is not None:
            self._gateways.close()
        for kept in reversed(self._servers):
            kept.server.stop()
        if self._watchdog is not None:
            self._watchdog.close()

    def _check(self) -> None:
        if self._stop_signals:
            raise StopRequested

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_signals += 1
        if self._stop_signals < 2:
            return
        for running in self.parts:
            if running.child is not None:
                signal_group(running.child.pid, signal.SIGKILL)
        for kept in self._servers:
            if kept.server.child is not None:
                hard = signal.SIGQUIT if kept.server.name == "database" else signal.SIGKILL
                signal_group(kept.server.child.pid, hard)
        os.write(2, b"Killed; the database recovers at the next start\n")
        os._exit(HARD_EXIT_CODE)


def _program(name: str) -> str:
    """A command of this project, from the environment that runs now."""
    return str(Path(sys.executable).with_name(name))
