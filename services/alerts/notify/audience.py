"""Who is told of alerts, what is silenced, and who was told that they fire: as the database has it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from services.alerts.routing.routing import Body, MessageKind, Notice, Recipient, Routing, SilenceWindow
from services.alerts.rules.rule import Severity
from services.core.area_tree import AreaTree
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "messages.sql")


@dataclass(frozen=True, slots=True)
class Audience:
    """The routing, and the language of each subscription."""

    routing: Routing
    languages: Mapping[int, str]
    everyone: tuple[Recipient, ...]


@dataclass(slots=True)
class OwedNotices:
    """By alert the subscriptions that were told that it fires, and not yet that it ended; with what changes."""

    told: Mapping[int, frozenset[int]]
    _added: set[tuple[int, int]] = field(default_factory=set)
    _ended: set[int] = field(default_factory=set)

    def of(self, alert_id: int) -> Collection[int]:
        """The subscriptions that were told before the messages that are being written."""
        return self.told.get(alert_id, frozenset())

    def note(self, kind: MessageKind, alert_id: int, to: Iterable[Recipient], *, firing: bool) -> None:
        """A message of the alert is written to these. One that has ended is owed to nobody further."""
        if kind == "resolved":
            self._ended.add(alert_id)
        elif firing:
            self._added |= {(alert_id, each.subscription_id) for each in to}

    def write(self, connection: psycopg.Connection, now: datetime) -> None:
        """Store what has changed."""
        if self._ended:
            _sql.run(connection, "drop_told", alert_ids=list(self._ended))
        if self._added:
            alert_ids, subscription_ids = (list(column) for column in zip(*self._added, strict=True))
            _sql.run(connection, "add_told", alert_ids=alert_ids, subscription_ids=subscription_ids, now=now)


def ledger_of(connection: psycopg.Connection, alert_ids: Iterable[int]) -> OwedNotices:
    """Who was told of these alerts."""
    told: defaultdict[int, set[int]] = defaultdict(set)
    for alert_id, subscription_id in _sql.run(connection, "told", alert_ids=list(alert_ids)):
        told[alert_id].add(subscription_id)
    return OwedNotices({alert_id: frozenset(found) for alert_id, found in told.items()})


def tree_of(connection: psycopg.Connection) -> AreaTree:
    """The areas."""
    return AreaTree.of(_sql.run(connection, "areas"))


def audience_of(connection: psycopg.Connection) -> Audience:
    """Who is told of what."""
    bodies = [Body(row.code, row.area_code) for row in _sql.run(connection, "bodies")]
    subscriptions, languages = [], {}
    for row in _sql.run(connection, "subscriptions").mappings():
        languages[row["subscription_id"]] = row.pop("language")
        rules = None if row["rules"] is None else frozenset(row["rules"])
        least = Severity(row["least_severity"])
        subscriptions.append(Recipient(**row | {"rules": rules, "least_severity": least}))
    routing = Routing.of(bodies, subscriptions, tree_of(connection))
    return Audience(routing, languages, tuple(subscriptions))


def silences_of(connection: psycopg.Connection, now: datetime) -> list[SilenceWindow]:
    """The silences that hold now."""
    return _sql.run(connection, "silences", now=now).of(SilenceWindow).all()


def notice_of(row: Mapping[str, Any]) -> Notice:
    """What telling needs to know of an alert's row."""
    return Notice(
        alert_id=row["alert_id"],
        rule=row["rule"],
        severity=Severity(row["severity"]),
        subject_code=row["subject_code"],
        subject_kind=row["subject_kind"],
        area_code=row["area_code"],
        enterprise_code=row["enterprise_code"],
    )
