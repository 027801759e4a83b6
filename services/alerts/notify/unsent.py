"""Messages that begin or end alerts and were not taken yet: what is out of date in them is taken back.

Only this process writes messages of alerts; the sender may take one up meanwhile, so each change says in what state it
finds the message.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from services.alerts.notify.content import without_alert
from services.alerts.routing.routing import RANK
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "messages.sql")

OVERTAKEN = "a later message says how the alert stands"


@dataclass(slots=True, kw_only=True)
class Unsent:
    """A message that waits."""

    message_id: UUID
    subscription_id: int
    kind: str
    untouched: bool
    """No attempt was made."""
    alert_ids: list[int]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnsentNews:
    """The messages that wait and begin or end some alerts."""

    connection: psycopg.Connection
    of_subscription: Mapping[int, list[Unsent]] = field(default_factory=dict)

    def take_back(self, kind: str, alert_id: int, severity: str, subscription_id: int) -> bool:
        """Whether a message of that kind had not been tried, and does not speak of the alert any more."""
        for each in self.of_subscription.get(subscription_id, ()):
            if each.kind == kind and each.untouched and alert_id in each.alert_ids:
                return self._without(each, alert_id, severity)
        return False

    def says_less(self, alert_id: int, severity: str, subscription_id: int) -> bool:
        """Whether all that the subscription was sent of the alert still waits, and has it as less severe."""
        for each in self.of_subscription.get(subscription_id, ()):
            if each.kind == "fired" and alert_id in each.alert_ids:
                said = [entry["severity"] for entry in each.content["alerts"] if entry["alert_id"] == alert_id]
                return not said or RANK[said[0]] < RANK[severity]
        return False

    def _without(self, unsent: Unsent, alert_id: int, severity: str) -> bool:
        left = [number for number in unsent.alert_ids if number != alert_id]
        content = without_alert(unsent.content, alert_id, severity)
        name = "rewrite_untouched" if left else "delete_untouched"
        given = {"alert_ids": left, "content": Jsonb(content)} if left else {}
        if _sql.run(self.connection, name, message_id=unsent.message_id, **given).first() is None:
            return False
        unsent.alert_ids, unsent.content = left, content
        return True


def unsent_news(connection: psycopg.Connection, alert_ids: Iterable[int]) -> UnsentNews:
    """Those that speak of one of the alerts."""
    found: defaultdict[int, list[Unsent]] = defaultdict(list)
    for each in _sql.run(connection, "unsent", alert_ids=list(alert_ids), subscription_id=None).of(Unsent):
        found[each.subscription_id].append(each)
    return UnsentNews(connection, found)


def overtake(
    connection: psycopg.Connection,
    subscription_id: int,
    severities: Mapping[int, str],
    *,
    besides: UUID,
    now: datetime,
) -> None:
    """Take alerts out of every earlier message to the subscription that waits: the message `besides` goes before it.

    `severities`: those of the alerts. A message that was tried keeps its id: who has taken it after all knows it, and
    what it said then.
    """
    given = {"alert_ids": list(severities), "subscription_id": subscription_id}
    for each in _sql.run(connection, "unsent", **given).of(Unsent).all():
        if each.message_id != besides:
            _take_out(connection, each, severities, now)


def _take_out(connection: psycopg.Connection, unsent: Unsent, severities: Mapping[int, str], now: datetime) -> None:
    content = unsent.content
    for alert_id in _both(unsent.alert_ids, severities):
        content = without_alert(content, alert_id, severities[alert_id])
    left = [number for number in unsent.alert_ids if number not in severities]
    if left:
        given = {"alert_ids": left, "content": Jsonb(content)}
        _sql.run(connection, "rewrite_unsent", message_id=unsent.message_id, **given)
    elif _sql.run(connection, "delete_untouched", message_id=unsent.message_id).first() is None:
        _sql.run(connection, "give_up_unsent", message_id=unsent.message_id, reason=OVERTAKEN, now=now)


def _both(numbers: Iterable[int], others: Collection[int]) -> list[int]:
    return [number for number in numbers if number in others]
