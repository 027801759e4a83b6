"""The WAL as the server writes it, received by PostgreSQL's `pg_receivewal` into a folder beside."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from services.backup.errors import BackupError
from services.backup.tools import find_tool, tool_address
from services.core.processes import end_with_parent

SLOT = "enermon_archive"
_STOP_TIMEOUT_S = 10.0
_SAID_BYTES = 4_000


class WalReceiver:
    """The program, its folder and the slot by which the server keeps what it has not received yet."""

    def __init__(self, database_url: str, spool: Path) -> None:
        self._url, self.spool = database_url, spool
        self._tool: subprocess.Popen[bytes] | None = None

    def keep_slot(self, connection: psycopg.Connection) -> bool:
        """Make the slot where it is not there, or has lost WAL; True where it was made: what came before is missing.

        Raises BackupError where the login may not.
        """
        found = connection.execute(
            "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s", [SLOT]
        ).fetchone()
        if found is not None and found[0] != "lost":
            return False
        try:
            if found is not None:
                connection.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", [SLOT])
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackupError(_may_not(connection)) from error
        for left in self.spool.iterdir():  # it would go on from there, over the gap
            left.unlink()
        return True

    def runs(self) -> bool:
        """Whether it receives."""
        return self._tool is not None and self._tool.poll() is None

    def start(self, major: int) -> None:
        """Begin, or go on where it was. Raises BackupError where the program is not there."""
        address, secret = tool_address(self._url)
        argv = [str(find_tool("pg_receivewal", major=major)), "--dbname", address, "--no-password", "--no-loop"]
        argv += ["--slot", SLOT, "--directory", str(self.spool), "--status-interval", "2"]
        with self._said.open("wb") as said:
            self._tool = subprocess.Popen(  # noqa: S603  PostgreSQL's own program
                argv,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={**os.environ, **secret, "LC_ALL": "C", "PGAPPNAME": "enermon-archive"},
                preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509  one call into libc, loaded before
            )

    def why_ended(self) -> str:
        """What it said at last; empty where it never ran."""
        with suppress(FileNotFoundError):
            return self._said.read_bytes()[-_SAID_BYTES:].decode(errors="replace").strip()
        return ""

    def stop(self) -> None:
        """End it; what it has received stands in the folder."""
        if self._tool is None:
            return
        self._tool.terminate()
        try:
            self._tool.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._tool.kill()
            self._tool.wait()

    @property
    def _said(self) -> Path:
        return self.spool.with_name(self.spool.name + ".log")


def _may_not(connection: psycopg.Connection) -> str:
    return f"the login {connection.info.user} may not take backups: it needs REPLICATION (docs/backup.md)"
