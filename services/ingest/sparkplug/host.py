"""The Sparkplug host as a process: `enermon sparkplug`.

Data come with QoS 0 and are not answered. What makes them complete is that edge nodes keep theirs while their primary
host is offline. So STATE is tied to the whole chain: when the database has taken nothing for some seconds, the host
says that it goes, and disconnects (while connected it would have to contradict its own `false`); it is back when it can
store again. One thread works, another watches it: a database that hangs holds up the work, and not the word about it.
"""

import logging
import signal
import threading
import time
from functools import partial

import psycopg
from prometheus_client import start_http_server

from services.core.calendar import to_us
from services.core.clock import utc_now
from services.core.mqtt_address import parse_mqtt_url
from services.core.settings import BadSettingError, Settings
from services.ingest.database import IngestDatabase
from services.ingest.intake import ForeignMessage, store_foreign
from services.ingest.message import Answer, UnreadableMessage
from services.ingest.sparkplug import metrics
from services.ingest.sparkplug.broker import HostConnection
from services.ingest.sparkplug.inbox import Inbox
from services.ingest.sparkplug.keeping import is_able, keep_sessions, note_left, registered_edges
from services.ingest.sparkplug.sessions import EdgeSessions, SessionBatch
from services.ingest.validate import KnownRegistry

log = logging.getLogger("sparkplug")

WRITER = "sparkplug"
MOST_WAITING_BYTES = 64_000_000
_A_BATCH = 2_000
_A_BATCH_BYTES = 4_000_000
_WAIT_S = 0.05
_PING_EVERY_S = 1.0
_TICK_S = 0.1
_JOIN_EVERY_S = 1.0
_DRAIN_S = 20.0


class SparkplugHost:
    """Call `run`; `stop` may be called from a signal."""

    def __init__(self, settings: Settings) -> None:
        address = parse_mqtt_url((settings.sparkplug_mqtt_url or settings.mqtt_url).get_secret_value())
        if settings.sparkplug_mqtt_url is None and address.user is not None:
            # Of two connections of one user the broker ends the older one, and ingest's would lose its messages.
            raise BadSettingError("ENERMON_SPARKPLUG_MQTT_URL is not set, and ENERMON_MQTT_URL names a user of another")
        self._patience_s = settings.sparkplug_patience_s
        self._inbox = Inbox()
        self._connection = HostConnection(address, host=settings.sparkplug_host, inbox=self._inbox, now_ms=_now_ms)
        self._sessions = EdgeSessions(reorder_s=settings.sparkplug_reorder_s)
        self._stopping = threading.Event()
        self._draining = threading.Event()
        self._giving_up = threading.Event()
        url = settings.database_url.get_secret_value()
        self._database = IngestDatabase(url, stopping=self._giving_up, application_name="enermon-sparkplug")
        self._known: KnownRegistry | None = None
        self._well_s = -float("inf")
        self._last_ping_s = -float("inf")
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """End in order: say so, store what has come, and go."""
        self._stopping.set()

    def run(self) -> None:
        """Run until told to stop. Raises what the work has failed with."""
        worker = threading.Thread(target=self._work_or_fail, name="work", daemon=True)
        worker.start()
        tried_s = -float("inf")
        ready = False
        while not self._stopping.is_set() and worker.is_alive():
            now_s = time.monotonic()
            well = self._is_well(now_s)
            if self._connection.online and not well:
                self._connection.leave("the database takes no data")
            elif well and not self._connection.online and now_s - tried_s >= _JOIN_EVERY_S:
                tried_s = now_s
                if self._connection.join() and not ready:
                    ready = True
                    log.info("ready")
            metrics.ONLINE.set(self._connection.online)
            metrics.WAITING_BYTES.set(self._inbox.size)
            self._stopping.wait(_TICK_S)
        self._connection.leave("told to stop")
        self._connection.close()
        self._draining.set()
        worker.join(_DRAIN_S)
        self._giving_up.set()
        worker.join(_DRAIN_S)
        if self._failure is not None:
            raise self._failure

    def _is_well(self, now_s: float) -> bool:
        """Whether what comes can be stored."""
        return now_s - self._well_s < self._patience_s and self._inbox.size < MOST_WAITING_BYTES

    def _work_or_fail(self) -> None:
        try:
            self._work()
        except BaseException as failure:  # noqa: BLE001 - told by the thread that waits for this one
            self._failure = failure
        finally:
            self._database.close()

    def _work(self) -> None:
        while True:
            done = self._draining.is_set() and not len(self._inbox)
            if not self._ping() or self._giving_up.is_set():
                self._say_what_is_lost()
                return
            joined, came = self._inbox.take(most=_A_BATCH, most_bytes=_A_BATCH_BYTES, wait_s=_WAIT_S)
            assert self._known is not None
            now_s = time.monotonic()
            if joined is not None:
                self._sessions.joined(now_s, first=joined.first, unclean=joined.unclean)
            batch = self._sessions.take(came, now_s, self._known.points)
            if done:
                self._sessions.end(batch, self._known.points)
            for address in sorted(batch.unknown_edges):
                log.warning("an edge node that is not registered", extra={"edge_node": str(address)})
            if not batch.is_empty() and not self._database.retry(partial(self._store, batch)):
                log.error("not stored: told to stop while the database was away", extra={"messages": len(came)})
                return
            if self._connection.online and (node := self._sessions.next_to_ask(now_s)) is not None:
                self._connection.ask_for_births(node.address)
                metrics.REBIRTHS.labels(node.gateway).inc()
            if done:
                self._database.retry(lambda: note_left(self._database.connection()))
                return

    def _ping(self) -> bool:
        """Read the registry, see now and then that the database could take data; False if told to give up."""
        now_s = time.monotonic()
        if now_s - self._last_ping_s < _PING_EVERY_S and self._known is not None:
            return True
        if not self._database.retry(self._look):
            return False
        self._last_ping_s = now_s
        return True

    def _look(self) -> None:
        connection = self._database.connection()
        if not is_able(connection):
            raise psycopg.OperationalError("the database takes no data: it is read-only, or in recovery")
        known = self._database.registry()
        if known is not self._known:
            self._sessions.register(registered_edges(connection))
            self._known = known
        self._well_s = time.monotonic()

    def _store(self, batch: SessionBatch) -> None:
        """Commit a batch. What the database refuses for good is kept with that reason, and holds up nothing else."""
        connection = self._database.connection()
        try:
            self._commit(connection, batch, batch.messages)
        except psycopg.DataError:
            log.exception("batch refused by the database, storing message by message")
            refused = [self._one_by_one(connection, message) for message in batch.messages]
            self._commit(connection, batch, [message for message in refused if message is not None])
        self._well_s = time.monotonic()

    def _one_by_one(self, connection: psycopg.Connection, message: ForeignMessage) -> ForeignMessage | None:
        """Store one; what of it is left to be kept where the database refuses it."""
        try:
            self._commit(connection, SessionBatch(), [message])
        except psycopg.DataError as error:
            why = UnreadableMessage("not_stored", f"the database refused it: {type(error).__name__}")
            return ForeignMessage(message.gateway, message.source[:200], message.payload, why)
        return None

    def _commit(self, connection: psycopg.Connection, batch: SessionBatch, messages: list[ForeignMessage]) -> None:
        assert self._known is not None
        with connection.transaction():
            answers = store_foreign(connection, self._known, messages, now_us=to_us(utc_now()), writer=WRITER)
            keep_sessions(connection, batch, self._sessions.nodes())
        _count(batch, messages, answers)

    def _say_what_is_lost(self) -> None:
        if len(self._inbox):
            log.error("not stored: told to stop while the database was away", extra={"messages": len(self._inbox)})


def _count(batch: SessionBatch, messages: list[ForeignMessage], answers: list[Answer | UnreadableMessage]) -> None:
    for message, answer in zip(messages, answers, strict=True):
        gateway = message.gateway or ""
        if isinstance(answer, Answer):
            metrics.READINGS.labels(gateway, "stored").inc(answer.stored)
            metrics.READINGS.labels(gateway, "duplicate").inc(answer.duplicate)
            metrics.READINGS.labels(gateway, "rejected").inc(len(answer.rejected))
        else:
            metrics.REFUSED.labels(gateway, answer.code).inc()
    for gateway, incident in batch.incidents:
        metrics.INCIDENTS.labels(gateway, incident.kind).inc()
        log.warning("messages may be missing", extra={"gateway": gateway, "kind": incident.kind})
    metrics.STALE_DEATHS.inc(batch.stale_deaths)


def _now_ms() -> int:
    return to_us(utc_now()) // 1000


def run(settings: Settings) -> None:
    """Run the host in the foreground until SIGTERM or SIGINT."""
    if settings.sparkplug_metrics_port:
        start_http_server(settings.sparkplug_metrics_port, addr=settings.metrics_host)
    host = SparkplugHost(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: host.stop())
    host.run()
