"""`enermon up`: start every part in order, watch them, start again what ends, stop all at the end."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from services.core.db.roles import DatabaseRole
from services.ingest.broker_users import ALERTS_USER, SPARKPLUG_USER
from services.up.api import PORT_SETTING, PREFERRED_PORT, ApiAddress, await_port
from services.up.child import Child, Command, describe_exit, signal_group
from services.up.errors import StartError, StopRequested
from services.up.external import check_mqtt, describe_database, without_user
from services.up.first_account import FirstAccount, demonstration_accounts, first_administrator
from services.up.gateways import GatewayWatch, adopt_derived_passwords
from services.up.home import Home
from services.up.kept_server import KeptServer
from services.up.logins import Logins, private_logins
from services.up.mails import MailCatcher
from services.up.parts import ALERTS, API, MAILS, QUALITY, REGION, SPARKPLUG, TOLD_REGION, Part, beside_api
from services.up.ports import LOOPBACK, describe_holder, is_free, start_on_free_port
from services.up.postgres import PrivatePostgres
from services.up.running import RunningPart
from services.up.screen import Screen
from services.up.stack import Broker
from services.up.story import Story

TICK_S = 0.1
SLOW_AFTER_S = 30.0
MIGRATE_TIMEOUT_S = 86_400.0
"""A database of years may take hours; what a change has done stays."""
HARD_EXIT_CODE = 130


@dataclass(frozen=True)
class RunPlan:
    """What to run. ``database`` and ``broker`` are None where a URL of someone else's is used instead.

    ``api_port`` is None where any free port will do.
    """

    home: Home
    database: PrivatePostgres | None
    broker: Broker | None
    database_url: str | None
    mqtt_url: str | None
    api_host: str
    api_port: int | None
    with_region: bool
    history_days: int
    notes: tuple[str, ...] = ()
    with_sparkplug: bool = False


@dataclass
class Supervisor:
    """One run of `enermon up`."""

    plan: RunPlan
    screen: Screen
    parts: list[RunningPart] = field(default_factory=list)
    _api: ApiAddress = field(init=False)
    _logins: Logins = field(init=False)
    _stop_signals: int = 0
    _gateways: GatewayWatch | None = None
    _mails: MailCatcher | None = None
    _servers: list[KeptServer] = field(default_factory=list)
    _said: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Run until Ctrl-C or SIGTERM. Raises StartError when a part cannot be started at all."""
        with self.plan.home.only_one():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._on_signal)
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
        remembered = plan.home.remembered_port("api_port")
        port = await_port(host=plan.api_host, fixed=plan.api_port, remembered=remembered, check=self._check)
        self._api = self._api_at(port)
        database_url = self._start_database()
        self._migrate(database_url)
        self._logins = private_logins(database_url, plan.home) if plan.database else Logins(database_url, {})
        admitting = _told("ENERMON_DATABASE_URL", self._logins.url_of(DatabaseRole.ADMIT))
        first = first_administrator(plan.home, self._environment("") | admitting, self._check)
        env = self._environment(self._start_broker())
        for part in beside_api(os.environ):
            self._add(part, env)
        if plan.with_sparkplug:
            self._add(SPARKPLUG, env | self._at_broker("ENERMON_SPARKPLUG_MQTT_URL", SPARKPLUG_USER))
        self._start_api(env)
        self._watch_until(self._all_ready)
        alerts_at_broker = self._at_broker("ENERMON_ALERTS_MQTT_URL", ALERTS_USER)
        alerting = {"ENERMON_ALERTS_LINK": self._api.url, **env, **alerts_at_broker}
        story = self._start_region(env, admitting) if plan.with_region else None
        if self._mails is not None:
            alerting |= self._mails.environment()
        if story is None:
            self._start_judging(env, alerting)
        self._say_ready(time.monotonic() - began, first)
        if story is not None:
            self._tell(story, env, alerting)
            self._start_judging(env, alerting)

    def _say_ready(self, after_s: float, first: FirstAccount | None) -> None:
        screen, plan = self.screen, self.plan
        screen.history_ends()
        screen.note(f"      all parts are ready after {after_s:.0f} s")
        screen.address(self._api.url)
        if first is not None:
            screen.first_account(first)
        if plan.with_region:
            screen.demonstration(str(plan.home.secrets / "demonstration-accounts.csv"))
        if self._mails is not None:
            screen.mails(self._mails.page)

    def _start_judging(self, env: dict[str, str], alerting: dict[str, str]) -> None:
        self._add(QUALITY, env)
        self._add(ALERTS, alerting)
        self._watch_until(self._all_ready)

    def _all_ready(self) -> bool:
        return all(part.ready for part in self.parts)

    def _start_region(self, env: dict[str, str], admitting: dict[str, str]) -> Story | None:
        """Start the region and who takes its mails; its story where that is still to be told."""
        home = self.plan.home
        self._mails = MailCatcher.of(home)
        if self._mails is not None:
            self._add(MAILS, env)
        story = Story.of(home, history_days=self.plan.history_days)
        self._add(REGION if story is None else TOLD_REGION, env)
        self._watch_until(self._all_ready)
        demonstration_accounts(home, self._environment("") | admitting, self._check)
        return None if story is None or story.is_told else story

    def _tell(self, story: Story, env: dict[str, str], alerting: dict[str, str]) -> None:
        """Tell the story while people look around already; alerts are judged after its past."""
        began = time.monotonic()
        self.screen.story_begins()
        judging = alerting | _told("ENERMON_DATABASE_URL", self._logins.url_of(DatabaseRole.ALERTS))
        if story.tell(self._run_once, self._api.url, env=env, alerts_env=judging):
            self.screen.ready("story", "", time.monotonic() - began)

    def _run_once(
        self, name: str, argv: Sequence[str], *, within_s: float, env: Mapping[str, str], stdout: Path | None = None
    ) -> bool:
        """Run a command of this project to its end, and say so where it fails."""
        log = self.plan.home.log_file(name)
        child = Child(Command(argv=[_program(argv[0]), *argv[1:]], log=log, env=env, stdout=stdout))
        deadline = time.monotonic() + within_s
        try:
            self._watch_until(lambda: child.exit_code() is not None or time.monotonic() > deadline)
            code = child.exit_code()
        finally:
            child.kill()
        if code != 0:
            self.screen.note(f"      {name}: it was not told whole; its log: {log}")
        return code == 0

    def _start_api(self, env: dict[str, str]) -> None:
        """Start the API and wait until its address is certain: from then on it stays over restarts.

        Raises StartError when the fixed port was taken since it was looked at.
        """
        home, fixed = self.plan.home, self.plan.api_port
        port = start_on_free_port(
            partial(self._start_api_on, env=env),
            fixed=fixed,
            remembered=home.remembered_port("api_port"),
            preferred=PREFERRED_PORT,
            setting=PORT_SETTING,
            host=self.plan.api_host,
        )
        if fixed is None:
            home.remember(api_port=str(port))

    def _start_api_on(self, port: int, env: dict[str, str]) -> None:
        self._api = self._api_at(port)
        running = self._add(API, {**env, **self._api.environment()})
        self._watch_until(lambda: running.ready or running.failures > 0)
        if running.ready or is_free(port, self.plan.api_host):  # what else is amiss, its log tells
            return
        running.stop()
        self.parts.remove(running)
        taken = f"port {port} was taken meanwhile by {describe_holder(port)}"
        self.screen.note(f"      api: {taken}")
        raise StartError("port_taken", f"The API did not start: {taken}.")

    def _api_at(self, port: int) -> ApiAddress:
        return ApiAddress(self.plan.api_host, port, instance=secrets.token_hex(16))

    def _api_is_ready(self) -> bool:
        return any(running.ready for running in self.parts if running.part is API)

    def _start_database(self) -> str:
        began = time.monotonic()
        if self.plan.database is None:
            assert self.plan.database_url is not None
            self.screen.ready("database", describe_database(self.plan.database_url), time.monotonic() - began)
            return self.plan.database_url
        database = self.plan.database
        self._keep(database)
        database.start(self._check)
        database.fixed_port = database.port  # the parts know this address: it stays over restarts
        detail = f"{describe_database(database.url, edition=database.program.edition)} on {LOOPBACK}:{database.port}"
        self.screen.ready("database", detail, time.monotonic() - began)
        return database.url

    def _keep(self, server: PrivatePostgres | Broker) -> None:
        self._servers.append(KeptServer(server, self.screen, self.plan.home.logs))

    def _start_broker(self) -> str:
        began, plan = time.monotonic(), self.plan
        adopt_derived_passwords(plan.home, self._logins.url_of(DatabaseRole.ADMIT))
        if plan.broker is None:
            assert plan.mqtt_url is not None
            self.screen.ready("broker", check_mqtt(plan.mqtt_url), time.monotonic() - began)
            return plan.mqtt_url
        self._gateways = GatewayWatch(database_url=self._logins.url_of(DatabaseRole.READER), broker=plan.broker)
        self._gateways.look()
        self._keep(plan.broker)
        plan.broker.start(self._check)
        plan.broker.fixed_port = plan.broker.port
        detail = f"{plan.broker.describe()} on {LOOPBACK}:{plan.broker.port}"
        self.screen.ready("broker", detail, time.monotonic() - began)
        return plan.broker.url()

    def _at_broker(self, setting: str, user: str) -> dict[str, str]:
        """What a service is told of its own user at the private broker."""
        broker = self.plan.broker
        return {} if broker is None else _told(setting, broker.url(user))

    def _migrate(self, database_url: str) -> None:
        began = time.monotonic()
        env = self._environment("") | _told("ENERMON_DATABASE_URL", database_url)
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

    def _environment(self, mqtt_url: str) -> dict[str, str]:
        plan = self.plan
        return {
            **os.environ,
            "ENERMON_HOME": str(plan.home.path),
            **(_told("ENERMON_MQTT_URL", mqtt_url) if mqtt_url else {}),
            "PYTHONUNBUFFERED": "1",
        }

    def _add(self, part: Part, env: dict[str, str]) -> RunningPart:
        plan = self.plan
        words = {
            "api": self._api.url,
            "mqtt": without_user(env["ENERMON_MQTT_URL"]),
            "key": str(plan.home.administrator_key_file),
            "passwords": str(plan.home.fleet_passwords_file),
            "state": str(plan.home.region),
            "history_days": str(plan.history_days),
            "mails": str(plan.home.mails),
        }
        if self._mails is not None:
            words |= {"smtp_port": str(self._mails.smtp_port), "page_port": str(self._mails.page_port)}
        argv = [_program(part.argv[0]), *(word.format(**words) for word in part.argv[1:])]
        own = _told("ENERMON_DATABASE_URL", self._logins.url_of(part.role))
        running = RunningPart(part, argv=argv, env={**env, **own}, home=plan.home, api=self._api)
        self.parts.append(running)
        running.start()
        return running

    def _watch_until(self, done: Callable[[], bool]) -> None:
        began = time.monotonic()
        while not done():
            self._check()
            for running in self.parts:
                self._look_at(running)
            for kept in self._servers:
                kept.look(self._check)
            if self._gateways is not None:
                try:
                    self._gateways.look()
                except StartError as error:
                    self.screen.note(f"      broker: {error}")
            self._say_what_is_slow(began)
            time.sleep(TICK_S)

    def _look_at(self, running: RunningPart) -> None:
        was_ready, name = running.ready, running.part.name
        ending = running.look(may_start=not running.part.needs_api or self._api_is_ready())
        if running.progress is not None and running.progress.phase == "history" and not running.ready:
            self.screen.history(running.progress.sent, running.progress.total)
        if running.ready and not was_ready:
            self.screen.history_ends()
            detail = self._api.url if name == "api" else ""
            self.screen.ready(name, detail, time.monotonic() - running.started_at)
        if ending is not None:
            self.screen.history_ends()
            self.screen.died(name, ending.how, ending.lines, log=str(ending.log), restart_in_s=ending.restart_in_s)

    def _say_what_is_slow(self, began: float) -> None:
        if time.monotonic() - began < SLOW_AFTER_S:
            return
        for running in self.parts:
            name = running.part.name
            if not running.ready and running.progress is None and name not in self._said:
                self._said.add(name)
                self.screen.note(f"      {name} is not ready yet; its log: {self.plan.home.logs / name}.log")

    def _stop(self) -> None:
        for running in reversed(self.parts):
            running.stop()
        if self._gateways is not None:
            self._gateways.close()
        for kept in reversed(self._servers):
            kept.server.stop()

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


def _told(setting: str, secret: str) -> dict[str, str]:
    """A secret for a part by the environment, which others cannot see; not also by the file it may have come from."""
    return {setting: secret, f"{setting}_FILE": ""}


def _program(name: str) -> str:
    """A command of this project, from the environment that runs now."""
    return str(Path(sys.executable).with_name(name))
