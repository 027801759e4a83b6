"""`enermon archive`: a base backup now and then, and all WAL between them, so that any moment can be restored.

The server's WAL is received as it is written; finished segments are stored, and every ten seconds the one that is not
finished. A commit is made each time, so that the archive always knows up to which moment it reaches.
"""

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pyrage
from prometheus_client import start_http_server

from services.backup.base import connected, take_base
from services.backup.errors import BackupError
from services.backup.folder import BackupFolder
from services.backup.metrics import ARCHIVED, FAILURES, REACHES
from services.backup.prune import prune
from services.backup.receiver import WalReceiver
from services.backup.stored import plain_name, stored
from services.backup.tools import ask_server
from services.backup.wal import HISTORY, PARTIAL, SEGMENT, first_missing

log = logging.getLogger("archive")

TICK_S = 0.5
AGAIN_S = 5.0
BASE_AGAIN_S = 300.0
_RECEIVED_WITHIN_S = 5.0


@dataclass(frozen=True)
class ArchivePlan:
    """Whose WAL goes where, who can read it, how often a base is taken, and how many are kept."""

    database_url: str
    folder: BackupFolder
    spool: Path
    to: Sequence[pyrage.x25519.Recipient]
    base_every: timedelta
    keep: int
    reach_every_s: float = 10.0
    """The longest time that is lost with the database's disk."""


class Archive:
    """Receives, stores and prunes, until it is told to stop."""

    def __init__(self, plan: ArchivePlan, stopping: threading.Event) -> None:
        self._plan, self._stopping = plan, stopping
        self._receiver = WalReceiver(plan.database_url, plan.spool)
        self._base: threading.Thread | None = None
        self._base_after = time.monotonic()
        self._base_now = False

    def run(self) -> None:
        """Until it is told to stop. Goes on when the database is back. Raises BackupError at the beginning only."""
        self._plan.folder.prepare()
        self._plan.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(self._plan.folder):
            ready = False
            while not self._stopping.is_set():
                try:
                    with connected(self._plan.database_url) as connection:
                        if not ready:
                            log.info("ready", extra={"folder": str(self._plan.folder.path)})
                            ready = True
                        self._receive(connection)
                except BackupError as error:
                    if not ready:
                        raise
                    FAILURES.labels("wal").inc()
                    log.warning("the archive does not go on", extra={"reason": str(error)})
                    self._stopping.wait(AGAIN_S)
                except (psycopg.Error, OSError) as error:
                    FAILURES.labels("wal").inc()
                    log.warning("the archive does not go on", extra={"reason": str(error).strip()})
                    self._stopping.wait(AGAIN_S)
                finally:
                    self._receiver.stop()
            if self._base is not None:
                self._base.join()

    def _receive(self, connection: psycopg.Connection) -> None:
        server = ask_server(connection)
        self._plan.folder.refuse_other(server.system_identifier, server.timeline)
        if self._receiver.keep_slot(connection):
            self._base_now = True
        self._receiver.start(server.major)
        reached_at = -self._plan.reach_every_s
        while not self._stopping.wait(TICK_S):
            if not self._receiver.runs():
                raise BackupError(f"pg_receivewal ended: {self._receiver.why_ended()}")
            self._store_finished()
            if time.monotonic() - reached_at >= self._plan.reach_every_s:
                self._reach(connection)
                reached_at = time.monotonic()
            self._take_base_when_due(server.segment_bytes)

    def _store_finished(self) -> None:
        """Store what the receiver has finished, the oldest first, and only then let it go."""
        for file in sorted(self._plan.spool.iterdir()):
            if SEGMENT.fullmatch(file.name) or HISTORY.fullmatch(file.name):
                self._store(file, file.name)
                for former in self._plan.folder.wal.glob(f"{file.name}{PARTIAL}.*"):
                    former.unlink()
                file.unlink()
                ARCHIVED.inc()

    def _store(self, file: Path, name: str) -> None:
        with file.open("rb") as source, stored(self._plan.folder.wal / name, self._plan.to) as target:
            target.write(source.read())

    def _reach(self, connection: psycopg.Connection) -> None:
        """Commit, wait until that is received, and store it."""
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        connection.execute("SELECT pg_current_xact_id()")
        row = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert row is not None
        deadline = time.monotonic() + _RECEIVED_WITHIN_S
        while not _received(connection, row[0]):
            if time.monotonic() > deadline or not self._receiver.runs():
                return  # the server is behind; what has come is stored when more has
            time.sleep(0.05)
        for file in self._plan.spool.glob(f"*{PARTIAL}"):
            with suppress(FileNotFoundError):  # it was finished meanwhile
                self._store(file, file.name)
        self._store_finished()
        self._plan.folder.write("archive.json", {"reaches": moment.isoformat()})
        REACHES.set(moment.timestamp())

    def _take_base_when_due(self, segment_bytes: int) -> None:
        if self._base is not None and self._base.is_alive():
            return
        if not (self._base_now or time.monotonic() >= self._base_after):
            return
        wait = None if self._base_now else self._until_due(segment_bytes)
        if wait is None:
            self._base = threading.Thread(target=self._take_base, name="base")
            self._base.start()
            self._base_now, wait = False, BASE_AGAIN_S
        self._base_after = time.monotonic() + min(wait, BASE_AGAIN_S)

    def _until_due(self, segment_bytes: int) -> float | None:
        """Seconds until the next base backup is due; None: now."""
        folder = self._plan.folder
        bases = folder.bases()
        if not bases:
            return None
        newest = bases[-1][1]
        names = (plain_name(file.name).removesuffix(PARTIAL) for file in folder.wal.iterdir())
        segments = [name for name in names if SEGMENT.fullmatch(name)]
        if first_missing(segments, start=newest.last_segment, segment_bytes=segment_bytes) is not None:
            log.warning("WAL is missing since the last base backup: another one is taken")
            return None
        left = (newest.finished + self._plan.base_every - datetime.now(newest.finished.tzinfo)).total_seconds()
        return left if left > 0 else None

    def _take_base(self) -> None:
        try:
            place, base = take_base(self._plan.database_url, self._plan.folder, to=self._plan.to)
            log.info("base backup taken", extra={"path": str(place), "bytes": base.stored_bytes})
            gone = prune(self._plan.folder, keep=self._plan.keep)
            log.info("backups pruned", extra={"bases": gone.bases, "segments": gone.segments})
        except (BackupError, OSError, psycopg.Error) as error:
            FAILURES.labels("base").inc()
            log.error("no base backup was taken", extra={"reason": str(error)})


def serve(plan: ArchivePlan, *, metrics: tuple[str, int]) -> None:
    """Archive in the foreground until SIGTERM or SIGINT. Raises BackupError where it cannot begin."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    host, port = metrics
    if port:
        start_http_server(port, addr=host)
    Archive(plan, stopping).run()


def _received(connection: psycopg.Connection, position: str) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'enermon-archive' AND write_lsn >= %s",
        [position],
    ).fetchone()
    return row is not None and row[0] > 0


@contextmanager
def _alone(folder: BackupFolder) -> Iterator[None]:
    """One process archives into a folder. Raises BackupError."""
    with (folder.path / "archive.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise BackupError(
                f"process {lock.read().strip() or '?'} archives into {folder.path} already: stop it first"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
