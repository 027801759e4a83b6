"""From what happened to alerts to messages in the outbox, in the transaction of what happened."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from services.alerts import metrics
from services.alerts.notify.audience import Audience, audience_of, notice_of
from services.alerts.notify.case import next_step
from services.alerts.notify.content import content_of, entry_of
from services.alerts.notify.telling import News, Telling, alerts_of
from services.alerts.notify.unsent import overtake
from services.alerts.routing.routing import MessageKind, Recipient
from services.alerts.routing.when import (
    URGENT_KINDS,
    DigestDue,
    Envelope,
    Latest,
    digest_due,
    place,
    quiet_until,
)
from services.alerts.rules.rule import Severity
from services.core.db.statements import Statements

log = logging.getLogger("alerts")
_sql = Statements.beside(__file__, "messages.sql")

Row = Mapping[str, Any]


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
        telling = Telling(connection, {each.alert_id for each in news}, now)
        groups: dict[str, _Group] = {}
        for each in news:
            for subscription in telling.recipients(each):
                wanted = telling.envelope(each, subscription)
                group = groups.setdefault(wanted.group_key, _Group(subscription, each.kind, wanted))
                group.wanted = min(group.wanted, wanted, key=lambda of: of.not_before)
                group.entries.append(self._entry(telling.alerts[each.alert_id], each))
        telling.end()
        latest = _latest(connection, groups, telling.alerts)
        return sum(self._put(connection, g, latest.get(k), telling.audience, now) for k, g in groups.items())

    def _entry(self, row: Row, news: News) -> dict[str, Any]:
        as_now = news.kind != "fired"
        return entry_of(row, as_now=as_now, link=self._link, due=next_step(row), late=news.late, step=news.step)

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
        urgent = group.kind in URGENT_KINDS and content["counts"][Severity.SEVERE] > 0
        message_id = placed.message_id or uuid4()
        given: dict[str, Any] = {"message_id": message_id, "alert_ids": alert_ids, "urgent": urgent}
        if joined is not None:
            _sql.run(connection, "add_to_message", content=Jsonb(content), not_before=placed.not_before, **given)
        else:
            _add(connection, group, content, now=now, not_before=placed.not_before, **given)
        if urgent and group.kind == "fired":
            severities = dict.fromkeys(alert_ids, str(Severity.NOTICE))
            severities |= {entry["alert_id"]: entry["severity"] for entry in group.entries}
            overtake(connection, group.subscription.subscription_id, severities, besides=message_id, now=now)
        return joined is None

    def let_go(self, connection: psycopg.Connection, now: datetime) -> int:
        """Hold what waits for the end of quiet hours as the subscriptions have them now; how much may go."""
        free = 0
        for row in list(_sql.run(connection, "held_for_quiet_hours", now=now)):
            hours = Recipient(subscription_id=row.subscription_id, quiet_from=row.quiet_from, quiet_to=row.quiet_to)
            end = quiet_until(hours, now)
            if end != row.quiet_until:
                given = {"quiet_until": end, "not_before": end or now}
                _sql.run(connection, "hold_until", message_id=row.message_id, **given)
                free += end is None
        return free

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
        rows = [row for row in alerts_of(connection, numbers).values() if row["inhibited_by"] is None]
        of_whom: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            for each in audience.routing.subscriptions(notice_of(row)):
                of_whom[each.subscription_id].append(entry_of(row, as_now=True, link=self._link, due=next_step(row)))
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
            quiet = quiet_until(each, now)
            group = _Group(each, "digest", Envelope(due.group_key(each), quiet or now, quiet))
            alert_ids = [entry["alert_id"] for entry in entries]
            not_before = group.wanted.not_before
            _add(connection, group, content, message_id=uuid4(), alert_ids=alert_ids, now=now, not_before=not_before)
            written += 1
        return written


def _latest(connection: psycopg.Connection, group_keys: Iterable[str], alert_ids: Iterable[int]) -> dict[str, Row]:
    given = {"group_keys": list(group_keys), "alert_ids": list(alert_ids)}
    return {row["group_key"]: row for row in _sql.run(connection, "hold_untouched", **given).mappings()}


def _add(
    connection: psycopg.Connection,
    group: _Group,
    content: dict[str, Any],
    *,
    message_id: UUID,
    alert_ids: list[int],
    now: datetime,
    not_before: datetime,
    urgent: bool = False,
) -> None:
    _sql.run(
        connection,
        "add_message",
        message_id=message_id,
        subscription_id=group.subscription.subscription_id,
        kind=group.kind,
        group_key=content["group"],
        alert_ids=alert_ids,
        content=Jsonb(content),
        urgent=urgent,
        now=now,
        not_before=not_before,
        quiet_until=group.wanted.quiet_until,
    )
    metrics.MESSAGES.labels(group.kind).inc()
