"""To whom each piece of news goes, and from when on: those who were told, whom it concerns, and what still waits."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from services.alerts import metrics
from services.alerts.notify.audience import audience_of, ledger_of, notice_of
from services.alerts.notify.unsent import unsent_news
from services.alerts.routing.recipients import recipients
from services.alerts.routing.routing import MessageKind, Recipient
from services.alerts.routing.when import Envelope, Settling, envelope, is_told_at_once, settle_s_of
from services.alerts.rules.rule import Severity
from services.core.db.statements import Statements

log = logging.getLogger("alerts")
_sql = Statements.beside(__file__, "messages.sql")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something of an alert that is to be told."""

    kind: MessageKind
    alert_id: int
    late: Mapping[str, Any] | None = None
    """Of what is escalated: the step that is late, as messages list it."""
    step: Mapping[str, Any] | None = None
    """Of how it was handled: the step that was taken, as messages list it."""
    to: tuple[Recipient, ...] = ()
    """Of what is escalated or was handled: who is told."""
    apart: str | None = None
    """What keeps it from sharing a message."""


class Telling:
    """What is known of some alerts and of who is told, while their messages are written. `end` stores who was told."""

    def __init__(self, connection: psycopg.Connection, alert_ids: Iterable[int], now: datetime) -> None:
        self._connection, self._now = connection, now
        self.audience = audience_of(connection)
        self.alerts = alerts_of(connection, alert_ids)
        self._ledger = ledger_of(connection, self.alerts)
        self._unsent = unsent_news(connection, self.alerts)
        self._untold: list[int] = []

    def recipients(self, news: News) -> tuple[Recipient, ...]:
        """The subscriptions that get a message; who need not be told, as it passed too soon, is left out."""
        row = self.alerts[news.alert_id]
        told, notice = self._ledger.of(news.alert_id), notice_of(row)
        routed = news.to or self.audience.routing.subscriptions(notice)
        if news.kind == "fired" and not (routed or told):
            self._untold.append(news.alert_id)
        to = news.to or recipients(news.kind, routed=routed, everyone=self.audience.everyone, told=told)
        if news.kind == "fired" and notice.severity is Severity.SEVERE:
            to += self._told_of_less(notice.alert_id, routed, to)
        self._ledger.note(news.kind, news.alert_id, to, firing=row["resolved_at"] is None)
        return tuple(each for each in to if not self._passed(news.kind, row, each))

    def _told_of_less(
        self, alert_id: int, routed: Sequence[Recipient], to: Sequence[Recipient]
    ) -> tuple[Recipient, ...]:
        """Whose message of the alert still waits, and says that it is less severe than it is now."""
        return tuple(
            each
            for each in routed
            if each not in to
            and is_told_at_once(each, "fired")
            and self._unsent.says_less(alert_id, Severity.SEVERE, each.subscription_id)
        )

    def _passed(self, kind: MessageKind, row: Row, to: Recipient) -> bool:
        """Whether a beginning and the end after it, or an end and the beginning after it, follow so soon that neither
        need be told: the one that waits is taken back.
        """
        settling, other = settling_of(row), {"fired": "resolved", "resolved": "fired"}.get(kind)
        if other is None:
            return False
        too_soon = settling.end_unsettled if kind == "fired" else settling.beginning_unsettled
        return too_soon(self._now) and self._unsent.take_back(
            other, row["alert_id"], row["severity"], to.subscription_id
        )

    def envelope(self, news: News, to: Recipient) -> Envelope:
        """With what the news may share a message, and from when on it may go."""
        row = self.alerts[news.alert_id]
        earliest = self._now
        if news.kind in ("fired", "resolved"):
            settling = settling_of(row)
            earliest = settling.beginning(self._now) if news.kind == "fired" else settling.end(self._now)
        return envelope(to, news.kind, Severity(row["severity"]), earliest, apart=news.apart)

    def end(self) -> None:
        """Store who was told, and warn where nobody was."""
        if self._untold:
            metrics.UNTOLD.labels("fired").inc(len(self._untold))
            first = {"alerts": len(self._untold), "first": self._untold[0]}
            log.warning("nobody is subscribed to alerts that fire", extra=first)
        self._ledger.write(self._connection, self._now)


def settling_of(row: Row) -> Settling:
    """How long what happens to the alert must stand before it is told."""
    return Settling(
        severity=Severity(row["severity"]),
        begun_at=row["reopened_at"] or row["fired_at"],
        ended_at=row["ended_at"],
        reopened=row["reopened"],
        settle_s=settle_s_of(row["period"], row["settle_s"]),
    )


def alerts_of(connection: psycopg.Connection, alert_ids: Iterable[int]) -> dict[int, Row]:
    """The rows of these alerts, with their names, by number."""
    found = _sql.run(connection, "alerts", alert_ids=list(alert_ids)).mappings()
    return {row["alert_id"]: row for row in found}
