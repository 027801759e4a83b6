"""Keeps what was rejected within bounds: one ingest process leads in that, in a thread beside its work."""

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from psycopg import Notify

from services.core.clock import utc_now
from services.core.db.leading import LockKey, Turn, lead_and_serve
from services.core.db.roles import DatabaseRole
from services.core.settings import Settings
from services.ingest import metrics
from services.ingest.mqtt.keeper import kept_by
from services.ingest.retention import Retention, drop, listen_for_asking, more_may_be_due

log = logging.getLogger("ingest.dropping")

DROP_EVERY_S = 600.0
AGAIN_S = 1.0


@contextmanager
def retaining(settings: Settings) -> Iterator[Future[None]]:
    """Drop what is not kept any longer, in a thread, until the block ends; the future ends before by a fault alone."""
    kept = kept_by(settings)
    stopping = threading.Event()

    @contextmanager
    def dropping(connection: psycopg.Connection) -> Iterator[Turn]:
        listen_for_asking(connection)
        yield turn_of(connection, kept)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="retention") as thread:
        url = settings.database_url.get_secret_value()
        try:
            yield thread.submit(
                lead_and_serve, LockKey.RETENTION, url, dropping, role=DatabaseRole.INGEST, stopping=stopping
            )
        finally:
            stopping.set()


def turn_of(connection: psycopg.Connection, kept: Retention) -> Turn:
    """Drops, says what, and comes again every ten minutes, at once where there may be more, or when asked to."""

    def turn(_told: Sequence[Notify]) -> float:
        dropped = drop(connection, kept, now=utc_now())
        for (gateway, kind, reason), count in dropped.items():
            metrics.DROPPED.labels(kind, reason).inc(count)
            about = {"gateway": gateway, "kind": kind, "reason": reason, "dropped": count}
            log.warning("rejected and not kept any longer", extra=about)
        return AGAIN_S if more_may_be_due(dropped) else DROP_EVERY_S

    return turn
