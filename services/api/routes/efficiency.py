"""The list of energy efficiency 企业能效清单: units beside benchmark and baseline."""

from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.asking import RANGE_TOO_LONG, START_AFTER_END, Now, is_wider
from services.api.computed_listing import ComputedSource
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, refused_fields
from services.api.indicators.answer import (
    BandOut,
    LimitOut,
    RatioTerm,
    ReasonOut,
    RowUsed,
    band_out,
    limit_out,
    reason_out,
)
from services.api.indicators.mandatory import MandatoryLimitOut, mandatory_out
from services.api.judgement.listing import UnitNames, names_of, rows_used, units_of_place
from services.api.judgement.period import NOT_WHOLE_MONTHS, PeriodQuery, whole_months
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode
from services.api.tables import TablesDep
from services.core.calendar import SHANGHAI
from services.core.frame import PeriodLength, frame
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.standards import listed
from services.judging.indicators.terms import Term
from services.judging.levels import Placing, gap
from services.judging.lists.efficiency import PlacedUnit, place_unit
from services.judging.lists.measured import ListScope, ratios_of

router = APIRouter(prefix="/api/v1/efficiency-list", tags=["judgement"])
NAME = "efficiency-list"
UNPLACED, PROVISIONAL = str(Verdict.CANNOT_JUDGE), str(Verdict.PROVISIONAL)
PLACINGS = (*(str(placing) for placing in Placing), PROVISIONAL, UNPLACED)


_LISTED: ComputedSource[PlacedUnit] = ComputedSource(
    name=NAME,
    usual="unit",
    columns={
        "unit": (str, lambda placed: placed.unit.code),
        "enterprise": (str, lambda placed: placed.unit.credit_code),
        "area": (str, lambda placed: placed.unit.area_code),
        "process": (str, lambda placed: placed.process.code),
        "value": (float, lambda placed: None if placed.ratio.value is None else float(placed.ratio.value)),
        "deadline": (date, lambda placed: placed.deadline.due_on if placed.deadline else None),
    },
)


class EfficiencyQuery(PeriodQuery, ListQuery):
    """How the list may be narrowed. Places go by where the enterprise lay at the end of the range."""

    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    park: Code | None = None
    enterprise: CreditCode | None = None
    process: str | None = Field(None, max_length=64, description="One that has levels, or data_centre")
    status: Literal["existing", "new", "building", "planned"] | None = Field(
        None,
        description="new: commissioned since the first edition of the levels (data centres: since the plan)",
    )
    placing: Literal["leader", "between", "below_baseline", "provisional", "cannot_judge"] | None = Field(
        None, description="provisional: placed by too small a part of the range, wherever that is"
    )
    order: Annotated[list[str], OrderedBy(*_LISTED.columns)] = ORDER


class GapOut(BaseModel):
    """Distance from a level: positive is worse."""

    absolute: float = Field(description="In `value_unit`")
    percent: float | None = Field(description="Of the level; null where the level is not above zero")


class EfficiencyRow(UnitNames):
    """A unit of the list."""

    process: str
    process_name_zh: str
    process_name_en: str
    project: str = Field(description="existing 存量, new 新建, building 在建, planned 拟建")
    commissioned_on: date | None
    indicator: str
    value: float | None
    band: BandOut | None = Field(None, description="null: the value is known as it is")
    value_unit: str
    edition: str | None = Field(description="Edition of the list of levels; of a data centre its standard")
    benchmark: float | None = Field(description="标杆水平; of a data centre grade 1")
    baseline: float | None = Field(description="基准水平; of a data centre grade 3, the limit")
    placing: str | None = Field(
        description="leader, between, below_baseline (worse than the baseline: a number ABOVE it); null: cannot be told"
    )
    verdict: str = Field(description="ok, breach, provisional (nothing follows from it yet) or cannot_judge")
    reasons: list[ReasonOut]
    gap_to_benchmark: GapOut | None
    gap_to_baseline: GapOut | None
    deadline: date | None = Field(description="Of an existing unit below the baseline: last day of its retrofit")
    deadline_from: str | None = Field(description="unit, longest (the time the plan allows) or national")
    deadline_row: str | None = Field(description="Code in `rows` of the act that sets a national deadline")
    days_left: int | None = Field(description="Until the deadline; negative once it has passed")
    grade: int | None = Field(description="Best grade surely kept of the mandatory limit; null: none, or no limit")
    grade_standard: str | None = Field(description="The limit standard in force; null: none for this process")
    grade_corrections: list[str] = Field(description="What the standard corrects the limit by, in words")
    mandatory_limit: MandatoryLimitOut | None = Field(
        description="The limit with the corrections applied; null: none holds, or a data centre"
    )
    targets: list[LimitOut] = Field(description="Of a data centre: what the plan asks of its kind")
    coverage: float | None
    numerator: RatioTerm
    denominator: RatioTerm
    rows: list[str] = Field(description="Codes in `rows` of the answer")


class EfficiencyCounts(BaseModel):
    """How many units lie where, whatever `placing` asks for."""

    leader: int
    between: int
    below_baseline: int
    provisional: int = Field(description="Placed by too small a part of the range: counted here and nowhere else")
    cannot_judge: int


class EfficiencyAnswer(BaseModel):
    """Units in the order of their codes."""

    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    counts: EfficiencyCounts
    data: list[EfficiencyRow]
    rows: list[RowUsed]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


_REFUSALS = refusals(
    BAD_CURSOR,
    nouns.AREA.unknown,
    nouns.PARK.unknown,
    nouns.ENTERPRISE.unknown,
    START_AFTER_END,
    NOT_WHOLE_MONTHS,
    RANGE_TOO_LONG,
)


@router.get("", summary="List units by energy efficiency", response_model=EfficiencyAnswer, responses=_REFUSALS)
def list_efficiency(database: Db, tables: TablesDep, query: Annotated[EfficiencyQuery, Query()], now: Now) -> Response:
    """Units whose process has benchmark and baseline, and data centres, judged over whole months.

    Existing units must reach the baseline; new ones, and those being built or planned, the benchmark.
    """
    start, end = whole_months(query, now=now)
    with database.read() as connection:
        found = _placed(connection, tables, query, start, end, now=now)
    if query.status is not None:
        found = [placed for placed in found if placed.kind == query.status]
    counts = Counter(_counted_as(placed) for placed in found)
    if query.placing is not None:
        found = [placed for placed in found if _counted_as(placed) == query.placing]
    listed_units = _LISTED.page(found, query)
    page = listed_units.data
    answer = {
        "start": start,
        "end": end,
        "aligned": is_wider(query, start, end),
        "counts": {placing: counts[placing] for placing in PLACINGS},
        "data": [_row(tables, placed, today=now.astimezone(SHANGHAI).date()) for placed in page],
        "rows": rows_used(
            tables,
            codes=[code for placed in page for code in placed.rows],
            terms=[term for placed in page for term in (placed.ratio.numerator, placed.ratio.denominator)],
            held=[held for placed in page for held in placed.targets],
            deadlines=[placed.deadline_row for placed in page if placed.deadline_row],
        ),
        "next": listed_units.next,
        "total": listed_units.total,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _counted_as(placed: PlacedUnit) -> str:
    """Where a unit lies, as far as that is settled."""
    if placed.provisional and placed.placing is not None:
        return PROVISIONAL
    return str(placed.placing or UNPLACED)


def _placed(
    connection: Connection, tables: Tables, query: EfficiencyQuery, start: datetime, end: datetime, *, now: datetime
) -> list[PlacedUnit]:
    indicators = listed(tables)
    if query.process is not None and query.process not in indicators:
        # an empty list would hide the mistake
        fault = Fault("process", "not_among", {"value": query.process, "known": ", ".join(sorted(indicators))})
        raise refused_fields(INVALID_PARAMETER, [fault])
    wanted = [code for code in indicators if query.process in (None, code)]
    place = ListScope(query.area, query.park, query.enterprise)
    units, tree = units_of_place(connection, place, until=end, processes=wanted)
    day = (end - timedelta(microseconds=1)).date()
    period = frame(start, end, PeriodLength.TOTAL)
    found = ratios_of(connection, tables, units, indicators, period, now=now)
    today = now.astimezone(SHANGHAI).date()
    return [place_unit(tables, tree, each, day=day, today=today) for each in found]


def _row(tables: Tables, placed: PlacedUnit, *, today: date) -> dict[str, Any]:
    unit, process, ratio, levels = placed.unit, placed.process, placed.ratio, placed.levels
    measure, deadline = placed.standard.units, placed.deadline
    codes = [*placed.rows, *ratio.numerator.used, *ratio.denominator.used, *(h.row["code"] for h in placed.targets)]
    set_by = [placed.deadline_row.code] if placed.deadline_row else []
    return {
        **names_of(unit),
        "process": process.code,
        "process_name_zh": process.name_zh,
        "process_name_en": process.name_en,
        "project": placed.kind,
        "commissioned_on": unit.commissioned_on,
        "indicator": placed.indicator.slug,
        "value": None if ratio.value is None else float(ratio.value),
        "band": band_out(ratio.band),
        "value_unit": measure.value,
        "edition": levels.edition if levels else None,
        "benchmark": float(levels.benchmark) if levels else None,
        "baseline": float(levels.baseline) if levels else None,
        "placing": placed.placing,
        "verdict": placed.verdict,
        "reasons": [reason_out(code, of) for code, of in placed.reasons],
        "gap_to_benchmark": _gap(placed, levels.benchmark if levels else None),
        "gap_to_baseline": _gap(placed, levels.baseline if levels else None),
        "deadline": deadline.due_on if deadline else None,
        "deadline_from": deadline.set_by if deadline else None,
        "deadline_row": placed.deadline_row.code if placed.deadline_row else None,
        "days_left": deadline.days_left(today) if deadline else None,
        "grade": placed.grade,
        "grade_standard": placed.limits[0].standard if placed.limits else None,
        "grade_corrections": sorted({limit.correction for limit in placed.limits if limit.correction}),
        "mandatory_limit": mandatory_out(tables, placed.mandatory),
        "targets": [limit_out(held) for held in placed.targets],
        "coverage": ratio.coverage,
        "numerator": _sum(ratio.numerator, measure.numerator),
        "denominator": _sum(ratio.denominator, measure.denominator),
        "rows": list(dict.fromkeys([*codes, *set_by])),
    }


def _gap(placed: PlacedUnit, level: Fraction | None) -> dict[str, float | None] | None:
    if level is None or placed.ratio.value is None or placed.placing is None:
        return None
    found = gap(placed.ratio.value, level)
    return {"absolute": float(found.absolute), "percent": None if found.percent is None else float(found.percent)}


def _sum(term: Term, unit: str) -> dict[str, Any]:
    return {"value": None if term.value is None else float(term.value), "unit": unit}
