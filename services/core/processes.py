"""What a process knows of the machine, and how it ends with the one that started it."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def cores() -> int:
    """The cores that this process may use, at least one."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child does first, so that the kernel sends it the signal when this process dies, however it dies (Linux).

    It is to be called in the parent. None where the kernel cannot.
    """
    libc, parent = _libc, os.getpid()
    if libc is None:
        return None

    def set_in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:
            os._exit(1)

    return set_in_child
