"""The shape of an answer on the metrics of dual control."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from services.api.progress.reasoned import LightAnswer, ObstacleAnswer, ReasonedAnswer
from services.core.verdict import Verdict
from services.judging.dual_control.course import Direction, Grade
from services.judging.dual_control.evaluate import AreaStanding
from services.judging.dual_control.facts import EnergySource
from services.judging.dual_control.metric import MetricCode


class GradeAnswer(BaseModel):
    """优秀, 合格 or 不合格."""

    grade: Grade
    text: str
    text_zh: str


class TrendAnswer(BaseModel):
    """The newest change over a year that can be told, whether a plan is loaded or not."""

    direction: Direction
    change_percent: float | None = Field(description="Of the value before; of a share percentage points")
    since: int | None
    until: int | None = Field(description="The year evaluated, or the last one before it that can be compared")
    text: str
    text_zh: str


class MetricTargetAnswer(BaseModel):
    """What the area's own plan asks."""

    kind: Literal["fall", "level"]
    value: float = Field(description="A fall since the base year in %, or a level in the unit of the metric")
    incentive_percent: float | None
    target_year: int | None
    base_value: float | None = Field(description="As printed; null: the value of the base year counts")
    rows: list[str] = Field(description="Codes of the rows of /api/v1/targets that print it; empty: set year by year")


class MetricSummary(ReasonedAnswer):
    """A metric in the year evaluated."""

    metric: MetricCode
    name_en: str
    name_zh: str
    unit: str
    actual: float | None = Field(description="Of the running year a forecast, or a share of what is gone of it")
    running: bool
    path: float | None = Field(description="What it must have come to by the end of the year; null: no target")
    completion_percent: float | None
    on_course: bool | None
    verdict: Verdict
    standing: AreaStanding | None
    light: LightAnswer
    grade: GradeAnswer | None = Field(description="null: no plan, no target, or it cannot be told")
    trend: TrendAnswer


class MetricYearAnswer(BaseModel):
    """A metric in a year."""

    year: int
    value: float | None
    source: EnergySource | None
    coverage: float | None
    running: bool
    so_far: float | None = Field(description="Of the running year the amount measured up to now")
    kept_apart_tco2: float | None = Field(description="Carbon of feedstock, which stays in the product: not emitted")


class MetricAnswer(MetricSummary):
    """The same with all it stands on."""

    left_out: str
    left_out_zh: str
    target: MetricTargetAnswer | None
    years: list[MetricYearAnswer]
    obstacles: list[ObstacleAnswer]


class NationalAnswer(BaseModel):
    """An aim or a rule of the nation: context, by which no area is judged."""

    code: str
    level: Literal["nation"] = "nation"
    metric: MetricCode | None
    name_en: str
    name_zh: str
    value: float | None
    unit: str
    base_year: int | None
    target_year: int | None
    valid_from: date
    source: str
    place: str
    verified: bool
