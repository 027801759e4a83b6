"""Indicators as they are answered: each value with its verdict and all that it stands on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.api.comparing.change import ComparedValue
from services.api.energy.pending import PendingSums
from services.api.indicators.explaining import IndicatorExplained
from services.api.indicators.mandatory import MandatoryLimitOut, mandatory_out
from services.api.names import NamesOut
from services.core.data.used import used_row
from services.judging.data.coefficients_used import coefficients_used
from services.judging.data.tables import Tables
from services.judging.indicators.aims import Where
from services.judging.indicators.evaluate import Grouping, Question
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.judging import Held, Judgement, judged
from services.judging.indicators.kinds import Band, Indicator
from services.judging.indicators.scope import JudgedPark, JudgedUnit
from services.judging.indicators.terms import Term
from services.judging.reason_words import verdict_text

Names = tuple[str | None, str | None]
"""Chinese and English."""


class ReasonOut(BaseModel):
    """Why."""

    code: str = Field(description="Stable: programs may decide by it")
    of: str = Field(description="Of what: a carrier, a row, a number; may be empty")
    text: str
    text_zh: str


class RowUsed(BaseModel):
    """A row of the data files that the answer stands on (docs/data.md)."""

    code: str
    value: float | None
    unit: str
    valid_from: str
    source: str
    place: str = Field(description="Where in the source it stands")
    place_zh: str | None = Field(None, description="The same in Chinese, without remarks that are in English alone")
    verified: bool
    carried: bool = Field(description="Used beyond the time it was published for, since nothing newer is known")
    origin: str | None = Field(
        None,
        description="Of a coefficient: measured, a heat value of the month; own, the default of the enterprise; table."
        " Of the first two `value` is the heat value, `source` the laboratory and `place` the report",
    )


class LimitOut(BaseModel):
    """A number the value was held against."""

    what: str = Field(description="benchmark, baseline, grade_1 to grade_3, target or parameter")
    op: str
    value: float
    met: bool | None = Field(description="null: shown for comparison, does not decide")
    row: str = Field(description="Code of the row in `rows`")


class StatisticUsed(BaseModel):
    """A reported number that entered."""

    kind: str
    value: float
    periods: list[str] = Field(description="Periods as reported, each with its version: 2025 v1")
    price_base: int | None = Field(None, description="Year of the constant prices, of money")


class RatioTerm(BaseModel):
    """Numerator or denominator."""

    value: float | None
    unit: str


class BandOut(BaseModel):
    """Between what the value lies, since heat values are not measured."""

    low: float | None = Field(description="null: nothing bounds it")
    high: float | None
    carriers: list[str]


class IndicatorRow(BaseModel):
    """An indicator of one group in one period."""

    start: datetime
    end: datetime
    group: str | None = Field(None, description="Code of the unit, enterprise, banner, league or park, with `by`")
    group_zh: str | None = None
    group_en: str | None = None
    process: str | None = Field(None, description="Of units of different processes each has its own row")
    value: float | None = Field(description="null where there is none: the reasons say why")
    band: BandOut | None = Field(None, description="null: the value is known as it is")
    unit: str
    verdict: str = Field(description="ok, breach, provisional (too little of the period is there) or cannot_judge")
    reasons: list[ReasonOut]
    coverage: float | None = Field(description="Measured share of the least covered carrier, 0 to 1")
    numerator: RatioTerm
    denominator: RatioTerm
    subjects: int = Field(description="Units or enterprises of which the ratio is formed; 1 of a place")
    judged: int = Field(description="Those of them that entered")
    left_out: list[str] = Field(description="Those that could not be judged and entered neither sum; at most 50")
    limits: list[LimitOut]
    placing: str | None = Field(None, description="leader, between or below_baseline")
    project: str | None = Field(None, description="existing, new, building or planned")
    edition: str | None = Field(None, description="Edition of the national list")
    grade: int | None = Field(
        None,
        description="Best grade surely kept of the mandatory limit, 1 to 3, of a single unit; null: none, or no limit",
    )
    mandatory_limit: MandatoryLimitOut | None = Field(
        None, description="Of a single unit: its mandatory limit with corrections; null: none holds, or a data centre"
    )
    measuring_category: int | None = Field(None, description="Of a data centre: 1 to 3, where its IT load is measured")
    enterprise: str | None = Field(None, description="Of a single unit: whose it is")
    area: str | None = Field(
        None, description="Of a single unit: the banner of its enterprise at the end of the period"
    )
    park: str | None = Field(None, description="Likewise its park")
    status: str | None = Field(None, description="Of a single unit: existing, building or planned")
    standard_racks: int | None = Field(None, description="Of a data centre: its size in standard racks")
    statistics: list[StatisticUsed]
    compared: ComparedValue | None = Field(
        None, description="With `compare`: another period; null: there is none, or none of this one is over"
    )
    explained: IndicatorExplained | None = Field(None, description="With `explain=true`")


class IndicatorAnswer(BaseModel):
    """An indicator over [start, end) in periods."""

    indicator: str
    name_zh: str
    name_en: str
    scope: str
    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    bucket: str
    by: str | None
    data: list[IndicatorRow]
    total: list[IndicatorRow] | None = Field(
        None, description="With `total=true`: of the scope as a whole; none where it is not formed of that"
    )
    names: NamesOut
    rows: list[RowUsed]
    pending: PendingSums | None = Field(description="What is stored and not yet in these sums; null: nothing")
    next: str | None = Field(description="Cursor of the next page; null on the last one")


class IndicatorValue(IndicatorRow):
    """A row of one of several indicators."""

    indicator: str
    name_zh: str
    name_en: str


class IndicatorValues(BaseModel):
    """Several indicators over [start, end) in periods."""

    scope: str
    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    bucket: str
    by: str | None
    data: list[IndicatorValue] = Field(description="In the order in which the indicators are named")
    total: list[IndicatorValue] | None = Field(
        None, description="With `total=true`: of the scope as a whole; none of those that are not formed of that"
    )
    names: NamesOut
    rows: list[RowUsed] = Field(description="What all of them stand on, each row once")
    pending: PendingSums | None = Field(description="What is stored and not yet in these sums; null: nothing")
    next: str | None = Field(description="Cursor of the next page; null on the last one")


class IndicatorRows:
    """Makes rows of what was evaluated, and keeps the rows of the data files they stand on."""

    def __init__(
        self, tables: Tables, asked: Question, parks: Mapping[str, JudgedPark], area_names: Mapping[str, Names]
    ) -> None:
        self._tables, self._asked, self._parks, self._area_names = tables, asked, parks, area_names
        self._used: dict[str, dict[str, Any]] = {}

    @property
    def used(self) -> list[dict[str, Any]]:
        """The rows of the data files that the rows so far stand on, by their codes."""
        return [self._used[code] for code in sorted(self._used)]

    def of(self, indicator: Indicator, evaluated: Evaluated) -> dict[str, Any]:
        """As IndicatorRow describes it, not compared or explained."""
        judgement = judged(self._tables, indicator, evaluated, where_of(self._asked, evaluated, self._parks))
        self._used |= used_by(self._tables, evaluated, judgement)
        names = _names_of(self._asked, evaluated, self._parks, self._area_names)
        return _row(self._tables, indicator, evaluated, judgement, names)


def _names_of(
    asked: Question, evaluated: Evaluated, parks: Mapping[str, JudgedPark], area_names: Mapping[str, Names]
) -> Names:
    code = evaluated.group
    if code is None:
        return None, None
    if asked.by is Grouping.PARK:
        return parks[code].name_zh, parks[code].name_en
    if asked.by in (Grouping.BANNER, Grouping.LEAGUE):
        return area_names[code]
    unit = evaluated.units[0]
    if asked.by is Grouping.UNIT:
        return unit.name_zh, unit.name_en
    return unit.enterprise_zh, unit.enterprise_en


def where_of(asked: Question, evaluated: Evaluated, parks: Mapping[str, JudgedPark]) -> Where:
    """The place whose targets count for the group."""
    scope = asked.scope
    code = evaluated.group if evaluated.group is not None else scope.code
    park = parks.get(code)
    return Where(code if code in scope.tree.level else None, park, scope.tree)


def used_by(tables: Tables, evaluated: Evaluated, judgement: Judgement) -> dict[str, dict[str, Any]]:
    """The rows of the data files by their codes."""
    used = {held.row["code"]: held.row for held in judgement.limits}
    for code in judgement.mandatory.correction_rows if judgement.mandatory else ():
        used[code] = used_row(tables.row(code))
    for term in (evaluated.ratio.numerator, evaluated.ratio.denominator):
        used |= coefficients_used(tables, term.used)
    return used


def _row(
    tables: Tables, indicator: Indicator, evaluated: Evaluated, judgement: Judgement, names: Names
) -> dict[str, Any]:
    ratio = evaluated.ratio
    product = product_unit(tables, evaluated.process)
    single: JudgedUnit | None = evaluated.units[0] if len(evaluated.units) == 1 else None
    return {
        "start": evaluated.start,
        "end": evaluated.end,
        "group": evaluated.group,
        "group_zh": names[0],
        "group_en": names[1],
        "process": evaluated.process,
        "value": None if ratio.value is None else float(ratio.value),
        "band": band_out(ratio.band),
        "unit": indicator.unit.format(product=product),
        "verdict": judgement.verdict,
        "reasons": [reason_out(code, of) for code, of in judgement.reasons],
        "coverage": ratio.coverage,
        "numerator": _sum(ratio.numerator, indicator.numerator_unit.format(product=product)),
        "denominator": _sum(ratio.denominator, indicator.denominator_unit.format(product=product)),
        "subjects": ratio.subjects,
        "judged": ratio.judged,
        "left_out": list(ratio.left_out),
        "limits": [limit_out(held) for held in judgement.limits],
        "placing": judgement.placing,
        "project": judgement.project,
        "edition": judgement.edition,
        "grade": judgement.grade,
        "mandatory_limit": mandatory_out(tables, judgement.mandatory),
        **_of_single(single),
        "statistics": statistics_out(ratio.numerator, ratio.denominator),
    }


def _of_single(unit: JudgedUnit | None) -> dict[str, Any]:
    """What is said of a row that is about one unit."""
    return {
        "measuring_category": unit and unit.measuring_category,
        "enterprise": unit and unit.credit_code,
        "area": unit and unit.area_code,
        "park": unit and unit.park_code,
        "status": unit and unit.status,
        "standard_racks": unit and unit.standard_racks,
    }


def product_unit(tables: Tables, process: str | None) -> str:
    """Unit in which the product of a process counts."""
    known = tables.process.get(process or "")
    return known.product_unit if known else "unit"


def reason_out(code: str, of: str) -> dict[str, str]:
    """A reason in both languages."""
    english, chinese = verdict_text(code, of)
    return {"code": code, "of": of, "text": english, "text_zh": chinese}


def band_out(band: Band | None) -> dict[str, Any] | None:
    """As BandOut describes it."""
    if band is None:
        return None
    low, high = (None, None) if band.values is None else map(float, band.values)
    return {"low": low, "high": high, "carriers": list(band.carriers)}


def limit_out(held: Held) -> dict[str, Any]:
    """A number the value was held against."""
    return {"what": held.what, "op": held.op, "value": held.value, "met": held.met, "row": held.row["code"]}


def _sum(term: Term, unit: str) -> dict[str, Any]:
    return {"value": None if term.value is None else float(term.value), "unit": unit}


def statistics_out(*terms: Term) -> list[dict[str, Any]]:
    """The reported numbers that entered."""
    return [
        {
            "kind": reported.kind,
            "value": float(reported.value),
            "periods": [f"{period} v{version}" for period, version in reported.periods],
            "price_base": reported.price_base,
        }
        for term in terms
        for reported in term.reported
    ]
