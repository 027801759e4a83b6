"""A connection of ingest to the database, waited for while the database is away."""

import logging
import threading
from collections.abc import Callable

import psycopg
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential
from tenacity.stop import stop_when_event_set

from services.core.db.connections import connect
from services.core.db.failures import PASSING, warn_of
from services.core.db.roles import DatabaseRole
from services.ingest.registry import RegistryReader
from services.ingest.validate import KnownRegistry

log = logging.getLogger("ingest")


class IngestDatabase:
    """A connection and what it has read of the registry; for one thread."""

    def __init__(self, url: str, *, stopping: threading.Event, application_name: str = "enermon-ingest") -> None:
        self._url = url
        self._application_name = application_name
        self._stopping = stopping
        self._connection: psycopg.Connection | None = None
        self._registry = RegistryReader()

    def connection(self) -> psycopg.Connection:
        """The connection, made anew if it was lost. Raises psycopg.OperationalError."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, role=DatabaseRole.INGEST, application_name=self._application_name)
        return self._connection

    def registry(self) -> KnownRegistry:
        """The registry now; an empty one when told to stop before it could be read."""
        known: list[KnownRegistry] = []
        self.retry(lambda: known.append(self.registry_now()))
        return known[0] if known else KnownRegistry({}, frozenset())

    def registry_now(self) -> KnownRegistry:
        """The registry now, without waiting for a database that is away. Raises psycopg.Error."""
        return self._registry.read(self.connection())

    def retry(self, work: Callable[[], object]) -> bool:
        """Do `work`, again while the database is away or gives it up; False if told to stop before it was done."""
        try:
            for attempt in Retrying(
                wait=wait_exponential(multiplier=0.1, max=5),
                retry=retry_if_exception_type(PASSING),
                stop=stop_when_event_set(self._stopping),
                sleep=self._pause,
                before_sleep=_say_waiting,
                reraise=True,
            ):
                with attempt:
                    work()
        except PASSING:
            if not self._stopping.is_set():
                raise
            return False
        return True

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)


def _say_waiting(state: RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, PASSING)
    warn_of(failure, log)
