"""From what happened to alerts to messages in the outbox, in the transaction of what happened."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.alerts import metrics
from services.alerts.content import content_of, entry_of
from services.core.db.queries import load
from services.core.domain.alerting.inhibition import was_told
from services.core.domain.alerting.rule import Severity
from services.core.domain.alerting.telling import (
    Body,
    DigestDue,
    Envelope,
    Latest,
    MessageKind,
    Notice,
    Routing,
    Silence,
    Subscription,
    digest_due,
    envelope,
    is_told_at_once,
    place,
    quiet_until,
)
from services.core.domain.area_tree import AreaTree

_sql = load(__file__, "messages.sql")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something of an alert that is to be told."""

    kind: MessageKind
    alert_id: int
    level: str | None = None
    """Of what is escalated: the level of area that is told."""


@dataclass(slots=True)
class _Group:
    """What goes to one subscription in one message."""

    subscription: Subscription
    kind: MessageKind
    wanted: Envelope
    entries: list[dict[str, Any]] = field(default_factory=list)


class Teller:
    """Writes messages. `window_s`: alerts for one subscription within it share a message; `link`: base of links."""

    def __init__(self, *, window_s: float, link: str) -> None:
        self._window_s = window_s
        self._link = link
        self._digests: dict[int, datetime] = {}

    def begin(self, connection: psycopg.Connection) -> None:
        """Learn until when each subscription has had its digest."""
        self._digests = dict(_sql.last_digests(connection))

    def tell(self, connection: psycopg.Connection, news: Sequence[News], now: datetime) -> int:
        """Write the messages for `news`; how many are new."""
        if not news:
            return 0
        routing, languages = _routing(connection)
        alerts = _alerts(connection, {each.alert_id for each in news})
        groups: dict[str, _Group] = {}
        for each in news:
            row = alerts[each.alert_id]
            notice = notice_of(row)
            told = routing.subscriptions(notice) if each.level is None else routing.escalated(notice, each.level)
            for subscription in told:
                if not is_told_at_once(subscription, each.kind):
                    continue
                wanted = envelope(subscription, each.kind, notice.severity, now)
                group = groups.setdefault(wanted.group_key, _Group(subscription, each.kind, wanted))
                group.entries.append(entry_of(row, as_now=each.kind != "fired"))
        latest = _latest(connection, groups)
        new = [self._put(connection, g, latest.get(k), languages, now) for k, g in groups.items()]
        return sum(new)

    def _put(
        self,
        connection: psycopg.Connection,
        group: _Group,
        newest: Row | None,
        languages: Mapping[int, str],
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
            language=languages[group.subscription.subscription_id],
            now=now,
            link=self._link,
            entries=group.entries,
            earlier=joined["content"] if joined else None,
            earlier_ids=earlier_ids,
        )
        alert_ids = list(dict.fromkeys([*earlier_ids, *(entry["alert_id"] for entry in group.entries)]))
        if placed.message_id is not None:
            _sql.add_to_message(connection, message_id=placed.message_id, alert_ids=alert_ids, content=Jsonb(content))
            return False
        _add(connection, group.subscription, group.kind, content, alert_ids, now=now, not_before=placed.not_before)
        return True

    def digests(self, connection: psycopg.Connection, now: datetime) -> int:
        """Write the digests that are due; their number. One without news is not written."""
        routing, languages = _routing(connection)
        subscribed = [
            each for found in (routing.of_area, routing.of_enterprise) for many in found.values() for each in many
        ]
        due: defaultdict[DigestDue, list[Subscription]] = defaultdict(list)
        for each in subscribed:
            wanted = digest_due(each, self._digests.get(each.subscription_id), now)
            if wanted is not None:
                due[wanted].append(each)
        written = 0
        for wanted, many in due.items():
            written += self._digest(connection, wanted, many, routing, languages, now)
            self._digests |= {each.subscription_id: wanted.end for each in many}
        return written

    def _digest(
        self,
        connection: psycopg.Connection,
        due: DigestDue,
        subscribed: Iterable[Subscription],
        routing: Routing,
        languages: Mapping[int, str],
        now: datetime,
    ) -> int:
        numbers = {alert_id for (alert_id,) in _sql.alerts_with_news(connection, start=due.start, end=due.end)}
        rows = [row for row in _alerts(connection, numbers).values() if row["inhibited_by"] is None]
        of_whom: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            for each in routing.subscriptions(notice_of(row)):
                of_whom[each.subscription_id].append(entry_of(row, as_now=True))
        written = 0
        for each in subscribed:
            entries = of_whom[each.subscription_id]
            if not entries:
                continue
            content = content_of(
                kind="digest",
                group=due.group_key(each),
                language=languages[each.subscription_id],
                now=now,
                link=self._link,
                entries=entries,
            )
            alert_ids = [entry["alert_id"] for entry in entries]
            not_before = quiet_until(each, now) or now
            _add(connection, each, "digest", content, alert_ids, now=now, not_before=not_before)
            written += 1
        return written


def told_before(connection: psycopg.Connection, alert_ids: Iterable[int]) -> set[int]:
    """Of these alerts those of which it was told that they fire, by their history so far."""
    histories: defaultdict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for alert_id, kind, at in _sql.events(connection, alert_ids=list(alert_ids)):
        histories[alert_id].append((kind, at))
    return {alert_id for alert_id, events in histories.items() if was_told(events)}


def tree_of(connection: psycopg.Connection) -> AreaTree:
    """The areas."""
    rows = list(_sql.areas(connection))
    return AreaTree({code: level for code, level, _ in rows}, {code: parent for code, _, parent in rows})


def routing_of(connection: psycopg.Connection) -> Routing:
    """Who is told of what."""
    return _routing(connection)[0]


def silences_of(connection: psycopg.Connection, now: datetime) -> list[Silence]:
    """The silences that hold now."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Silence(**row) for row in cursor.execute(_sql.silences.sql, {"now": now})]


def notice_of(row: Row) -> Notice:
    """What telling needs to know of an alert's row."""
    return Notice(
        alert_id=row["alert_id"],
        rule=row["rule"],
        severity=Severity(row["severity"]),
        subject_code=row["subject_code"],
        area_code=row["area_code"],
        enterprise_code=row["enterprise_code"],
    )


def _routing(connection: psycopg.Connection) -> tuple[Routing, dict[int, str]]:
    """The routing, and the language of each subscription."""
    bodies = [Body(code, area_code) for code, area_code in _sql.bodies(connection)]
    subscriptions, languages = [], {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_sql.subscriptions.sql):
            languages[row["subscription_id"]] = row.pop("language")
            rules = None if row["rules"] is None else frozenset(row["rules"])
            least = Severity(row["least_severity"])
            subscriptions.append(Subscription(**row | {"rules": rules, "least_severity": least}))
    return Routing.of(bodies, subscriptions, tree_of(connection)), languages


def _alerts(connection: psycopg.Connection, alert_ids: Iterable[int]) -> dict[int, Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_sql.alerts.sql, {"alert_ids": list(alert_ids)})
        return {row["alert_id"]: row for row in found}


def _latest(connection: psycopg.Connection, group_keys: Iterable[str]) -> dict[str, Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_sql.hold_untouched.sql, {"group_keys": list(group_keys)})
        return {row["group_key"]: row for row in found}


def _add(
    connection: psycopg.Connection,
    subscription: Subscription,
    kind: MessageKind,
    content: dict[str, Any],
    alert_ids: list[int],
    *,
    now: datetime,
    not_before: datetime,
) -> None:
    _sql.add_message(
        connection,
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
