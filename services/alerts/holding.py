"""What holds the messages of firing alerts back, looked at anew in each cycle."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from services.alerts import store
from services.alerts.messages import News, notice_of, silences_of, told_before, tree_of
from services.core.db.queries import load
from services.core.domain.alerting.inhibition import (
    Dependent,
    Inhibition,
    hold_event,
    message_of,
    silence_mark,
)
from services.core.domain.alerting.rule import GATEWAY_SILENCE, Rule
from services.core.domain.alerting.telling import silenced_by

_sql = load(__file__, "alerts.sql")


@dataclass(frozen=True, slots=True)
class Held:
    """By alert what holds it back now, and what is to be told because nothing does any more."""

    by: Mapping[int, str]
    released: list[News]


def review(connection: psycopg.Connection, rules: Mapping[str, Rule], now: datetime) -> Held:
    """See what holds each firing alert back, and write what has changed; `rules`: those switched on, by slug."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_sql.firing.sql).fetchall()
    if not rows:
        return Held({}, [])
    held = _held(connection, rows, rules, now)
    changed = {row["alert_id"]: held.get(row["alert_id"]) for row in rows}
    changed = {row["alert_id"]: by for row in rows if (by := changed[row["alert_id"]]) != row["inhibited_by"]}
    if not changed:
        return Held(held, [])
    store.set_inhibited(connection, changed)
    events = [
        (row["alert_id"], now, event, {"by": changed[row["alert_id"]] or row["inhibited_by"]})
        for row in rows
        if row["alert_id"] in changed
        and (event := hold_event(row["inhibited_by"], changed[row["alert_id"]])) is not None
    ]
    free = [alert_id for alert_id, _, event, _ in events if event == "released"]
    told = told_before(connection, free) if free else set()
    if events:
        store.add_events(connection, events)
    news = [
        News(kind=kind, alert_id=alert_id)
        for alert_id in free
        if (kind := message_of("released", None, told=alert_id in told)) is not None
    ]
    return Held(held, news)


def _held(
    connection: psycopg.Connection, rows: Iterable[Mapping[str, Any]], rules: Mapping[str, Rule], now: datetime
) -> dict[int, str]:
    """By alert what holds it back; a person's silence before all else."""
    dependents = [
        Dependent(
            alert_id=row["alert_id"],
            indicator=rule.indicator if (rule := rules.get(row["rule"])) else "",
            inhibits=rule is not None and rule.inhibits,
            subject_kind=row["subject_kind"],
            subject_code=row["subject_code"],
            enterprise_code=row["enterprise_code"],
        )
        for row in rows
    ]
    inhibition = Inhibition.of(dependents, _units_of_silent(connection, dependents))
    held = {each.alert_id: by for each in dependents if (by := inhibition.by(each)) is not None}
    silences = silences_of(connection, now)
    if silences:
        tree = tree_of(connection)
        for row in rows:
            silence = silenced_by(notice_of(row), silences, tree, now)
            if silence is not None:
                held[row["alert_id"]] = silence_mark(silence.silence_id)
    return held


def _units_of_silent(connection: psycopg.Connection, dependents: Iterable[Dependent]) -> dict[str, frozenset[str]]:
    silent = [each.subject_code for each in dependents if each.inhibits and each.indicator == GATEWAY_SILENCE]
    units: defaultdict[str, set[str]] = defaultdict(set)
    if silent:
        for gateway, unit in _sql.units_of_gateways(connection, gateways=silent):
            units[gateway].add(unit)
    return {gateway: frozenset(found) for gateway, found in units.items()}
