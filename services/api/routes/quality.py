"""The quality of the data: scores, findings, readings that are missing, and the checks that are made."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.api import asking
from services.api.asking import Now, is_wider
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.guard.cost import TOO_MUCH
from services.api.indicators.answer import RowUsed
from services.api.names import NamedKind, NamedPage, NamesOut, names_beside, names_of_codes
from services.api.openapi import refusals
from services.api.paging import Pager
from services.api.quality import ask
from services.api.quality.ask import MissingQuery, QualityBy, QualityQuery
from services.api.quality.cost import require_affordable_scores
from services.api.quality.findings import FindingsQuery, findings_of
from services.api.quality.missing import bound_for_file, count_missing, missing
from services.api.quality.pending import PendingDays, pending_days
from services.api.quality.scores import ScoreLine, lines
from services.api.registry import nouns
from services.api.tables import TablesDep
from services.core.calendar import SHANGHAI, start_of_day
from services.core.data.used import used_row
from services.quality.checks.kinds import CHECKS
from services.quality.score import DIMENSIONS

router = APIRouter(prefix="/api/v1/quality", tags=["quality"])

Share = Annotated[float | None, Field(ge=0, le=1)]


class QualityRow(BaseModel):
    """The scores of a period, 0 to 1; null where there is nothing to judge. What they are formed of stands beside."""

    start: datetime
    end: datetime
    area: str | None = Field(None, description="Where it is told apart by area; GB/T 2260 code")
    enterprise: str | None = None
    unit: str | None = None
    meter: str | None = None
    completeness: Share = Field(description="Measured share of the time in which readings are expected")
    timeliness: Share = Field(description="Share that came in time of the expected readings that could have (`timed`)")
    validity: Share = Field(description="Share of the received readings that are believed")
    accuracy: Share = Field(
        description="Share of the expected readings that are of meters in calibration; of those with a registered one"
    )
    consistency: Share = Field(
        description="Share of the days of meters without a finding of a check across meters and reports"
    )
    composite: Share = Field(description="Weighted mean of those that can be told")
    expected: float = Field(description="Readings expected until now")
    readings: int = Field(description="Readings stored; more than `received` where several fell into one period")
    received: int = Field(description="Expected readings that came")
    timed: float = Field(
        description="Of the expected readings those that could have come in time: of a time at which the meter was "
        "registered. A history that was loaded later is not judged for timeliness"
    )
    on_time: int
    valid: int
    resets: int = Field(description="Of counters")
    expected_s: float = Field(description="Seconds in which readings are expected, of all meters")
    measured_s: int
    calibration_registered: float = Field(description="Expected readings of meters with a registered calibration")
    unrated: float = Field(
        description="Expected readings of counters without a registered rating: what they can have used is judged by "
        "their own past, which is less sharp; of a meter 0 for the time in which it is rated, else `expected`"
    )
    meter_days: float
    inconsistent_meter_days: int


class QualityAnswer(BaseModel):
    """Scores over [start, end) in buckets."""

    scope: str
    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    bucket: str
    by: str
    data: list[QualityRow]
    names: NamesOut
    rows: list[RowUsed] = Field(description="The weights, and until when a reading is in time")
    pending: PendingDays | None = Field(
        description="Days of meters that have readings and are in no score yet; null: there are none"
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one")


class FindingAnswer(BaseModel):
    """What a check has found."""

    finding_id: int = Field(description="Changes when the day is looked at again")
    check: str
    subject_kind: str = Field(description="meter, unit, enterprise, gateway or area")
    subject: str
    day: date = Field(description="The day it was found for; of monthly checks the last one of the month")
    start: datetime
    end: datetime
    value: float
    limit: float
    unit: str
    detail: dict[str, Any]
    found_at: datetime


class MissingRow(BaseModel):
    """An hour of a meter in which readings are missing."""

    meter: str
    unit: str
    enterprise: str
    hour: datetime
    expected: int = Field(description="Readings expected in the hour; 1 where they are further apart")
    missing: int


class CheckEntry(BaseModel):
    """A check as it is declared."""

    slug: str
    name_zh: str
    name_en: str
    subject: str
    period: str
    unit: str = Field(description="Of the value of a finding, and of its limit")
    parameters: dict[str, float]
    counts_for: list[str] = Field(description="Scores that it lowers")
    source: str
    place: str
    verified: bool


class CheckList(BaseModel):
    """All checks."""

    data: list[CheckEntry]


RANGE_REFUSALS = (
    BAD_CURSOR,
    nouns.AREA.unknown,
    nouns.PARK.unknown,
    nouns.ENTERPRISE.unknown,
    nouns.UNIT.unknown,
    nouns.METER.unknown,
    asking.START_AFTER_END,
    asking.RANGE_TOO_LONG,
    asking.INVALID_SCOPE,
    ask.NOT_ON_DAY,
)
_PARAMETERS = (*(f"quality_weight_{name}" for name in DIMENSIONS), "on_time_intervals", "on_time_margin")


@router.get("", summary="Score the data", response_model=QualityAnswer, responses=refusals(*RANGE_REFUSALS, TOO_MUCH))
def read_quality(database: Db, tables: TablesDep, query: Annotated[QualityQuery, Query()], now: Now) -> Response:
    """Completeness, timeliness, validity, accuracy, consistency and their composite, by day or month.

    Each is a ratio of sums over the meters of whom readings are expected; days that are running count as far as they
    have come.
    """
    days = ask.days_of(query, now=now, back_days=None, longest_days=ask.LONGEST_DAYS[query.bucket])
    with database.read() as connection:
        place = ask.place_of(connection, query.scope, by=query.by)
        require_affordable_scores(connection, place, days, query.bucket, query.by, now=now)
        found = database.once(
            f"quality {query.alike}",
            lambda: lines(connection, tables, place, days, query.bucket, query.by, now=now),
        )
        page, following = Pager(query, of="quality").part(found)
        groups = {} if query.by is QualityBy.NONE else {NamedKind(query.by): {line.group for line in page}}
        names = names_of_codes(connection, groups)
        pending = pending_days(connection, place, days)
    answer = {
        "scope": query.scope,
        "start": start_of_day(days[0]),
        "end": start_of_day(days[1]),
        "aligned": is_wider(query, *map(start_of_day, days)),
        "bucket": query.bucket,
        "by": query.by,
        "data": [_row(line, query.by) for line in page],
        "names": names,
        "rows": [used_row(tables.parameter(code)) for code in _PARAMETERS],
        "pending": pending,
        "next": following,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _row(line: ScoreLine, by: QualityBy) -> dict[str, Any]:
    tally, scored = line.tally, line.scores
    row: dict[str, Any] = {"start": line.start, "end": line.end}
    if by is not QualityBy.NONE:
        row[str(by)] = line.group
    row |= {name: getattr(scored, name) for name in (*DIMENSIONS, "composite")}
    return row | {
        "expected": round(tally.expected, 3),
        "readings": tally.readings,
        "received": tally.received,
        "timed": round(tally.timed, 3),
        "on_time": tally.on_time,
        "valid": tally.valid,
        "resets": tally.resets,
        "expected_s": round(tally.expected_s, 3),
        "measured_s": tally.measured_s,
        "calibration_registered": round(tally.registered, 3),
        "unrated": round(tally.unrated, 3),
        "meter_days": round(tally.meter_days, 3),
        "inconsistent_meter_days": tally.inconsistent,
    }


_SUBJECTS = (NamedKind.METER, NamedKind.UNIT, NamedKind.ENTERPRISE, NamedKind.GATEWAY, NamedKind.AREA)


@router.get("/findings", summary="List findings", responses=refusals(*RANGE_REFUSALS, ask.UNKNOWN_CHECK))
def list_findings(
    database: Db, tables: TablesDep, query: Annotated[FindingsQuery, Query()], now: Now
) -> NamedPage[FindingAnswer]:
    """What the checks have found of meters, units, enterprises, gateways and areas, by day."""
    ask.require_checks(query.check or ())
    days = ask.days_of(query, now=now, back_days=7, longest_days=ask.LONGEST_FINDINGS_DAYS)
    with database.read() as connection:
        place = ask.place_of(connection, query.scope)
        found = findings_of(connection, query, place, days)
        subjects = {kind: [row["subject"] for row in found.data if row["subject_kind"] == kind] for kind in _SUBJECTS}
        names = names_of_codes(connection, subjects)
    units = {check.code: check.unit for check in tables.checks}
    data = [_finding(row, units) for row in found.data]
    return NamedPage[FindingAnswer](data=data, next=found.next, total=found.total, names=names)


def _finding(row: DictRow, units: dict[str, str]) -> FindingAnswer:
    local = {name: row[name].astimezone(SHANGHAI) for name in ("start", "end")}
    return FindingAnswer(**(row | local), unit=units.get(row["check"], ""))


_NAMED = {
    NamedKind.METER: ("meter",),
    NamedKind.UNIT: ("unit",),
    NamedKind.ENTERPRISE: ("enterprise",),
}


@router.get("/missing", summary="List missing readings", responses=refusals(*RANGE_REFUSALS, TOO_MUCH))
def list_missing(database: Db, query: Annotated[MissingQuery, Query()], now: Now) -> NamedPage[MissingRow]:
    """Expected readings that have not come, by meter and hour, in the order of days and meters.

    A page holds whole days of meters.
    """
    days = ask.days_of(query, now=now, back_days=1, longest_days=ask.LONGEST_MISSING_DAYS)
    pager = Pager(query, of="missing")
    before = pager.after(date, str)
    after = (before[0], before[1]) if before else None
    with database.read() as connection:
        place = ask.place_of(connection, query.scope)
        bound_for_file(connection, place, days, query, now=now)
        found = missing(connection, place, days, now=now, after=after, most=query.limit + 1)
        shown, following = pager.cut(found.days, lambda each: [each.day, each.meter])
        rows = [MissingRow(**hour) for each in shown for hour in each.rows()]
        names = names_beside(connection, rows, _NAMED)
        total = count_missing(connection, place, days, now=now) if query.total else None
    if found.goes_on_after is not None:
        following = pager.cursor(found.goes_on_after)
    return NamedPage[MissingRow](data=rows, next=following, total=total, names=names)


@router.get("/checks", summary="List the checks")
def list_checks(tables: TablesDep) -> CheckList:
    """What is looked for, of whom, by which numbers, and where that comes from."""
    return CheckList(data=list(_checks(tables)))


def _checks(tables: TablesDep) -> Iterator[CheckEntry]:
    for row in tables.checks:
        kind = CHECKS[row.code]
        yield CheckEntry(
            slug=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            subject=row.subject,
            period=kind.period,
            unit=row.unit,
            parameters=dict(row.parameters),
            counts_for=["consistency"] if kind.is_cross else [],
            source=row.source,
            place=row.place,
            verified=row.verified,
        )
