"""The list of energy efficiency as it is answered: each unit with its place, and what the whole list comes to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, Field

from services.api.energy.pending import PendingSums
from services.api.faceted import FacetCounts
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
from services.api.judgement.listing import UnitNames, names_of
from services.api.names import NamesOut
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.indicators.terms import Term
from services.judging.levels import BenchmarkLevel, Placing, gap
from services.judging.lists.efficiency import PlacedUnit

UNPLACED, PROVISIONAL = str(Verdict.CANNOT_JUDGE), str(Verdict.PROVISIONAL)
PLACINGS = (*(str(placing) for placing in Placing), PROVISIONAL, UNPLACED)
DUE = ("overdue", "within_a_year", "later", "none")
_YEAR_DAYS = 365


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
    metered: float = Field(description="Share of the range for which it had meters, 0 to 1")
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


class SumOut(BaseModel):
    """What several units come to."""

    value: float
    unit: str


class EfficiencyTotals(BaseModel):
    """What all units come to that the filters leave, on every page."""

    units: int
    judged: int = Field(description="Those whose verdict is ok or breach")
    breach: int
    overdue: int = Field(description="Those whose deadline has passed")
    numerators: list[SumOut] = Field(description="Sums of the numerators, one for each unit of measure")
    above_baseline: list[SumOut] = Field(
        description="What those settled below the baseline used beyond it, one for each unit of measure"
    )


class EfficiencyAnswer(BaseModel):
    """Units in the order of their codes."""

    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    metered: float | None = Field(
        description="Share of the range for which there were meters, of the unit that has them longest; null: no unit"
    )
    counts: EfficiencyCounts
    facets: FacetCounts = Field(
        description="How many units each choice of a filter would give, the other filters as they are: verdict,"
        " placing, trade, process, status, due; area by league and banner, within the place asked for"
    )
    totals: EfficiencyTotals
    data: list[EfficiencyRow]
    names: NamesOut
    rows: list[RowUsed]
    pending: PendingSums | None = Field(
        description="What is stored of these units and not yet in what they are judged by; null: nothing"
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")


def counted_as(placed: PlacedUnit) -> str:
    """Where a unit lies, as far as that is settled."""
    if placed.provisional and placed.placing is not None:
        return PROVISIONAL
    return str(placed.placing or UNPLACED)


def row_of(tables: Tables, placed: PlacedUnit, *, today: date) -> dict[str, Any]:
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
        "metered": placed.metered,
        "numerator": _sum(ratio.numerator, measure.numerator),
        "denominator": _sum(ratio.denominator, measure.denominator),
        "rows": list(dict.fromkeys([*codes, *set_by])),
    }


def gap_percent(placed: PlacedUnit, level: BenchmarkLevel) -> float | None:
    """Distance from a level in % of it; positive is worse. None where it cannot be told."""
    found = _gap(placed, placed.levels.value_of(level)) if placed.levels else None
    return None if found is None else found["percent"]


def _gap(placed: PlacedUnit, level: Fraction | None) -> dict[str, float | None] | None:
    if level is None or placed.ratio.value is None or placed.placing is None:
        return None
    found = gap(placed.ratio.value, level)
    return {"absolute": float(found.absolute), "percent": None if found.percent is None else float(found.percent)}


def due_of(placed: PlacedUnit, today: date) -> str:
    """How soon its retrofit is due, one of DUE."""
    if placed.deadline is None:
        return "none"
    left = placed.deadline.days_left(today)
    return "overdue" if left < 0 else "within_a_year" if left <= _YEAR_DAYS else "later"


def totals_of(found: Sequence[PlacedUnit], *, today: date) -> dict[str, Any]:
    """As EfficiencyTotals describes it."""
    below = [placed for placed in found if placed.placing is Placing.BELOW_BASELINE and not placed.provisional]
    return {
        "units": len(found),
        "judged": sum(placed.verdict.decides for placed in found),
        "breach": sum(placed.verdict is Verdict.BREACH for placed in found),
        "overdue": sum(due_of(placed, today) == "overdue" for placed in found),
        "numerators": _sums((placed, placed.ratio.numerator.value) for placed in found),
        "above_baseline": _sums((placed, _above_baseline(placed)) for placed in below),
    }


def _above_baseline(placed: PlacedUnit) -> Fraction | None:
    ratio, levels = placed.ratio, placed.levels
    if levels is None or ratio.value is None or ratio.numerator.value is None or ratio.value == 0:
        return None
    return ratio.numerator.value * (1 - levels.baseline / ratio.value)


def _sums(parts: Iterable[tuple[PlacedUnit, Fraction | None]]) -> list[dict[str, Any]]:
    by_unit: dict[str, Fraction] = defaultdict(Fraction)
    for placed, part in parts:
        if part is not None:
            by_unit[placed.standard.units.numerator] += part
    return [{"value": float(value), "unit": unit} for unit, value in sorted(by_unit.items())]


def counts_of(found: Iterable[PlacedUnit]) -> dict[str, int]:
    """As EfficiencyCounts describes it."""
    counts = Counter(counted_as(placed) for placed in found)
    return {placing: counts[placing] for placing in PLACINGS}


def _sum(term: Term, unit: str) -> dict[str, Any]:
    return {"value": None if term.value is None else float(term.value), "unit": unit}
