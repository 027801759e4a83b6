"""Processes kept alive as systemd keeps them: what ends is started again. Nobody else mends anything."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

RESTART_S = 0.5
LOOK_S = 0.2


class Kept:
    """One command. died: exit codes where it ended though nobody killed it; peak_bytes: the most memory it ever held.

    ends: it is done when it ends with code 0, and is not started again.
    """

    def __init__(
        self, name: str, argv: Sequence[str], environment: Mapping[str, str], log: Path, *, ends: bool = False
    ) -> None:
        self.name = name
        self.died: list[int] = []
        self.peak_bytes = 0
        self._argv = [sys.executable, *argv]
        self._environment = os.environ | environment
        self._log = log
        self._ends = ends
        self._lock = threading.Lock()
        self._wanted = True
        self._process = self._spawn()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self._watch.start()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(self._argv, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _keep(self) -> None:
        pause = threading.Event()
        while self._wanted:
            self._measure()
            if self._ends and self._process.poll() == 0:
                return
            if self._process.poll() is not None and self._wanted:
                pause.wait(RESTART_S)
                with self._lock:
                    if self._wanted and self._process.poll() is not None:
                        if self._process.returncode != -signal.SIGKILL:
                            self.died.append(self._process.returncode)
                        self._process = self._spawn()
            pause.wait(LOOK_S)

    def _measure(self) -> None:
        with suppress(OSError, StopIteration), open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            self.peak_bytes = max(self.peak_bytes, peak_kb * 1024)

    def kill(self) -> None:
        """SIGKILL; it is started again."""
        self._measure()
        self._process.kill()

    def wait(self, within_s: float) -> int:
        """Wait for a process that ends by itself, and do not start it again."""
        deadline = time.monotonic() + within_s
        with self._lock:
            self._wanted = False
            return self._process.wait(max(0.1, deadline - time.monotonic()))

    def stop(self) -> None:
        """End it for good."""
        with self._lock:
            self._wanted = False
            if self._process.poll() is None:
                self._process.terminate()
                try:
                    self._process.wait(20)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
        self._watch.join()

    def last_lines(self, count: int = 20) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-count:]) if self._log.exists() else ""
