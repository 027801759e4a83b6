"""From what happened to alerts to messages in the outbox, in the transaction of what happened."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.types.json import Jsonb

from services.alerts import metrics
from services.alerts.notify.audience import Audience, audience_of, ledger_of, notice_of
from services.alerts.notify.content import content_of, entry_of
from services.alerts.routing.recipients import recipients
from services.alerts.routing.routing import (
    DigestDue,
    Envelope,
    Latest,
    MessageKind,
    Recipient,
    digest_due,
    envelope,
    place,
    quiet_until,
)
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
    to: tuple[Recipient, ...] = ()
    """Of what is escalated: who is told."""


@dataclass(slots=True)
class _Group:
    """What goes to one subscription in one message."""

    subscription: Recipient
    kind: MessageKind
    wanted: Envelope
    entries: list[dict[str, Any]] = field(default_factory=list)


class Notifier:
    """Writes messages. `window_s`: alerts for one subscription within it share a message; `link`: base of links."""

    def __init__(self, *, window_s: float, link: str) -> None:
        self._window_s = window_s
        self._link = link
        self._digests: dict[int, datetime] = {}

    def begin(self, connection: psycopg.Connection) -> None:
        """Learn until when each subscription has had its digest."""
        self._digests = dict(_sql.run(connection, "last_digests"))

    def tell(self, connection: psycopg.Connection, news: Sequence[News], now: datetime) -> int:
        """Write the messages for `news`; how many are new."""
        if not news:
            return 0
        audience = audience_of(connection)
        alerts = _alerts(connection, {each.alert_id for each in news})
        ledger = ledger_of(connection, alerts)
        groups: dict[str, _Group] = {}
        untold = []
        for each in news:
            row = alerts[each.alert_id]
            notice, told = notice_of(row), ledger.of(each.alert_id)
            routed = each.to or audience.routing.subscriptions(notice)
            if each.kind == "fired" and not (routed or told):
                untold.append(each.alert_id)
            to = each.to or recipients(each.kind, routed=routed, everyone=audience.everyone, told=told)
            ledger.note(each.kind, each.alert_id, to, firing=row["resolved_at"] is None)
            for subscription in to:
                wanted = envelope(subscription, each.kind, notice.severity, now)
                group = groups.setdefault(wanted.group_key, _Group(subscription, each.kind, wanted))
                group.entries.append(entry_of(row, as_now=each.kind != "fired", late=each.late))
        _warn_of_no_recipient(untold)
        ledger.write(connection, now)
        latest = _latest(connection, groups, alerts)
        new = [self._put(connection, g, latest.get(k), audience, now) for k, g in groups.items()]
        return sum(new)

    def _put(
        self,
        connection: psycopg.Connection,
        group: _Group,
        newest: Row | None,
        audience: Audience,
        now: datetime,
    ) -> bool:
        """Add the group to the message that waits, or begin one; True if it is new."""
        latest = None
        if newest is not None:
            latest = Latest(**{name: newest[name] for name in Latest.__slots__})
        placed = place(group.wanted, latest, self._window_s, now)
        joined = newest if placed.message_id is not None else None
        earlier_ids: list[int] = joined["alert_ids"] if joined else []
        content = content_of(
            kind=group.kind,
            group=group.wanted.group_key,
            language=audience.languages[group.subscription.subscription_id],
            now=now,
            link=self._link,
            entries=group.entries,
            earlier=joined["content"] if joined else None,
            earlier_ids=earlier_ids,
        )
        alert_ids = list(dict.fromkeys([*earlier_ids, *(entry["alert_id"] for entry in group.entries)]))
        if placed.message_id is not None:
            _sql.run(
                connection, "add_to_message", message_id=placed.message_id, alert_ids=alert_ids, content=Jsonb(content)
            )
            return False
        _add(connection, group.subscription, group.kind, content, alert_ids, now=now, not_before=placed.not_before)
        return True

    def digests(self, connection: psycopg.Connection, now: datetime) -> int:
        """Write the digests that are due; their number. One without news is not written."""
        audience = audience_of(connection)
        due: defaultdict[DigestDue, list[Recipient]] = defaultdict(list)
        for each in audience.everyone:
            wanted = digest_due(each, self._digests.get(each.subscription_id), now)
            if wanted is not None:
                due[wanted].append(each)
        written = 0
        for wanted, many in due.items():
            written += self._digest(connection, wanted, many, audience, now)
            self._digests |= {each.subscription_id: wanted.end for each in many}
        return written

    def _digest(
        self,
        connection: psycopg.Connection,
        due: DigestDue,
        subscribed: Iterable[Recipient],
        audience: Audience,
        now: datetime,
    ) -> int:
        numbers = set(_sql.run(connection, "alerts_with_news", start=due.start, end=due.end).scalars())
        rows = [row for row in _alerts(connection, numbers).values() if row["inhibited_by"] is None]
        of_whom: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            for each in audience.routing.subscriptions(notice_of(row)):
                of_whom[each.subscription_id].append(entry_of(row, as_now=True))
        written = 0
        for each in subscribed:
            entries = of_whom[each.subscription_id]
            if not entries:
                continue
            content = content_of(
                kind="digest",
                group=due.group_key(each),
                language=audience.languages[each.subscription_id],
                now=now,
                link=self._link,
                entries=entries,
            )
            alert_ids = [entry["alert_id"] for entry in entries]
            not_before = quiet_until(each, now) or now
            _add(connection, each, "digest", content, alert_ids, now=now, not_before=not_before)
            written += 1
        return written


def _warn_of_no_recipient(alert_ids: Sequence[int]) -> None:
    if alert_ids:
        metrics.UNTOLD.labels("fired").inc(len(alert_ids))
        log.warning("nobody is subscribed to alerts that fire", extra={"alerts": len(alert_ids), "first": alert_ids[0]})


def _alerts(connection: psycopg.Connection, alert_ids: Iterable[int]) -> dict[int, Row]:
    found = _sql.run(connection, "alerts", alert_ids=list(alert_ids)).mappings()
    return {row["alert_id"]: row for row in found}


def _latest(connection: psycopg.Connection, group_keys: Iterable[str], alert_ids: Iterable[int]) -> dict[str, Row]:
    given = {"group_keys": list(group_keys), "alert_ids": list(alert_ids)}
    return {row["group_key"]: row for row in _sql.run(connection, "hold_untouched", **given).mappings()}


def _add(
    connection: psycopg.Connection,
    subscription: Recipient,
    kind: MessageKind,
    content: dict[str, Any],
    alert_ids: list[int],
    *,
    now: datetime,
    not_before: datetime,
) -> None:
    _sql.run(
        connection,
        "add_message",
        message_id=uuid4(),
        subscription_id=subscription.subscription_id,
        kind=kind,
        group_key=content["group"],
        alert_ids=alert_ids,
        content=Jsonb(content),
        now=now,
        not_before=not_before,
    )
    metrics.MESSAGES.labels(kind).inc()
