"""The ledger of two-high projects 两高项目管理台账, with energy used beyond what was approved 超批复用能."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.api.asking import Now
from services.api.computed_listing import ComputedSource
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, refused_fields
from services.api.indicators.answer import ReasonOut, RowUsed, reason_out
from services.api.indicators.mandatory import MandatoryLimitOut, mandatory_out
from services.api.judgement.listing import UnitNames, names_of, rows_used, units_of_place
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode, UnitStatus
from services.api.tables import TablesDep
from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, months_before
from services.core.frame import PeriodLength, frame
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.standards import units_of_measure
from services.judging.lists.measured import ListScope
from services.judging.lists.product_energy import ProductEnergy, product_energy
from services.judging.lists.two_high import (
    LAST_12_MONTHS,
    PARAMETERS,
    RUNNING_YEAR,
    THRESHOLD,
    LedgerUnit,
    Use,
    ledger,
    trades_of,
)

router = APIRouter(prefix="/api/v1/two-high", tags=["judgement"])
NAME = "two-high"


_LISTED: ComputedSource[LedgerUnit] = ComputedSource(
    name=NAME,
    usual="unit",
    columns={
        "unit": (str, lambda listed: listed.unit.code),
        "enterprise": (str, lambda listed: listed.unit.credit_code),
        "area": (str, lambda listed: listed.unit.area_code),
        "trade": (str, lambda listed: listed.unit.trade),
        "design_energy_tce": (float, lambda listed: listed.unit.design_energy_tce),
        "approved_energy_tce": (float, lambda listed: listed.unit.approved_energy_tce),
    },
)


class TwoHighQuery(ListQuery):
    """How the ledger may be narrowed. Places go by where the enterprise lies now."""

    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    park: Code | None = None
    enterprise: CreditCode | None = None
    trade: str | None = Field(None, max_length=64, description="Trade of the registry, one that is among the eight")
    status: UnitStatus | None = Field(None, description="existing 存量, building 在建, planned 拟建")
    in_ledger: bool | None = Field(None, description="Only units that belong to the ledger, or only others")
    verdict: Verdict | None = Field(None, description="On energy used beyond what was approved")
    order: Annotated[list[str], OrderedBy(*_LISTED.columns)] = ORDER


class UseOut(BaseModel):
    """Energy of a period, as far as it was measured."""

    start: datetime
    end: datetime
    equivalent_tce: float | None = Field(description="等价值")
    calorific_tce: float | None = Field(description="当量值")
    coverage: float | None = Field(
        description="Measured share of the whole period, days before the first meter included"
    )


class ProductOut(BaseModel):
    """The indicator of a unit's process over the last 12 complete months, as /api/v1/indicators judges it."""

    indicator: str
    value: float | None
    unit: str
    verdict: str = Field(description="ok, breach, provisional or cannot_judge, by levels and mandatory limit")
    reasons: list[ReasonOut]
    grade: int | None = Field(description="Best grade surely kept of the mandatory limit; null: none, or no limit")
    mandatory_limit: MandatoryLimitOut | None


class TwoHighRow(UnitNames):
    """A unit of one of the eight trades."""

    eight: str = Field(description="Which of the eight trades")
    eight_zh: str
    eight_en: str
    process: str | None
    basis: str = Field(
        description="On which threshold and approval are held against it: equivalent; calorific for coal power"
    )
    design_energy_tce: float | None = Field(description="By design, a year, on `basis`")
    approved_energy_tce: float | None = Field(description="Approved, a year, on `basis`")
    last_12_months: UseOut
    running_year: UseOut
    in_ledger: bool | None = Field(description="null: cannot be told")
    ledger_by: str | None = Field(description="design, or measured where no design energy is registered")
    ledger_reasons: list[ReasonOut]
    verdict: str = Field(description="On energy used beyond what was approved 超批复用能")
    reasons: list[ReasonOut]
    excess_tce: float | None = Field(description="With a breach: used above what was approved")
    excess_period: str | None = Field(description="With a breach: last_12_months or running_year")
    product: ProductOut | None = Field(
        description="How it stands to the levels and the mandatory limit of its product; null: its process is not known"
    )
    rows: list[str] = Field(description="Codes in `rows` of the answer")


class TwoHighCounts(BaseModel):
    """How many units, whatever `in_ledger` and `verdict` ask for."""

    in_ledger: int
    not_in_ledger: int
    ledger_unknown: int
    above_approved: int


class TwoHighAnswer(BaseModel):
    """Units of the eight trades in the order of their codes."""

    counts: TwoHighCounts
    data: list[TwoHighRow]
    rows: list[RowUsed]
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


_REFUSALS = refusals(BAD_CURSOR, nouns.AREA.unknown, nouns.PARK.unknown, nouns.ENTERPRISE.unknown)


@router.get("", summary="List two-high units", response_model=TwoHighAnswer, responses=_REFUSALS)
def list_two_high(database: Db, tables: TablesDep, query: Annotated[TwoHighQuery, Query()], now: Now) -> Response:
    """Units of the eight trades: whether they belong to the ledger, and whether they use more than was approved.

    A unit belongs with 50 000 tce a year or more, by design or else as measured, on the equivalent basis; coal power on
    the calorific one.
    """
    trades = _trades_asked(tables, query.trade)
    with database.read() as connection:
        place = ListScope(query.area, query.park, query.enterprise)
        units, tree = units_of_place(connection, place, until=now, trades=trades)
        units = [unit for unit in units if query.status in (None, unit.status)]
        found = ledger(connection, tables, units, now=now)
        wanted = [
            listed
            for listed in found
            if (query.in_ledger is None or listed.entry.belongs is query.in_ledger)
            and query.verdict in (None, listed.overuse.finding.verdict)
        ]
        shown = _LISTED.page(wanted, query)
        page = shown.data
        month = floor(now, Grain.MONTH)
        period = frame(months_before(month, MONTHS_OF_YEAR), month, PeriodLength.TOTAL)
        by_product = product_energy(connection, tables, tree, [listed.unit for listed in page], period, now=now)
    belongs = Counter(listed.entry.belongs for listed in found)
    counts = {
        "in_ledger": belongs[True],
        "not_in_ledger": belongs[False],
        "ledger_unknown": belongs[None],
        "above_approved": sum(listed.overuse.finding.verdict is Verdict.BREACH for listed in found),
    }
    answer = {
        "counts": counts,
        "data": [_row(tables, listed, by_product.get(listed.unit.code)) for listed in page],
        "rows": rows_used(
            tables,
            codes=[*PARAMETERS, *(code for each in by_product.values() for code in _rows_of(each))],
            terms=[use.term for listed in page for use in listed.uses.values()],
        ),
        "next": shown.next,
        "total": shown.total,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _trades_asked(tables: Tables, trade: str | None) -> list[str]:
    """All that are among the eight, or the one asked for. Raises Refused for any other: no list hides a mistake."""
    known = sorted(trades_of(tables))
    if trade is not None and trade not in known:
        fault = Fault("trade", "not_among", {"value": trade, "known": ", ".join(known)})
        raise refused_fields(INVALID_PARAMETER, [fault])
    return known if trade is None else [trade]


def _rows_of(energy: ProductEnergy | None) -> list[str]:
    """Codes of the rows of the mandatory limit and its corrections."""
    limit = energy.judgement.mandatory if energy else None
    return [limit.row.code, *limit.correction_rows] if limit else []


def _product(tables: Tables, energy: ProductEnergy | None) -> dict[str, Any] | None:
    if energy is None:
        return None
    judgement, ratio = energy.judgement, energy.found.ratio
    process = tables.process.get(energy.found.process or "")
    return {
        "indicator": energy.indicator.slug,
        "value": None if ratio.value is None else float(ratio.value),
        "unit": units_of_measure(energy.indicator, process).value,
        "verdict": judgement.verdict,
        "reasons": [reason_out(code, of) for code, of in judgement.reasons],
        "grade": judgement.grade,
        "mandatory_limit": mandatory_out(tables, judgement.mandatory),
    }


def _row(tables: Tables, listed: LedgerUnit, energy: ProductEnergy | None) -> dict[str, Any]:
    entry, over, unit = listed.entry, listed.overuse, listed.unit
    used = [code for use in listed.uses.values() for code in use.term.used]
    return {
        **names_of(unit),
        "eight": listed.trade.eight,
        "eight_zh": listed.trade.eight_zh,
        "eight_en": listed.trade.eight_en,
        "process": unit.process,
        "basis": listed.basis,
        "design_energy_tce": unit.design_energy_tce,
        "approved_energy_tce": unit.approved_energy_tce,
        "last_12_months": _use(listed.uses[LAST_12_MONTHS]),
        "running_year": _use(listed.uses[RUNNING_YEAR]),
        "in_ledger": entry.belongs,
        "ledger_by": entry.by,
        "ledger_reasons": _reasons(entry.reason, listed.uses[LAST_12_MONTHS]),
        "verdict": over.finding.verdict,
        "reasons": _reasons(over.finding.reason, None if over.period is None else listed.uses[over.period]),
        "excess_tce": None if over.excess_tce is None else float(over.excess_tce),
        "excess_period": None if over.excess_tce is None else over.period,
        "product": _product(tables, energy),
        "rows": list(dict.fromkeys([*PARAMETERS, *_rows_of(energy), *used])),
    }


def _reasons(code: str, use: Use | None) -> list[dict[str, str]]:
    """The reason, with the number or row that it is about; of energy that was not measured, all that is lacking.

    `use`: of which it speaks; None where it speaks of none.
    """
    if code in ("threshold_reached", "below_threshold"):
        return [reason_out(code, THRESHOLD)]
    if use is None:
        return [reason_out(code, "")]
    if code == "not_measured":
        return [reason_out(lacking, of) for lacking, of in use.term.lacking]
    if code == "low_coverage":
        return [reason_out(code, f"{use.coverage or 0.0:.4f}")]
    if code == HEAT_VALUE_UNKNOWN and use.band is not None:
        return [reason_out(code, f"{use.band.words} (tce)")]
    if code == "energy_below_zero" and use.tce is not None:
        return [reason_out(code, f"{float(use.tce):.1f}")]
    return [reason_out(code, "")]


def _use(use: Use) -> dict[str, Any]:
    return {
        "start": use.start,
        "end": use.end,
        "equivalent_tce": None if use.equivalent_tce is None else float(use.equivalent_tce),
        "calorific_tce": None if use.calorific_tce is None else float(use.calorific_tce),
        "coverage": use.coverage,
    }
