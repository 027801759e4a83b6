"""An archive that was away: what the server kept for it is fetched; where it let go, another base backup is taken."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from services.backup.archive import Archive, ArchivePlan
from services.backup.errors import BackupError
from services.backup.folder import BackupFolder
from services.backup.receiver import SLOT
from services.cli import app
from services.core.db.roles import BACKUP
from services.up.logins import private_logins
from tests.integration.backup.conftest import Archived, restore, started
from tests.integration.running import wait_until

pytestmark = pytest.mark.store


@contextmanager
def archiving(plan: ArchivePlan) -> Iterator[None]:
    """Running in this process."""
    stopping = threading.Event()
    thread = threading.Thread(target=Archive(plan, stopping).run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def test_wal_that_the_server_let_go_of_is_missed_and_begun_anew(
    archived: Archived, store: str, place: Path, tmp_path: Path
) -> None:
    assert restore(archived, "latest", place).exit_code == 0
    folder = BackupFolder(tmp_path / "folder")
    folder.prepare()
    with started(store, place) as database, psycopg.connect(database.url, autocommit=True) as connection:
        url = private_logins(database.url, database.home).url_of(BACKUP)
        plan = ArchivePlan(url, folder, tmp_path / "spool", (), timedelta(hours=24), keep=7, reach_every_s=0.5)
        with archiving(plan):
            wait_until("there is a base backup", lambda: len(folder.bases()) == 1)
            with pytest.raises(BackupError, match="archives into"):
                Archive(plan, threading.Event()).run()
        connection.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
        for _ in range(2):
            connection.execute("CREATE TABLE IF NOT EXISTS written AS SELECT generate_series(1, 1000) AS number")
            connection.execute("INSERT INTO written SELECT generate_series(1, 1000)")
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
        with archiving(plan):
            wait_until("there is another", lambda: len(folder.bases()) == 2)
            second = folder.bases()[1][1].finished
            wait_until("it reaches further", lambda: (folder.reaches() or second) > second)
    gap = folder.bases()[1][1].began - timedelta(microseconds=1)
    argv = ["restore", "--from", str(folder.path), "--to"]
    within = CliRunner().invoke(app, [*argv, gap.isoformat(), str(tmp_path / "gap")])
    assert (within.exit_code, "is missing in" in within.output) == (1, True), within.output
    done = CliRunner().invoke(app, [*argv, "latest", str(tmp_path / "copy")])
    assert done.exit_code == 0, done.output
