"""Bulk import: every faulty row is reported with its line, field and reason; all rows are written, or none."""

import enum
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from psycopg import Connection

from services.api.database import Database
from services.api.errors import IMPORT_REFUSED, Refused
from services.api.reasons import Fault
from services.api.registry.change import registry_change
from services.api.registry.reading import RowFault, Sheet
from services.api.registry.resource import A, Amendment, E, R, Resource

MOST_ERRORS = 100_000


class Existing(enum.StrEnum):
    """What becomes of rows whose thing is registered already."""

    REFUSE = "refuse"
    SKIP = "skip"
    UPDATE = "update"


class ImportOutcome(enum.StrEnum):
    """What becomes of a row."""

    CREATE = "create"
    REPORT = "report"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    SKIP = "skip"
    HIDDEN = "hidden"


@dataclass(slots=True)
class _Plan(Generic[E, R]):
    """What an import would do."""

    faults: list[RowFault]
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    creates: list[E] = field(default_factory=list)
    amendments: list[Amendment[R]] = field(default_factory=list)

    def add(self, line: int, key: str | None, outcome: ImportOutcome, fields: Sequence[str] = ()) -> None:
        self.outcomes.append({"line": line, "key": key, "outcome": outcome.value, "fields": list(fields)})

    def count(self, outcome: ImportOutcome) -> int:
        return sum(1 for each in self.outcomes if each["outcome"] == outcome)


def import_sheet(
    database: Database,
    resource: Resource[E, R, A],
    sheet: Sheet[E],
    *,
    dry_run: bool,
    existing: Existing,
    now: datetime,
) -> dict[str, Any]:
    """Write the entries of `sheet` unless it has faults or this is a dry run, and tell what came of it.

    Raises Refused(IMPORT_REFUSED) with the same account when there are faults and this is no dry run.
    """
    if dry_run:
        with database.read() as connection:
            plan = _plan(resource, connection, sheet, existing, now)
        return _account(sheet, plan, dry_run=True, created=0, updated=0) | {"outcomes": _by_line(plan)}
    with registry_change(database) as change:
        plan = _plan(resource, change.connection, sheet, existing, now)
        if plan.faults:
            account = _account(sheet, plan, dry_run=False, created=0, updated=0)
            found = "1 fault" if len(plan.faults) == 1 else f"{len(plan.faults)} faults"
            raise Refused(IMPORT_REFUSED, f"{found}; nothing was written", **account)
        created = resource.insert(change.connection, plan.creates) if plan.creates else 0
        for amendment in plan.amendments:
            resource.write(change, amendment)
    return _account(sheet, plan, dry_run=False, created=created, updated=len(plan.amendments))


def _plan(
    resource: Resource[E, R, A], connection: Connection, sheet: Sheet[E], existing: Existing, now: datetime
) -> _Plan[E, R]:
    plan = _Plan[E, R](list(sheet.faults))
    for line in sheet.hidden:
        plan.add(line, None, ImportOutcome.HIDDEN)
    keys = [resource.key_of(entry) for _, entry in sheet.entries]
    registered = resource.existing(connection, keys)
    new = [(line, entry) for line, entry in sheet.entries if resource.key_of(entry) not in registered]
    old = [(line, entry) for line, entry in sheet.entries if resource.key_of(entry) in registered]
    _plan_new(plan, resource, connection, sheet, new, now)
    match existing:
        case Existing.REFUSE:
            plan.faults += _refused(resource, connection, sheet, old, now)
        case Existing.SKIP:
            for line, entry in old:
                plan.add(line, resource.key_of(entry), ImportOutcome.SKIP)
        case Existing.UPDATE:
            _plan_updates(plan, resource, connection, sheet, old)
    return plan


def _plan_new(
    plan: _Plan[E, R],
    resource: Resource[E, R, A],
    connection: Connection,
    sheet: Sheet[E],
    rows: Sequence[tuple[int, E]],
    now: datetime,
) -> None:
    plan.creates = [entry for _, entry in rows]
    judged = resource.faults_of(connection, plan.creates, now=now) if rows else []
    for (line, entry), faults in zip(rows, judged, strict=True):
        plan.faults += (sheet.fault(line, fault) for fault in faults)
        if not faults:
            plan.add(line, resource.key_of(entry), ImportOutcome(resource.new_is))


def _refused(
    resource: Resource[E, R, A],
    connection: Connection,
    sheet: Sheet[E],
    rows: Sequence[tuple[int, E]],
    now: datetime,
) -> Iterator[RowFault]:
    judged = resource.faults_of(connection, [entry for _, entry in rows], now=now) if rows else []
    for (line, entry), faults in zip(rows, judged, strict=True):
        yield sheet.fault(line, resource.noun.fault(resource.key, "already_exists", resource.key_of(entry)))
        yield from (sheet.fault(line, fault) for fault in faults)


def _plan_updates(
    plan: _Plan[E, R],
    resource: Resource[E, R, A],
    connection: Connection,
    sheet: Sheet[E],
    rows: Sequence[tuple[int, E]],
) -> None:
    kept = resource.rows_of(connection, [resource.key_of(entry) for _, entry in rows])
    changing: list[tuple[int, Amendment[R]]] = []
    for line, entry in rows:
        key = resource.key_of(entry)
        changed = resource.changed_by(connection, entry, kept[key])
        faults = list(_faults_of_change(resource, changed))
        if not changed:
            plan.add(line, key, ImportOutcome.UNCHANGED)
        elif not faults:
            try:
                changing.append((line, resource.amendment(key, kept[key], changed)))
            except Refused as refused:
                faults = list(refused.faults)
        plan.faults += (sheet.fault(line, fault) for fault in faults)
    judged = resource.check_amended(connection, [each.record for _, each in changing]) if changing else []
    for (line, amendment), found in zip(changing, judged, strict=True):
        plan.faults += (sheet.fault(line, fault) for fault in found)
        if not found:
            plan.add(line, amendment.key, ImportOutcome.UPDATE, amendment.changed)
            plan.amendments.append(amendment)


def _faults_of_change(resource: Resource[E, R, A], changed: Mapping[str, Any]) -> Iterator[Fault]:
    for name in changed:
        if name in resource.dated:
            yield Fault(name, "dated_field")
        elif name not in resource.amendable:
            yield Fault(name, "not_by_import")


def _by_line(plan: _Plan[E, R]) -> list[dict[str, Any]]:
    return sorted(plan.outcomes, key=lambda each: int(each["line"]))[:MOST_ERRORS]


def _account(sheet: Sheet[E], plan: _Plan[E, R], *, dry_run: bool, created: int, updated: int) -> dict[str, Any]:
    ordered = sorted(plan.faults, key=lambda faulty: faulty.line)
    return {
        "dry_run": dry_run,
        "rows": sheet.rows,
        "created": created,
        "updated": updated,
        "unchanged": plan.count(ImportOutcome.UNCHANGED),
        "skipped": plan.count(ImportOutcome.SKIP),
        "hidden": len(sheet.hidden),
        "error_count": len(ordered),
        "errors": [faulty.answer() for faulty in itertools.islice(ordered, MOST_ERRORS)],
    }
