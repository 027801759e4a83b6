"""A private server that is started again when it has ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.up.child import describe_exit
from services.up.errors import StartError
from services.up.postgres import PrivatePostgres
from services.up.running import pause_before_restart
from services.up.screen import Screen
from services.up.stack import Broker


@dataclass
class KeptServer:
    """A private server and its next restart after it has ended."""

    server: PrivatePostgres | Broker
    screen: Screen
    logs: Path
    failures: int = 0
    restart_at: float | None = None

    def look(self, check: Callable[[], None]) -> None:
        """See whether it has ended; start it again when its time has come. ``check`` may raise to give up."""
        server, now = self.server, time.monotonic()
        if self.restart_at is None:
            code = server.exit_code()
            if code is not None:
                self._put_off(now)
                log = str(self.logs / f"{server.name}.log")
                pause_s = pause_before_restart(self.failures)
                self.screen.died(server.name, describe_exit(code), server.last_lines(), log=log, restart_in_s=pause_s)
        elif now >= self.restart_at:
            try:
                server.start(check)
            except StartError as error:
                self._put_off(time.monotonic())
                self.screen.note(f"      {server.name}: {error}")
            else:
                self.restart_at, self.failures = None, 0
                self.screen.ready(server.name, "again", time.monotonic() - now)

    def _put_off(self, now: float) -> None:
        self.failures += 1
        self.restart_at = now + pause_before_restart(self.failures)
