"""Heat values in the database: each writing adds versions, none is ever changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.api.database import Database
from services.api.errors import INVALID_BODY, refused_fields
from services.api.heat_values.entry import (
    HeatValueEntry,
    HeatValueOut,
    HeatValuePatch,
    HeatValueQuery,
    PostedHeatValue,
    PostedHeatValues,
)
from services.api.heat_values.judge import KnownFuels, Last, faults_of_entry
from services.api.listing import Column, Filter, Source, equal
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.posted import refuse_any, repeated
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.filters import AREA, CARRIER
from services.api.registry.resource import amended
from services.api.registry.statements import registry_statements
from services.core.db.leading import LockKey
from services.energy.heat_value import KGCE_PER_MJ
from services.judging.data.tables import Tables

SQL = registry_statements("heat_value.sql")
STEP = "heat_value_step"
"""The parameter that says how far a month may lie from the one before without a reason."""
NAMED = {NamedKind.ENTERPRISE: ("enterprise",)}
_KEY = ("enterprise", "carrier", "period")


def _listed(statement: str, *, name: str, key: tuple[str, ...]) -> Source:
    return Source(
        name=name,
        select=SQL[statement],
        usual=key,
        columns={
            "enterprise": Column(),
            "carrier": Column(),
            "period": Column(),
            "version": Column(int),
            "recorded_at": Column(datetime),
        },
        filters={
            "enterprise": equal("enterprise", names=nouns.ENTERPRISE),
            "area": AREA,
            "carrier": CARRIER,
            "month": Filter("entry.period = ANY(:month)"),
        },
    )


NEWEST = _listed("newest", name="heat values", key=_KEY)
VERSIONS = _listed("versions", name="versions of heat values", key=(*_KEY, "version"))


def faults_of(
    connection: Connection, entries: Sequence[HeatValueEntry], *, tables: Tables, now: datetime
) -> list[list[Fault]]:
    """The faults of each of `entries`; the month before one may stand among them."""
    codes = sorted({entry.enterprise for entry in entries})
    known = KnownFuels(
        enterprises=frozenset(SQL.run(connection, "known_enterprises", codes=codes).scalars()),
        fuels=tables.factors.fuels,
        ranges={row.carrier: row for row in tables.heat_ranges},
        most_step_percent=float(tables.parameter(STEP).value),
        now=now,
    )
    last = _measured_before(connection, entries)
    return [faults_of_entry(entry, last.get(entry.key), known) for entry in entries]


def _measured_before(connection: Connection, entries: Sequence[HeatValueEntry]) -> Mapping[tuple[str, str, str], Last]:
    """Of each entry of a month the newest month before it, by its key: stored, or given together with it."""
    of_months = [entry for entry in entries if entry.first_day is not None and entry.ncv_mj is not None]
    rows = [{"enterprise": e.enterprise, "carrier": e.carrier, "month": f"{e.first_day}"} for e in of_months]
    found: dict[tuple[str, str, str], Last] = {
        (row["enterprise"], row["carrier"], f"{row['month']:%Y-%m}"): (row["last_month"], row["last_ncv_mj"])
        for row in SQL.run(connection, "measured_before", rows=json.dumps(rows)).mappings()
    }
    given: dict[tuple[str, str], Last] = {}
    for entry in sorted(of_months, key=lambda each: each.key):
        of = (entry.enterprise, entry.carrier)
        stored, beside = found.get(entry.key), given.get(of)
        if beside is not None and (stored is None or stored[0] <= beside[0]):
            found[entry.key] = beside
        assert entry.first_day is not None
        assert entry.ncv_mj is not None
        given[of] = entry.first_day, entry.ncv_mj
    return found


def append(change: RegistryChange, entries: Sequence[HeatValueEntry]) -> set[int]:
    """Write those of `entries` that say something new as the next version; gives their numbers."""
    SQL.run(change.connection, "hold", family=LockKey.HEAT_VALUE)
    kept = {"enterprise", "carrier", "carbon_tc_per_tj", "carbon_tc_per_t", "laboratory", "report", "reason"}
    rows = [
        entry.model_dump(include=kept)
        | {"month": None if entry.first_day is None else entry.first_day.isoformat(), "ncv_mj": entry.ncv_mj}
        for entry in entries
    ]
    created = set(SQL.run(change.connection, "append", rows=json.dumps(rows, ensure_ascii=False)).scalars())
    change.revalue(created)
    return created


def post(
    database: Database, given: HeatValueEntry | Sequence[HeatValueEntry], *, tables: Tables, now: datetime
) -> PostedHeatValues:
    """Write one heat value, or all of several, or none.

    Raises Refused with every fault; of several its field begins with the number of the entry.
    """
    is_single = isinstance(given, HeatValueEntry)
    entries = [given] if isinstance(given, HeatValueEntry) else list(given)
    with registry_change(database) as change:
        judged = faults_of(change.connection, entries, tables=tables, now=now)
        for number, earlier in repeated(entries):
            mentions = {"value": entries[number].key_in_words, "entry": earlier}
            judged[number].append(Fault("enterprise", "repeated_heat_value", mentions))
        refuse_any(judged, is_single=is_single)
        created = append(change, entries)
        rows = _rows_of(change.connection, entries)
    data = [_posted(rows[entry.key], tables, rows[entry.key]["id"] in created) for entry in entries]
    return PostedHeatValues.model_construct(created=len(created), unchanged=len(entries) - len(created), data=data)


def _posted(row: DictRow, tables: Tables, created: bool) -> PostedHeatValue:
    return PostedHeatValue.model_construct(**dict(shaped(row, tables)), created=created)


def _rows_of(connection: Connection, entries: Sequence[HeatValueEntry]) -> Mapping[tuple[str, str, str], DictRow]:
    asked = {"codes": [e.enterprise for e in entries], "carriers": [e.carrier for e in entries]}
    condition = "entry.enterprise = ANY(:codes) AND entry.carrier = ANY(:carriers) AND entry.period = ANY(:periods)"
    asked["periods"] = [entry.key[2] for entry in entries]
    rows = NEWEST.rows(connection, condition, asked, most=len(entries) ** 2)
    return {(row["enterprise"], row["carrier"], row["period"]): row for row in rows}


def page_of(database: Database, query: HeatValueQuery, tables: Tables) -> NamedPage[HeatValueOut]:
    """The page of the list that `query` asks for."""
    with database.read() as connection:
        found = (VERSIONS if query.versions else NEWEST).page(connection, query)
        names = names_beside(connection, found.data, NAMED)
    data = [shaped(row, tables) for row in found.data]
    return NamedPage[HeatValueOut].model_construct(data=data, next=found.next, total=found.total, names=names)


def one(connection: Connection, number: int) -> DictRow:
    """The heat value with this number. Raises Refused where there is none."""
    rows = VERSIONS.rows(connection, "entry.id = :id", {"id": number}, most=1)
    if not rows:
        raise nouns.HEAT_VALUE.refuse_unknown(str(number))
    return rows[0]


def _counting(connection: Connection, number: int) -> DictRow:
    """The same, which must count: neither corrected nor withdrawn since. Raises Refused."""
    rows = NEWEST.rows(connection, "entry.id = :id", {"id": number}, most=1)
    if not rows:
        raise nouns.HEAT_VALUE.refuse_unknown(f"{number}, or it was corrected or withdrawn since")
    return rows[0]


def correct(database: Database, number: int, patch: HeatValuePatch, *, tables: Tables, now: datetime) -> HeatValueOut:
    """Write the next version of one that counts. Raises Refused where it does not, or cannot be as it would be."""
    with registry_change(database) as change:
        row = _counting(change.connection, number)
        entry = amended(HeatValueEntry, _given(row, tables), patch.model_dump(include=patch.model_fields_set))
        faults = faults_of(change.connection, [entry], tables=tables, now=now)[0]
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        append(change, [entry])
        return shaped(_rows_of(change.connection, [entry])[entry.key], tables)


def withdraw(database: Database, number: int, *, reason: str | None) -> None:
    """Let one that counts not count any more; what was written stays. Raises Refused where it does not count."""
    with registry_change(database) as change:
        SQL.run(change.connection, "hold", family=LockKey.HEAT_VALUE)
        _counting(change.connection, number)
        change.revalue(SQL.run(change.connection, "withdraw", id=number, reason=reason).scalars().all())


def _given(row: DictRow, tables: Tables) -> dict[str, Any]:
    """As it was given."""
    answered = shaped(row, tables)
    return {name: getattr(answered, name) for name in HeatValueEntry.model_fields}


def shaped(row: DictRow, tables: Tables) -> HeatValueOut:
    """As HeatValueOut describes it."""
    fuel, ncv_mj = tables.factors.fuels.get(row["carrier"]), row["ncv_mj"]
    by_volume = fuel is not None and fuel.unit_of_heat == "MJ/m3"
    fields = {name: row[name] for name in HeatValueOut.model_fields if name in row}
    return HeatValueOut.model_construct(
        **fields,
        month=None if row["period"] == "own" else row["period"],
        ncv_mj_per_kg=None if by_volume else ncv_mj,
        ncv_mj_per_m3=ncv_mj if by_volume else None,
        kgce=None if ncv_mj is None else float(ncv_mj) * float(KGCE_PER_MJ),
        withdrawn=ncv_mj is None,
    )
