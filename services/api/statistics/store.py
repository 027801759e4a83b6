"""Reported numbers in the database: each posting adds versions, none is ever changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.api.database import Database
from services.api.errors import INVALID_BODY, INVALID_PARAMETER, refused_fields
from services.api.paging import Page, cursor_after, key_of_cursor
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.filters import Filter
from services.api.registry.statements import Statements
from services.api.statistics.entry import Posted, PostedStatistic, Statistic, StatisticEntry, StatisticQuery
from services.api.statistics.judge import OWNER_NOUNS, KnownOwners, faults_of_entry, unit_of
from services.core.db.statements import run_text
from services.judging.data.statistic_kinds import OwnerKind, StatisticKind

SQL = Statements("statistic.sql")
Kinds = Mapping[str, StatisticKind]
ProductUnits = Mapping[str, str]
"""Unit of the product by process."""
Key = tuple[str, str, str, str, int]

_KEY = ("owner_kind", "owner_code", "kind", "period", "price_base")
_ORDER = (*_KEY, "version")
_LIST = "statistics"


def faults_of(
    connection: Connection,
    entries: Sequence[StatisticEntry],
    *,
    kinds: Kinds,
    product_units: ProductUnits,
    now: datetime,
) -> list[list[Fault]]:
    """The faults of each of `entries`."""
    owners = {(entry.owner_kind.value, entry.owner_code) for entry in entries}
    rows = json.dumps([{"owner_kind": kind, "owner_code": code} for kind, code in sorted(owners)])
    found = SQL.run(connection, "known_owners", rows=rows).mappings().all()
    known = KnownOwners(
        kinds=kinds,
        owners={(row["owner_kind"], row["owner_code"]) for row in found},
        product_units={
            row["owner_code"]: product_units[row["process"]] for row in found if row["process"] in product_units
        },
        now=now,
    )
    return [faults_of_entry(entry, known) for entry in entries]


def append(connection: Connection, entries: Sequence[StatisticEntry]) -> set[Key]:
    """Write those of `entries` that say something new as the next version; gives their keys.

    The caller holds the registry.
    """
    SQL.run(connection, "hold")
    rows = [_row(entry) | entry.model_dump(include={"value", "reported_by", "note"}) for entry in entries]
    written = SQL.run(connection, "append", rows=json.dumps(rows, ensure_ascii=False)).mappings()
    return {_key(row) for row in written}


def post(
    database: Database,
    given: StatisticEntry | Sequence[StatisticEntry],
    *,
    kinds: Kinds,
    product_units: ProductUnits,
    now: datetime,
) -> Posted:
    """Write one number, or all of several, or none.

    Raises Refused with every fault; of several numbers its field begins with the number of the entry.
    """
    is_single = isinstance(given, StatisticEntry)
    entries = [given] if isinstance(given, StatisticEntry) else given
    with database.write() as connection:
        SQL.run(connection, "hold_registry")
        judged = faults_of(connection, entries, kinds=kinds, product_units=product_units, now=now)
        for number, earlier in _repeated(entries):
            mentions = {"value": entries[number].key_in_words, "entry": earlier}
            judged[number].append(Fault("owner", "repeated_in_list", mentions))
        faults = [
            fault if is_single else Fault(f"{number}.{fault.field}", fault.code, fault.mentions)
            for number, found in enumerate(judged)
            for fault in found
        ]
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        created = append(connection, entries)
        rows = _named(connection, SQL["newest_of"], rows=json.dumps([_row(entry) for entry in entries]))
        units = {entry.key: entry.unit for entry in entries}
    by_key = {_key(row): row for row in rows}
    data = [
        PostedStatistic.model_construct(
            **_fields(by_key[entry.key], kinds, units[entry.key]), created=entry.key in created
        )
        for entry in entries
    ]
    return Posted.model_construct(created=len(created), unchanged=len(entries) - len(created), data=data)


def page_of(database: Database, query: StatisticQuery, *, kinds: Kinds, product_units: ProductUnits) -> Page[Statistic]:
    """The page of the list that `query` asks for, in the order of owner, kind, period, price base and version."""
    if query.kind is not None and query.kind not in kinds:
        expected = {"expected": ", ".join(kinds)}
        raise refused_fields(INVALID_PARAMETER, [Fault("kind", "literal_error", expected)])
    conditions, parameters = _conditions(query)
    parameters["row_limit"] = query.limit + 1
    source = "statistic" if query.versions else "statistic_now"
    statement = (
        f"SELECT * FROM {source} AS entry"  # noqa: S608 - put together from this program's own parts
        f" WHERE {' AND '.join(conditions) or 'true'}"
        f" ORDER BY {', '.join(_ORDER)} LIMIT %(row_limit)s"
    )
    with database.read() as connection:
        if query.area is not None:
            Filter("", nouns.AREA).require_known(connection, "area", query.area)
        if query.owner is not None:
            kind, _, code = query.owner.partition(":")
            Filter("", OWNER_NOUNS[OwnerKind(kind)]).require_known(connection, "owner", code)
        rows = _named(connection, statement, **parameters)
        units = _units_of(connection, rows, kinds, product_units)
    more = len(rows) > query.limit
    rows, units = rows[: query.limit], units[: query.limit]
    data = [Statistic.model_construct(**_fields(row, kinds, unit)) for row, unit in zip(rows, units, strict=True)]
    last = "/".join(str(rows[-1][name]) for name in _ORDER) if more else ""
    following = cursor_after(last, of=_LIST, filters=query.filters) if more else None
    return Page[Statistic].model_construct(data=data, next=following)


def _conditions(query: StatisticQuery) -> tuple[list[str], dict[str, object]]:
    parameters = {name: value for name, value in query.filters.items() if name not in ("owner", "versions")}
    conditions = [f"entry.{name} = %({name})s" for name in ("kind", "period", "price_base") if name in parameters]
    if query.owner is not None:
        parameters["owner_kind"], _, parameters["owner_code"] = query.owner.partition(":")
        conditions.append("entry.owner_kind = %(owner_kind)s AND entry.owner_code = %(owner_code)s")
    if query.area is not None:
        conditions.append(SQL["owner_in_area"])
    if query.cursor is not None:
        after = key_of_cursor(query.cursor, of=_LIST, filters=query.filters).split("/")
        columns = _ORDER if query.versions else _KEY
        values = zip(columns, after, strict=False)
        parameters |= {f"after_{name}": int(at) if name in ("price_base", "version") else at for name, at in values}
        places = ", ".join(f"%(after_{name})s" for name in columns)
        conditions.append(f"({', '.join(columns)}) > ({places})")
    return conditions, parameters


def _named(connection: Connection, statement: str, **parameters: object) -> list[DictRow]:
    """The rows of `statement` with the names of their owners."""
    columns = ", ".join(f"entry.{name}" for name in _ORDER)
    named = (
        "SELECT entry.*, owner.name_zh AS owner_name_zh, owner.name_en AS owner_name_en"  # noqa: S608 - own parts
        f" FROM ({statement}) AS entry {SQL['names_of_owners']} ORDER BY {columns}"
    )
    return list(run_text(connection, named, parameters).mappings())


def _units_of(connection: Connection, rows: Sequence[DictRow], kinds: Kinds, product_units: ProductUnits) -> list[str]:
    of_product = {row["owner_code"] for row in rows if row["kind"] in kinds and kinds[row["kind"]].is_of_product}
    unit_of_owner = {}
    if of_product:
        owners = json.dumps([{"owner_kind": "unit", "owner_code": code} for code in sorted(of_product)])
        found = SQL.run(connection, "known_owners", rows=owners).mappings()
        unit_of_owner = {
            row["owner_code"]: product_units[row["process"]] for row in found if row["process"] in product_units
        }
    return [
        unit_of(kinds[row["kind"]], row["owner_code"], unit_of_owner) if row["kind"] in kinds else "" for row in rows
    ]


def _repeated(entries: Sequence[StatisticEntry]) -> list[tuple[int, int]]:
    """Numbers of entries that stand earlier too, with the number of the first."""
    first: dict[Key, int] = {}
    return [
        (number, earlier)
        for number, entry in enumerate(entries)
        if (earlier := first.setdefault(entry.key, number)) != number
    ]


def _row(entry: StatisticEntry) -> dict[str, object]:
    return dict(zip(_KEY, entry.key, strict=True))


def _key(row: DictRow) -> Key:
    return (row["owner_kind"], row["owner_code"], row["kind"], row["period"], row["price_base"])


def _fields(row: DictRow, kinds: Kinds, unit: str) -> dict[str, Any]:
    kind = kinds.get(row["kind"])
    return {
        "owner": f"{row['owner_kind']}:{row['owner_code']}",
        "owner_name_zh": row["owner_name_zh"],
        "owner_name_en": row["owner_name_en"],
        "kind": row["kind"],
        "kind_name_zh": kind.name_zh if kind else row["kind"],
        "kind_name_en": kind.name_en if kind else row["kind"],
        "period": row["period"],
        "value": float(row["value"]),
        "unit": unit,
        "price_base": row["price_base"] or None,
        "version": row["version"],
        "reported_by": row["reported_by"],
        "note": row["note"],
        "recorded_at": row["recorded_at"],
    }
