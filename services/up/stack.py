"""Database and broker together: the native pair (TimescaleDB, mosquitto) or the embedded one.

with native_stack(home_folder) as stack:
    stack.database_url, stack.mqtt_url()
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from services.ingest.broker_users import INGEST_USER
from services.ingest.certificates import PrivateCa
from services.ingest.gateway_access import Access
from services.up.child import Child, SystemUser
from services.up.embedded import EmbeddedBroker, embedded_installed, embedded_postgres
from services.up.errors import StartError
from services.up.home import Home
from services.up.listeners import tls_listeners
from services.up.mosquitto import PREFERRED_PORT as MQTT_PORT
from services.up.mosquitto import PrivateMosquitto, find_mosquitto, find_plugin
from services.up.ports import port_setting
from services.up.postgres import PostgresProgram, PrivatePostgres

NATIVE_MISSING = (
    "is not installed. `make up` installs it as root (or with sudo) on Debian and Ubuntu; elsewhere use "
    "--store embedded (ENERMON_STORE=embedded)."
)
NATIVE_FOLDER, EMBEDDED_FOLDER = "postgres", "postgres-embedded"


class Broker(Protocol):
    """What a broker can be asked, whichever it is."""

    name: str
    port: int | None
    fixed_port: int | None
    child: Child | None

    def describe(self) -> str: ...

    def url(self, user: str | None = INGEST_USER) -> str: ...
    def start(self, check: Callable[[], None] = ...) -> None: ...
    def let_in(self, access: Access) -> int: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def exit_code(self) -> int | None: ...
    def last_lines(self) -> list[str]: ...


@dataclass(frozen=True)
class Stack:
    """A private database and a private broker; each can be started, stopped and killed by itself."""

    database: PrivatePostgres
    broker: Broker

    @property
    def database_url(self) -> str:
        """URL of the database."""
        return self.database.url

    def mqtt_url(self, user: str | None = INGEST_USER) -> str:
        """URL of the broker for a service; None for the address alone."""
        return self.broker.url(user)

    def start(self) -> None:
        """Start both. Raises StartError, having stopped what had started."""
        try:
            self.database.start()
            self.broker.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both."""
        self.broker.stop()
        self.database.stop()


def native_installed() -> bool:
    """True when mosquitto and a PostgreSQL with TimescaleDB are on this machine."""
    return find_mosquitto() is not None and PostgresProgram.with_timescaledb() is not None


def native_database(home: Home) -> PrivatePostgres:
    """The private PostgreSQL with TimescaleDB. Raises StartError when it is not installed."""

    def find(major: int | None) -> PostgresProgram:
        program = PostgresProgram.with_timescaledb(major)
        if program is None and major is not None:
            raise StartError(
                "database_version",
                f"The data in {home.path / NATIVE_FOLDER} were made by PostgreSQL {major}, which is not installed here "
                f"with TimescaleDB. Install postgresql-{major} again, or choose another ENERMON_HOME.",
            )
        if program is None:
            raise StartError("native_not_installed", f"PostgreSQL with TimescaleDB {NATIVE_MISSING}")
        return program

    port = port_setting("ENERMON_DATABASE_PORT")
    return PrivatePostgres(home=home, folder=NATIVE_FOLDER, find_program=find, fixed_port=port)


def native_broker(home: Home) -> PrivateMosquitto:
    """The private mosquitto. Raises StartError when it or its plugin is not installed, or a setting is faulty."""
    program, plugin = find_mosquitto(), find_plugin()
    if program is None:
        raise StartError("native_not_installed", f"mosquitto {NATIVE_MISSING}")
    if plugin is None:
        raise StartError("native_not_installed", f"mosquitto's dynamic-security plugin {NATIVE_MISSING}")
    return PrivateMosquitto(
        home=home,
        program=program,
        plugin=plugin,
        fixed_port=port_setting("ENERMON_MQTT_PORT"),
        tls=tls_listeners(os.environ, PrivateCa(home.ca)),
    )


def embedded_database(home: Home) -> PrivatePostgres:
    """The PostgreSQL of the Python package. Raises StartError when it is not installed."""
    account = SystemUser.owning(home.path / EMBEDDED_FOLDER) or SystemUser.named("postgres", "nobody")
    find = partial(embedded_postgres, account=account)
    port = port_setting("ENERMON_DATABASE_PORT")
    return PrivatePostgres(home=home, folder=EMBEDDED_FOLDER, find_program=find, fixed_port=port)


def embedded_broker(home: Home) -> EmbeddedBroker:
    """The broker of the Python package."""
    return EmbeddedBroker(home=home, fixed_port=port_setting("ENERMON_MQTT_PORT"), preferred_port=MQTT_PORT)


@contextmanager
def native_stack(home: Path) -> Iterator[Stack]:
    """TimescaleDB and mosquitto, started in this folder and stopped at the end. Raises StartError."""
    place = _prepared(home)
    with _running(Stack(native_database(place), native_broker(place))) as stack:
        yield stack


@contextmanager
def embedded_stack(home: Path) -> Iterator[Stack]:
    """PostgreSQL and broker of the Python packages, started in this folder, stopped at the end. Raises StartError."""
    place = _prepared(home)
    with _running(Stack(embedded_database(place), embedded_broker(place))) as stack:
        yield stack


def choose_store(wanted: str, *, last: str | None, native: bool, embedded: bool) -> str:
    """The store to use: the wanted one; for ``auto`` that of the last start if it is there, else native, else embedded.

    Raises StartError when none is installed.
    """
    if wanted in ("native", "embedded"):
        return wanted
    there = [name for name, installed in (("native", native), ("embedded", embedded)) if installed]
    if last in there:
        return str(last)
    if not there:
        raise StartError("no_store", f"Neither store is installed. PostgreSQL with TimescaleDB {NATIVE_MISSING}")
    return there[0]


def choose_store_here(wanted: str, home: Home) -> str:
    """As choose_store, by what is installed here and what this home used last."""
    last = home.remembered().get("store")
    return choose_store(wanted, last=last, native=native_installed(), embedded=embedded_installed())


def _prepared(folder: Path) -> Home:
    home = Home(folder.resolve())
    home.prepare()
    return home


@contextmanager
def _running(stack: Stack) -> Iterator[Stack]:
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()
