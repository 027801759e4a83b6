"""Whether what people keep stands as the audit says: each row as its last entry left it, each entry after the last."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from services.core.db.statements import Statements
from services.provenance.audited import AUDITED, Audited
from services.provenance.found import Differences, shanghai_time

_sql = Statements.beside(__file__, "state.sql")

_SHOWN = 60


class HeldState(NamedTuple):
    """What was held against the audit."""

    entries: int
    rows: int


class _Standing(NamedTuple):
    key: str
    entry_id: int | None
    at: datetime | None
    who: str | None
    subject: str | None
    action: str | None
    after: dict[str, Any] | None
    now: dict[str, Any] | None


class _Break(NamedTuple):
    entry_id: int
    at: datetime
    who: str
    kind: str
    key: str
    subject: str
    action: str
    left_by: int | None
    stood: dict[str, Any] | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def hold_state(connection: psycopg.Connection, differences: Differences) -> HeldState:
    """Hold every audited row, and every entry, against the audit. Raises psycopg.Error."""
    for audited in AUDITED:
        for row in _standing(connection, audited):
            differences.add(_told(audited, row))
    for broken in _sql.run(connection, "breaks").of(_Break).all():
        differences.add(_broken(broken))
    for each in _sql.run(connection, "strangers"):
        differences.add(
            f"{each.kind} {each.subject}, {each.action} of {shanghai_time(each.at)},"
            f" entry {each.entry_id} of the audit:"
            f" {each.by_kind} {each.by_whom} could not act then, by all that the audit knows"
        )
    return _sql.run(connection, "extent").of(HeldState).one()


def _standing(connection: psycopg.Connection, audited: Audited) -> Iterator[_Standing]:
    rows = sql.SQL(_sql["present_marked" if audited.secret else "present"]).format(table=sql.Identifier(audited.kind))
    statement = sql.SQL(_sql["standing"]).format(present=rows)
    parameters = {
        "kind": audited.kind,
        "keys": list(audited.keys),
        "hidden": list(audited.hidden),
        "passed_over": list(audited.passed_over),
        "stays": audited.stays,
    }
    with connection.cursor(row_factory=class_row(_Standing)) as cursor:
        yield from cursor.execute(statement, parameters)


def _told(audited: Audited, row: _Standing) -> str:
    last = f"entry {row.entry_id} of the audit, {shanghai_time(row.at)}, {row.who}" if row.at else ""
    named = f"{audited.kind} {row.subject or (row.now or {}).get(audited.subject) or row.key}"
    named = named if named.endswith(f" {row.key}") else f"{named} (number {row.key})"
    if row.now is not None and row.after is not None:
        return f"{named} is not as it was left by {last}: {_differing(row.after, row.now)}"
    if row.now is not None:
        return f"{named} stands, and no entry of the audit added it{f' again after {last}' if last else ''}"
    if row.action == "delete":
        return f"{named} was removed by {last}; rows of {audited.kind} stay"
    return f"{named} is gone, and no entry of the audit removed it; it was left by {last}"


def _broken(entry: _Break) -> str:
    named = (
        f"entry {entry.entry_id} of the audit ({entry.kind} {entry.subject}, {shanghai_time(entry.at)}, {entry.who})"
    )
    if entry.stood is None:
        return f"{named} changes what no entry before it left standing"
    if entry.before is None:
        return f"{named} adds what stood already by entry {entry.left_by}"
    if entry.action == "taken_in" and entry.after is not None:
        after = {name: value for name, value in entry.after.items() if name in entry.before}
        return f"{named} takes in more than the upgrade added: {_differing(entry.before, after)}"
    return (
        f"{named} found the row otherwise than entry {entry.left_by} left it: {_differing(entry.stood, entry.before)}"
    )


def _differing(was: dict[str, Any], now: dict[str, Any]) -> str:
    """The fields that are not the same, as they are now and as they were left."""
    names = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return "; ".join(f"{name} is {_shown(now.get(name))}, and was {_shown(was.get(name))}" for name in names)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
