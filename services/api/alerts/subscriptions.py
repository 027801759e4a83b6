"""Subscriptions in the database: who is told where, with the secrets of webhooks."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.alerts.channels.kinds import KINDS
from services.alerts.notify.content import links_of
from services.api.alerts import nouns
from services.api.alerts.subscription import (
    NewSecret,
    NewSubscription,
    Owner,
    Subscription,
    SubscriptionEntry,
    SubscriptionPatch,
    channel_fault,
    faults_of,
    shown_address,
)
from services.api.database import Database
from services.api.errors import ALREADY_EXISTS, INVALID_BODY, Refused, refused_fields
from services.api.registry import nouns as registry
from services.api.registry.resource import amended
from services.core.calendar import SHANGHAI
from services.core.db.statements import Statements
from services.core.settings import Settings

SQL = Statements.beside(__file__, "bodies.sql")
MOST_SUBSCRIPTIONS = 100
MOST_WAITING_TESTS = 5

_OWNERS = {"body": nouns.BODY, "enterprise": registry.ENTERPRISE}


def subscriptions_of(database: Database, owner: Owner) -> list[Subscription]:
    """All subscriptions of `owner`, in the order in which they were made. Raises Refused where there is no such."""
    with database.read() as connection:
        if SQL.run(connection, f"known_{owner.kind}", code=owner.code).first() is None:
            raise _OWNERS[owner.kind].refuse_unknown(owner.code)
        return [Subscription.model_construct(**_shown(row)) for row in _rows(connection, owner)]


def subscription_of(database: Database, owner: Owner, subscription_id: int) -> Subscription:
    """One subscription of `owner`. Raises Refused where there is no such."""
    with database.read() as connection:
        return Subscription.model_construct(**_shown(_row(connection, owner, subscription_id)))


def subscribe(database: Database, owner: Owner, entry: SubscriptionEntry, settings: Settings) -> NewSubscription:
    """Make a subscription; of a webhook with a new secret. Raises Refused where it does not fit."""
    with _change(database, owner) as connection:
        _require_fit(connection, owner, entry, settings, besides=None)
        make_secret = KINDS[entry.channel].new_secret
        secret = make_secret() if make_secret else None
        made = SQL.run(
            connection,
            "insert_subscription",
            owner_kind=owner.kind,
            code=owner.code,
            channel=entry.channel,
            **_kept(entry, owner),
        ).scalar_one()
        if secret is not None:
            # By itself: PostgreSQL shows a row that it refuses, and an error is logged.
            SQL.run(connection, "add_secret", subscription_id=made, secrets=[secret])
        return NewSubscription.model_construct(**_shown(_row(connection, owner, made)), secret=secret)


def amend(
    database: Database, owner: Owner, subscription_id: int, patch: SubscriptionPatch, settings: Settings
) -> Subscription:
    """Change the fields given; the secrets stay. Raises Refused where there is no such or the result does not fit.

    One whose channel is not declared any more can only be switched off.
    """
    with _change(database, owner) as connection:
        row = _row(connection, owner, subscription_id)
        kept = {name: row[name] for name in SubscriptionEntry.model_fields}
        if row["channel"] in KINDS:
            if _follows_from_owner(row["channel"]):
                kept["address"] = None
            entry = amended(SubscriptionEntry, kept, patch.model_dump(include=patch.model_fields_set))
            _require_fit(connection, owner, entry, settings, besides=subscription_id)
            changed = _kept(entry, owner)
        elif patch.model_dump(exclude_unset=True) == {"enabled": False}:
            del kept["channel"]
            changed = kept | {"enabled": False}
        else:
            raise refused_fields(INVALID_BODY, [channel_fault(owner)])
        SQL.run(connection, "update_subscription", subscription_id=subscription_id, **changed)
        return Subscription.model_construct(**_shown(_row(connection, owner, subscription_id)))


def unsubscribe(database: Database, owner: Owner, subscription_id: int) -> None:
    """Take a subscription away. Raises Refused where there is no such."""
    with _change(database, owner) as connection:
        _row(connection, owner, subscription_id)
        SQL.run(connection, "delete_subscription", subscription_id=subscription_id)


def rotate(database: Database, owner: Owner, subscription_id: int) -> NewSecret:
    """Give a webhook a new secret beside the one it has. Raises Refused where it has two already."""
    with _change(database, owner) as connection:
        row = _row_with_secret(connection, owner, subscription_id)
        if row["secrets"] > 1:
            raise Refused(nouns.ROTATION_UNDER_WAY, "retire the secret before first: POST .../retire")
        make_secret = KINDS[row["channel"]].new_secret
        assert make_secret is not None
        secret = make_secret()
        SQL.run(connection, "add_secret", subscription_id=subscription_id, secrets=[secret])
        return NewSecret.model_construct(secret=secret)


def retire(database: Database, owner: Owner, subscription_id: int) -> Subscription:
    """Keep only the newest secret of a webhook. Raises Refused where there is but one."""
    with _change(database, owner) as connection:
        if _row_with_secret(connection, owner, subscription_id)["secrets"] < 2:
            raise Refused(nouns.NOTHING_TO_RETIRE, "make a new secret first: POST .../rotate")
        SQL.run(connection, "retire_secrets", subscription_id=subscription_id)
        return Subscription.model_construct(**_shown(_row(connection, owner, subscription_id)))


def send_test(database: Database, owner: Owner, subscription_id: int, *, link: str, now: datetime) -> uuid.UUID:
    """Write a test message, which the alert service sends, and give its id. Raises Refused where five wait already."""
    message_id = uuid.uuid4()
    with _change(database, owner) as connection:
        row = _row(connection, owner, subscription_id)
        waiting = SQL.run(connection, "count_waiting_tests", subscription_id=subscription_id).scalar_one()
        if waiting >= MOST_WAITING_TESTS:
            detail = f"{waiting} test messages wait; GET /api/v1/deliveries?subscription={subscription_id} says why"
            raise Refused(nouns.TOO_MANY_TESTS, detail)
        content = json.dumps(_test_content(row["language"], link=link, now=now), ensure_ascii=False)
        SQL.run(
            connection,
            "insert_test",
            message_id=message_id,
            subscription_id=subscription_id,
            content=content,
            now=now,
        )
    return message_id


def _test_content(language: str, *, link: str, now: datetime) -> dict[str, Any]:
    return {
        "kind": "test",
        "group": "test",
        "language": language,
        "created_at": now.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        **links_of(link),
        "alerts": [],
        "count": 0,
        "counts": {"severe": 0, "warning": 0, "notice": 0},
    }


@contextmanager
def _change(database: Database, owner: Owner) -> Iterator[Connection]:
    """A transaction in which no other changes subscriptions of `owner`. Raises Refused where there is no such owner."""
    with database.write() as connection:
        if SQL.run(connection, f"hold_{owner.kind}", code=owner.code).first() is None:
            raise _OWNERS[owner.kind].refuse_unknown(owner.code)
        yield connection


def _rows(connection: Connection, owner: Owner) -> list[DictRow]:
    return list(SQL.run(connection, "subscriptions", owner_kind=owner.kind, code=owner.code).mappings())


def _row(connection: Connection, owner: Owner, subscription_id: int) -> DictRow:
    for row in _rows(connection, owner):
        if row["subscription_id"] == subscription_id:
            return row
    raise nouns.SUBSCRIPTION.refuse_unknown(f"{subscription_id} of {owner.code}")


def _row_with_secret(connection: Connection, owner: Owner, subscription_id: int) -> DictRow:
    row = _row(connection, owner, subscription_id)
    kind = KINDS.get(row["channel"])
    if kind is None or kind.new_secret is None:
        raise Refused(nouns.NO_SECRET, f"subscription {subscription_id} is one of {row['channel']}")
    return row


def _follows_from_owner(channel: str) -> bool:
    """Whether no address is given, but the code of the owner is kept in its place."""
    return KINDS[channel].shown_of_owner is not None


def _require_fit(
    connection: Connection, owner: Owner, entry: SubscriptionEntry, settings: Settings, *, besides: int | None
) -> None:
    known = frozenset(SQL.run(connection, "known_rules", slugs=entry.rules or []).scalars())
    faults = faults_of(entry, owner, known_rules=known, settings=settings)
    if faults:
        raise refused_fields(INVALID_BODY, faults)
    address = _kept(entry, owner)["address"]
    others = [row for row in _rows(connection, owner) if row["subscription_id"] != besides]
    if any((row["channel"], row["address"], row["mode"]) == (entry.channel, address, entry.mode) for row in others):
        fault = nouns.SUBSCRIPTION.fault("address", "already_exists", f"{address} ({entry.mode})")
        raise Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
    if len(others) >= MOST_SUBSCRIPTIONS:
        raise refused_fields(INVALID_BODY, [nouns.SUBSCRIPTION.fault("body", "too_many", MOST_SUBSCRIPTIONS)])


def _kept(entry: SubscriptionEntry, owner: Owner) -> dict[str, Any]:
    kept = entry.model_dump(exclude={"channel"})
    if _follows_from_owner(entry.channel):
        kept["address"] = owner.code
    if kept["rules"] is not None:
        kept["rules"] = sorted(set(kept["rules"]))
    return kept


def _shown(row: DictRow) -> dict[str, Any]:
    shown = {name: _plain(row[name]) for name in Subscription.model_fields}
    return shown | {"address": shown_address(row["channel"], row["address"])}


def _plain(value: object) -> object:
    return value.strftime("%H:%M") if isinstance(value, time) else value
