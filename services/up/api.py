"""The API of `enermon up`: where it listens, and whether what answers there is this API and not another program."""

import http.client
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from services.up.child import TICK_S
from services.up.ports import LOOPBACK, choose_port, is_free

PREFERRED_PORT = 8000
PORT_SETTING = "ENERMON_API_PORT"
PORT_PATIENCE_S = 5.0
HEALTH_TIMEOUT_S = 1.0
# Both names are also in services/api/routes/health.py, which answers the one with the other.
INSTANCE_VARIABLE = "ENERMON_API_INSTANCE"
INSTANCE_HEADER = "X-Enermon-Instance"


@dataclass(frozen=True)
class ApiAddress:
    """Where the API listens. ``instance`` is a word of this one start, by which its answers are known; no secret."""

    host: str
    port: int
    instance: str

    @property
    def reached_at(self) -> str:
        """The host by which this machine reaches its own API."""
        return LOOPBACK if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104  compared, not bound

    @property
    def url(self) -> str:
        """Where this machine opens the console."""
        host = f"[{self.reached_at}]" if ":" in self.reached_at else self.reached_at
        return f"http://{host}:{self.port}"

    def environment(self) -> dict[str, str]:
        """What the API is told, so that it listens here and is known by its answers."""
        return {
            "ENERMON_API_HOST": self.host,
            PORT_SETTING: str(self.port),
            INSTANCE_VARIABLE: self.instance,
        }

    def answers_ready(self) -> bool:
        """True when GET /health/ready answers 200 with the word of this instance.

        Another installation that took the port answers 200 too, with no word or another one.
        """
        connection = http.client.HTTPConnection(self.reached_at, self.port, timeout=HEALTH_TIMEOUT_S)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            return answer.status == http.client.OK and answer.getheader(INSTANCE_HEADER) == self.instance
        return False


def await_port(*, host: str, fixed: int | None, remembered: int | None, check: Callable[[], None]) -> int:
    """A port that the API can have: the fixed one, else that of the last start, else the first free one from 8000 on.

    A taken port is waited for a little: the API of a killed `enermon up` may be ending just now. ``check`` may raise to
    give up. Raises StartError when the fixed port is taken, or none is free.
    """
    awaited, deadline = fixed or remembered, time.monotonic() + PORT_PATIENCE_S
    while awaited and not is_free(awaited, host) and time.monotonic() < deadline:
        check()
        time.sleep(TICK_S)
    free = partial(is_free, host=host)
    return choose_port(fixed=fixed, remembered=remembered, preferred=PREFERRED_PORT, setting=PORT_SETTING, free=free)
