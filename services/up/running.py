"""One part while it runs: its process, whether it is ready, when it is started again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.up.api import ApiAddress
from services.up.child import Child, Command, describe_exit
from services.up.errors import StartError
from services.up.home import Home
from services.up.parts import Part, Ready
from services.up.progress import FleetProgress, NewLines, parse_fleet_progress, says_ready

FIRST_PAUSE_S, LONGEST_PAUSE_S, HEALTHY_S = 1.0, 30.0, 60.0


def pause_before_restart(failures: int) -> float:
    """Seconds to wait before starting a part again that has failed so often in a row (1 or more)."""
    return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (failures - 1)))


@dataclass(frozen=True)
class Ending:
    """How a part ended, and when it is started again."""

    how: str
    lines: list[str]
    log: Path
    restart_in_s: float


class RunningPart:
    """A part of `enermon up` over its restarts."""

    def __init__(self, part: Part, *, argv: list[str], env: Mapping[str, str], home: Home, api: ApiAddress) -> None:
        self.part = part
        self.progress: FleetProgress | None = None
        self.ready = False
        self.failures = 0
        self.child: Child | None = None
        self.started_at = time.monotonic()
        self._argv = argv
        self._env = env
        self._home = home
        self._api = api
        self._restart_at: float | None = None
        self._lines: NewLines | None = None

    def start(self) -> None:
        """Start the process. Raises StartError when its program is missing."""
        reports = self._home.logs / f"{self.part.name}.progress" if self.part.ready is Ready.FLEET_EVENT else None
        log = self._home.log_file(self.part.name)
        try:
            self.child = Child(Command(argv=self._argv, log=log, env=self._env, stdout=reports))
        except FileNotFoundError as error:
            raise StartError(
                "program_missing", f"{self._argv[0]} is missing: run `make up`, which installs it."
            ) from error
        self._lines = NewLines(reports) if reports else NewLines(log, start=self.child.log_start)
        self._restart_at = None
        self.ready, self.started_at = False, time.monotonic()

    def look(self, *, may_start: bool = True) -> Ending | None:
        """Look whether it is ready or has ended; start it again when its time has come. An ending is given once.

        Without ``may_start`` what has ended stays ended; it is started by the first look with it.
        """
        now = time.monotonic()
        if self._restart_at is not None:
            if may_start and now >= self._restart_at:
                self.start()
            return None
        if self.child is None:
            return None
        if (code := self.child.exit_code()) is None:
            self._look_for_reports()
            return None
        self.failures = 1 if now - self.started_at > HEALTHY_S else self.failures + 1
        pause_s = pause_before_restart(self.failures)
        self._restart_at, self.ready = now + pause_s, False
        lines = self.child.last_lines()
        self.child.kill()  # what it left of its process group
        return Ending(describe_exit(code), lines, self.child.command.log, pause_s)

    def stop(self) -> None:
        """Stop it, killing it when it takes too long."""
        if self.child is not None:
            self.child.stop(self.part.stop_timeout_s)
        self.child, self._restart_at = None, None

    def _look_for_reports(self) -> None:
        if self.part.ready is Ready.HTTP:
            self.ready = self.ready or self._api.answers_ready()
            return
        for line in self._lines.read() if self._lines else ():
            if self.part.ready is Ready.LOG_EVENT:
                self.ready = self.ready or says_ready(line)
            elif found := parse_fleet_progress(line):
                self.progress = found
                self.ready = self.ready or found.phase == "live"
