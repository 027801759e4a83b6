"""A command as several processes: each works by itself; one more starts them, and shows what they count as one."""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from services.core.processes import end_with_parent

log = logging.getLogger("workers")

RESTART_S = 1.0
_TICK_S = 0.1
_COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"
_FOLDER = "enermon-metrics-"
_JUST_BEGUN_S = 60.0


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a command: `enermon COMMAND`, told to be one of one, and to serve no metrics of its own."""

    command: str
    workers: str
    """Variable of how many there are."""
    port: str
    """Variable of the port of the metrics."""

    def run(self, number: int, *, port: int, host: str, beside: Sequence[Collector] = ()) -> None:
        """Run so many until SIGTERM or SIGINT. Metrics of all of them are served at `port`, unless it is 0.

        With them what is collected `beside` them, once for all.

        One that is killed is started again. Where one ends with an error, all are stopped, and SystemExit is raised
        with its code: who keeps this process sees the failure.
        """
        stopping = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stopping.set())
        with _counting(port, host, beside) as counted_in:
            environment = {self.workers: "1", self.port: "0", **counted_in}
            running = [_Worker(self.command, os.environ | environment) for _ in range(number)]
            try:
                while not stopping.wait(_TICK_S):
                    for worker in running:
                        worker.look(counted_in)
            finally:
                for worker in running:
                    worker.ask_to_stop()
                for worker in running:
                    worker.wait()


@dataclass(slots=True)
class _Worker:
    """A worker over its restarts."""

    command: str
    environment: Mapping[str, str]
    _process: subprocess.Popen[bytes] = field(init=False)
    _again_s: float | None = None

    def __post_init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._again_s = None
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "services.cli", self.command],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - one call into libc, loaded before
        )

    def look(self, counted_in: Mapping[str, str]) -> None:
        """Start it again when it was killed. Raises SystemExit when it has ended with an error."""
        if self._again_s is not None:
            if time.monotonic() >= self._again_s:
                self._start()
            return
        code = self._process.poll()
        if code is None:
            return
        if counted_in:
            mark_process_dead(self._process.pid, counted_in[_COUNTED_IN])  # type: ignore[no-untyped-call]
        log.error("worker ended", extra={"command": self.command, "worker": self._process.pid, "code": code})
        if code > 0:
            raise SystemExit(code)
        self._again_s = time.monotonic() + RESTART_S

    def ask_to_stop(self) -> None:
        self._process.terminate()

    def wait(self) -> None:
        self._process.wait()


@contextmanager
def _counting(port: int, host: str, beside: Sequence[Collector]) -> Iterator[dict[str, str]]:
    """Serve what the workers count; the variable by which they are told where to. Nothing with port 0."""
    if not port:
        yield {}
        return
    with _counting_folder() as folder:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        for each in beside:
            registry.register(each)
        server, thread = start_http_server(port, addr=host, registry=registry)
        try:
            yield {_COUNTED_IN: folder}
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _counting_folder() -> Iterator[str]:
    """A folder to count in, until the end of the block; those that killed processes have left are removed.

    Each is locked as long as its process lives.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        _remove_if_left(left)
    folder = tempfile.mkdtemp(prefix=_FOLDER)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _remove_if_left(folder: Path) -> None:
    """Remove the folder if no process holds it, unless one may be about to; others' folders are not ours to open."""
    try:
        if time.time() - folder.stat().st_mtime < _JUST_BEGUN_S or folder.stat().st_uid != os.getuid():
            return
        held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(held)
