"""Reported numbers in the database: each posting adds versions, none is ever changed."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.api.database import Database
from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.listing import Column, Filter, Source, columns_of, equal
from services.api.paging import Page
from services.api.posted import refuse_any, repeated
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.statements import registry_statements
from services.api.statistics.entry import Posted, PostedStatistic, Statistic, StatisticEntry, StatisticQuery
from services.api.statistics.judge import OWNER_NOUNS, KnownOwners, faults_of_entry, in_unit, unit_of
from services.core.data.statistic_kinds import StatisticKind
from services.core.db.leading import LockKey

SQL = registry_statements("statistic.sql")
Kinds = Mapping[str, StatisticKind]
ProductUnits = Mapping[str, str]
"""Unit of the product by process."""
Key = tuple[str, str, str, str, int]

_KEY = ("owner_kind", "owner_code", "kind", "period", "price_base")
_OWNER = Filter("entry.owner_kind || ':' || entry.owner_code = ANY(:owner)")


def _listed(select: str, *, name: str, key: tuple[str, ...]) -> Source:
    return Source(
        name=name,
        select=select,
        usual=key,
        columns={
            "owner_kind": Column(),
            "owner_code": Column(),
            "price_base": Column(int),
            **columns_of(Statistic, "kind", "period", "version", "recorded_at", "reported_by"),
        },
        filters={
            "owner": _OWNER,
            "area": Filter(SQL["owner_in_area"], nouns.AREA),
            "kind": equal("kind"),
            "period": equal("period"),
            "price_base": equal("price_base"),
        },
        names=SQL["names_of_owner"],
    )


NEWEST = _listed(SQL["newest"], name="statistics", key=_KEY)
VERSIONS = _listed(SQL["versions"], name="versions of statistics", key=(*_KEY, "version"))
_POSTED = _listed(SQL["newest_of"], name="posted statistics", key=_KEY)


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


def in_their_units(
    connection: Connection, entries: Sequence[StatisticEntry], *, kinds: Kinds, product_units: ProductUnits
) -> list[StatisticEntry]:
    """The same, which have no fault, each in the unit of its kind."""
    unit_of_owner = _product_units(connection, {entry.owner_code for entry in entries}, product_units)
    return [in_unit(entry, unit_of(kinds[entry.kind], entry.owner_code, unit_of_owner)) for entry in entries]


def append(connection: Connection, entries: Sequence[StatisticEntry]) -> set[Key]:
    """Write those of `entries` that say something new as the next version; gives their keys.

    The caller holds the registry.
    """
    SQL.run(connection, "hold", family=LockKey.STATISTIC)
    rows = [_row(entry) | entry.model_dump(include={"value", "note"}) for entry in entries]
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
        for number, earlier in repeated(entries):
            mentions = {"value": entries[number].key_in_words, "entry": earlier}
            judged[number].append(Fault("owner", "repeated_in_list", mentions))
        refuse_any(judged, is_single=is_single)
        entries = in_their_units(connection, entries, kinds=kinds, product_units=product_units)
        created = append(connection, entries)
        posted = {"rows": json.dumps([_row(entry) for entry in entries])}
        rows = _POSTED.rows(connection, "true", posted, most=len(entries))
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
    if any(kind not in kinds for kind in query.kind or ()):
        expected = {"expected": ", ".join(kinds)}
        raise refused_fields(INVALID_PARAMETER, [Fault("kind", "literal_error", expected)])
    with database.read() as connection:
        for kind, noun in OWNER_NOUNS.items():
            codes = [owner.removeprefix(f"{kind}:") for owner in query.owner or () if owner.startswith(f"{kind}:")]
            if codes:
                Filter("", noun).require_known(connection, "owner", codes)
        found = (VERSIONS if query.versions else NEWEST).page(connection, query)
        units = _units_of(connection, found.data, kinds, product_units)
    data = [Statistic.model_construct(**_fields(row, kinds, unit)) for row, unit in zip(found.data, units, strict=True)]
    return Page[Statistic].model_construct(data=data, next=found.next, total=found.total)


def _units_of(connection: Connection, rows: Sequence[DictRow], kinds: Kinds, product_units: ProductUnits) -> list[str]:
    of_product = {row["owner_code"] for row in rows if row["kind"] in kinds and kinds[row["kind"]].is_of_product}
    unit_of_owner = _product_units(connection, of_product, product_units)
    return [
        unit_of(kinds[row["kind"]], row["owner_code"], unit_of_owner) if row["kind"] in kinds else "" for row in rows
    ]


def _product_units(connection: Connection, units: Collection[str], product_units: ProductUnits) -> ProductUnits:
    """The unit of what each of these units makes, by its code."""
    if not units:
        return {}
    owners = json.dumps([{"owner_kind": "unit", "owner_code": code} for code in sorted(units)])
    found = SQL.run(connection, "known_owners", rows=owners).mappings()
    return {row["owner_code"]: product_units[row["process"]] for row in found if row["process"] in product_units}


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
