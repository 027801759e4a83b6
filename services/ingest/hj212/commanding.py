"""Tells connected monitors the time, and asks them for hours that are missing, where the operator has asked for it."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from services.ingest.hj212.commands import ask_for_hours, runs_of, set_clock
from services.ingest.hj212.server import MonitorServer

log = logging.getLogger("hj212")

CLOCK_EVERY = timedelta(days=1)
ASK_EVERY = timedelta(hours=1)
LOOKS_BACK = timedelta(days=7)
SETTLE = timedelta(hours=1)
"""An hour that has just ended may be on its way."""
_MOST_REQUESTS = 4


class Commanding:
    """Remembers what each monitor was told; `missing` has of each gateway the hours that are, in their order."""

    def __init__(self, server: MonitorServer) -> None:
        self._server = server
        self._clock_set: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}

    def set_clocks(self, now: datetime) -> None:
        """Set the clock of each monitor that is connected, once a day, and at its first connection."""
        for gateway in self._server.speakers():
            is_due = now - self._clock_set.get(gateway, now - CLOCK_EVERY) >= CLOCK_EVERY
            if is_due and self._server.tell(gateway, partial(set_clock, now=now)):
                self._clock_set[gateway] = now

    def to_ask(self, now: datetime) -> list[str]:
        """Monitors that are connected and may be asked again."""
        return [
            gateway
            for gateway in self._server.speakers()
            if now - self._asked.get(gateway, now - ASK_EVERY) >= ASK_EVERY
        ]

    def ask(self, gateways: Sequence[str], missing: Mapping[str, Sequence[datetime]], now: datetime) -> None:
        """Ask each for the oldest hours that are missing, a few requests at once."""
        for gateway in gateways:
            self._asked[gateway] = now
            for number, (first, final) in enumerate(islice(runs_of(missing.get(gateway, ())), _MOST_REQUESTS)):
                # Each has a number of its own.
                at = now + timedelta(milliseconds=number)
                self._server.tell(gateway, partial(ask_for_hours, first=first, final=final, now=at))
                log.info("asked for hours", extra={"gateway": gateway, "first": first.isoformat()})
