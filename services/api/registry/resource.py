"""What the kinds of registered things have in common: listed, read, created, amended and removed by one code."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Self, TypeVar, cast

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import DictRow
from pydantic import BaseModel, ValidationError
from pydantic.config import JsonDict

from services.api.database import Database
from services.api.errors import ALREADY_EXISTS, IN_USE, INVALID_BODY, Refused, refused_fields
from services.api.list_query import ListQuery
from services.api.listing import Filter, Source, columns_of
from services.api.names import NamedKind, NamedPage, WithNames, names_beside
from services.api.reasons import Fault, faults_of
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.fields import Entry
from services.api.registry.nouns import Noun
from services.core.db.statements import Statements
from services.judging.data.tables import Tables

E = TypeVar("E", bound=Entry)
R = TypeVar("R", bound=Entry)
A = TypeVar("A", bound=BaseModel)
N = TypeVar("N", bound=WithNames)

Row = DictRow

_MOST_INSERTED = 5_000
"""Entries of one statement: 50 000 meters and their terms came near its time limit on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[A]):
    """Things that can be listed and read. `sql` has the statement `select`; `key` is the column that names one.

    `coded`: the columns of a row that hold codes of something else, by what that is.
    """

    noun: Noun
    key: str
    answer: type[A]
    page: type[NamedPage[A]]
    sql: Statements
    query: type[ListQuery]
    filters: Mapping[str, Filter]
    coded: Mapping[NamedKind, Sequence[str]] = field(default_factory=dict)

    def shape(self, row: Row) -> A:
        """The answer for a row of `select`. What the database holds is not judged again."""
        return self.answer.model_construct(**{name: row[name] for name in self.answer.model_fields})

    @cached_property
    def source(self) -> Source:
        """Where the rows come from."""
        return Source(
            name=self.noun.en,
            select=self.sql["select"],
            usual=(self.key,),
            columns=columns_of(self.answer, self.key, *self.query.columns()),
            filters=self.filters,
        )

    def page_of(self, database: Database, query: ListQuery, tables: Tables | None = None) -> NamedPage[A]:
        """The page of the list that `query` asks for, with the names of what its rows have codes of."""
        with database.read() as connection:
            found = self.source.page(connection, query)
            names = names_beside(connection, found.data, self.coded, tables)
        data = [self.shape(row) for row in found.data]
        return self.page.model_construct(data=data, next=found.next, total=found.total, names=names)

    def row(self, connection: Connection, key: str) -> Row:
        """The row of the thing named `key`. Raises Refused when there is none."""
        rows = self.source.rows(connection, f"entry.{self.key} = :key", {"key": key}, most=1)
        if not rows:
            raise self.noun.refuse_unknown(key)
        return rows[0]

    def one(self, database: Database, key: str, named: type[N], tables: Tables | None = None) -> N:
        """The thing named `key`, with the names of what it has codes of. Raises Refused when there is none."""
        with database.read() as connection:
            row = self.row(connection, key)
            names = names_beside(connection, [row], self.coded, tables)
        self.was_read(database, row)
        return cast("N", named.model_construct(**dict(self.shape(row)), names=names))

    def was_read(self, database: Database, row: Row) -> None:
        """What is to be done where one was read."""


def _none_faulty(_connection: Connection, entries: Sequence[Any]) -> list[list[Fault]]:
    return [[] for _ in entries]


def _removable(_connection: Connection, _key: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Amendment(Generic[R]):
    """What a registered thing becomes, and which of its fields change by that."""

    key: str
    record: R
    changed: tuple[str, ...]
    kept: Mapping[str, Any] = field(default_factory=dict)
    """The fields as they were."""
    dated: Mapping[str, Any] = field(default_factory=dict)
    """What becomes otherwise from a moment on only, which `record` does not have."""


@dataclass(frozen=True, slots=True)
class DatedFrom:
    """From when on what has dates is otherwise, and why."""

    moment: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Resource(Listing[A], Generic[E, R, A]):
    """Things that can be written too.

    `sql` has `existing`, `insert`, `update` and `delete` besides. `entry` is what creates one, `record` what is kept
    of it. `check` judges entries against the database, many at once, and gives the faults of each; `check_amended`
    amended records.
    """

    entry: type[E]
    record: type[R]
    example: JsonDict
    check: Callable[[Connection, Sequence[E]], list[list[Fault]]] = _none_faulty
    check_amended: Callable[[Connection, Sequence[R]], list[list[Fault]]] = _none_faulty
    refuse_removal: Callable[[Connection, str], None] = _removable
    reinterprets: frozenset[str] = field(default_factory=frozenset)
    """Fields of a meter that decide what its readings mean."""
    dated: frozenset[str] = field(default_factory=frozenset)
    """Fields whose change has a date, which a file of things cannot give."""
    may_touch_past: bool = False
    """Whether an import may change what closed months are booked to, or what that is worth."""
    new_is: str = "create"
    """What the import calls a row that is new."""

    def key_of(self, entry: E) -> str:
        """The code under which `entry` is to be registered."""
        return str(getattr(entry, self.key))

    def repeated(self, entry: E, line: int) -> Fault:
        """The fault of an entry of a file whose key stands in `line` too."""
        return Fault(self.key, "repeated_in_file", {"value": self.key_of(entry), "line": line})

    def shares_among(self, cells: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002 - for those that know shares
        """The columns in which the cells of a row stand in %: 5 and 5% say the same there."""
        return frozenset()

    def state_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What of a row may be changed, and its key: what an editor has read."""
        return {name: row[name] for name in self.record.model_fields}

    def was_read(self, database: Database, row: Row) -> None:
        """Let the answer say in which state it is."""
        database.revision.show(self.state_of(row))

    @cached_property
    def amendable(self) -> frozenset[str]:
        """The fields that may change."""
        return frozenset(self.sql.statements["update"].parameters) - {self.key}

    def judging_by(self, tables: Tables) -> Self:  # noqa: ARG002 - for those that are judged by domain numbers
        """The same, judging entries by `tables` where they are judged by domain numbers."""
        return self

    def faults_of(self, connection: Connection, entries: Sequence[E], *, now: datetime) -> list[list[Fault]]:  # noqa: ARG002
        """The faults of each of `entries`. What is registered is judged alike at any time."""
        return self.check(connection, entries)

    def existing(self, connection: Connection, keys: Sequence[str]) -> frozenset[str]:
        """Those of `keys` that are registered already, where the account cannot see it too."""
        return frozenset(self.sql.run(connection, "existing", keys=list(keys)).scalars())

    def insert(self, change: RegistryChange, entries: Sequence[E]) -> int:
        """Write `entries`, which were checked before in the same transaction. Gives how many were written."""
        for first in range(0, len(entries), _MOST_INSERTED):
            part = [entry.model_dump(mode="json") for entry in entries[first : first + _MOST_INSERTED]]
            self.sql.run(change.connection, "insert", rows=json.dumps(part, ensure_ascii=False))
        return len(entries)

    def create(self, database: Database, entry: E) -> A:
        """Register `entry`. Raises Refused when it exists or does not fit the registry."""
        key = self.key_of(entry)
        with registry_change(database) as change:
            if self.existing(change.connection, [key]):
                fault = self.noun.fault(self.key, "already_exists", key)
                raise Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
            _refuse(self.check(change.connection, [entry])[0])
            self.insert(change, [entry])
            row = self.row(change.connection, key)
        database.revision.show(self.state_of(row))
        return self.shape(row)

    def amend(self, database: Database, key: str, patch: BaseModel) -> A:
        """Change the fields given in `patch`. Raises Refused when there is no such thing or the result does not fit."""
        with registry_change(database) as change:
            given = patch.model_dump(include=patch.model_fields_set)
            known = self.row(change.connection, key)
            database.revision.require(self.state_of(known))
            amendment = self.amendment(key, known, given)
            _refuse(self.check_amended(change.connection, [amendment.record])[0])
            self.write(change, amendment)
            row = self.row(change.connection, key)
        database.revision.show(self.state_of(row))
        return self.shape(row)

    def rows_of(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row]:
        """The rows of the things named `keys`, by key."""
        rows = self.source.rows(connection, f"entry.{self.key} = ANY(:keys)", {"keys": list(keys)}, most=len(keys))
        return {row[self.key]: row for row in rows}

    def changed_by(self, connection: Connection, entry: E, row: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """What `entry` says otherwise than what is registered in `row`. A field that was not given says nothing."""
        given = entry.model_dump(include=entry.model_fields_set)
        return {name: value for name, value in given.items() if row[name] != value}

    def amendment(self, key: str, row: Mapping[str, Any], given: Mapping[str, Any]) -> Amendment[R]:
        """What the thing of this row becomes with the fields `given`. Raises Refused when that is none."""
        kept = {name: row[name] for name in self.record.model_fields}
        record = amended(self.record, kept, given)
        new = record.model_dump()
        return Amendment(key, record, tuple(name for name in kept if new[name] != kept[name]), kept)

    def write(self, change: RegistryChange, amendment: Amendment[R]) -> None:
        """Write an amendment that was checked in the same transaction."""
        new = amendment.record.model_dump()
        changing = self.sql.statements["update"].parameters
        self.sql.run(change.connection, "update", **{name: new[name] for name in changing})
        if self.reinterprets.intersection(amendment.changed):
            change.reinterpret_meter(amendment.key, since=None, otherwise_since=self.otherwise_from(amendment))

    def otherwise_from(self, amendment: Amendment[R]) -> datetime | None:  # noqa: ARG002 - for those that have days
        """From when on an amendment that has everything booked again makes anything otherwise; None: from ever."""
        return None

    def check_dated(self, connection: Connection, amendment: Amendment[R], since: DatedFrom, *, now: datetime) -> None:
        """See that what is `dated` fits. Raises Refused."""

    def write_dated(self, change: RegistryChange, amendment: Amendment[R], since: DatedFrom, *, now: datetime) -> None:
        """Write what is `dated`; nothing here has dates. Raises Refused."""

    def remove(self, database: Database, key: str) -> None:
        """Take the thing named `key` out of the registry. Raises Refused when there is none or it is in use."""
        with registry_change(database) as change:
            database.revision.require(self.state_of(self.row(change.connection, key)))
            self.refuse_removal(change.connection, key)
            try:
                self.sql.run(change.connection, "delete", key=key)
            except ForeignKeyViolation as error:
                raise _in_use(self.noun, key, error) from None


def amended(record: type[R], kept: Mapping[str, Any], given: Mapping[str, Any]) -> R:
    """What is `kept` with the fields `given` in their place. Raises Refused when that is no `record`."""
    try:
        return record.model_validate({**kept, **given})
    except ValidationError as error:
        raise refused_fields(INVALID_BODY, faults_of(error.errors())) from None


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise refused_fields(INVALID_BODY, faults)


def _in_use(noun: Noun, key: str, error: ForeignKeyViolation) -> Refused:
    user = (error.diag.table_name or "other").replace("_", " ")
    return Refused(IN_USE, f"{noun.en} {key} still has {user} entries; remove or move these first")
