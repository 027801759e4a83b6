"""What ingest does beside its work: says what was turned away, and asks for room when much was rejected."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

import psycopg

from services.core.settings import Settings
from services.ingest.retention import Retention, ask_to_drop, count_dropped

log = logging.getLogger("ingest.keeper")

SAY_EVERY_S = 10.0
_MOST_SAID = 50
"""Gateways that the log names at once; all are counted."""


def kept_by(settings: Settings) -> Retention:
    """What is kept of what was rejected."""
    return Retention(
        days=settings.rejected_days,
        readings=settings.rejected_most_readings,
        messages=settings.rejected_most_messages,
        messages_bytes=settings.rejected_most_bytes,
    )


class Keeper:
    """Remembers what was turned away until it is written down; both threads of ingest may call it."""

    def __init__(self, settings: Settings) -> None:
        self._kept = kept_by(settings)
        self._turned_away: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._say_s = 0.0
        self._fresh = [0, 0]
        """Rows and bytes rejected since it was last seen to what is kept."""

    def note_turned_away(self, gateway: str) -> None:
        """A message of this gateway was neither taken nor answered, because the gateway floods."""
        with self._lock:
            self._turned_away[gateway] += 1

    def note_rejected(self, *, rows: int, size: int) -> None:
        """So much was rejected and kept; what is much is seen to before its time."""
        self._fresh[0] += rows
        self._fresh[1] += size

    def work(self, database: Callable[[], psycopg.Connection], *, now_s: float) -> None:
        """Do what is due; `now_s` by a clock that only rises. Raises psycopg.Error."""
        if now_s >= self._say_s:
            self._say(database)
            self._say_s = now_s + SAY_EVERY_S
        if 2 * self._fresh[0] > self._kept.readings or 2 * self._fresh[1] > self._kept.messages_bytes:
            ask_to_drop(database())
            self._fresh = [0, 0]

    def _say(self, database: Callable[[], psycopg.Connection]) -> None:
        with self._lock:
            turned_away = dict(self._turned_away)
        if not turned_away:
            return
        connection = database()
        with connection.transaction():
            count_dropped(connection, "message", "flood", turned_away)
        with self._lock:
            self._turned_away -= Counter(turned_away)
        for gateway, count in Counter(turned_away).most_common(_MOST_SAID):
            log.warning(
                "gateway floods, messages turned away unanswered", extra={"gateway": gateway, "messages": count}
            )
