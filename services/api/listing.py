"""Lists that the database answers: narrowed, ordered, counted and cut into pages by one code.

A list is declared once, as a Source: the statement that gives its rows, each named `entry`, the columns that name a
row, those by which it may be ordered, and what it may be narrowed by.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Double,
    FromClause,
    Select,
    Text,
    TextClause,
    Uuid,
    and_,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from services.api.errors import INVALID_PARAMETER, Refused, refused_fields
from services.api.guard.cost import TOO_MUCH
from services.api.list_query import ListQuery
from services.api.paging import PageQuery, Pager
from services.api.registry.nouns import Noun
from services.api.registry.statements import registry_statements
from services.core.db.built import run_built

MOST_COUNTED = 100_000
MOST_SORTED = 100_000
_SQL = registry_statements("filter.sql")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_TYPES: Mapping[type, TypeEngine[Any]] = {
    str: Text(),
    int: BigInteger(),
    float: Double(),
    datetime: DateTime(timezone=True),
    date: Date(),
    UUID: Uuid(),
}

Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition over one row `entry`, and, where its values are codes of something registered, what that is."""

    condition: str
    names: Noun | None = None

    def require_known(self, connection: Connection, parameter: str, value: Any) -> None:
        """Refuse values that name nothing, with all of them: a list without them would hide the mistake."""
        if self.names is None:
            return
        codes = value if isinstance(value, list) else [value]
        unknown = _SQL.run(connection, f"unknown_{self.names.en}", values=codes).scalars().all()
        if unknown:
            raise refused_fields(INVALID_PARAMETER, [self.names.fault(parameter, "unknown", code) for code in unknown])


def equal(column: str, *, parameter: str | None = None, names: Noun | None = None) -> Filter:
    """The column equals one of the values of the parameter, which has its name unless said otherwise."""
    return Filter(f"entry.{column} = ANY(:{parameter or column})", names)


def contains(*columns: str) -> Filter:
    """One of the columns contains the text `q`, whatever the case."""
    return Filter("(" + " OR ".join(f"entry.{column} ILIKE :q" for column in columns) + ")")


def parameters_of(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The SQL parameters for the filters given; in `q` the signs of LIKE stand for themselves."""
    parameters = dict(filters)
    if "q" in parameters:
        pattern = str(parameters["q"])
        for sign in ("\\", "%", "_"):
            pattern = pattern.replace(sign, "\\" + sign)
        parameters["q"] = f"%{pattern}%"
    return parameters


@dataclass(frozen=True, slots=True)
class Column:
    """A column by which a list may be ordered. Rows where it is NULL come last, whichever way round."""

    kind: type = str
    nullable: bool = False
    of: str | None = None
    """What says its order, where that is another column of a row: words have ranks."""


def columns_of(model: type[BaseModel], *names: str) -> dict[str, Column]:
    """The columns of these names, with what they hold as the model of a row says."""
    kinds = {name: _kinds(model.model_fields[name].annotation) for name in names}
    return {
        name: Column(next(kind for kind in _TYPES if kind in found), nullable=type(None) in found)
        for name, found in kinds.items()
    }


def _kinds(annotation: Any) -> set[type]:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kinds(parts[0])
    if origin is Literal:
        return {type(value) for value in parts}
    if parts:
        return {kind for part in parts for kind in _kinds(part)}
    return {str if issubclass(annotation, str) else annotation}


@dataclass(frozen=True, kw_only=True)
class ListPart:
    """What a page shows, and what leads to the next one."""

    data: Sequence[DictRow]
    next: str | None
    total: int | None


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the rows of a list come from.

    `name`: in cursors. `select`: the statement of a row. `usual`: its usual order, as `order` has it; its last columns
    name a row. `columns`: those by which it may be ordered. `names`: LATERAL statement that gives more of a shown row.
    `grows`: there may be millions of rows, too many to be put into an order that is not their own.
    """

    name: str
    select: str
    usual: tuple[str, ...]
    columns: Mapping[str, Column]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    names: str | None = None
    grows: bool = False

    def page(
        self,
        connection: Connection,
        query: ListQuery,
        *,
        conditions: Iterable[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> ListPart:
        """The page that `query` asks for. Raises Refused for a value that names nothing, or a wrong cursor.

        `conditions` and `parameters` narrow it further.
        """
        order = completed_order(query.asked_order, self.usual)
        pager = Pager(query, of=self.name, order=order)
        wanted = self.wanted(connection, query, conditions=conditions)
        given = parameters_of(query.filters) | dict(parameters or {})
        if self.grows and query.asked_order and parted(query.asked_order[0])[0] != parted(self.usual[0])[0]:
            self.require_few(connection, wanted, given)
        placed = [self.columns[column] for column, _ in map(parted, order)]
        after = pager.after(*(each.kind for each in placed), may_lack=[each.nullable for each in placed])
        beyond = true() if after is None else self._beyond(order, after)
        rows = self._rows(connection, [*wanted, beyond], given, order, query.limit + 1)
        by = [self._said_by(parted(column)[0]) for column in order]
        data, following = pager.cut(rows, lambda row: [row[column] for column in by])
        total = self._total(connection, wanted, given) if query.total else None
        return ListPart(data=data, next=following, total=total)

    def wanted(self, connection: Connection, query: PageQuery, *, conditions: Iterable[str] = ()) -> list[Condition]:
        """The conditions of the filters given. Raises Refused for a value that names nothing."""
        given = query.filters
        for name, value in given.items():
            if name in self.filters:
                self.filters[name].require_known(connection, name, value)
        texts = [self.filters[name].condition for name in given if name in self.filters]
        return [_condition(each) for each in (*texts, *conditions)]

    def rows(
        self, connection: Connection, condition: str, parameters: Mapping[str, Any], *, most: int
    ) -> Sequence[DictRow]:
        """The first rows that meet a condition, in the usual order."""
        return self._rows(connection, [_condition(condition)], parameters, self.usual, most)

    def counted(
        self,
        connection: Connection,
        wanted: Sequence[Condition],
        parameters: Mapping[str, Any],
        counts: Sequence[str],
        *,
        beside: Mapping[str, str] | None = None,
    ) -> Sequence[DictRow]:
        """How many rows there are by what they have in these columns, as `rows`; and aggregates `beside` that."""
        columns: list[ColumnElement[Any]] = [literal_column(f"entry.{name}").label(name) for name in counts]
        aggregates = [text(f"{_named(each)} AS {name}") for name, each in (beside or {}).items()]
        statement = select(*columns, func.count().label("rows"), *aggregates)
        return _run(connection, statement.select_from(self._entries).where(*wanted).group_by(*columns), parameters)

    @property
    def _entries(self) -> Any:
        return text(f"({_named(self.select)}) AS entry")

    def _rows(
        self,
        connection: Connection,
        wanted: Sequence[Condition],
        parameters: Mapping[str, Any],
        order: Sequence[str],
        most: int,
    ) -> Sequence[DictRow]:
        entries: Select[Any] = select(literal_column("entry.*")).select_from(self._entries).where(*wanted)
        entries = entries.order_by(*self._sorted(order)).limit(most)
        if self.names is None:
            return _run(connection, entries, parameters)
        page: FromClause = entries.subquery("entry")
        named = page.outerjoin(text(_named(self.names)).columns().lateral("named"), true())
        statement: Select[Any, Any] = select(literal_column("entry.*"), literal_column("named.*")).select_from(named)
        return _run(connection, statement.order_by(*self._sorted(order)), parameters)

    def _sorted(self, order: Sequence[str]) -> list[ColumnElement[Any]]:
        found: list[ColumnElement[Any]] = []
        for name, turned in map(parted, order):
            column = self._column(name)
            ordered = column.desc() if turned else column.asc()
            found.append(ordered.nulls_last() if self.columns[name].nullable else ordered)
        return found

    def _column(self, name: str) -> ColumnElement[Any]:
        return literal_column(f"entry.{self._said_by(name)}", _TYPES[self.columns[name].kind])

    def _said_by(self, name: str) -> str:
        return self.columns[name].of or name

    def _beyond(self, order: Sequence[str], after: Sequence[Any]) -> ColumnElement[bool]:
        """Whether a row comes after the one with these values. NULL comes last."""
        parts = [(self._column(name), turned, self.columns[name].nullable) for name, turned in map(parted, order)]
        turns = {turned for _, turned, _ in parts}
        if len(turns) == 1 and not any(nullable for _, _, nullable in parts):
            columns = [column for column, _, _ in parts]
            left = tuple_(*columns)
            right = tuple_(*(literal(value, column.type) for value, column in zip(after, columns, strict=True)))
            return left < right if turns == {True} else left > right
        beyond: ColumnElement[bool] = false()
        for (column, turned, nullable), value in reversed(list(zip(parts, after, strict=True))):
            if value is None:
                beyond = and_(column.is_(None), beyond)
                continue
            later = column < value if turned else column > value
            later = or_(later, column.is_(None)) if nullable else later
            beyond = or_(later, and_(column == value, beyond))
        return beyond

    def require_few(self, connection: Connection, wanted: Sequence[Condition], given: Mapping[str, Any]) -> None:
        """Refuse what leaves too many rows to be put in an order that is not their own."""
        if self._counted(connection, wanted, given, most=MOST_SORTED + 1) > MOST_SORTED:
            detail = f"more than {MOST_SORTED} entries would be put in order: narrow the list, or leave order out"
            raise Refused(TOO_MUCH, detail)

    def _total(self, connection: Connection, wanted: Sequence[Condition], parameters: Mapping[str, Any]) -> int:
        return self._counted(connection, wanted, parameters, most=MOST_COUNTED)

    def _counted(
        self, connection: Connection, wanted: Sequence[Condition], parameters: Mapping[str, Any], *, most: int
    ) -> int:
        some: Select[Any] = select(literal_column("1")).select_from(self._entries).where(*wanted).limit(most)
        (row,) = _run(connection, select(func.count().label("total")).select_from(some.subquery("some")), parameters)
        return int(row["total"])


def completed_order(asked: Sequence[str], usual: Sequence[str]) -> list[str]:
    """What is asked for, once each, and then what names an entry."""
    order: dict[str, str] = {}
    for column in (*asked, *usual):
        order.setdefault(parted(column)[0], column)
    return list(order.values())


def parted(column: str) -> tuple[str, bool]:
    """The column, and whether its order is turned round."""
    return column.removeprefix("-"), column.startswith("-")


def _named(statement: str) -> str:
    """The statement with parameters as SQLAlchemy takes them."""
    return _PLACEHOLDER.sub(r":\1", statement)


def _condition(condition: str) -> TextClause:
    return text(f"({_named(condition)})")


def _run(connection: Connection, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[DictRow]:
    return run_built(connection, statement, **parameters).mappings().all()
