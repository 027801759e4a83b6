"""Ending what a killed `enermon up` left running in a folder of its home."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from services.up.child import TICK_S


def processes_in(folder: Path) -> set[int]:
    """Processes whose working directory is this folder (Linux; elsewhere none is seen)."""
    found: set[int] = set()
    target = str(folder.resolve())
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str((entry / "cwd").readlink()) == target:
                found.add(int(entry.name))
    return found - {os.getpid()}


def end_processes_in(folder: Path, leader: int | None, *, stop_signal: signal.Signals, timeout_s: float) -> None:
    """End every process that works in the folder: the leader is asked and given time, what stays is killed."""
    found = processes_in(folder)
    if not found:
        return
    for pid in [leader] if leader in found and leader is not None else found:
        _signal(pid, stop_signal)
    deadline = time.monotonic() + timeout_s
    while processes_in(folder) and time.monotonic() < deadline:
        time.sleep(TICK_S)
    while left := processes_in(folder):
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(TICK_S)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
