"""Sends what waits: one upload of one enterprise a turn, and what was not taken again after a while."""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg import Notify

from services.alerts.notify.retry import backoff_s
from services.upward import metrics, outbox
from services.upward.outbox import UpwardPlanner
from services.upward.platform import NotTakenUpwardError, UpwardPlatform, UpwardRegistration
from services.upward.record import record_of

log = logging.getLogger("upward")

MOST_RECORDS = 2_000
"""Of one upload: some 700 kB."""
_VERSIONS_EVERY = timedelta(hours=24)
_IDLE_S = 5.0


@dataclass(slots=True)
class UpwardEnterprise:
    """Where an enterprise stands with the platform."""

    registration: UpwardRegistration | None = None
    versions: tuple[str, str] | None = None
    asked_at: datetime | None = None
    """When its versions were asked for."""
    failed: int = 0
    not_before: datetime | None = None


class UpwardSender:
    """Plans and sends, as long as its connection, and with it the lead, lasts."""

    def __init__(
        self,
        connection: psycopg.Connection,
        planner: UpwardPlanner,
        platform: UpwardPlatform,
        *,
        poll_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._planner = planner
        self._platform = platform
        self._poll = timedelta(seconds=poll_s)
        self._now = now
        self._plan_at: datetime | None = None
        self._enterprises: dict[str, UpwardEnterprise] = {}

    def turn(self, _told: Sequence[Notify] = ()) -> float:
        """Plan where that is due, and send of one enterprise; the seconds until there may be more to do."""
        now = self._now()
        if self._plan_at is None or now >= self._plan_at:
            written = self._planner.plan(self._connection, now)
            self._plan_at = now + self._poll
            if written:
                log.info("planned", extra={"versions": written})
        sent = any(self._send(code, region) for code, region in self._due(now))
        if sent:
            return 0.0
        kept = outbox.counts(self._connection)
        metrics.WAITING.set(kept.get("waiting", 0))
        metrics.HELD.set(kept.get("held", 0))
        return min(_IDLE_S, self._poll.total_seconds())

    def _due(self, now: datetime) -> list[tuple[str, str]]:
        """Enterprises of which something waits and that are not being waited for, those that failed least first."""
        waiting = outbox.waiting_enterprises(self._connection)
        due = [each for each in waiting if (self._of(each[0]).not_before or now) <= now]
        return sorted(due, key=lambda each: self._of(each[0]).failed)

    def _of(self, credit_code: str) -> UpwardEnterprise:
        return self._enterprises.setdefault(credit_code, UpwardEnterprise())

    def _send(self, credit_code: str, region: str) -> bool:
        """Send what waits of an enterprise, as much as goes into one upload; whether anything was tried."""
        enterprise = self._of(credit_code)
        try:
            registered = self._registered(enterprise, credit_code, region)
        except NotTakenUpwardError as error:
            outbox.note_unreached(self._connection, credit_code, str(error))
            self._failed(enterprise, credit_code, error)
            return True
        now = self._now()
        waiting = outbox.waiting(self._connection, credit_code, now, registered.upload_time, MOST_RECORDS)
        if not waiting:
            return False
        records = [record_of(each, registered.sealed, now) for each in waiting]
        try:
            self._platform.send(credit_code, registered, records)
        except NotTakenUpwardError as error:
            outbox.note(self._connection, credit_code, waiting, str(error), taken=False)
            self._failed(enterprise, credit_code, error)
            return True
        # Whoever is killed before this line sends them again: the receiver has them, and a second time changes nothing.
        outbox.note(self._connection, credit_code, waiting, "0", taken=True)
        metrics.UPLOADS.labels("taken").inc()
        log.info("sent", extra={"enterprise": credit_code, "values": len(waiting)})
        enterprise.failed, enterprise.not_before = 0, None
        return True

    def _registered(self, enterprise: UpwardEnterprise, credit_code: str, region: str) -> UpwardRegistration:
        """What the platform told, anew where it asks for that; its versions are asked for daily."""
        now = self._now()
        registered = enterprise.registration or self._platform.register(credit_code, region)
        if (
            enterprise.asked_at is None
            or enterprise.registration is None
            or now >= enterprise.asked_at + _VERSIONS_EVERY
        ):
            versions = self._platform.versions(credit_code, registered)
            known = enterprise.versions
            if known is not None and versions[1] != known[1]:
                log.warning("dictionaries have changed", extra={"enterprise": credit_code, "version": versions[1]})
            if known is not None and versions[0] != known[0] and enterprise.registration is not None:
                registered = self._platform.register(credit_code, region)
            enterprise.versions, enterprise.asked_at = versions, now
        enterprise.registration = registered
        return registered

    def _failed(self, enterprise: UpwardEnterprise, credit_code: str, error: NotTakenUpwardError) -> None:
        """Wait longer each time, and never give up; the device registers again, as at a start."""
        metrics.UPLOADS.labels("not_taken").inc()
        log.warning("not taken", extra={"enterprise": credit_code, "answer": str(error)})
        enterprise.registration = None
        enterprise.failed += 1
        enterprise.not_before = self._now() + timedelta(seconds=backoff_s(enterprise.failed, random.random))
