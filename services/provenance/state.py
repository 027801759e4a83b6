"""Whether what people keep stands as the audit says: each row as its last entry left it, each entry after the last."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from services import core
from services.core.db.statements import Statements
from services.provenance.audited import AUDITED, Audited
from services.provenance.found import Differences, shanghai_time

_sql = Statements.beside(__file__, "state.sql")

_SHOWN = 60
_MIGRATION = Path(core.__file__).parent / "db/migrations/versions/0024_audit.sql"
_FUNCTION = re.compile(r"CREATE FUNCTION (audit_\w+)\(.*?\$\$(.*?)\$\$", re.DOTALL)
_OPERATIONS = ("delete", "insert", "update")


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
    for text in (*_switched_off(connection), *_other_functions(connection)):
        differences.add(text)
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


def _switched_off(connection: psycopg.Connection) -> Iterator[str]:
    """Tables whose changes are not kept at present."""
    found = {(row.kind, row.name): row for row in _sql.run(connection, "triggers")}
    for audited in AUDITED:
        said = b"".join(part.encode() + b"\0" for part in _trigger_arguments(audited))
        for operation in _OPERATIONS:
            trigger = found.get((audited.kind, f"audit_{operation}"))
            if trigger is None or not trigger.is_on or bytes(trigger.said) != said:
                yield f"{operation}s of {audited.kind} are not kept in the audit: its trigger is gone, off, or another"


def _other_functions(connection: psycopg.Connection) -> Iterator[str]:
    """Functions by which the audit is kept that do something else than this version has them do."""
    found = {row.name: row.body for row in _sql.run(connection, "functions")}
    for name, body in _FUNCTION.findall(_MIGRATION.read_text("utf-8")):
        if found.get(name) != body:
            yield f"function {name} of the database, by which the audit is kept, is gone or another"


def _trigger_arguments(audited: Audited) -> tuple[str, ...]:
    """As `audit_table` makes the triggers."""
    return (_array(audited.keys), audited.subject, _array(audited.hidden), _array(audited.passed_over))


def _array(names: tuple[str, ...]) -> str:
    return "{" + ",".join(names) + "}"
