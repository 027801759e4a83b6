"""What the alert service keeps of rules and of their subjects. Every function runs in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from services.alerts.routing.routing import RANK
from services.alerts.rules.body import body_of
from services.alerts.rules.rule import Rule, Severity
from services.alerts.state.state import AlertChange, ChangeKind, Instance, State
from services.core.db.leading import LockKey
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "alerts.sql")

SHIPPED_NOTE = "came with the program"
LEFT_OUT_NOTE = "no longer comes with the program"

Key = tuple[str, str, str]
"""Rule, kind of the subject, code of the subject."""
Event = tuple[int, datetime, str, Mapping[str, Any]]
"""Alert, time, kind and detail of alert_event."""


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule as it stands now."""

    slug: str
    version: int
    body: Mapping[str, Any]
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectState:
    """Where a rule stands with a subject, and the alert that belongs to it."""

    instance: Instance
    rule_version: int
    severity: str | None = None
    alert_version: int | None = None
    """The version of the rule that judged the alert."""
    last_value: Mapping[str, Any] | None = None

    @property
    def fires(self) -> bool:
        """Whether its alert fires."""
        return self.instance.state is State.FIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """From which version of its rule to which a firing alert goes over, and with what severity."""

    version_from: int
    version_to: int
    severity_from: Severity
    severity_to: Severity

    @property
    def graver(self) -> bool:
        """Whether the severity rises."""
        return RANK[self.severity_to] > RANK[self.severity_from]

    @property
    def detail(self) -> dict[str, Any]:
        """As in the detail of its event."""
        return {
            "from": self.version_from,
            "to": self.version_to,
            "severity_from": str(self.severity_from),
            "severity_to": str(self.severity_to),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """What one evaluation made of one subject."""

    key: Key
    rule_version: int
    instance: Instance
    changes: tuple[AlertChange, ...]
    new_alert: Mapping[str, Any] | None = None
    """The columns of its alert, where it fired."""
    changed_rule: VersionChange | None = None
    """Of an alert that is judged by another version of its rule than before."""


def rules_now(connection: psycopg.Connection) -> list[StoredRule]:
    """The newest version of every rule, by slug."""
    return [StoredRule(row.slug, row.version, row.body, row.enabled) for row in _sql.run(connection, "rules_now")]


def keep_shipped(connection: psycopg.Connection, rules: Iterable[Rule], now: datetime) -> int:
    """Write the shipped rules that have changed as new versions, and give their number.

    A rule that an operator has written a version of stays as he wrote it.
    """
    bodies = {rule.slug: body_of(rule) for rule in rules}
    present = {row.slug for row in _sql.run(connection, "rules_now") if row.shipped}
    written = 0
    for slug in sorted(bodies.keys() | present):
        _sql.run(connection, "hold_rule", family=LockKey.RULE_VERSION, slug=slug)
        newest = _sql.run(connection, "newest_version", slug=slug).first()
        version, body, enabled, shipped = newest or (0, None, False, True)
        wanted = bodies.get(slug, body)
        enable = slug in bodies
        if not shipped or (wanted, enable) == (body, enabled):
            continue
        note = SHIPPED_NOTE if enable else LEFT_OUT_NOTE
        _sql.run(
            connection,
            "add_shipped_version",
            slug=slug,
            version=version + 1,
            body=Jsonb(wanted),
            enabled=enable,
            note=note,
            now=now,
        )
        written += 1
    return written


def rules_with_states(connection: psycopg.Connection) -> set[str]:
    """The rules that stand with some subject in another way than plainly in order."""
    return set(_sql.run(connection, "rules_with_states").scalars())


def firing_by_rule(connection: psycopg.Connection) -> dict[str, int]:
    """How many alerts of each rule fire."""
    return dict(_sql.run(connection, "count_firing"))


def states_of(connection: psycopg.Connection, rules: Iterable[str]) -> dict[Key, SubjectState]:
    """Where these rules stand with their subjects; one that is not there is in order."""
    rows = _sql.run(connection, "states", rules=list(rules)).mappings()
    return {(row["rule"], row["subject_kind"], row["subject_code"]): _known(row) for row in rows}


def _known(row: Mapping[str, Any]) -> SubjectState:
    state = State(row["state"])
    instance = Instance(
        state=state,
        since=row["since"],
        evaluated_at=row["evaluated_at"],
        alert_id=row["alert_id"],
        resolved_at=row["resolved_at"],
        cannot_since=row["cannot_since"],
        cannot_reasons=tuple((code, of) for code, of in row["cannot_reasons"] or ()),
    )
    about = ("rule_version", "severity", "alert_version", "last_value")
    return SubjectState(instance=instance, **{name: row[name] for name in about})


def write(connection: psycopg.Connection, stepped: Sequence[Stepped], now: datetime) -> list[Stepped]:
    """Store what has changed, and give it back with the numbers of the new alerts."""
    numbers = _new_alerts(connection, stepped)
    numbered = [_numbered(each, numbers.get(each.key)) for each in stepped]
    changes = [change for each in numbered for change in each.changes]
    _change_rules(connection, numbered)
    resolved = [change.alert_id for change in changes if change.kind is ChangeKind.RESOLVED]
    reopened = [change.alert_id for change in changes if change.kind is ChangeKind.REOPENED]
    if resolved:
        _sql.run(connection, "resolve_alerts", alert_ids=resolved, now=now)
    if reopened:
        _sql.run(connection, "reopen_alerts", alert_ids=reopened)
    if changes:
        add_events(connection, [(c.alert_id or 0, c.at, str(c.kind), c.detail) for c in changes])
    kept = [_state_row(each) for each in numbered if each.instance.needs_row]
    gone = [_key_row(each.key) for each in numbered if not each.instance.needs_row]
    if kept:
        _sql.run(connection, "write_states", rows=Jsonb(kept))
    if gone:
        _sql.run(connection, "drop_states", rows=Jsonb(gone))
    return numbered


def _new_alerts(connection: psycopg.Connection, stepped: Sequence[Stepped]) -> dict[Key, int]:
    rows = [each.new_alert for each in stepped if each.new_alert is not None]
    if not rows:
        return {}
    added = _sql.run(connection, "add_alerts", rows=Jsonb(rows))
    return {(rule, kind, code): alert_id for alert_id, rule, kind, code in added}


def _change_rules(connection: psycopg.Connection, stepped: Iterable[Stepped]) -> None:
    rows = [
        {
            "alert_id": each.instance.alert_id,
            "rule_version": each.changed_rule.version_to,
            "severity": str(each.changed_rule.severity_to),
        }
        for each in stepped
        if each.changed_rule is not None
    ]
    if rows:
        _sql.run(connection, "change_rules", rows=Jsonb(rows))


def _numbered(stepped: Stepped, alert_id: int | None) -> Stepped:
    if alert_id is None:
        return stepped
    changes = tuple(replace(c, alert_id=alert_id) if c.alert_id is None else c for c in stepped.changes)
    return replace(stepped, instance=replace(stepped.instance, alert_id=alert_id), changes=changes)


def add_events(connection: psycopg.Connection, events: Iterable[Event]) -> None:
    """Add to the history of the alerts, in this order."""
    rows = [
        {"alert_id": alert_id, "at": at.isoformat(), "kind": kind, "detail": dict(detail)}
        for alert_id, at, kind, detail in events
    ]
    _sql.run(connection, "add_events", rows=Jsonb(rows))


def closed_of(connection: psycopg.Connection, alert_ids: Iterable[int]) -> set[int]:
    """Of these alerts those whose handling is closed."""
    return set(_sql.run(connection, "closed", alert_ids=list(alert_ids)).scalars())


def set_inhibited(connection: psycopg.Connection, by_alert: Mapping[int, str | None]) -> None:
    """Say of each alert what holds its messages back; None: nothing."""
    _sql.run(
        connection, "set_inhibited", rows=Jsonb([{"alert_id": a, "inhibited_by": by} for a, by in by_alert.items()])
    )


def set_last_values(connection: psycopg.Connection, by_alert: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep what the last evaluation found of each alert."""
    _sql.run(connection, "set_last_values", rows=Jsonb([{"alert_id": a, "last_value": v} for a, v in by_alert.items()]))


def _key_row(key: Key) -> dict[str, Any]:
    rule, subject_kind, subject_code = key
    return {"rule": rule, "subject_kind": subject_kind, "subject_code": subject_code}


def _state_row(stepped: Stepped) -> dict[str, Any]:
    instance = stepped.instance
    return _key_row(stepped.key) | {
        "state": str(instance.state),
        "since": instance.since.isoformat(),
        "rule_version": stepped.rule_version,
        "alert_id": instance.alert_id,
        "cannot_since": instance.cannot_since and instance.cannot_since.isoformat(),
        "cannot_reasons": [list(reason) for reason in instance.cannot_reasons] or None,
        "evaluated_at": instance.evaluated_at.isoformat(),
    }
