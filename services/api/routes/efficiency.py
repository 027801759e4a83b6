"""The list of energy efficiency 企业能效清单: units beside benchmark and baseline."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from psycopg import Connection
from pydantic import Field

from services.api.asking import RANGE_TOO_LONG, START_AFTER_END, Now, is_wider
from services.api.computed_listing import ComputedSource
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.faceted import Facets, choices
from services.api.judgement.efficiency import (
    EfficiencyAnswer,
    counted_as,
    counts_of,
    due_of,
    gap_percent,
    row_of,
    totals_of,
)
from services.api.judgement.listing import (
    UnitListQuery,
    areas_above,
    is_meant,
    names_of_units,
    pending_of_units,
    require_among,
    rows_used,
    units_of_place,
)
from services.api.judgement.period import NOT_WHOLE_MONTHS, PeriodQuery, whole_months
from services.api.list_query import ORDER, Many, OrderedBy
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import Trade
from services.api.tables import TablesDep
from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI
from services.core.frame import PeriodLength, frame
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.standards import listed
from services.judging.levels import BenchmarkLevel
from services.judging.lists.efficiency import PlacedUnit, place_unit
from services.judging.lists.measured import ratios_of

router = APIRouter(prefix="/api/v1/efficiency-list", tags=["judgement"])
NAME = "efficiency-list"
CHOICES = ("verdict", "placing", "trade", "process", "status", "due")

_LISTED: ComputedSource[PlacedUnit] = ComputedSource(
    name=NAME,
    usual=("unit",),
    columns={
        "unit": (str, lambda placed: placed.unit.code),
        "name_zh": (str, lambda placed: placed.unit.name_zh),
        "enterprise": (str, lambda placed: placed.unit.credit_code),
        "area": (str, lambda placed: placed.unit.area_code),
        "trade": (str, lambda placed: placed.unit.trade),
        "process": (str, lambda placed: placed.process.code),
        "value": (float, lambda placed: None if placed.ratio.value is None else float(placed.ratio.value)),
        "placing": (str, lambda placed: placed.placing),
        "verdict": (str, lambda placed: placed.verdict),
        "gap_to_benchmark": (float, lambda placed: gap_percent(placed, BenchmarkLevel.BENCHMARK)),
        "gap_to_baseline": (float, lambda placed: gap_percent(placed, BenchmarkLevel.BASELINE)),
        "deadline": (date, lambda placed: placed.deadline.due_on if placed.deadline else None),
        "coverage": (float, lambda placed: placed.ratio.coverage),
    },
)


class EfficiencyQuery(PeriodQuery, UnitListQuery):
    """How the list may be narrowed. Places go by where the enterprise lay at the end of the range."""

    trade: Many[Trade] | None = None
    process: Many[Annotated[str, Field(max_length=64)]] | None = Field(
        None, description="One that has levels, or data_centre"
    )
    status: Many[Literal["existing", "new", "building", "planned"]] | None = Field(
        None,
        description="new: commissioned since the first edition of the levels (data centres: since the plan)",
    )
    placing: Many[Literal["leader", "between", "below_baseline", "provisional", "cannot_judge"]] | None = Field(
        None, description="provisional: placed by too small a part of the range, wherever that is"
    )
    verdict: Many[Verdict] | None = None
    due: Many[Literal["overdue", "within_a_year", "later", "none"]] | None = Field(
        None, description="How soon the retrofit of an existing unit below the baseline is due"
    )
    order: Annotated[list[str], OrderedBy(*_LISTED.columns)] = ORDER


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
    today = now.astimezone(SHANGHAI).date()
    with database.read() as connection:
        placed, tree = database.once(
            f"efficiency {query.alike}", lambda: _placed(connection, tables, query, start, end, now=now)
        )
        placed = [each for each in placed if is_meant(each.unit, query.q)]
        found, facets = _facets(tree, today).narrowed(placed, choices(query, CHOICES))
        shown = _LISTED.page(found, query)
        page = shown.data
        names = names_of_units(connection, tables, [each.unit for each in page], facets)
        pending = pending_of_units(connection, [each.unit for each in found], start=start, end=end)
    kinds = [each for each in placed if query.status is None or each.kind in query.status]
    answer = {
        "start": start,
        "end": end,
        "aligned": is_wider(query, start, end),
        "metered": max((each.metered for each in found), default=None),
        "counts": counts_of(kinds),
        "facets": facets,
        "totals": totals_of(found, today=today),
        "data": [row_of(tables, each, today=today) for each in page],
        "names": names,
        "rows": rows_used(
            tables,
            codes=[code for each in page for code in each.rows],
            terms=[term for each in page for term in (each.ratio.numerator, each.ratio.denominator)],
            held=[held for each in page for held in each.targets],
            deadlines=[each.deadline_row for each in page if each.deadline_row],
        ),
        "pending": pending,
        "next": shown.next,
        "total": shown.total,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _facets(tree: AreaTree, today: date) -> Facets[PlacedUnit]:
    return Facets(
        {
            "verdict": lambda placed: (placed.verdict,),
            "placing": lambda placed: (counted_as(placed),),
            "trade": lambda placed: (placed.unit.trade,),
            "process": lambda placed: (placed.process.code,),
            "status": lambda placed: (placed.kind,),
            "due": lambda placed: (due_of(placed, today),),
            "area": lambda placed: areas_above(tree, placed.unit),
        }
    )


def _placed(
    connection: Connection, tables: Tables, query: EfficiencyQuery, start: datetime, end: datetime, *, now: datetime
) -> tuple[list[PlacedUnit], AreaTree]:
    indicators = listed(tables)
    require_among("process", query.process or (), indicators)
    units, tree = units_of_place(connection, query.place, until=end, processes=indicators)
    day = (end - timedelta(microseconds=1)).date()
    period = frame(start, end, PeriodLength.TOTAL)
    found = ratios_of(connection, tables, units, indicators, period, now=now)
    today = now.astimezone(SHANGHAI).date()
    return [place_unit(tables, tree, each, day=day, today=today) for each in found], tree
