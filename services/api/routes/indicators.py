"""Indicators: energy set against output, floor area, value added or other energy, with a verdict."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.api import asking
from services.api.asking import Now
from services.api.comparing.period import INVALID_COMPARE
from services.api.database import Database, Db
from services.api.energy.pending import pending_sums
from services.api.energy.scope import narrow
from services.api.errors import BAD_CURSOR
from services.api.guard.cost import TOO_MUCH
from services.api.indicators import ask
from services.api.indicators.answer import IndicatorAnswer, IndicatorValues
from services.api.indicators.ask import IndicatorQuery, IndicatorValuesQuery
from services.api.indicators.told import IndicatorTelling, ToldIndicators
from services.api.openapi import refusals
from services.api.paging import Pager
from services.api.registry import nouns
from services.api.tables import TablesDep
from services.judging.data.tables import Tables
from services.judging.indicators.evaluate import GROUPINGS, SCOPES, Question
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.scope import UnknownScopeError

router = APIRouter(prefix="/api/v1/indicators", tags=["indicators"])


class IndicatorEntry(BaseModel):
    """One indicator of the list."""

    slug: str
    name_zh: str
    name_en: str
    unit: str = Field(description="{product} stands for the unit of the product of the process")
    formula: str
    formula_zh: str
    source: str
    scopes: list[str]
    by: list[str]
    processes: list[str] = Field(description="Only units of these processes; empty: of all")
    trades: list[str] = Field(description="Only enterprises of these trades; empty: of all")
    statistics: list[str] = Field(description="Kinds of reported numbers it may need")


class IndicatorList(BaseModel):
    """All indicators."""

    data: list[IndicatorEntry]


def _entry(indicator: Indicator) -> IndicatorEntry:
    return IndicatorEntry(
        slug=indicator.slug,
        name_zh=indicator.name_zh,
        name_en=indicator.name_en,
        unit=indicator.unit,
        formula=indicator.formula,
        formula_zh=indicator.formula_zh,
        source=indicator.source,
        scopes=sorted(SCOPES[indicator.level]),
        by=sorted(GROUPINGS[indicator.level]),
        processes=sorted(indicator.processes),
        trades=sorted(indicator.trades),
        statistics=sorted(indicator.statistics),
    )


@router.get("", summary="List the indicators")
def list_indicators() -> IndicatorList:
    """What each is called, how it is formed, and of what it may be asked."""
    return IndicatorList(data=[_entry(indicator) for indicator in BY_SLUG.values()])


_REFUSALS = refusals(
    BAD_CURSOR,
    ask.UNKNOWN_INDICATOR,
    nouns.AREA.unknown,
    nouns.PARK.unknown,
    nouns.ENTERPRISE.unknown,
    nouns.UNIT.unknown,
    asking.START_AFTER_END,
    asking.RANGE_TOO_LONG,
    TOO_MUCH,
    asking.NOT_ON_HOUR,
    asking.INVALID_SCOPE,
    asking.INVALID_BY,
    INVALID_COMPARE,
)


@router.get(
    "/values",
    summary="Read several indicators at once",
    response_model=IndicatorValues,
    responses=_REFUSALS,
)
def read_indicators(
    database: Db, tables: TablesDep, query: Annotated[IndicatorValuesQuery, Query()], now: Now
) -> Response:
    """Several indicators of one scope and range, as each of them alone would be answered; what they stand on once."""
    told, asked, waiting = _told(database, tables, ask.indicators_of(query), query, of="indicators", now=now)
    answer = _head(query, asked) | {
        "data": [_named(indicator, row) for indicator, row in told.data],
        "total": None if told.total is None else [_named(indicator, row) for indicator, row in told.total],
        "names": told.names,
        "rows": told.rows,
        "pending": waiting,
        "next": told.next,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/{slug}", summary="Read an indicator", response_model=IndicatorAnswer, responses=_REFUSALS)
def read_indicator(
    database: Db, tables: TablesDep, slug: str, query: Annotated[IndicatorQuery, Query()], now: Now
) -> Response:
    """An indicator of a scope: value, verdict with reasons, coverage, both sums, and the rows they stand on.

    Ratios of sums. Where too little was measured, there is nothing to divide by, or the value is one that cannot be,
    the verdict is cannot_judge.
    """
    indicator = ask.indicator_of(slug)
    told, asked, waiting = _told(database, tables, [indicator], query, of=f"indicator {slug}", now=now)
    named = {"indicator": indicator.slug, "name_zh": indicator.name_zh, "name_en": indicator.name_en}
    answer = (
        named
        | _head(query, asked)
        | {
            "data": [row for _, row in told.data],
            "total": None if told.total is None else [row for _, row in told.total],
            "names": told.names,
            "rows": told.rows,
            "pending": waiting,
            "next": told.next,
        }
    )
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _told(
    database: Database,
    tables: Tables,
    indicators: Sequence[Indicator],
    query: IndicatorQuery,
    *,
    of: str,
    now: datetime,
) -> tuple[ToldIndicators, Question, dict[str, Any] | None]:
    """What is told, the question it answers, and what waits for the roll-up."""
    with database.read() as connection:
        asked = ask.question_of(connection, indicators, query, now=now)
        try:
            told = IndicatorTelling(connection, tables, query, asked, Pager(query, of=of)).of(indicators)
        except UnknownScopeError as error:
            raise ask.refuse_unknown(error) from None
        start, end = _range(asked)
        among = narrow(connection, asking.ScopeKind(asked.scope.kind), asked.scope.code, asked.scope.tree)
        return told, asked, pending_sums(connection, among, start=start, end=end)


def _range(asked: Question) -> tuple[datetime, datetime]:
    return asked.frame.bounds(asked.frame.periods[0])[0], asked.frame.end


def _head(query: IndicatorQuery, asked: Question) -> dict[str, Any]:
    start, end = _range(asked)
    return {
        "scope": query.scope,
        "start": start,
        "end": end,
        "aligned": asking.is_wider(query, start, end),
        "bucket": query.bucket,
        "by": query.by,
    }


def _named(indicator: Indicator, row: dict[str, Any]) -> dict[str, Any]:
    return {"indicator": indicator.slug, "name_zh": indicator.name_zh, "name_en": indicator.name_en, **row}
