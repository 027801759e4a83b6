"""When a subscription is told: at once or in a digest, after quiet hours, once what is told has settled. Pure.

What fires and clears within seconds makes no message: the beginning of what is not severe, and every end, waits until
it has stood for some seconds, and is taken back if it does not. The beginning of what is severe is told at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType
from uuid import UUID

from services.alerts.routing.routing import MessageKind, Recipient
from services.alerts.rules.rule import RulePeriod, Severity
from services.core.calendar import SHANGHAI

DIGEST_AT = time(8)
"""Asia/Shanghai; weekly ones on Mondays."""
SETTLE_S: Mapping[str, int] = MappingProxyType({RulePeriod.NOW: 30})
SETTLE_OF_OTHERS_S = 10
"""Own choice. What stands on the moment comes and goes by itself; what stands on a period moves while it is booked."""
LONGEST_SETTLE = timedelta(hours=1)
URGENT_KINDS = frozenset({"fired", "repeat", "escalated"})
"""Kinds that say of a severe alert that it fires."""


def is_told_at_once(subscription: Recipient, kind: MessageKind) -> bool:
    """Whether a message is made now; else the alert stands in the next digest. What is late, and how an
    alert is handled, waits for no digest: days run.
    """
    return subscription.mode == "at_once" or kind in ("escalated", "handled", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """How long what happens to an alert must stand before it is told."""

    severity: Severity
    begun_at: datetime
    """When it fired, or last fired again."""
    ended_at: datetime | None
    """When it last ended; None: never."""
    reopened: int
    """How often it came back."""
    settle_s: int

    def beginning(self, now: datetime) -> datetime:
        """From when on its beginning may be told."""
        if self.severity is Severity.SEVERE:
            return now
        return max(now, self.begun_at + timedelta(seconds=self.settle_s))

    def end(self, now: datetime) -> datetime:
        """From when on its end may be told: twice as long each time that it came back, an hour at most."""
        return now if self.ended_at is None else max(now, self.ended_at + self._of_end(self.reopened))

    def beginning_unsettled(self, now: datetime) -> bool:
        """Whether it ends so soon that its beginning, if it still waits, need not be told. Never of what is severe."""
        return self.severity is not Severity.SEVERE and now < self.begun_at + timedelta(seconds=self.settle_s)

    def end_unsettled(self, now: datetime) -> bool:
        """Whether it has come back so soon that its end before, if it still waits, need not be told."""
        return self.ended_at is not None and now < self.ended_at + self._of_end(max(self.reopened - 1, 0))

    def _of_end(self, came_back: int) -> timedelta:
        return min(timedelta(seconds=self.settle_s * 2.0 ** min(came_back, 12)), LONGEST_SETTLE)


def settle_s_of(period: str | None, given: int | None) -> int:
    """Seconds that a rule says, else those of rules of its period."""
    if given is not None:
        return given
    return SETTLE_S.get(period or "", SETTLE_OF_OTHERS_S)


@dataclass(frozen=True, slots=True)
class Envelope:
    """With what a piece of news may share a message, and from when on it may go."""

    group_key: str
    not_before: datetime
    quiet_until: datetime | None = None
    """The end of the quiet hours that hold it; None: they do not."""


def envelope(
    subscription: Recipient, kind: MessageKind, severity: Severity, earliest: datetime, *, apart: str | None = None
) -> Envelope:
    """Of an alert told at once, from `earliest` on. What falls into quiet hours and is not severe waits for their end,
    in a message of its own; so does what is told `apart`.
    """
    key = "/".join([str(subscription.subscription_id), kind, *([] if apart is None else [apart])])
    end = quiet_until(subscription, earliest)
    if end is None or severity is Severity.SEVERE or kind == "test":
        return Envelope(key, earliest)
    return Envelope(f"{key}/{end.isoformat()}", end, end)


def quiet_until(subscription: Recipient, now: datetime) -> datetime | None:
    """The end of the quiet hours that hold `now`, in Asia/Shanghai, over midnight too; None: it is not quiet."""
    quiet_from, quiet_to = subscription.quiet_from, subscription.quiet_to
    if quiet_from is None or quiet_to is None:
        return None
    local = now.astimezone(SHANGHAI)
    clock = local.time()
    over_midnight = quiet_from > quiet_to
    if not ((clock >= quiet_from or clock < quiet_to) if over_midnight else quiet_from <= clock < quiet_to):
        return None
    end = datetime.combine(local.date(), quiet_to, SHANGHAI)
    return end if end > local else end + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest message of a group key."""

    message_id: UUID
    created_at: datetime
    finished_at: datetime | None
    not_before: datetime
    untouched: bool
    """Waiting, and no attempt was made."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Join the message, or begin one (None) that waits until `not_before`."""

    message_id: UUID | None
    not_before: datetime


def place(wanted: Envelope, latest: Latest | None, window_s: float, now: datetime) -> Placement:
    """The first news of a group goes as soon as it may; what follows within the window is gathered until it is over.

    News joins a message that waits, unless that goes before the news may; what may go sooner takes it along, once its
    window is over.
    """
    if latest is None:
        return Placement(None, wanted.not_before)
    window = timedelta(seconds=window_s)
    if latest.untouched:
        if wanted.not_before <= max(latest.not_before, now) + window:
            sooner = max(wanted.not_before, latest.created_at + window)
            return Placement(latest.message_id, min(latest.not_before, sooner))
        return Placement(None, wanted.not_before)
    again = max(latest.created_at, latest.finished_at or latest.created_at) + window
    return Placement(None, max(wanted.not_before, again, now))


@dataclass(frozen=True, slots=True)
class DigestDue:
    """A digest to be made of what happened in [start, end)."""

    start: datetime
    end: datetime

    def group_key(self, subscription: Recipient) -> str:
        """The same whoever makes it: a digest is made once."""
        return f"{subscription.subscription_id}/digest/{self.end.isoformat()}"


def digest_due(subscription: Recipient, last_end: datetime | None, now: datetime) -> DigestDue | None:
    """The digest to make now: daily at 08:00, weekly on Monday at 08:00, Asia/Shanghai; None: none, or made already.

    `last_end` is the end of the last one; where some were missed, one digest covers them all.
    """
    if subscription.mode == "at_once" or not subscription.enabled:
        return None
    local = now.astimezone(SHANGHAI)
    back_days = local.weekday() if subscription.mode == "weekly" else 0
    end = datetime.combine(local.date() - timedelta(days=back_days), DIGEST_AT, SHANGHAI)
    length = timedelta(days=7 if subscription.mode == "weekly" else 1)
    if end > local:
        end -= length
    if last_end is None:
        return DigestDue(end - length, end)
    return DigestDue(last_end, end) if last_end < end else None
