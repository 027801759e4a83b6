"""Ingest: takes messages from the broker, stores them in batches, acknowledges and answers after the commit.

Two stages work at once: while the database stores a batch, the next one is decoded, checked and arranged.
"""

import gc
import logging
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import psycopg
from prometheus_client import start_http_server

from services.core.calendar import to_us
from services.core.clock import utc_now
from services.core.db.effort import effort_of
from services.core.mqtt_address import parse_mqtt_url
from services.core.settings import Settings
from services.ingest import metrics
from services.ingest import store as intake_store
from services.ingest.arranged import Arranged, arrange
from services.ingest.database import IngestDatabase
from services.ingest.formats.kinds import decode, format_of, gateway_of
from services.ingest.formats.payload_text import number_of
from services.ingest.intake import BY_PROFILE, checked_by_profile
from services.ingest.message import NOTHING_BESIDE, OWN_FORMAT, Answer, Checked, UnreadableMessage
from services.ingest.mqtt.answers import payloads
from services.ingest.mqtt.broker import BrokerSession
from services.ingest.mqtt.dropping import retaining
from services.ingest.mqtt.keeper import Keeper
from services.ingest.mqtt.pace import CommitPace
from services.ingest.mqtt.queue import MessageQueue, Received
from services.ingest.profiles.decode import Came
from services.ingest.rejected import Unreadable
from services.ingest.statuses import note_statuses
from services.ingest.topics import foreign_gateway
from services.ingest.validate import KnownRegistry, check

log = logging.getLogger("ingest")

_BYTES_A_READING = 90
# So many batches fit into the queue: one is stored, one made ready, and others come in meanwhile.
_BATCHES_QUEUED = 4
_WAIT_S = 0.5
_QUIET_BATCHES = 6
"""So many times nothing came: what waited at the broker is stored."""
# Messages that come again come many together: so many batches go by way of the stage once one was not all new.
_STAGED_BATCHES = 100
# A thread whose answer from the database or the broker is there gets its turn after so long (5 ms unless told).
_SWITCH_S = 0.0005
# Messages that wait are many objects and no garbage: to look through them as often as Python does of itself (after 700
# new ones) took a third of the processor time of small messages.
_COLLECT_AFTER = (50_000, 10, 10)


@dataclass(frozen=True, slots=True)
class _MessageBatch:
    """What one commit stores: each message as it was received and as it was read, and the checked ones arranged."""

    received: Sequence[Received]
    read: Sequence[Checked | Unreadable]
    arranged: Arranged


class Ingest:
    """One ingest process: a broker session, a queue, and two stages with a database connection each."""

    def __init__(self, settings: Settings, *, leave: bool = False) -> None:
        self._settings = settings
        self._leave = leave
        self._writer = f"ingest-{settings.ingest_instance}"
        self._stopping = threading.Event()
        self._queue = MessageQueue(most_messages=settings.ingest_queue_messages, most_bytes=settings.ingest_queue_bytes)
        self._pace = CommitPace(settings.ingest_batch_readings)
        self._staged_batches = 0
        self._statuses: dict[str, bool] = {}
        self._statuses_lock = threading.Lock()
        self._broker = BrokerSession(
            parse_mqtt_url(settings.mqtt_url.get_secret_value()),
            client_id=settings.ingest_client_id or f"enermon-ingest-{settings.ingest_instance}",
            shared=settings.ingest_share,
            leaving=leave,
            queue=self._queue,
            receive_maximum=settings.ingest_queue_messages,
            on_listening=self._note_listening,
            on_status=self._take_status,
            on_turned_away=self._note_turned_away,
        )
        self._ready = False
        self._keeper = Keeper(settings)
        url = settings.database_url.get_secret_value()
        self._reading = IngestDatabase(url, stopping=self._stopping)
        self._storing = IngestDatabase(url, stopping=self._stopping)

    def tell_of_waiting(self) -> None:
        """Let what waits of each gateway be collected, and whether the broker is there."""
        metrics.tell_of(self._queue, connected=lambda: self._broker.connected)

    def stop(self) -> None:
        """Finish the batch at hand and leave."""
        self._stopping.set()
        self._queue.close()

    def run(self) -> None:
        """Work until `stop`. Database and broker may come and go; messages wait at the broker meanwhile."""
        self._reading.registry()
        if not self._broker.start(self._stopping):
            return
        batches = self._batches()
        quiet = 0
        try:
            with (
                retaining(self._settings) as retention,
                ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as reading,
            ):
                coming = reading.submit(next, batches, None)
                while (batch := coming.result()) is not None:
                    coming = reading.submit(next, batches, None)
                    if batch.received:
                        self._handle(batch)
                        quiet = 0
                    elif self._leave and (quiet := quiet + 1) >= _QUIET_BATCHES:
                        log.info("left: nothing waits for this instance any more")
                        self.stop()
                    self._note_statuses()
                    if retention.done():
                        retention.result()
                    self._storing.retry(lambda: self._keeper.work(self._storing.connection, now_s=time.monotonic()))
        finally:
            self._broker.stop()
            self._reading.close()
            self._storing.close()

    def _batches(self) -> Iterator[_MessageBatch]:
        """The stage before the database, one batch ahead of it; an empty batch when nothing came for a while."""
        while not self._stopping.is_set():
            taken = self._take()
            known = self._reading.registry()
            now_us = to_us(utc_now())
            received: list[Received] = []
            read: list[Checked | Unreadable] = []
            readings = 0
            for message in taken:
                each = self._read(message, known, now_us)
                received.append(message)
                read.append(each)
                readings += len(each.meter_ids) + len(each.rejected) if isinstance(each, Checked) else 1
                if readings >= self._pace.readings:
                    yield _arranged(received, read)
                    received, read, readings = [], [], 0
            if received or not taken:
                yield _arranged(received, read)

    def _take(self) -> list[Received]:
        """Messages until their readings fill a batch or the oldest has waited long enough."""
        settings = self._settings
        most = max(1, settings.ingest_queue_messages // _BATCHES_QUEUED)
        # About what one commit holds, of each gateway in turn: who sends little does not wait for who sends much.
        most_bytes = self._pace.readings * _BYTES_A_READING
        taken = self._queue.take(most=most, timeout_s=_WAIT_S, most_bytes=most_bytes)
        if not taken:
            return taken
        due_s = taken[0].arrived_s + settings.ingest_batch_age_s
        size = sum(len(m.payload) for m in taken)
        while size < self._pace.readings * 30 and len(taken) < most:
            left_s = due_s - time.monotonic()
            if left_s <= 0 or self._stopping.is_set():
                break
            more = self._queue.take(most=most - len(taken), timeout_s=left_s, most_bytes=most_bytes - size)
            taken.extend(more)
            size += sum(len(m.payload) for m in more)
        return taken

    def _handle(self, batch: _MessageBatch) -> None:
        """Store a batch, and give up only when told to stop."""
        if self._storing.retry(partial(self._store, batch)):
            self._queue.done(batch.received)

    def _read(self, message: Received, known: KnownRegistry, now_us: int) -> Checked | Unreadable:
        gateway = foreign_gateway(message.topic)
        try:
            if gateway is not None:
                waited_us = int((time.monotonic() - message.arrived_s) * 1_000_000)
                came = Came(now_us - waited_us, message.topic, message.retained)
                return checked_by_profile(gateway, message.topic, message.payload, came, known, now_us=now_us)
            gateway = gateway_of(message.topic)
            return check(decode(format_of(message.topic), gateway, message.payload), known, now_us=now_us)
        except UnreadableMessage as reason:
            if reason.code == "bad_topic":
                reason.seq = number_of(message.payload)
            by = OWN_FORMAT if foreign_gateway(message.topic) is None else BY_PROFILE
            return Unreadable(gateway, message.topic, message.payload, reason, by)

    def _store(self, batch: _MessageBatch) -> None:
        """Commit a batch, then acknowledge and answer it. A message that is refused does not hold up the others."""
        checked = batch.arranged.messages
        unreadable = [each for each in batch.read if isinstance(each, Unreadable)]
        started_s = time.monotonic()
        connection = self._storing.connection()
        effort = effort_of(connection)
        begun_s = effort()
        try:
            answers = intake_store.store_arranged(
                connection, batch.arranged, unreadable, writer=self._writer, straight=not self._staged_batches
            )
        except psycopg.DataError as error:
            if len(batch.received) > 1:
                log.exception("batch refused by the database, storing message by message")
                for message, each in zip(batch.received, batch.read, strict=True):
                    self._store(_arranged([message], [each]))
                return
            message = batch.received[0]
            log.exception("message refused by the database", extra={"topic": message.topic})
            seq = checked[0].seq if checked else number_of(message.payload)
            reason = UnreadableMessage("not_stored", f"the database refused it: {type(error).__name__}", seq)
            gateway = checked[0].gateway if checked else None
            unreadable = [Unreadable(gateway, message.topic[:200], message.payload, reason)]
            checked, answers = [], intake_store.store(connection, [], unreadable, writer=self._writer)
        self._note_whether_new(checked, answers)
        metrics.COMMIT_S.observe(time.monotonic() - started_s)
        rejected = sum(len(answer.rejected) for answer in answers)
        self._keeper.note_rejected(rows=rejected, size=sum(len(message.payload) for message in unreadable))
        self._broker.acknowledge(batch.received)
        self._answer(checked, answers, unreadable)
        self._pace.took(effort() - begun_s)

    def _note_whether_new(self, checked: Sequence[Checked], answers: Sequence[Answer]) -> None:
        self._staged_batches = max(0, self._staged_batches - 1)
        if sum(len(message.meter_ids) for message in checked) > sum(answer.stored for answer in answers):
            self._staged_batches = _STAGED_BATCHES

    def _answer(self, checked: Sequence[Checked], answers: list[Answer], unreadable: list[Unreadable]) -> None:
        """Tell each gateway what this commit did with its messages."""
        told: dict[str, list[Answer]] = defaultdict(list)
        for message, answer in zip(checked, answers, strict=True):
            if message.beside is NOTHING_BESIDE:
                told[message.gateway].append(answer)
            elif message.beside.told is not None:
                self._broker.tell(*message.beside.told)
        for each in unreadable:
            # Not answered: an answer ends a message, but this one is taken once the gateway is registered.
            is_ours = foreign_gateway(each.topic) is None
            if each.gateway is not None and is_ours and each.reason.code != "unknown_gateway":
                why = {"code": each.reason.code, "detail": each.reason.detail}
                told[each.gateway].append(Answer(each.reason.seq, rejected=[why]))
        for gateway, mine in told.items():
            for payload in payloads(answer.as_json() for answer in mine):
                self._broker.answer(gateway, payload)

    def _note_statuses(self) -> None:
        """Keep the newest word of each gateway; what it said in between is of no use to anyone."""
        with self._statuses_lock:
            said, self._statuses = self._statuses, {}
        if not said:
            return
        known = self._storing.registry().gateways
        for gateway in said.keys() - known:
            log.warning("status of an unknown gateway", extra={"gateway": gateway})
        wanted = {gateway: online for gateway, online in said.items() if gateway in known}
        if wanted:
            self._storing.retry(lambda: note_statuses(self._storing.connection(), wanted))

    def _note_listening(self) -> None:
        if not self._ready:
            self._ready = True
            log.info("ready")

    def _take_status(self, gateway: str, online: bool) -> None:
        with self._statuses_lock:
            self._statuses[gateway] = online

    def _note_turned_away(self, topic: str) -> None:
        metrics.TURNED_AWAY.inc()
        try:
            self._keeper.note_turned_away(foreign_gateway(topic) or gateway_of(topic))
        except UnreadableMessage:
            log.warning("message turned away", extra={"topic": topic[:200]})


def _arranged(received: Sequence[Received], read: Sequence[Checked | Unreadable]) -> _MessageBatch:
    checked = [each for each in read if isinstance(each, Checked)]
    return _MessageBatch(received, read, arrange(checked, now_us=to_us(utc_now())))


def run(settings: Settings, *, leave: bool = False) -> None:
    """Run one ingest process in the foreground until SIGTERM or SIGINT; with `leave` until its session is empty."""
    if settings.ingest_metrics_port:
        start_http_server(settings.ingest_metrics_port, addr=settings.metrics_host)
    sys.setswitchinterval(_SWITCH_S)
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    ingest = Ingest(settings, leave=leave)
    ingest.tell_of_waiting()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ingest.stop())
    ingest.run()
