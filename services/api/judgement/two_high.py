"""The ledger of two-high projects as it is answered: each unit, and what the whole list comes to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.api.energy.pending import PendingSums
from services.api.faceted import FacetCounts
from services.api.indicators.answer import ReasonOut, RowUsed, reason_out
from services.api.indicators.mandatory import MandatoryLimitOut, mandatory_out
from services.api.judgement.listing import UnitNames, names_of
from services.api.names import NamesOut
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.band import HEAT_VALUE_UNKNOWN
from services.judging.indicators.standards import units_of_measure
from services.judging.lists.product_energy import ProductEnergy
from services.judging.lists.two_high import LAST_12_MONTHS, PARAMETERS, RUNNING_YEAR, THRESHOLD, LedgerUnit, Use

BELONGS = {True: "true", False: "false", None: "unknown"}
"""Whether a unit belongs to the ledger, as facets say it."""


class UseOut(BaseModel):
    """Energy of a period, as far as it was measured."""

    start: datetime
    end: datetime
    tce: float | None = Field(description="On the `basis` of the unit: what is held against what was approved")
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


class UsedByAll(BaseModel):
    """Energy of a period of several units, as far as it was measured."""

    units: int = Field(description="Those of which something was measured: the others enter nothing")
    tce: float | None = Field(description="Each on its own `basis`")
    equivalent_tce: float | None
    calorific_tce: float | None
    coverage: float | None = Field(description="Measured share of the period of all of these units together")


class TwoHighTotals(BaseModel):
    """What all units come to that the filters leave, on every page."""

    units: int
    in_ledger: int
    above_approved: int
    design_energy_tce: float = Field(description="Each on its own `basis`; of those that have one")
    approved_energy_tce: float = Field(description="Likewise")
    without_approval: int = Field(description="Units that enter `approved_energy_tce` with nothing")
    excess_tce: float = Field(description="Used above what was approved, of those in breach")
    last_12_months: UsedByAll
    running_year: UsedByAll


class TwoHighAnswer(BaseModel):
    """Units of the eight trades in the order of their codes."""

    counts: TwoHighCounts
    facets: FacetCounts = Field(
        description="How many units each choice of a filter would give, the other filters as they are: verdict,"
        " in_ledger, trade, status; area by league and banner, within the place asked for"
    )
    totals: TwoHighTotals
    data: list[TwoHighRow]
    names: NamesOut
    rows: list[RowUsed]
    pending: PendingSums | None = Field(
        description="What is stored of these units and not yet in what they are judged by; null: nothing"
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def rows_by_limit(energy: ProductEnergy | None) -> list[str]:
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


def row_of(tables: Tables, listed: LedgerUnit, energy: ProductEnergy | None) -> dict[str, Any]:
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
        "rows": list(dict.fromkeys([*PARAMETERS, *rows_by_limit(energy), *used])),
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
        "tce": None if use.tce is None else float(use.tce),
        "equivalent_tce": None if use.equivalent_tce is None else float(use.equivalent_tce),
        "calorific_tce": None if use.calorific_tce is None else float(use.calorific_tce),
        "coverage": use.coverage,
    }


def counts_of(found: Iterable[LedgerUnit]) -> dict[str, int]:
    """As TwoHighCounts describes it."""
    of_all = list(found)
    belongs = Counter(listed.entry.belongs for listed in of_all)
    return {
        "in_ledger": belongs[True],
        "not_in_ledger": belongs[False],
        "ledger_unknown": belongs[None],
        "above_approved": sum(_is_above(listed) for listed in of_all),
    }


def _is_above(listed: LedgerUnit) -> bool:
    return listed.overuse.finding.verdict is Verdict.BREACH


def totals_of(found: Sequence[LedgerUnit]) -> dict[str, Any]:
    """As TwoHighTotals describes it."""
    approved = [listed.unit.approved_energy_tce for listed in found]
    return {
        "units": len(found),
        "in_ledger": sum(listed.entry.belongs is True for listed in found),
        "above_approved": sum(_is_above(listed) for listed in found),
        "design_energy_tce": sum(listed.unit.design_energy_tce or 0.0 for listed in found),
        "approved_energy_tce": sum(each or 0.0 for each in approved),
        "without_approval": approved.count(None),
        "excess_tce": float(sum(listed.overuse.excess_tce or 0 for listed in found)),
        LAST_12_MONTHS: _used_by_all([listed.uses[LAST_12_MONTHS] for listed in found]),
        RUNNING_YEAR: _used_by_all([listed.uses[RUNNING_YEAR] for listed in found]),
    }


def _used_by_all(uses: Sequence[Use]) -> dict[str, Any]:
    measured = [use for use in uses if use.tce is not None]
    if not measured:
        return {"units": 0, "tce": None, "equivalent_tce": None, "calorific_tce": None, "coverage": None}
    return {
        "units": len(measured),
        "tce": float(sum(use.tce or 0 for use in measured)),
        "equivalent_tce": float(sum(use.equivalent_tce or 0 for use in measured)),
        "calorific_tce": float(sum(use.calorific_tce or 0 for use in measured)),
        "coverage": sum(use.coverage or 0.0 for use in measured) / len(measured),
    }
