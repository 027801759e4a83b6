"""One child process: its own process group, its log, its end when the parent ends."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.core.processes import end_with_parent
from services.up.errors import StartError

TICK_S = 0.05
TAIL_BYTES = 20_000


@dataclass(frozen=True)
class SystemUser:
    """A user of the system to whom a process started by root is handed over."""

    uid: int
    gid: int

    @classmethod
    def named(cls, *names: str) -> "SystemUser | None":
        """The first of these users that exists; None for whoever is not root, because only root can hand over."""
        if os.geteuid() != 0:
            return None
        for name in names:
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid)
        raise StartError("no_account", f"As root, Enermon needs one of the users {', '.join(names)}; none exists.")

    @classmethod
    def owning(cls, path: Path) -> "SystemUser | None":
        """The owner of what is there already, for root; None where there is nothing or root owns it."""
        if os.geteuid() != 0 or not path.exists():
            return None
        owner = path.stat()
        return cls(owner.st_uid, owner.st_gid) if owner.st_uid != 0 else None


@dataclass(frozen=True)
class Command:
    """What to run and how. ``stdout`` is given its own file where it is read by the parent, else it joins the log."""

    argv: Sequence[str]
    log: Path
    env: Mapping[str, str]
    cwd: Path | None = None
    account: SystemUser | None = None
    stdout: Path | None = None
    stdin: IO[bytes] | None = None
    """What it reads; nothing where none is given."""
    pass_fds: Sequence[int] = ()


class Child:
    """A running process. Stopping ends its whole process group, so what it started ends with it."""

    def __init__(self, command: Command, *, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        self.command = command
        self.stop_signal = stop_signal
        self.log_start = command.log.stat().st_size if command.log.exists() else 0
        with command.log.open("ab") as log:
            if command.stdout is None:
                self._process = self._spawn(log, log)
            else:
                with command.stdout.open("wb") as stdout:
                    self._process = self._spawn(stdout, log)

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its process group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll()

    def wait(self, timeout_s: float, check: Callable[[], None] = lambda: None) -> int | None:
        """Wait for its end; None when it still runs after the time. ``check`` is called while waiting and may raise."""
        deadline = time.monotonic() + timeout_s
        while (code := self._process.poll()) is None and time.monotonic() < deadline:
            check()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(TICK_S)
        return code

    def ask_to_stop(self) -> None:
        """Send the stop signal to the process group."""
        signal_group(self.pid, self.stop_signal)

    def stop(self, timeout_s: float) -> bool:
        """Stop and wait; kill what is left of the group. True when it ended by itself in time."""
        self.ask_to_stop()
        in_time = self.wait(timeout_s) is not None
        self.kill()
        return in_time

    def kill(self) -> None:
        """End the whole group at once (SIGKILL)."""
        signal_group(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_lines(self, count: int = 8) -> list[str]:
        """The last lines it wrote since its start."""
        return last_lines(self.command.log, count, start=self.log_start)

    def _spawn(self, stdout: IO[bytes], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        account = self.command.account
        return subprocess.Popen(  # noqa: S603  our own commands
            list(self.command.argv),
            stdin=self.command.stdin or subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(self.command.env),
            cwd=self.command.cwd,
            pass_fds=tuple(self.command.pass_fds),
            start_new_session=True,
            preexec_fn=end_with_parent(self.stop_signal),  # noqa: PLW1509  one call into libc, loaded before
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def signal_group(group: int, number: int) -> None:
    """Signal a process group; nothing happens when it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def last_lines(path: Path, count: int, *, start: int = 0) -> list[str]:
    """The last lines of a file, reading only its end, not before byte ``start``."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(min(start, end), end - TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def describe_exit(code: int) -> str:
    """``exit code 3`` or ``killed by SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
