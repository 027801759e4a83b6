"""A database of its own with one meter, which `enermon archive` archives while readings come in."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import httpx
import psycopg
import pyrage
import pytest
from typer.testing import CliRunner, Result

from services.backup.folder import BackupFolder
from services.cli import app
from services.core.db.migrate import upgrade
from services.core.db.roles import BACKUP
from services.up.home import Home
from services.up.logins import private_logins
from services.up.postgres import PrivatePostgres
from services.up.stack import embedded_database, native_database
from tests.integration.line import Line
from tests.integration.ports import free_port, home_in
from tests.integration.registered import Registered
from tests.integration.running import Process, wait_until
from tests.integration.served import api
from tests.signed_in import add_administrators

FIRST = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Sent:
    """A reading: when it was sent, and when answered."""

    ts: datetime
    at: datetime
    answered: datetime


@dataclass
class Sending:
    """Sends a reading of one meter after the other, until it is told to stop."""

    line: Line
    gateway: str
    meter: str
    sent: list[Sent] = field(default_factory=list)
    stopping: Event = field(default_factory=Event)

    def run(self) -> None:
        while not self.stopping.wait(0.01):
            ts, at = FIRST + timedelta(minutes=15 * len(self.sent)), datetime.now(UTC)
            assert self.line.send(self.gateway, [(self.meter, ts, float(len(self.sent)))])["stored"] == 1
            self.sent.append(Sent(ts, at, datetime.now(UTC)))


@dataclass
class Archived:
    """The database, who sends into it, and where its backups are."""

    database: PrivatePostgres
    sending: Sending
    folder: Path
    key: Path
    environment: dict[str, str]
    metrics: str = ""
    """As the archive told them at last."""

    def reaches(self) -> datetime:
        """Up to when the archive has all."""
        try:
            told = json.loads((self.folder / "archive.json").read_text())["reaches"]
        except FileNotFoundError:
            return FIRST
        return datetime.fromisoformat(told)

    def wait_until_it_reaches(self, moment: datetime) -> None:
        wait_until(f"the archive reaches {moment}", lambda: self.reaches() > moment)

    def bases(self) -> list[Path]:
        return sorted(self.folder.glob("base-*/base.json"))

    def finished(self) -> datetime:
        """When its first base backup was."""
        return BackupFolder(self.folder).bases()[0][1].finished


@pytest.fixture(scope="package")
def archived(store: str, tmp_path_factory: pytest.TempPathFactory) -> Archived:
    """Archived while readings come in; the archive was killed and begun anew. All has ended, the machine is lost."""
    folder = tmp_path_factory.mktemp("backups")
    home: Home = home_in(tmp_path_factory.mktemp("home"))
    database = native_database(home) if store == "native" else embedded_database(home)
    database.start()
    try:
        upgrade(database.url)
        add_administrators(database.url)
        logins = private_logins(database.url, home)
        key = folder.parent / f"{folder.name}.key"
        identity = pyrage.x25519.Identity.generate()
        key.write_text(f"{identity}\n")
        environment = {
            "ENERMON_HOME": str(home.path),
            "ENERMON_DATABASE_URL": logins.url_of(BACKUP),
            "ENERMON_BACKUP_DIR": str(folder),
            "ENERMON_BACKUP_RECIPIENTS": str(identity.to_public()),
            "ENERMON_ARCHIVE_METRICS_PORT": str(port := free_port()),
        }
        with api(database_url=database.url) as client:
            registered, line = Registered(client), Line(client, database.url)
            owner = registered.enterprise()
            gateway = registered.gateway(owner)
            sending = Sending(line, gateway, registered.meter(owner, gateway_code=gateway))
            thread = Thread(target=sending.run)
            found = Archived(database, sending, folder, key, environment)
            archive = Process("archive", environment)
            try:
                thread.start()
                wait_until("there is a base backup", lambda: bool(found.bases()), said=lambda: archive.lines)
                archive.kill()
                with psycopg.connect(database.url, autocommit=True) as connection:
                    connection.execute("SELECT pg_switch_wal()")
                archive = Process("archive", environment)
                found.wait_until_it_reaches(datetime.now(UTC))
                found.metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
            finally:
                sending.stopping.set()
                thread.join()
                archive.stop()
            line.roll_up()
    finally:
        database.kill()
    return found


@contextmanager
def started(store: str, home: Path) -> Iterator[PrivatePostgres]:
    """The database of a home, running."""
    database = (native_database if store == "native" else embedded_database)(Home(home))
    database.start()
    try:
        yield database
    finally:
        database.stop()


def restore(archived: Archived, to: datetime | str, home: Path, *more: str) -> Result:
    """By the command; its outcome."""
    moment = to if isinstance(to, str) else to.isoformat()
    argv = ["restore", "--to", moment, "--from", str(archived.folder), "--key", str(archived.key), *more, str(home)]
    return CliRunner().invoke(app, argv)


def readings(store: str, home: Path) -> set[datetime]:
    """Times of the readings in a home."""
    with started(store, home) as database:
        connection = psycopg.connect(database.url, options="-c timezone=UTC")
        with closing(connection):
            return {row[0] for row in connection.execute("SELECT ts FROM reading").fetchall()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A new home, with ports of its own."""
    return home_in(tmp_path / "new").path
