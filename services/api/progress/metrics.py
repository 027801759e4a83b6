"""The metrics of dual control as they are answered: each with target, actual, path, completion, light and grade."""

from collections.abc import Sequence
from typing import Any

from services.api.progress.metric_model import (
    GradeAnswer,
    MetricAnswer,
    MetricSummary,
    MetricTargetAnswer,
    MetricYearAnswer,
    NationalAnswer,
    TrendAnswer,
)
from services.api.progress.reasoned import LightAnswer, ObstacleAnswer
from services.core.reason import InBoth
from services.judging.data.nation import NationalAim
from services.judging.dual_control.course import Course, Grade, MetricTarget, worst_grade
from services.judging.dual_control.metric import MetricForm
from services.judging.dual_control.metric_year import MetricYear
from services.judging.dual_control.reason import obstacle_text, standing_text, trend_text

GRADES = {
    Grade.EXCELLENT: InBoth("excellent", "优秀"),
    Grade.QUALIFIED: InBoth("qualified", "合格"),
    Grade.UNQUALIFIED: InBoth("unqualified", "不合格"),
}
OWN_RULES = InBoth(
    "lights and grades are Enermon's own until a rule is published; that of the energy intensity follows"
    " 发改办环资〔2021〕629号",
    "预警等级和考核等次为 Enermon 自定，待国家公布规则；能耗强度预警按发改办环资〔2021〕629号",
)


def metric(found: Course) -> MetricAnswer:
    """A metric, whole."""
    return MetricAnswer(
        **_summary(found),
        left_out=found.metric.left_out.en,
        left_out_zh=found.metric.left_out.zh,
        target=None if found.target is None else _target(found.target),
        years=[_year(year) for year in found.years],
        obstacles=[
            ObstacleAnswer(reason=o.reason, year=o.year, what=o.what, text=text, text_zh=text_zh)
            for o in found.obstacles
            for text, text_zh in [obstacle_text(o)]
        ],
    )


def summary(found: Course) -> MetricSummary:
    """A metric, in short."""
    return MetricSummary(**_summary(found))


def grade(courses: Sequence[Course]) -> GradeAnswer | None:
    """The grade of an area; null where no metric has one."""
    return _grade(worst_grade(courses))


def national(aims: Sequence[NationalAim], year: int) -> list[NationalAnswer]:
    """What the nation has set itself for the years around `year`."""
    return [
        NationalAnswer(
            code=aim.code,
            metric=aim.metric,
            name_en=aim.name_en,
            name_zh=aim.name_zh,
            value=None if aim.value is None else float(aim.value),
            unit=aim.unit,
            base_year=aim.base_year,
            target_year=aim.target_year,
            valid_from=aim.valid_from,
            source=aim.source,
            place=aim.place,
            verified=aim.verified,
        )
        for aim in aims
        if aim.first_year <= year <= aim.last_year
    ]


def _summary(found: Course) -> dict[str, Any]:
    first = found.obstacles[0] if found.obstacles else None
    named = first is not None and first.reason == found.finding.reason
    text, text_zh = obstacle_text(first) if first and named else standing_text(found.finding.reason)
    light, light_zh = standing_text(found.light.reason)
    last = found.years[-1]
    return {
        "metric": found.metric.code,
        "name_en": found.metric.name.en,
        "name_zh": found.metric.name.zh,
        "unit": found.metric.unit,
        "actual": None if last.value is None else float(last.value),
        "running": last.running,
        "path": found.path,
        "completion_percent": None if found.completion is None else 100 * found.completion,
        "on_course": found.on_course,
        "verdict": found.finding.verdict,
        "reason": str(found.finding.reason),
        "text": text,
        "text_zh": text_zh,
        "standing": found.standing,
        "light": LightAnswer(level=found.light.level, reason=found.light.reason, text=light, text_zh=light_zh),
        "grade": _grade(found.grade),
        "trend": _trend(found),
    }


def _grade(found: Grade | None) -> GradeAnswer | None:
    if found is None:
        return None
    text, text_zh = GRADES[found]
    return GradeAnswer(grade=found, text=text, text_zh=text_zh)


def _trend(found: Course) -> TrendAnswer:
    trend, in_points = found.trend, found.metric.form is MetricForm.SHARE
    text, text_zh = trend_text(trend, in_points=in_points)
    change = None if trend.change is None else float(trend.change if in_points else trend.change * 100)
    return TrendAnswer(
        direction=trend.direction,
        change_percent=change,
        since=trend.since,
        until=trend.until,
        text=text,
        text_zh=text_zh,
    )


def _target(found: MetricTarget) -> MetricTargetAnswer:
    is_fall = found.fall is not None
    value = found.level if found.fall is None else 100 * found.fall
    assert value is not None
    return MetricTargetAnswer(
        kind="fall" if is_fall else "level",
        value=float(value),
        incentive_percent=None if found.incentive_fall is None else float(100 * found.incentive_fall),
        target_year=found.target_year,
        base_value=None if found.base_value is None else float(found.base_value),
        rows=list(found.rows),
    )


def _year(found: MetricYear) -> MetricYearAnswer:
    return MetricYearAnswer(
        year=found.year,
        value=None if found.value is None else float(found.value),
        source=found.source,
        coverage=found.coverage,
        running=found.running,
        so_far=None if found.so_far is None else float(found.so_far),
        kept_apart_tco2=None if found.apart is None else float(found.apart),
    )
