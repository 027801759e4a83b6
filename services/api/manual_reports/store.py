"""Manual reports in the database: each writing adds versions, none is ever changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from services.api.database import Database
from services.api.errors import INVALID_BODY, Refused, refused_fields
from services.api.listing import Column, Filter, Source, equal
from services.api.manual_reports.entry import (
    ManualReportEntry,
    ManualReportOut,
    ManualReportPatch,
    ManualReportQuery,
    MeteredBeside,
    PostedManualReport,
    PostedManualReports,
)
from services.api.manual_reports.judge import KnownUnits, apart, faults_of_entry, quantity_pico
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.posted import refuse_any, repeated
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.closed_months import REPORT_SUPERSEDED
from services.api.registry.filters import AREA, CARRIER
from services.api.registry.resource import amended
from services.api.registry.statements import registry_statements
from services.core.meter import PICO
from services.energy.amount import coverage_of_seconds
from services.judging.data.tables import Tables
from services.quality.checks.declared import limits_of
from services.quality.checks.reported import CHECK, ReportedLimits

SQL = registry_statements("manual_report.sql")
NAMED = {NamedKind.ENTERPRISE: ("enterprise",), NamedKind.UNIT: ("unit_code",)}
_KEY = ("unit_code", "carrier", "flow", "period")
_AMONG = (
    "(entry.unit_code, entry.carrier, entry.flow, entry.period) IN"
    " (SELECT * FROM unnest(CAST(:units AS text[]), CAST(:carriers AS text[]), CAST(:flows AS text[]),"
    " CAST(:months AS text[])))"
)


def _listed(statement: str, *, name: str, key: tuple[str, ...]) -> Source:
    return Source(
        name=name,
        select=SQL[statement],
        usual=key,
        columns={
            **{column: Column() for column in _KEY},
            "version": Column(int),
            "recorded_at": Column(datetime),
        },
        filters={
            "unit": equal("unit_code", parameter="unit", names=nouns.UNIT),
            "enterprise": equal("enterprise", names=nouns.ENTERPRISE),
            "area": AREA,
            "carrier": CARRIER,
            "month": Filter("entry.period = ANY(:month)"),
        },
    )


NEWEST = _listed("newest", name="manual reports", key=_KEY)
VERSIONS = _listed("versions", name="versions of manual reports", key=(*_KEY, "version"))


def _carriers(connection: Connection) -> Mapping[str, str]:
    return {row.code: row.unit for row in SQL.run(connection, "carriers")}


def faults_of(connection: Connection, entries: Sequence[ManualReportEntry], *, now: datetime) -> list[list[Fault]]:
    """The faults of each of `entries`."""
    codes = sorted({entry.unit_code for entry in entries})
    known = KnownUnits(
        units=frozenset(SQL.run(connection, "known_units", codes=codes).scalars()),
        carriers=_carriers(connection),
        now=now,
    )
    return [faults_of_entry(entry, known) for entry in entries]


def append(change: RegistryChange, entries: Sequence[ManualReportEntry]) -> set[int]:
    """Write those of `entries` that say something new as the next version; gives their numbers."""
    units = _carriers(change.connection)
    rows = [
        entry.model_dump(exclude={"month"})
        | {"month": entry.first_day.isoformat(), "quantity_pico": quantity_pico(entry, units[entry.carrier])}
        for entry in entries
    ]
    created = set(SQL.run(change.connection, "append", rows=json.dumps(rows, ensure_ascii=False)).scalars())
    change.report_again(created)
    return created


def post(
    database: Database,
    given: ManualReportEntry | Sequence[ManualReportEntry],
    *,
    tables: Tables,
    now: datetime,
) -> PostedManualReports:
    """Write one report, or all of several, or none.

    Raises Refused with every fault; of several its field begins with the number of the entry.
    """
    is_single = isinstance(given, ManualReportEntry)
    entries = [given] if isinstance(given, ManualReportEntry) else list(given)
    with registry_change(database) as change:
        judged = faults_of(change.connection, entries, now=now)
        for number, earlier in repeated(entries):
            mentions = {"value": entries[number].key_in_words, "entry": earlier}
            judged[number].append(Fault("unit_code", "repeated_manual_report", mentions))
        refuse_any(judged, is_single=is_single)
        created = append(change, entries)
        reports = _of_entries(change.connection, entries, tables)
    data = [
        PostedManualReport.model_construct(**dict(report), created=report.id in created)
        for report in (reports[entry.key] for entry in entries)
    ]
    return PostedManualReports.model_construct(created=len(created), unchanged=len(entries) - len(created), data=data)


def _of_entries(
    connection: Connection, entries: Sequence[ManualReportEntry], tables: Tables
) -> Mapping[tuple[str, ...], ManualReportOut]:
    """The newest report of each of these entries, by its key."""
    units, carriers, flows, months = zip(*(entry.key for entry in entries), strict=True)
    asked = {"units": list(units), "carriers": list(carriers), "flows": list(flows), "months": list(months)}
    found = NEWEST.rows(connection, _AMONG, asked, most=len(entries))
    return {
        (report.unit_code, report.carrier, report.flow, report.month): report
        for report in shaped(connection, found, tables)
    }


def page_of(database: Database, query: ManualReportQuery, tables: Tables) -> NamedPage[ManualReportOut]:
    """The page of the list that `query` asks for."""
    with database.read() as connection:
        found = (VERSIONS if query.versions else NEWEST).page(connection, query)
        data = shaped(connection, found.data, tables)
        names = names_beside(connection, found.data, NAMED)
    return NamedPage[ManualReportOut].model_construct(data=data, next=found.next, total=found.total, names=names)


def one(connection: Connection, number: int, tables: Tables) -> ManualReportOut:
    """The report with this number, whether it stands or not. Raises Refused where there is none."""
    rows = VERSIONS.rows(connection, "entry.id = :id", {"id": number}, most=1)
    if not rows:
        raise nouns.MANUAL_REPORT.refuse_unknown(str(number))
    return shaped(connection, rows, tables)[0]


def _standing(connection: Connection, number: int) -> DictRow:
    """The same, which must stand: neither corrected nor withdrawn since. Raises Refused."""
    rows = NEWEST.rows(connection, "entry.id = :id", {"id": number}, most=1)
    if not rows:
        if VERSIONS.rows(connection, "entry.id = :id", {"id": number}, most=1):
            raise Refused(REPORT_SUPERSEDED, f"version {number} does not stand any more: look at the newest")
        raise nouns.MANUAL_REPORT.refuse_unknown(str(number))
    return rows[0]


def correct(
    database: Database, number: int, patch: ManualReportPatch, *, tables: Tables, now: datetime
) -> ManualReportOut:
    """Write the next version of one that stands. Raises Refused where it does not, or cannot be as it would be."""
    with registry_change(database) as change:
        row = _standing(change.connection, number)
        kept = {**row, "month": row["period"]}
        given = {name: kept[name] for name in ManualReportEntry.model_fields} | {"reason": None}
        entry = amended(ManualReportEntry, given, patch.model_dump(include=patch.model_fields_set))
        faults = faults_of(change.connection, [entry], now=now)[0]
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        append(change, [entry])
        return _of_entries(change.connection, [entry], tables)[entry.key]


def withdraw(database: Database, number: int, *, reason: str) -> None:
    """Let one that stands not stand any more; what was written stays. Raises Refused where it does not stand."""
    with registry_change(database) as change:
        _standing(change.connection, number)
        change.report_again(SQL.run(change.connection, "withdraw", id=number, reason=reason).scalars().all())


def shaped(connection: Connection, rows: Sequence[DictRow], tables: Tables) -> list[ManualReportOut]:
    """As ManualReportOut describes them, each beside what meters measured."""
    ids = [row["id"] for row in rows]
    metered = {row.id: row for row in SQL.run(connection, "metered", ids=ids)} if ids else {}
    standing = _standing_ids(connection, ids)
    limits = limits_of(tables.checks, daily_monthly_percent=float(tables.parameter("daily_monthly_deviation").value))[
        CHECK
    ]
    return [_shaped(row, metered[row["id"]], limits, is_standing=row["id"] in standing) for row in rows]


def _standing_ids(connection: Connection, ids: Sequence[int]) -> frozenset[int]:
    rows: Iterable[DictRow] = NEWEST.rows(connection, "entry.id = ANY(:ids)", {"ids": list(ids)}, most=len(ids) + 1)
    return frozenset(row["id"] for row in rows)


def _shaped(row: DictRow, metered: Any, limits: ReportedLimits, *, is_standing: bool) -> ManualReportOut:
    reported = None if row["quantity_pico"] is None else int(row["quantity_pico"])
    measured = None if metered.quantity_pico is None else int(metered.quantity_pico)
    coverage = coverage_of_seconds(metered.measured_s, metered.expected_s)
    found = apart(reported, measured, coverage, limits)
    beside = MeteredBeside.model_construct(
        meters=metered.meters,
        quantity=None if measured is None else measured / PICO,
        coverage=coverage,
        difference_percent=found.difference_percent,
        is_apart=found.is_apart,
    )
    fields = {name: row[name] for name in ManualReportOut.model_fields if name in row}
    return ManualReportOut.model_construct(
        **fields,
        month=row["period"],
        quantity=None if reported is None else reported / PICO,
        withdrawn=reported is None,
        counts=is_standing and metered.meters == 0,
        by_meter=beside,
    )
