"""What ingest does beside its work: keeps what was rejected within bounds, and says what was turned away."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

import psycopg

from services.core.clock import utc_now
from services.core.settings import Settings
from services.ingest import metrics
from services.ingest.retention import Kept, count_dropped, drop, more_may_be_due

log = logging.getLogger("ingest.keeper")

KEEP_EVERY_S = 600.0
AGAIN_S = 1.0
SAY_EVERY_S = 10.0


class Keeper:
    """Remembers what was turned away until it is written down; both threads of ingest may call it."""

    def __init__(self, settings: Settings) -> None:
        self._kept = Kept(
            days=settings.rejected_days,
            readings=settings.rejected_most_readings,
            messages=settings.rejected_most_messages,
            messages_bytes=settings.rejected_most_bytes,
        )
        self._turned_away: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._say_s = 0.0
        self._keep_s = 0.0
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
        much = 2 * self._fresh[0] > self._kept.readings or 2 * self._fresh[1] > self._kept.messages_bytes
        if much or now_s >= self._keep_s:
            self._fresh = [0, 0]
            dropped = drop(database(), self._kept, now=utc_now())
            self._keep_s = now_s + (AGAIN_S if more_may_be_due(dropped) else KEEP_EVERY_S)
            for (gateway, kind, reason), count in dropped.items():
                metrics.DROPPED.labels(kind, reason).inc(count)
                told = {"gateway": gateway, "kind": kind, "reason": reason, "dropped": count}
                log.warning("rejected and not kept any longer", extra=told)

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
        for gateway, count in turned_away.items():
            log.warning(
                "gateway floods, messages turned away unanswered", extra={"gateway": gateway, "messages": count}
            )
