"""Ingest: takes messages from the broker, stores them in batches, acknowledges and answers after the commit."""

import itertools
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import psycopg
from prometheus_client import start_http_server
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential
from tenacity.stop import stop_when_event_set

from services.core.db.engine import connect
from services.core.domain.calendar import to_us
from services.core.intake import store as intake_store
from services.core.intake.decode import decode, gateway_of
from services.core.intake.message import Answer, Checked, UnreadableMessage
from services.core.intake.registry import RegistryReader
from services.core.intake.store import Unreadable
from services.core.intake.validate import Known, check
from services.core.settings import Settings
from services.ingest import metrics
from services.ingest.answers import payloads
from services.ingest.broker import Broker, parse_url
from services.ingest.clock import utc_now
from services.ingest.keeper import Keeper
from services.ingest.queue import MessageQueue, Received

log = logging.getLogger("ingest")

_BYTES_A_READING = 90


class Ingest:
    """One ingest process: a broker session, a queue, and a writer with a database connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._writer = f"ingest-{settings.ingest_instance}"
        self._stopping = threading.Event()
        self._queue = MessageQueue(most_messages=settings.ingest_queue_messages, most_bytes=settings.ingest_queue_bytes)
        self._statuses: dict[str, bool] = {}
        self._statuses_lock = threading.Lock()
        self._registry = RegistryReader()
        self._broker = Broker(
            parse_url(settings.mqtt_url.get_secret_value()),
            client_id=settings.ingest_client_id or f"enermon-ingest-{settings.ingest_instance}",
            shared=settings.ingest_share,
            queue=self._queue,
            receive_maximum=settings.ingest_queue_messages,
            on_status=self._take_status,
            on_turned_away=self._note_turned_away,
        )
        self._keeper = Keeper(settings)
        self._connection: psycopg.Connection | None = None

    def stop(self) -> None:
        """Finish the batch at hand and leave."""
        self._stopping.set()
        self._queue.close()

    def run(self) -> None:
        """Work until `stop`. Database and broker may come and go; messages wait at the broker meanwhile."""
        self._retry(lambda: self._registry.read(self._database()))
        if not self._broker.start(self._stopping):
            return
        log.info("ready")
        try:
            while not self._stopping.is_set():
                batch = self._next_batch()
                if batch:
                    self._handle(batch)
                self._note_statuses()
                self._retry(lambda: self._keeper.work(self._database, now_s=time.monotonic()))
        finally:
            self._broker.stop()
            if self._connection is not None:
                self._connection.close()

    def _next_batch(self) -> list[Received]:
        """Messages until their readings fill a batch or the oldest has waited long enough."""
        settings = self._settings
        # About what one commit holds, of each gateway in turn: who sends little does not wait for who sends much.
        most_bytes = settings.ingest_batch_readings * _BYTES_A_READING
        batch = self._queue.take(most=settings.ingest_queue_messages, timeout_s=0.5, most_bytes=most_bytes)
        if not batch:
            return batch
        due_s = batch[0].arrived_s + settings.ingest_batch_age_s
        size = sum(len(m.payload) for m in batch)
        while size < settings.ingest_batch_readings * 30 and len(batch) < settings.ingest_queue_messages:
            left_s = due_s - time.monotonic()
            if left_s <= 0 or self._stopping.is_set():
                break
            room = settings.ingest_queue_messages - len(batch)
            more = self._queue.take(most=room, timeout_s=left_s, most_bytes=most_bytes - size)
            batch.extend(more)
            size += sum(len(m.payload) for m in more)
        return batch

    def _handle(self, batch: list[Received]) -> None:
        """Store a batch in parts of bounded size, and give up only when told to stop."""
        for part in self._parts(batch):
            messages = [m for m, _ in part]
            if not self._retry(partial(self._store, part)):
                return
            self._queue.done(messages)

    def _parts(self, batch: list[Received]) -> Iterator[list[tuple[Received, Checked | Unreadable]]]:
        known = self._read_registry()
        part: list[tuple[Received, Checked | Unreadable]] = []
        readings = 0
        for message in batch:
            checked = self._check(message, known)
            part.append((message, checked))
            readings += len(checked.meter_ids) + len(checked.rejected) if isinstance(checked, Checked) else 1
            if readings >= self._settings.ingest_batch_readings:
                yield part
                part, readings = [], 0
        if part:
            yield part

    def _read_registry(self) -> Known:
        known: list[Known] = []
        self._retry(lambda: known.append(self._registry.read(self._database())))
        return known[0] if known else Known({}, frozenset())

    def _check(self, message: Received, known: Known) -> Checked | Unreadable:
        gateway: str | None = None
        try:
            gateway = gateway_of(message.topic)
            return check(decode(gateway, message.payload), known, now_us=to_us(utc_now()))
        except UnreadableMessage as reason:
            return Unreadable(gateway, message.topic, message.payload, reason)
        except Exception:
            # At the rim: a message that nobody foresaw is kept and logged, and does not hold up the others for ever.
            log.exception("message could not be read", extra={"topic": message.topic})
            unforeseen = UnreadableMessage("undecodable", "could not be read; the log of ingest says why")
            return Unreadable(gateway, message.topic, message.payload, unforeseen)

    def _store(self, part: list[tuple[Received, Checked | Unreadable]]) -> None:
        """Commit a part, then acknowledge and answer it. A message the database refuses does not hold up the others."""
        checked = [c for _, c in part if isinstance(c, Checked)]
        unreadable = [c for _, c in part if isinstance(c, Unreadable)]
        started_s = time.monotonic()
        try:
            answers = intake_store.store(self._database(), checked, unreadable, writer=self._writer)
        except psycopg.DataError as error:
            if len(part) > 1:
                log.exception("batch refused by the database, storing message by message")
                for single in part:
                    self._store([single])
                return
            message = part[0][0]
            log.exception("message refused by the database", extra={"topic": message.topic})
            reason = UnreadableMessage("not_stored", f"the database refused it: {type(error).__name__}")
            gateway = checked[0].gateway if checked else None
            unreadable = [Unreadable(gateway, message.topic[:200], message.payload, reason)]
            checked, answers = [], intake_store.store(self._database(), [], unreadable, writer=self._writer)
        metrics.observe(answers, unreadable, seconds=time.monotonic() - started_s)
        rejected = sum(len(answer.rejected) for answer in answers)
        self._keeper.note_rejected(rows=rejected, size=sum(len(message.payload) for message in unreadable))
        self._broker.acknowledge([m for m, _ in part])
        self._answer(checked, answers, unreadable)

    def _answer(self, checked: list[Checked], answers: list[Answer], unreadable: list[Unreadable]) -> None:
        """Tell each gateway what this commit did with its messages."""
        told = [(c.gateway, a.as_json()) for c, a in zip(checked, answers, strict=True)]
        for message in unreadable:
            # Not answered: an answer ends a message, but this one is taken once the gateway is registered.
            if message.gateway is not None and message.reason.code != "unknown_gateway":
                why = {"code": message.reason.code, "detail": message.reason.detail}
                told.append((message.gateway, Answer(message.reason.seq, rejected=[why]).as_json()))
        told.sort(key=lambda pair: pair[0])
        for gateway, mine in itertools.groupby(told, key=lambda pair: pair[0]):
            for payload in payloads(answer for _, answer in mine):
                self._broker.answer(gateway, payload)

    def _note_statuses(self) -> None:
        """Keep the newest word of each gateway; what it said in between is of no use to anyone."""
        with self._statuses_lock:
            said, self._statuses = self._statuses, {}
        if not said:
            return
        known = self._read_registry().gateways
        for gateway in said.keys() - known:
            log.warning("status of an unknown gateway", extra={"gateway": gateway})
        wanted = {gateway: online for gateway, online in said.items() if gateway in known}
        if wanted:
            self._retry(lambda: intake_store.note_statuses(self._database(), wanted))

    def _take_status(self, gateway: str, online: bool) -> None:
        with self._statuses_lock:
            self._statuses[gateway] = online

    def _note_turned_away(self, topic: str) -> None:
        metrics.TURNED_AWAY.inc()
        try:
            self._keeper.note_turned_away(gateway_of(topic))
        except UnreadableMessage:
            log.warning("message turned away", extra={"topic": topic[:200]})

    def _database(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            url = self._settings.database_url.get_secret_value()
            self._connection = connect(url, application_name="enermon-ingest")
        return self._connection

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def _retry(self, work: Callable[[], object]) -> bool:
        """Do `work`, again and again while the database is away; False if told to stop before it was done."""
        try:
            for attempt in Retrying(
                wait=wait_exponential(multiplier=0.1, max=5),
                retry=retry_if_exception_type((psycopg.OperationalError, psycopg.errors.UndefinedTable)),
                stop=stop_when_event_set(self._stopping),
                sleep=self._pause,
                before_sleep=_say_waiting,
                reraise=True,
            ):
                with attempt:
                    work()
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            if not self._stopping.is_set():
                raise
            return False
        return True


def _say_waiting(state: RetryCallState) -> None:
    log.warning("database not available, waiting", extra={"reason": _reason(state)})


def _reason(state: RetryCallState) -> str:
    failure = state.outcome.exception() if state.outcome else None
    return str(failure).strip()


def run(settings: Settings) -> None:
    """Run one ingest process in the foreground until SIGTERM or SIGINT."""
    if settings.ingest_metrics_port:
        start_http_server(settings.ingest_metrics_port, addr=settings.metrics_host)
    ingest = Ingest(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ingest.stop())
    ingest.run()
