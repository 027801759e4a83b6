"""Base backups: taken while readings come in, and verified before they count.

PostgreSQL's `pg_basebackup` sends the files and the WAL that they need, with a manifest of their digests. What arrives
is held against the manifest as it passes, and what stands on the disk against what was written.
"""

import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import psycopg
import pyrage

from services.backup.errors import BackupError
from services.backup.folder import BASE_PREFIX, UNFINISHED, BackupFolder, Base, StoredFile, write_whole
from services.backup.stored import Bytes, digest_of, stored, sync_folder
from services.backup.tools import Server, ask_server, find_tool, tool_address
from services.backup.unpack import FILES, SECRETS, Arrived, receive, refuse_damaged
from services.backup.wal import numbers_between, segment_name
from services.core.db.connections import connect
from services.core.host import LAST_BACKUP
from services.core.processes import end_with_parent
from services.core.progress import Progress, no_progress


def take_base(
    database_url: str,
    folder: BackupFolder,
    *,
    to: Sequence[pyrage.x25519.Recipient] = (),
    secrets: Path | None = None,
    progress: Progress = no_progress,
) -> tuple[Path, Base]:
    """Take a base backup and verify it. ``secrets``: a folder to keep with it, which needs a recipient.

    Raises BackupError; what was begun is then removed.
    """
    if secrets is not None and not to:
        raise BackupError("secrets are kept encrypted only: name who can read them in ENERMON_BACKUP_RECIPIENTS")
    folder.prepare()
    _remove_unfinished(folder)
    with connected(database_url) as connection:
        server = ask_server(connection)
        folder.refuse_other(server.system_identifier, server.timeline)
        _fits(folder, server)
        began = _now(connection)
        place = folder.path / f"{BASE_PREFIX}{began:%Y%m%dT%H%M%SZ}{UNFINISHED}"
        place.mkdir(mode=0o700)
        try:
            with _keeping_wal(connection):
                arrived = _receive(database_url, place, server, to, progress)
            finished = _now(connection)
            timeline, needed = _wal_of(arrived, server)
            if secrets is not None:
                _keep_secrets(secrets, place, to)
            base = Base(
                system_identifier=server.system_identifier,
                server_version=server.version,
                timescaledb=_extension(connection),
                enermon=version("enermon"),
                began=began,
                finished=finished,
                timeline=timeline,
                start_segment=needed[0],
                last_segment=needed[-1],
                segment_bytes=server.segment_bytes,
                bytes=arrived.bytes,
                files=tuple(
                    StoredFile(name=file.name, bytes=file.stat().st_size, sha256=digest_of(file))
                    for file in sorted(place.iterdir())
                ),
            )
            write_whole(place / "base.json", base.model_dump_json(indent=1) + "\n")
            whole = place.with_name(place.name.removesuffix(UNFINISHED))
            place.rename(whole)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    sync_folder(folder.path)
    told = {"finished": base.finished.isoformat(), "path": str(whole), "verified": True}
    folder.write(LAST_BACKUP, {**told, "bytes": base.stored_bytes})
    return whole, base


def as_stored(place: Path, base: Base) -> None:
    """Hold the files of a base backup against the digests noted when it was taken. Raises BackupError."""
    for file in base.files:
        path = place / file.name
        if not path.exists():
            raise BackupError(f"{path} is missing: take another backup, or get it from a copy")
        if digest_of(path) != file.sha256:
            raise BackupError(f"{path} is not as it was written: take another backup, or get it from a copy")


@contextmanager
def connected(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection in autocommit. Raises BackupError where the database does not answer."""
    try:
        with connect(database_url, role=None, application_name="enermon-backup") as connection:
            connection.autocommit = True
            yield connection
    except psycopg.OperationalError as error:
        raise BackupError(f"the database does not answer: {error}") from error


@contextmanager
def _keeping_wal(connection: psycopg.Connection) -> Iterator[None]:
    """Let the server keep the WAL that is written meanwhile; a slot of this session ends with it."""
    name = f"enermon_base_{os.getpid()}"
    try:
        connection.execute("SELECT pg_create_physical_replication_slot(%s, true, true)", [name])
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            f"the login {connection.info.user} may not take backups: it needs REPLICATION (docs/backup.md)"
        ) from error
    yield
    connection.execute("SELECT pg_drop_replication_slot(%s)", [name])


def _receive(
    database_url: str, place: Path, server: Server, to: Sequence[pyrage.x25519.Recipient], progress: Progress
) -> Arrived:
    address, secret = tool_address(database_url)
    argv = [str(find_tool("pg_basebackup", major=server.major)), "--dbname", address, "--no-password"]
    argv += ["--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast"]
    argv += ["--manifest-checksums=SHA256", "--label=enermon"]
    environment = {**os.environ, **secret, "LC_ALL": "C"}
    with tempfile.TemporaryFile() as said, stored(place / FILES, to) as file:
        tool = subprocess.Popen(  # noqa: S603  PostgreSQL's own program
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=environment,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  one call into libc, loaded before
        )
        assert tool.stdout is not None
        try:
            arrived = receive(_Passed(tool.stdout, file), expected=server.bytes, place=None, progress=progress)
            code = tool.wait()
        except tarfile.TarError as error:
            raise BackupError(f"what pg_basebackup sent cannot be read: {error}. {_said(tool, said)}") from error
        finally:
            tool.kill()
            tool.wait()
        if code != 0:
            raise BackupError(f"pg_basebackup failed: {_said(tool, said)}")
    return arrived


def _said(tool: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    tool.wait()
    said.seek(0)
    return said.read().decode(errors="replace").strip()


class _Passed:
    """A stream that is read by one and kept by another."""

    def __init__(self, source: Bytes, kept: IO[bytes]) -> None:
        self.source, self.kept = source, kept

    def read(self, size: int = -1, /) -> bytes:
        block = self.source.read(size)
        self.kept.write(block)
        return block


def _wal_of(arrived: Arrived, server: Server) -> tuple[int, list[str]]:
    """Timeline and WAL segments of what arrived, where it is what the server said it sent. Raises BackupError."""
    ranges = refuse_damaged(arrived)["WAL-Ranges"]
    needed = [
        segment_name(int(each["Timeline"]), number, server.segment_bytes)
        for each in ranges
        for number in numbers_between(each["Start-LSN"], each["End-LSN"], server.segment_bytes)
    ]
    if missing := [name for name in needed if name not in arrived.segments]:
        raise BackupError(f"WAL segment {missing[0]} did not come with the backup: take it again")
    return int(ranges[-1]["Timeline"]), needed


def _keep_secrets(secrets: Path, place: Path, to: Sequence[pyrage.x25519.Recipient]) -> None:
    if not secrets.is_dir():
        raise BackupError(f"{secrets} is no folder: its secrets cannot be kept")
    try:
        with stored(place / SECRETS, to) as file, tarfile.open(fileobj=file, mode="w|") as tar:
            tar.add(secrets, arcname="secrets")
    except OSError as error:
        raise BackupError(f"the secrets in {secrets} cannot be read: {error}") from error


def _fits(folder: BackupFolder, server: Server) -> None:
    """A backup is smaller than what it is of; how much is not known before."""
    free = shutil.disk_usage(folder.path).free
    if free < server.bytes // 3:
        raise BackupError(
            f"{folder.path} has {free / 1e9:.1f} GB free, which is too little for a database of "
            f"{server.bytes / 1e9:.1f} GB"
        )


def _remove_unfinished(folder: BackupFolder) -> None:
    for left in folder.path.glob(f"{BASE_PREFIX}*{UNFINISHED}"):
        shutil.rmtree(left)


def _now(connection: psycopg.Connection) -> datetime:
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    assert row is not None
    return datetime.fromtimestamp(float(row[0]), UTC)


def _extension(connection: psycopg.Connection) -> str | None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    return None if row is None else str(row[0])
