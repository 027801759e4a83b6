"""The ledger of two-high projects 两高项目管理台账, with energy used beyond what was approved 超批复用能."""

from fractions import Fraction
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from services.api.asking import Now
from services.api.computed_listing import ComputedSource
from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.faceted import Facets, choices
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
from services.api.judgement.two_high import BELONGS, TwoHighAnswer, counts_of, row_of, rows_by_limit, totals_of
from services.api.list_query import ORDER, Many, OrderedBy
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import UnitStatus
from services.api.tables import TablesDep
from services.core.area_tree import AreaTree
from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, months_before
from services.core.frame import PeriodLength, frame
from services.core.verdict import Verdict
from services.judging.lists.product_energy import product_energy
from services.judging.lists.two_high import LAST_12_MONTHS, PARAMETERS, RUNNING_YEAR, LedgerUnit, ledger, trades_of

router = APIRouter(prefix="/api/v1/two-high", tags=["judgement"])
NAME = "two-high"
CHOICES = ("verdict", "in_ledger", "trade", "status")


def _number(exact: Fraction | None) -> float | None:
    return None if exact is None else float(exact)


_LISTED: ComputedSource[LedgerUnit] = ComputedSource(
    name=NAME,
    usual=("unit",),
    columns={
        "unit": (str, lambda listed: listed.unit.code),
        "name_zh": (str, lambda listed: listed.unit.name_zh),
        "enterprise": (str, lambda listed: listed.unit.credit_code),
        "area": (str, lambda listed: listed.unit.area_code),
        "trade": (str, lambda listed: listed.unit.trade),
        "verdict": (str, lambda listed: listed.overuse.finding.verdict),
        "design_energy_tce": (float, lambda listed: listed.unit.design_energy_tce),
        "approved_energy_tce": (float, lambda listed: listed.unit.approved_energy_tce),
        "last_12_months_tce": (float, lambda listed: _number(listed.uses[LAST_12_MONTHS].tce)),
        "running_year_tce": (float, lambda listed: _number(listed.uses[RUNNING_YEAR].tce)),
        "excess_tce": (float, lambda listed: _number(listed.overuse.excess_tce)),
    },
)
_FACETS_OF_UNIT = {
    "verdict": lambda listed: (str(listed.overuse.finding.verdict),),
    "in_ledger": lambda listed: (BELONGS[listed.entry.belongs],),
    "trade": lambda listed: (listed.unit.trade,),
    "status": lambda listed: (listed.unit.status,),
}


class TwoHighQuery(UnitListQuery):
    """How the ledger may be narrowed. Places go by where the enterprise lies now."""

    trade: Many[Annotated[str, Field(max_length=64)]] | None = Field(
        None, description="Trade of the registry, one that is among the eight"
    )
    status: Many[UnitStatus] | None = Field(None, description="existing 存量, building 在建, planned 拟建")
    in_ledger: Many[Literal["true", "false", "unknown"]] | None = Field(
        None, description="Units that belong to the ledger, that do not, or of which it cannot be told"
    )
    verdict: Many[Verdict] | None = Field(None, description="On energy used beyond what was approved")
    order: Annotated[list[str], OrderedBy(*_LISTED.columns)] = ORDER


_REFUSALS = refusals(BAD_CURSOR, nouns.AREA.unknown, nouns.PARK.unknown, nouns.ENTERPRISE.unknown)


@router.get("", summary="List two-high units", response_model=TwoHighAnswer, responses=_REFUSALS)
def list_two_high(database: Db, tables: TablesDep, query: Annotated[TwoHighQuery, Query()], now: Now) -> Response:
    """Units of the eight trades: whether they belong to the ledger, and whether they use more than was approved.

    A unit belongs with 50 000 tce a year or more, by design or else as measured, on the equivalent basis; coal power on
    the calorific one.
    """
    require_among("trade", query.trade or (), trades_of(tables))
    with database.read() as connection:
        units, tree = units_of_place(connection, query.place, until=now, trades=trades_of(tables))
        meant = [unit for unit in units if is_meant(unit, query.q)]
        of_all = database.once(f"two-high {query.alike}", lambda: ledger(connection, tables, meant, now=now))
        found, facets = _facets(tree).narrowed(of_all, choices(query, CHOICES))
        shown = _LISTED.page(found, query)
        page = shown.data
        month = floor(now, Grain.MONTH)
        period = frame(months_before(month, MONTHS_OF_YEAR), month, PeriodLength.TOTAL)
        by_product = product_energy(connection, tables, tree, [listed.unit for listed in page], period, now=now)
        names = names_of_units(connection, tables, [listed.unit for listed in page], facets)
        began = months_before(month, MONTHS_OF_YEAR)
        pending = pending_of_units(connection, [listed.unit for listed in found], start=began, end=now)
    answer = {
        "counts": counts_of(each for each in of_all if _counts(each, query)),
        "facets": facets,
        "totals": totals_of(found),
        "data": [row_of(tables, listed, by_product.get(listed.unit.code)) for listed in page],
        "names": names,
        "rows": rows_used(
            tables,
            codes=[*PARAMETERS, *(code for each in by_product.values() for code in rows_by_limit(each))],
            terms=[use.term for listed in page for use in listed.uses.values()],
        ),
        "pending": pending,
        "next": shown.next,
        "total": shown.total,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _facets(tree: AreaTree) -> Facets[LedgerUnit]:
    return Facets({**_FACETS_OF_UNIT, "area": lambda listed: areas_above(tree, listed.unit)})


def _counts(listed: LedgerUnit, query: TwoHighQuery) -> bool:
    """Whether a unit is among those that are counted, whatever `in_ledger` and `verdict` ask for."""
    of_trade = query.trade is None or listed.unit.trade in query.trade
    return of_trade and (query.status is None or listed.unit.status in query.status)
