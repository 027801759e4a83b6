"""The process that cleans up when `enermon up` is killed without a chance to do it: ``python -m services.up.watchdog``.

Its standard input is a pipe from `enermon up`. Each line is a JSON object of the process groups that run now and the
signal that stops each, in the order in which to stop them. When the pipe ends without an empty object before it, the
writer is dead: the groups are stopped, and killed if they do not stop.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from services.up.child import TICK_S, signal_group

PATIENCE_S = 20.0


class Watchdog:
    """The parent's end of the pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.up.watchdog"], stdin=subprocess.PIPE, start_new_session=True
        )
        self._told: dict[int, int] = {}

    def watch(self, groups: Mapping[int, int]) -> None:
        """Tell which process groups run now, with the signal that stops each."""
        wanted = dict(groups)
        if wanted == self._told or self._process.stdin is None or self._process.poll() is not None:
            return
        with suppress(BrokenPipeError):  # it was killed; the kernel still ends the parts with their parent
            self._process.stdin.write(json.dumps(list(wanted.items())).encode() + b"\n")
            self._process.stdin.flush()
            self._told = wanted

    def close(self) -> None:
        """End it: nothing runs any more."""
        self.watch({})
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Read until the pipe ends, then end what is left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: list[tuple[int, int]] = []
    for line in sys.stdin:
        groups = [(int(group), int(number)) for group, number in json.loads(line)]
    for group, number in groups:
        signal_group(group, number)
    deadline = time.monotonic() + PATIENCE_S
    while any(_alive(group) for group, _ in groups) and time.monotonic() < deadline:
        time.sleep(TICK_S)
    for group, _ in groups:
        signal_group(group, signal.SIGKILL)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
