"""Bulk import: every faulty row is reported with its line, field and reason; all rows are written, or none."""

import enum
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic

from psycopg import Connection

from services.api.database import Database
from services.api.errors import IMPORT_REFUSED, INVALID_BODY, Refused, refused_fields
from services.api.reasons import Fault
from services.api.registry.change import registry_change
from services.api.registry.reading import MOST_ERRORS, RowFault, Sheet
from services.api.registry.resource import A, Amendment, DatedFrom, E, R, Resource, Row
from services.provenance.notes import NoteKind, note

MOST_DATED = 2000
"""Each takes some statements while nobody else can change the registry."""


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


@dataclass(frozen=True, slots=True)
class ImportHandling:
    """What becomes of rows of what is registered already, and from when on what has dates is as they say."""

    existing: Existing
    since: DatedFrom | None = None


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
    handling: ImportHandling,
    now: datetime,
) -> dict[str, Any]:
    """Write the entries of `sheet` unless it has faults or this is a dry run, and tell what came of it.

    Raises Refused(IMPORT_REFUSED) with the same account when there are faults and this is no dry run;
    Refused(INVALID_BODY) when more than MOST_DATED rows change what has dates.
    """
    if dry_run:
        with database.read() as connection:
            plan = _Planner(resource, connection, sheet, handling, now).plan()
        return _account(sheet, plan, dry_run=True, created=0, updated=0) | {"outcomes": _by_line(plan)}
    with registry_change(database) as change:
        plan = _Planner(resource, change.connection, sheet, handling, now).plan()
        if plan.faults:
            account = _account(sheet, plan, dry_run=False, created=0, updated=0)
            found = "1 fault" if account["error_count"] == 1 else f"{account['error_count']} faults"
            raise Refused(IMPORT_REFUSED, f"{found}; nothing was written", **account)
        created = resource.insert(change, plan.creates) if plan.creates else 0
        for amendment in plan.amendments:
            if handling.since is not None and amendment.dated:
                resource.write_dated(change, amendment, handling.since, now=now)
            if amendment.changed:
                resource.write(change, amendment)
        account = _account(sheet, plan, dry_run=False, created=created, updated=len(plan.amendments))
        counted = {name: account[name] for name in ("rows", "created", "updated", "unchanged", "skipped", "hidden")}
        note(change.connection, NoteKind.IMPORT, resource.noun.plural, counted)
    return account


class _Planner(Generic[E, R, A]):
    """Says what an import would do, writing nothing."""

    def __init__(
        self,
        resource: Resource[E, R, A],
        connection: Connection,
        sheet: Sheet[E],
        handling: ImportHandling,
        now: datetime,
    ) -> None:
        self._resource, self._connection, self._sheet = resource, connection, sheet
        self._handling, self._now = handling, now
        self._plan = _Plan[E, R](list(sheet.faults))

    def plan(self) -> _Plan[E, R]:
        """The plan."""
        for line in self._sheet.hidden:
            self._plan.add(line, None, ImportOutcome.HIDDEN)
        key_of, entries = self._resource.key_of, self._sheet.entries
        registered = self._resource.existing(self._connection, [key_of(entry) for _, entry in entries])
        self._create([(line, entry) for line, entry in entries if key_of(entry) not in registered])
        old = [(line, entry) for line, entry in entries if key_of(entry) in registered]
        match self._handling.existing:
            case Existing.REFUSE:
                self._refuse(old)
            case Existing.SKIP:
                for line, entry in old:
                    self._plan.add(line, key_of(entry), ImportOutcome.SKIP)
            case Existing.UPDATE:
                self._update(old)
        return self._plan

    def _judged(self, rows: Sequence[tuple[int, E]]) -> Iterator[tuple[int, E, list[Fault]]]:
        entries = [entry for _, entry in rows]
        judged = self._resource.faults_of(self._connection, entries, now=self._now) if rows else []
        for (line, entry), faults in zip(rows, judged, strict=True):
            yield line, entry, faults

    def _add_faults(self, line: int, faults: Sequence[Fault]) -> None:
        self._plan.faults += (self._sheet.fault(line, fault) for fault in faults)

    def _create(self, rows: Sequence[tuple[int, E]]) -> None:
        self._plan.creates = [entry for _, entry in rows]
        for line, entry, faults in self._judged(rows):
            self._add_faults(line, faults)
            if not faults:
                self._plan.add(line, self._resource.key_of(entry), ImportOutcome(self._resource.new_is))

    def _refuse(self, rows: Sequence[tuple[int, E]]) -> None:
        noun, key = self._resource.noun, self._resource.key
        for line, entry, faults in self._judged(rows):
            known = noun.fault(key, "already_exists", self._resource.key_of(entry))
            self._add_faults(line, [known, *faults])

    def _update(self, rows: Sequence[tuple[int, E]]) -> None:
        kept = self._resource.rows_of(self._connection, [self._resource.key_of(entry) for _, entry in rows])
        changing: list[tuple[int, Amendment[R]]] = []
        dated = 0
        for line, entry in rows:
            key = self._resource.key_of(entry)
            if key not in kept:
                # The account does not see it.
                fault = self._resource.noun.fault(self._resource.key, "already_exists", key)
                self._add_faults(line, [fault])
                continue
            try:
                amendment = self._amendment(key, entry, kept[key])
            except Refused as refused:
                self._add_faults(line, refused.faults)
                continue
            if amendment is None:
                self._plan.add(line, key, ImportOutcome.UNCHANGED)
            else:
                changing.append((line, amendment))
                dated += bool(amendment.dated)
            if dated > MOST_DATED:
                raise refused_fields(INVALID_BODY, [Fault("dated_from", "too_many_dated", {"most": MOST_DATED})])
        self._check(changing)

    def _amendment(self, key: str, entry: E, row: Row) -> Amendment[R] | None:
        """How what is registered changes by a row of the file; None: not at all. Raises Refused."""
        resource, since = self._resource, self._handling.since
        changed = resource.changed_by(self._connection, entry, row)
        faults = [
            Fault(name, "dated_field" if name in resource.dated else "not_by_import")
            for name in changed
            if name not in resource.amendable and (since is None or name not in resource.dated)
        ]
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        dated = {name: value for name, value in changed.items() if name in resource.dated}
        plain = {name: value for name, value in changed.items() if name not in dated}
        amendment = replace(resource.amendment(key, row, plain), dated=dated)
        if dated and since is not None:
            resource.check_dated(self._connection, amendment, since, now=self._now)
        return amendment if changed else None

    def _check(self, changing: Sequence[tuple[int, Amendment[R]]]) -> None:
        plainly = [each.record for _, each in changing if each.changed]
        judged = iter(self._resource.check_amended(self._connection, plainly) if plainly else [])
        for line, amendment in changing:
            found = next(judged) if amendment.changed else []
            self._add_faults(line, found)
            if not found:
                fields = (*amendment.dated, *amendment.changed)
                self._plan.add(line, amendment.key, ImportOutcome.UPDATE, fields)
                self._plan.amendments.append(amendment)


def _by_line(plan: _Plan[E, R]) -> list[dict[str, Any]]:
    return sorted(plan.outcomes, key=lambda each: int(each["line"]))


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
        "error_count": len(ordered) + sheet.faults_beyond,
        "errors": [faulty.answer() for faulty in itertools.islice(ordered, MOST_ERRORS)],
    }
