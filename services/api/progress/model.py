"""The shape of the answer: what each field holds, and in which unit. Null is unknown, never zero."""

import enum
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.energy.pending import PendingSums
from services.api.faceted import FacetCounts
from services.api.names import NamesOut
from services.api.progress.metric_model import GradeAnswer, MetricAnswer, MetricSummary, NationalAnswer
from services.api.progress.reasoned import LightAnswer, ObstacleAnswer, ReasonedAnswer
from services.core.verdict import Verdict
from services.judging.dual_control.evaluate import AreaStanding
from services.judging.dual_control.facts import EnergySource, EvaluationKind
from services.judging.dual_control.forecast import Method


class ProgressArea(BaseModel):
    """An area."""

    code: str
    level: str
    name_zh: str
    name_en: str


class ProgressPlan(BaseModel):
    """The years of a plan, as its row in the data files gives them."""

    code: str
    first_year: int
    last_year: int
    base_year: int
    midterm_year: int | None
    price_base: int | None = Field(description="Year of the constant prices the plan demands; null: it does not say")


class TargetProgressAnswer(BaseModel):
    """The fall of the intensity since the base year against one target."""

    state: Literal["number", "zero", "not_applicable", "missing"] = Field(
        description="0, not applicable (printed /) and missing are three things"
    )
    target_percent: float | None = Field(description="Fall asked for at the end of the plan")
    required_percent: float | None = Field(description="1 - (1 - target)^(n/N): fall asked for by the end of the year")
    completion_percent: float | None = Field(
        description="ln(1 - fall) / ln(1 - target); null for target 0: compare the fall itself"
    )
    on_course: bool | None = Field(description="At least the required fall; in the last year: the target is met")
    rows: list[str] = Field(description="Codes of the rows of /api/v1/targets that print it")


class ProgressYear(BaseModel):
    """A year from the base year on."""

    year: int
    energy_tce: float | None = Field(description="All energy consumed, equivalent")
    source: EnergySource | None = Field(description="Of the energy: reported, or measured where nothing was reported")
    coverage: float | None = Field(description="Of measured energy: its measured share, 0 to 1")
    feedstock_tce: float | None = Field(description="Not counted in intensity and total")
    listed_tce: float | None = Field(description="Borne by state or region: not counted in intensity and total")
    counted_tce: float | None = Field(description="energy - feedstock - listed: what the intensity is reckoned from")
    renewable_tce: float | None = Field(
        description="Renewable electricity, in the energy; what is new leaves the total"
    )
    gdp_10k_cny: float | None = Field(description="At `price_base`")
    intensity: float | None = Field(description="tce per 10 000 CNY")
    reduction_percent: float | None = Field(description="Fall against the year before; negative: a rise")
    cumulative_percent: float | None = Field(description="Fall since the base year, the product of the annual ones")
    required_percent: float | None = Field(description="By the basic target")
    completion_percent: float | None
    forecast: bool


class AnnualProgressAnswer(BaseModel):
    """The year alone. A missed annual number is no failure: the plan is judged over all its years."""

    reduction_percent: float | None
    planned_percent: float | None
    planned_from: Literal["reported", "plan_mean"] | None = Field(
        description="The annual number that was set, or the even pace of the basic target"
    )
    met: bool | None


class Intensity(ReasonedAnswer):
    """The verdict on the intensity, which is binding."""

    verdict: Verdict
    binding: bool = Field(True, description="Always true")
    standing: AreaStanding | None = Field(
        description="ahead or behind before the last year, then exceeded, met or not_met"
    )
    obstacles: list[ObstacleAnswer]


class TotalTargetAnswer(BaseModel):
    """The target for the total, term by term."""

    stated: bool = Field(description="Set outright; else reference x (1 + growth) x (1 - reduction)")
    reference_tce: float | None = Field(description="What counted in the reference year")
    growth_planned_percent: float | None
    reduction_planned_percent: float | None
    initial_tce: float = Field(description="Before adjustment")
    growth_actual_percent: float | None
    adjusted: bool = Field(description="Raised, as growth went beyond the plan")
    target_tce: float = Field(description="initial x (1 + actual growth) / (1 + planned growth) where adjusted")


class TotalAnswer(ReasonedAnswer):
    """The total of a year, which is expected and not binding."""

    reference_year: int = Field(description="The year before, or the base year for the whole plan")
    verdict: Verdict
    binding: bool = Field(False, description="Always false")
    energy_tce: float | None
    feedstock_tce: float | None = Field(description="Left out")
    listed_tce: float | None = Field(description="Left out")
    new_renewable_tce: float | None = Field(
        description="Left out: rise of renewable electricity since the reference year, at least 0; null: not reported"
    )
    assessed_tce: float | None = Field(description="energy - feedstock - listed - new renewable")
    target: TotalTargetAnswer | None
    excess_percent: float | None = Field(description="Of the target; negative below it")
    obstacles: list[ObstacleAnswer]


class WaiverAnswer(ReasonedAnswer):
    """Whether the total goes unassessed."""

    waived: bool


class Lights(BaseModel):
    """Two lights of their own."""

    intensity: LightAnswer
    total: LightAnswer


class MeasuredSpan(BaseModel):
    """A measured span from 1 January on."""

    tce: float
    days: int
    coverage: float | None


class ForecastAnswer(BaseModel):
    """The running year from its measured part, judged as if the forecast came true."""

    until: date = Field(description="First day that is not in the measured part")
    method: Method | None = Field(
        description="seasonal: last year x this span / last year's same span, by daily means;"
        " linear: this span by days; null: none"
    )
    obstacles: list[ObstacleAnswer] = Field(description="Why there is no forecast, or why it cannot be judged")
    so_far: MeasuredSpan | None
    last_span: MeasuredSpan | None
    last_year_tce: float | None
    energy_tce: float | None
    year: ProgressYear | None
    assumptions: list[str]
    intensity: Intensity | None
    total: TotalAnswer | None
    lights: Lights | None


class ReportedNumber(BaseModel):
    """A statistic that the answer stands on."""

    kind: str
    period: str
    price_base: int | None
    version: int
    value: float


class PathYear(BaseModel):
    """A year on the way through a plan; falls are in % since the base year."""

    year: int
    intensity: float | None = Field(description="tce per 10 000 CNY")
    cumulative_percent: float | None = Field(description="What was reached; null: not known, or still to come")
    required_percent: float | None = Field(description="By the basic target, at an even pace")
    incentive_percent: float | None = Field(description="By the incentive target, likewise")
    source: EnergySource | None
    coverage: float | None
    forecast: bool


class TrialAnswer(BaseModel):
    """The year as it would be judged by what the question assumes of it. Nothing of this is so."""

    year: ProgressYear
    basic: TargetProgressAnswer
    incentive: TargetProgressAnswer
    intensity: Intensity
    total: TotalAnswer
    waiver: WaiverAnswer
    lights: Lights


class ProgressAnswer(BaseModel):
    """An area in a year of a plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"year": 2025, "evaluation": "final"}]})

    area: ProgressArea
    year: int
    plan: ProgressPlan | None = Field(description="Null: the year lies in no plan; only its change can be told")
    evaluation: EvaluationKind
    price_base: int | None = Field(description="Year at whose constant prices GDP counts")
    basic: TargetProgressAnswer
    incentive: TargetProgressAnswer
    years: list[ProgressYear]
    intensity: Intensity
    annual: AnnualProgressAnswer
    total: TotalAnswer = Field(description="Against the year before")
    total_of_plan: TotalAnswer | None = Field(description="Against the base year: mid-term and five-year evaluation")
    waiver: WaiverAnswer
    lights: Lights
    pending: PendingSums | None = Field(None, description="What is stored and not yet in what is judged; null: nothing")
    forecast: ForecastAnswer | None = Field(description="Of the running year only")
    statistics: list[ReportedNumber]
    rows: list[dict[str, Any]] = Field(description="Rows of the data files that were used")
    metrics: list[MetricAnswer] = Field(description="Energy, carbon, coal, oil and the non-fossil share")
    grade: GradeAnswer | None = Field(description="Of the worst of its metrics; null: none has one")
    path: list[PathYear] = Field(description="Each year of the plan, those to come too")
    trial: TrialAnswer | None = Field(description="With `assume_…`: what would be judged; null: nothing is assumed")
    national: list[NationalAnswer] = Field(description="Context, by which no area is judged")
    own_rules: str = Field(description="What of lights and grades is Enermon's own")
    own_rules_zh: str


class ProgressSummary(BaseModel):
    """An area on the warning map."""

    area: ProgressArea
    year: int
    plan: str | None = Field(description="Null: no plan is loaded for the year")
    evaluation: EvaluationKind
    cumulative_percent: float | None
    required_percent: float | None
    completion_percent: float | None
    intensity: Intensity
    total: TotalAnswer
    waiver: WaiverAnswer
    lights: Lights
    forecast_lights: Lights | None = Field(description="Of the running year, if the forecast comes true")
    metrics: list[MetricSummary]
    grade: GradeAnswer | None
    path: list[PathYear] = Field(description="Each year of the plan, those to come too")


class YearChoice(enum.StrEnum):
    """Why a list shows its year."""

    ASKED = "asked"
    AT_HAND = "at_hand"
    END_OF_PLAN = "end_of_plan"


class ProgressList(BaseModel):
    """The areas that have a target, with their lights 晴雨表."""

    year: int
    year_from: YearChoice
    plan: ProgressPlan | None = Field(description="null: no plan is loaded for the year; only trends can be told")
    facets: FacetCounts = Field(
        description="How many areas each choice of a filter would give, the other filters as they are: light,"
        " total_light (none: it cannot be told), verdict on the intensity, level"
    )
    data: list[ProgressSummary]
    names: NamesOut
    pending: PendingSums | None = Field(description="What is stored and not yet in what is judged; null: nothing")
    next: str | None = Field(description="Cursor of the next page; null on the last one")
    total: int | None = Field(None, description="Entries of all pages, at most 100 000; null where not asked for")
