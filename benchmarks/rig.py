"""Database, broker and the services of Enermon as processes of their own, for the runs of the intake."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from benchmarks import load, packets, service
from benchmarks.publisher import Done, Line, Order
from benchmarks.usage import Watched, children
from services.core.db.migrate import upgrade
from services.ingest.broker_users import BrokerUser, Holder, HolderKind, ingest_user, new_hash
from services.ingest.gateway_access import Access
from services.up.child import Child, Command, signal_group
from services.up.errors import StartError
from services.up.home import Home
from services.up.mosquitto import PrivateMosquitto
from services.up.ports import LOOPBACK
from services.up.postgres import PrivatePostgres
from services.up.stack import native_broker
from simulators.registration import RegistryApi

_READY_S = 60.0
_STOP_S = 20.0
_TICK_S = 0.02
_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")


@dataclass(frozen=True)
class Program:
    """A running program of a run; it ends with this process, however that ends."""

    name: str
    child: Child

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.child.pid

    def wait_until_said(self, text: str) -> None:
        """Until its log holds the text. Raises StartError."""
        deadline_s = time.monotonic() + _READY_S
        while not self._said(text):
            if self.child.wait(_TICK_S) is not None or time.monotonic() > deadline_s:
                raise StartError("not_ready", f"{self.name} did not say {text!r}; see {self.child.command.log}")

    def _said(self, text: str) -> bool:
        with self.child.command.log.open("rb") as log:
            log.seek(self.child.log_start)
            return text.encode() in log.read()

    def pause(self) -> None:
        """Stop it where it is (SIGSTOP)."""
        signal_group(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        signal_group(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self.resume()
        self.child.stop(_STOP_S)


@dataclass
class Rig:
    """Private servers, with a template database in which all gateways and meters are registered."""

    folder: Path
    home: Home
    database: PrivatePostgres
    broker: PrivateMosquitto
    _clones: int = field(default=0, init=False)

    @property
    def postmaster(self) -> int:
        """Process id of the database server."""
        assert self.database.child is not None
        return self.database.child.pid

    def watched(self, **parts: Sequence[Program]) -> Watched:
        """These programs with those that they have started, the broker and the server."""
        assert self.broker.child is not None
        pids = {
            name: tuple(pid for program in programs for pid in (program.pid, *children(program.pid)))
            for name, programs in parts.items()
        }
        return Watched({**pids, "broker": (self.broker.child.pid,)}, self.postmaster, self.server_url)

    @property
    def server_url(self) -> str:
        """URL of a database in which nothing is measured."""
        return self._url_of("postgres")

    @contextmanager
    def clone(self) -> Iterator[str]:
        """A fresh database with the registry; its URL. A checkpoint goes before, so that none falls due inside."""
        self._clones += 1
        name = sql.Identifier(f"run_{self._clones}")
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            template = sql.Identifier("enermon")
            connection.execute(_DROP.format(name))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
            connection.execute("CHECKPOINT")
        try:
            yield self._url_of(f"run_{self._clones}")
        finally:
            with psycopg.connect(self.server_url, autocommit=True) as connection:
                connection.execute(_DROP.format(name))

    def _url_of(self, database: str) -> str:
        return make_url(self.database.url).set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def program(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
        """Run this until the end of the block."""
        log = self.home.log_file(name)
        running = Program(name, Child(Command(argv=argv, log=log, env={**os.environ, **environment})))
        try:
            yield running
        finally:
            running.stop()

    @contextmanager
    def ingest(self, database_url: str, *, number: int, shared: bool) -> Iterator[Program]:
        """One process of `enermon ingest`, ready and subscribed; its session at the broker is forgotten afterwards."""
        environment = {
            "ENERMON_DATABASE_URL": database_url,
            "ENERMON_MQTT_URL": self.broker.url(ingest_user(number)),
            "ENERMON_INGEST_SHARE": str(shared).lower(),
            "ENERMON_INGEST_INSTANCE": str(number),
        }
        with self.program(f"ingest-{number}", _enermon("ingest"), environment) as running:
            running.wait_until_said('"event": "ready"')
            yield running
        self.forget_session(ingest_user(number))

    @contextmanager
    def rollup(self, database_url: str, *, workers: int = 1) -> Iterator[Program]:
        """`enermon rollup` with so many workers, which have all meters."""
        environment = {"ENERMON_DATABASE_URL": database_url, "ENERMON_ROLLUP_WORKERS": str(workers)}
        with self.program("rollup", _enermon("rollup"), environment) as running:
            running.wait_until_said('"event": "parts divided"')
            yield running

    @contextmanager
    def quality(self, database_url: str) -> Iterator[Program]:
        """`enermon quality`, with one worker."""
        environment = {"ENERMON_DATABASE_URL": database_url, "ENERMON_QUALITY_WORKERS": "1"}
        with self.program("quality", _enermon("quality"), environment) as running:
            running.wait_until_said('"event": "parts divided"')
            yield running

    @contextmanager
    def alerts(self, database_url: str, *, given: Mapping[str, str]) -> Iterator[Program]:
        """`enermon alerts`, leading; `given`: further settings by their variables."""
        environment = {**given, "ENERMON_DATABASE_URL": database_url}
        with self.program("alerts", _enermon("alerts"), environment) as running:
            running.wait_until_said('"event": "leading"')
            yield running

    def forget_session(self, user: str) -> None:
        """Let the broker forget what it keeps for this user."""
        with socket.create_connection((LOOPBACK, self.broker.port or 0), timeout=10.0) as connection:
            hello = packets.connect(client_id=user, user=user, password=self.broker.password(user))
            connection.sendall(hello)
            connection.recv(64)
            connection.sendall(packets.DISCONNECT)

    def passwords(self) -> dict[str, str]:
        """Of every gateway that publishes."""
        return {code: self.broker.password(code) for code in map(load.gateway_code, range(load.GATEWAYS))}


class PublisherProcess:
    """The publisher, which has prepared its messages and waits for the word."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.publisher"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._say(msgspec.json.encode(order))
        self._hear("ready")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def begin(self) -> None:
        """Let it publish."""
        self._say(b"")

    def wait_until_queued(self) -> float:
        """Until the broker has every message; the seconds that took. Raises StartError when the publisher ends."""
        return self._hear("queued").seconds

    def result(self, *, queued: bool) -> Done:
        """What came of it; `queued`: that line was read already. Raises StartError when the publisher ends without."""
        found = self._hear("done" if queued else "queued")
        if found.done is None:
            found = self._hear("done")
        self.process.wait(_STOP_S)
        assert found.done is not None
        return found.done

    def end(self) -> None:
        """Stop it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _say(self, line: bytes) -> None:
        pipe: IO[bytes] | None = self.process.stdin
        assert pipe is not None
        pipe.write(line + b"\n")
        pipe.flush()

    def _hear(self, event: str) -> Line:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise StartError("publisher_ended", "the publisher of the benchmark ended early; its error stands above")
        heard = msgspec.json.decode(line, type=Line)
        if heard.event not in (event, "done"):
            raise StartError("publisher_out_of_step", f"the publisher said {heard.event!r} and not {event!r}")
        return heard


@contextmanager
def publisher(order: Order) -> Iterator[PublisherProcess]:
    """A publisher for the length of the block."""
    running = PublisherProcess(order)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def rig(folder: Path, *, gateways: int = load.GATEWAYS, since: str = "") -> Iterator[Rig]:
    """Start the servers and register the meters of so many gateways, in use since that day.

    Raises StartError, RegistrationError.
    """
    home = Home(folder.resolve())
    home.prepare()
    with service.database(folder) as database:
        broker = native_broker(home)
        try:
            broker.start()
            made = Rig(folder.resolve(), home, database, broker)
            upgrade(database.url)
            with service.api(database.url, folder) as api:
                registry = RegistryApi(api.url, key=api.key, timeout_s=600.0)
                registry.register(load.registry(gateways, since=since))
                registry.close()
            codes = [*map(load.gateway_code, range(gateways)), load.PROBE_GATEWAY]
            users = [_user(code, broker.password(code)) for code in codes]
            while broker.let_in(Access(tuple(users))):
                pass
            yield made
        finally:
            broker.stop()


def _user(code: str, password: str) -> BrokerUser:
    return BrokerUser(code, Holder(HolderKind.GATEWAY, code), new_hash(password))


def _enermon(command: str) -> list[str]:
    return [sys.executable, "-m", "services.cli", command]
