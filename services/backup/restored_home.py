"""A new home around a restored cluster."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyrage

from services.backup.errors import BackupError
from services.backup.folder import Base
from services.backup.restore import forget_replay
from services.backup.unpack import unpack_secrets
from services.up.home import Home
from services.up.stack import embedded_database, native_database

_LAST_COMMIT = "last completed transaction was at log time "


class RestoredHome:
    """Made in a folder that has no database yet. Raises BackupError, StartError."""

    def __init__(self, path: Path, base: Base) -> None:
        self._home = Home(path.expanduser().absolute())
        self._native = base.timescaledb is not None
        self._home.prepare()
        self._database = (native_database if self._native else embedded_database)(self._home)
        if self._database.data.exists():
            raise BackupError(f"{self._database.data} is there already: a restore needs a new place")
        has, made_by = self._database.program.kind.major, base.server_version // 10_000
        if has != made_by:
            raise BackupError(f"the backup is of PostgreSQL {made_by}, and {has} is installed here")
        self.unfinished = self._database.data.with_name(self._database.data.name + ".restored")

    def take_secrets(self, place: Path, keys: Sequence[pyrage.x25519.Identity]) -> bool:
        """Write those kept with the backup; without them the home makes its own. Raises BackupError."""
        return unpack_secrets(place, keys, self._home.path)

    def recover(self) -> str:
        """Replay the WAL; in words, up to when. Raises StartError."""
        try:
            said = self._database.recover(self.unfinished)
        except BaseException:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            raise
        forget_replay(self._database.data)
        self._home.remember(store="native" if self._native else "embedded")
        last = next((line for line in reversed(said) if _LAST_COMMIT in line), None)
        if last is None:
            return "nothing was committed after the base backup"
        return f"the last commit in it is of {last.partition(_LAST_COMMIT)[2]}"

    def check(self, tell: Callable[[str], None]) -> None:
        """Run `enermon check` and `enermon verify` on it. Raises BackupError where one is not content."""
        self._database.start()
        try:
            for command in ("check", "verify"):
                tell(f"enermon {command}:")
                ran = subprocess.run(  # noqa: S603  our own command
                    [str(Path(sys.executable).with_name("enermon")), command],
                    env={
                        **os.environ,
                        "ENERMON_HOME": str(self._home.path),
                        "ENERMON_DATABASE_URL": self._database.url,
                        "ENERMON_DATABASE_URL_FILE": "",
                    },
                    check=False,
                )
                if ran.returncode != 0:
                    raise BackupError(f"`enermon {command}` found something amiss on what was restored")
        finally:
            self._database.stop()
