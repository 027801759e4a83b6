"""Hears from the database when energy was booked."""

import asyncio
import logging
import threading

import psycopg

from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole

log = logging.getLogger("enermon.api.live")

CHANNEL = "enermon_energy"
_RETRY_S = 2.0


class Broadcast:
    """Listens to the database once for all streams and counts how often energy was booked."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def join(self, event: asyncio.Event) -> None:
        """Set `event`, of the running loop, whenever energy was booked."""
        with self._lock:
            self._waiting.add((asyncio.get_running_loop(), event))
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()

    def leave(self, event: asyncio.Event) -> None:
        """Do not set `event` any more."""
        with self._lock:
            self._waiting = {pair for pair in self._waiting if pair[1] is not event}

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                with connect(self._database_url, role=DatabaseRole.API, application_name="enermon-live") as connection:
                    connection.autocommit = True
                    connection.execute(f"LISTEN {CHANNEL}")
                    # What was booked while nobody listened.
                    self._wake()
                    while not self._closing.is_set():
                        for _ in connection.notifies(timeout=1.0, stop_after=1):
                            self._wake()
            except psycopg.OperationalError as error:
                log.warning("live stream waits for the database: %s", type(error).__name__)
                self._closing.wait(_RETRY_S)

    def _wake(self) -> None:
        with self._lock:
            for loop, event in self._waiting:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(event.set)
