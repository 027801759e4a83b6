"""What holds the messages of alerts back, looked at anew in each cycle."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from services.alerts import store
from services.alerts.notify.audience import notice_of, silences_of, tree_of
from services.alerts.routing.routing import silenced_by
from services.alerts.rules.compatibility import MissingReadings
from services.alerts.rules.rule import Rule
from services.alerts.state.inhibition import (
    Dependent,
    Inhibition,
    hold_event,
    silence_mark,
)
from services.core.db.statements import Statements

_sql = Statements.beside(__file__, "alerts.sql")


@dataclass(frozen=True, slots=True)
class HeldAlerts:
    """By alert what holds it back now, those nothing holds back any more, and those whose end is still to be told."""

    by: Mapping[int, str]
    released: frozenset[int] = frozenset()
    ended: frozenset[int] = frozenset()


def review(connection: psycopg.Connection, rules: Mapping[str, Rule], now: datetime) -> HeldAlerts:
    """See what holds each alert back, and write what has changed; `rules`: those switched on, by slug."""
    rows = _sql.run(connection, "tellable").mappings().all()
    if not rows:
        return HeldAlerts({})
    held = _held(connection, rows, rules, now)
    firing = [row for row in rows if row["firing"]]
    ended = frozenset(row["alert_id"] for row in rows if not row["firing"])
    changed = [row for row in firing if held.get(row["alert_id"]) != row["inhibited_by"]]
    if not changed:
        return HeldAlerts(held, ended=ended)
    store.set_inhibited(connection, {row["alert_id"]: held.get(row["alert_id"]) for row in changed})
    events = [
        (row["alert_id"], now, event, {"by": held.get(row["alert_id"]) or row["inhibited_by"]})
        for row in changed
        if (event := hold_event(row["inhibited_by"], held.get(row["alert_id"]))) is not None
    ]
    if events:
        store.add_events(connection, events)
    released = frozenset(alert_id for alert_id, _, event, _ in events if event == "released")
    return HeldAlerts(held, released, ended)


def _held(
    connection: psycopg.Connection, rows: Iterable[Mapping[str, Any]], rules: Mapping[str, Rule], now: datetime
) -> dict[int, str]:
    """By alert what holds it back; a person's silence before all else."""
    dependents = {
        row["alert_id"]: Dependent(
            alert_id=row["alert_id"],
            missing=None if (rule := rules.get(row["rule"])) is None else rule.missing,
            stands_on_readings=rule is None or rule.stands_on_readings,
            inhibits=rule is not None and rule.inhibits,
            subject_kind=row["subject_kind"],
            subject_code=row["subject_code"],
            enterprise_code=row["enterprise_code"],
        )
        for row in rows
    }
    firing = [dependents[row["alert_id"]] for row in rows if row["firing"]]
    inhibition = Inhibition.of(firing, _units_of_silent(connection, firing))
    held = {each.alert_id: by for each in dependents.values() if (by := inhibition.by(each)) is not None}
    silences = silences_of(connection, now)
    if silences:
        tree = tree_of(connection)
        for row in rows:
            silence = silenced_by(notice_of(row), silences, tree, now)
            if silence is not None:
                held[row["alert_id"]] = silence_mark(silence.silence_id)
    return held


def _units_of_silent(connection: psycopg.Connection, dependents: Iterable[Dependent]) -> dict[str, frozenset[str]]:
    silent = [each.subject_code for each in dependents if each.inhibits and each.missing is MissingReadings.OF_GATEWAY]
    units: defaultdict[str, set[str]] = defaultdict(set)
    if silent:
        for gateway, unit in _sql.run(connection, "units_of_gateways", gateways=silent):
            units[gateway].add(unit)
    return {gateway: frozenset(found) for gateway, found in units.items()}
