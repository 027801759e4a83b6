"""The outbox: sends what waits in the table message, until it is taken or 24 hours have passed.

An attempt is counted before it is made and gets a row of delivery after it. Of what died in between nobody knows
whether it arrived: it is sent again with the same message id. So a message comes twice at worst, never not at all.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from services.alerts import metrics
from services.alerts.channels.contract import ChannelKind, DeliveryFailed
from services.alerts.channels.kinds import KINDS
from services.alerts.notify.content import without_beginning
from services.alerts.notify.retry import next_attempt
from services.core.calendar import SHANGHAI
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.failures import warn_of
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements

log = logging.getLogger("alerts")

_sql = Statements.beside(__file__, "outbox.sql")

MOST_UNDER_WAY = 32
LEASE = timedelta(minutes=10)
"""Longer than any attempt lasts: meanwhile nobody takes the message."""
LONGEST_WAIT_S = 0.5
FINISH_WITHIN_S = 5.0
INTERRUPTED = "the alert service stopped before the outcome was known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message and where it goes."""

    message_id: UUID
    kind: str
    content: dict[str, Any]
    attempts: int
    """This one included."""
    created_at: datetime
    subscription_id: int
    channel: str
    address: str
    secrets: list[str]
    language: str
    enterprise_code: str | None
    endpoint: str
    earlier: list[UUID]
    """What the subscription was sent of the same alerts, the newest first."""
    never_begun: list[int]
    """Of what has ended: alerts whose beginning could not be delivered there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAttempt:
    """What became of one attempt."""

    outgoing: Outgoing
    at: datetime
    seconds: float
    failure: DeliveryFailed | None
    """Why it was not taken; None: it was."""


Deliver = Callable[[Outgoing], None]
"""Sends one message. Raises DeliveryFailed."""


class Outbox:
    """Sends from one thread that owns the connection; each attempt runs in a thread of its own."""

    def __init__(
        self,
        database_url: str,
        deliver: Deliver,
        *,
        kinds: Mapping[str, ChannelKind] = KINDS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database_url = database_url
        self._deliver = deliver
        self._kinds = list(kinds.values())
        self._clock = clock
        self._under_way: dict[UUID, Outgoing] = {}
        self._done: deque[SendAttempt] = deque()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still sends; it ends by itself only through a fault."""
        return self._thread.is_alive()

    def poke(self) -> None:
        """Look at once: there may be new messages."""
        self._wake.set()

    def stop(self) -> None:
        """Take nothing more, give attempts under way some seconds to end, and write down those that did."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(FINISH_WITHIN_S + 2)

    def _run(self) -> None:
        fresh = True
        while not self._stopping.is_set():
            try:
                with connect(
                    self._database_url, role=DatabaseRole.ALERTS, application_name="enermon-outbox"
                ) as connection:
                    connection.autocommit = True
                    if fresh:
                        self._take_up_interrupted(connection)
                        fresh = False
                    self._serve(connection)
            except psycopg.OperationalError as error:
                warn_of(error, log)
                self._stopping.wait(1)

    def _take_up_interrupted(self, connection: psycopg.Connection) -> None:
        found = list(_sql.run(connection, "take_up_interrupted", now=self._clock(), detail=INTERRUPTED))
        if found:
            log.info("messages are sent again: their sender died", extra={"messages": len(found)})

    def _serve(self, connection: psycopg.Connection) -> None:
        until_s = None
        while True:
            self._wake.clear()
            self._record(connection)
            if self._stopping.is_set():
                until_s = until_s or time.monotonic() + FINISH_WITHIN_S
                if not self._under_way or time.monotonic() > until_s:
                    return
                self._wake.wait(0.1)
                continue
            for outgoing in self._claim(connection):
                self._under_way[outgoing.message_id] = outgoing
                threading.Thread(target=self._attempt, args=(outgoing,), daemon=True).start()
            self._count_waiting(connection)
            self._wake.wait(self._wait_s(connection))

    def _claim(self, connection: psycopg.Connection) -> Sequence[Outgoing]:
        room = MOST_UNDER_WAY - len(self._under_way)
        if room <= 0:
            return ()
        now, in_flight = self._clock(), list(self._under_way)
        channels = [kind.name for kind in self._kinds]
        _sql.run(connection, "close_unsendable", now=now, in_flight=in_flight, channels=channels)
        claimed = _sql.run(
            connection,
            "claim",
            now=now,
            in_flight=in_flight,
            busy=[outgoing.endpoint for outgoing in self._under_way.values()],
            most=room,
            channels=channels,
            most_under_way=[kind.most_under_way for kind in self._kinds],
            by_host=[kind.endpoint_by_host for kind in self._kinds],
            lease_until=now + LEASE,
        )
        return [_saying_what_never_began(connection, each) for each in claimed.of(Outgoing).all()]

    @staticmethod
    def _count_waiting(connection: psycopg.Connection) -> None:
        waiting = _sql.run(connection, "count_waiting").one()
        metrics.WAITING.labels("new").set(waiting.new)
        metrics.WAITING.labels("retry").set(waiting.again)

    def _wait_s(self, connection: psycopg.Connection) -> float:
        """Until the next message is due; what is due and has to wait for its endpoint is woken by that."""
        now = self._clock()
        due = _sql.run(connection, "next_due", now=now, in_flight=list(self._under_way)).scalar_one()
        return LONGEST_WAIT_S if due is None else min((due - now).total_seconds(), LONGEST_WAIT_S)

    def _attempt(self, outgoing: Outgoing) -> None:
        at, started_s = self._clock(), time.monotonic()
        failure: DeliveryFailed | None = DeliveryFailed("the sender failed unexpectedly; see the log", permanent=False)
        try:
            self._deliver(outgoing)
            failure = None
        except DeliveryFailed as error:
            failure = error
        finally:
            seconds = time.monotonic() - started_s
            self._done.append(SendAttempt(outgoing=outgoing, at=at, seconds=seconds, failure=failure))
            self._wake.set()

    def _record(self, connection: psycopg.Connection) -> None:
        """Write down what became of attempts; each stays in memory until that is committed."""
        while self._done:
            attempt = self._done[0]
            with connection.transaction():
                outcome = self._write(connection, attempt)
            metrics.DELIVERIES.labels(attempt.outgoing.channel, outcome).inc()
            self._done.popleft()
            self._under_way.pop(attempt.outgoing.message_id, None)

    def _write(self, connection: psycopg.Connection, attempt: SendAttempt) -> str:
        message_id, failure = attempt.outgoing.message_id, attempt.failure
        again_at = None if failure is None or failure.permanent else self._again_at(connection, attempt, failure)
        outcome = "sent" if failure is None else "dead" if again_at is None else "failed"
        _sql.run(
            connection,
            "add_delivery",
            message_id=message_id,
            at=attempt.at,
            outcome=outcome,
            detail="taken" if failure is None else failure.detail,
            seconds=attempt.seconds,
        )
        last_error = None if failure is None else failure.detail
        if again_at is None:
            _sql.run(
                connection, "finish", message_id=message_id, status=outcome, at=self._clock(), last_error=last_error
            )
        else:
            _sql.run(connection, "try_again", message_id=message_id, not_before=again_at, last_error=last_error)
        _say(attempt, outcome)
        if failure is not None and failure.gone:
            self._switch_off(connection, attempt.outgoing, failure)
        return outcome

    def _switch_off(self, connection: psycopg.Connection, outgoing: Outgoing, failure: DeliveryFailed) -> None:
        """Tell nothing more to a receiver that is gone; what waits for it dies with that reason."""
        reason = f"{failure.detail} ({self._clock().astimezone(SHANGHAI):%Y-%m-%d %H:%M})"
        given = {"subscription_id": outgoing.subscription_id, "address": outgoing.address, "reason": reason}
        for number in _sql.run(connection, "switch_off", **given).scalars():
            log.warning("subscription switched off", extra={"subscription": number, "reason": reason})

    def _again_at(
        self, connection: psycopg.Connection, attempt: SendAttempt, failure: DeliveryFailed
    ) -> datetime | None:
        outgoing = attempt.outgoing
        first_at = _sql.run(connection, "first_attempt", message_id=outgoing.message_id).scalar_one() or attempt.at
        return next_attempt(
            outgoing.attempts, first_at, self._clock(), random.random, retry_after_s=failure.retry_after_s
        )


def _saying_what_never_began(connection: psycopg.Connection, outgoing: Outgoing) -> Outgoing:
    """The message, with a word where the beginning of what has ended could not be delivered; it stays with it."""
    if not outgoing.never_begun:
        return outgoing
    content = without_beginning(outgoing.content, outgoing.never_begun)
    _sql.run(connection, "say_never_begun", message_id=outgoing.message_id, content=Jsonb(content))
    return replace(outgoing, content=content)


def _say(attempt: SendAttempt, outcome: str) -> None:
    said = {
        "message_id": str(attempt.outgoing.message_id),
        "channel": attempt.outgoing.channel,
        "subscription": attempt.outgoing.subscription_id,
        "attempt": attempt.outgoing.attempts,
    }
    if outcome == "sent":
        log.info("message sent", extra=said)
    else:
        log.warning("message not taken", extra=said | {"outcome": outcome, "reason": str(attempt.failure)})
