"""An evaluation as it is answered."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from services.api.progress import metrics, model
from services.api.progress.path import asked_of, path_of
from services.api.progress.reasoned import LightAnswer, ObstacleAnswer
from services.api.progress.used import rows_of
from services.judging.data.tables import Tables
from services.judging.dual_control import evaluate as judged
from services.judging.dual_control import facts, intensity, total, warning
from services.judging.dual_control.forecast import EnergyForecast
from services.judging.dual_control.progress import (
    Progress,
    YearForecast,
    rules_of,
)
from services.judging.dual_control.reason import obstacle_text, standing_text
from services.judging.dual_control.trial import Trial, tried

FORECAST_ASSUMPTIONS = [
    "feedstock and listed energy keep last year's share of the energy",
    "no new renewable electricity",
    "GDP, where it is not reported yet, grows by the planned growth",
]


def answer(progress: Progress, tables: Tables, *, trial: Trial | None = None) -> model.ProgressAnswer:
    """The whole answer for one area; with a trial also what would be judged by what that assumes."""
    found = progress.evaluation
    return model.ProgressAnswer(
        area=area(progress),
        year=found.year,
        plan=plan(found.plan),
        evaluation=found.kind,
        price_base=found.chain.price_base,
        basic=_target(found.basic),
        incentive=_target(found.incentive),
        years=[_year(entry, found, progress.facts) for entry in found.chain.years],
        intensity=_intensity(found),
        annual=_annual(found.annual),
        total=_total(found.total),
        total_of_plan=None if found.total_of_plan is None else _total(found.total_of_plan),
        waiver=_waiver(found),
        lights=_lights(found),
        forecast=None if progress.forecast is None else _forecast(progress.forecast, progress.facts),
        statistics=[
            model.ReportedNumber(
                kind=part.kind,
                period=part.period,
                price_base=part.price_base or None,
                version=part.version,
                value=float(part.value),
            )
            for part in progress.statistics
        ],
        rows=rows_of(progress, tables),
        metrics=[metrics.metric(course) for course in progress.courses],
        grade=metrics.grade(progress.courses),
        path=path_of(progress),
        trial=None if trial is None else _trial(progress, tables, trial),
        national=metrics.national(tables.national_aims, found.year),
        own_rules=metrics.OWN_RULES.en,
        own_rules_zh=metrics.OWN_RULES.zh,
    )


def plan(period: facts.PlanPeriod | None) -> model.ProgressPlan | None:
    """The years of a plan, if there is one."""
    return None if period is None else model.ProgressPlan(**_fields(period, model.ProgressPlan))


def _trial(progress: Progress, tables: Tables, trial: Trial) -> model.TrialAnswer:
    """What would be judged by what is assumed of the year, over what is known or forecast of it."""
    known, year = dict(progress.facts), progress.evaluation.year
    if progress.forecast is not None and progress.forecast.facts is not None:
        known[year] = progress.forecast.facts
    found = tried(
        known,
        trial,
        year=year,
        plan=progress.evaluation.plan,
        targets=progress.targets,
        rules=rules_of(tables),
    )
    return model.TrialAnswer(
        year=_year(found.chain.last, found, known),
        basic=_target(found.basic),
        incentive=_target(found.incentive),
        intensity=_intensity(found),
        total=_total(found.total),
        waiver=_waiver(found),
        lights=_lights(found),
    )


def summary(progress: Progress) -> model.ProgressSummary:
    """What the warning map shows of an area."""
    found = progress.evaluation
    forecast = progress.forecast and progress.forecast.evaluation
    return model.ProgressSummary(
        area=area(progress),
        year=found.year,
        plan=found.plan.code if found.plan else None,
        evaluation=found.kind,
        cumulative_percent=_percent(found.chain.last.cumulative),
        required_percent=_percent(found.basic.required),
        completion_percent=_percent(found.basic.completion),
        intensity=_intensity(found),
        total=_total(found.total),
        waiver=_waiver(found),
        lights=_lights(found),
        forecast_lights=_lights(forecast) if forecast else None,
        metrics=[metrics.summary(course) for course in progress.courses],
        grade=metrics.grade(progress.courses),
        path=path_of(progress),
    )


def area(progress: Progress) -> model.ProgressArea:
    """The area itself."""
    return model.ProgressArea(**_fields(progress.area, model.ProgressArea))


def _fields(of: object, shape: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(of, name) for name in shape.model_fields}


def _number(value: Fraction | float | None) -> float | None:
    return None if value is None else float(value)


def _percent(share: Fraction | float | None) -> float | None:
    return None if share is None else float(share * 100)


def _tce(amount: facts.YearEnergy | None) -> float | None:
    return None if amount is None else float(amount.tce)


def _obstacles(found: Iterable[facts.Obstacle]) -> list[ObstacleAnswer]:
    return [
        ObstacleAnswer(reason=o.reason, year=o.year, what=o.what, text=text, text_zh=text_zh)
        for o in found
        for text, text_zh in [obstacle_text(o)]
    ]


def _said(code: str) -> dict[str, str]:
    text, text_zh = standing_text(code)
    return {"reason": str(code), "text": text, "text_zh": text_zh}


def _target(found: judged.TargetProgress) -> model.TargetProgressAnswer:
    target = found.target
    return model.TargetProgressAnswer(
        state="missing" if target is None else target.state.value,
        target_percent=None if target is None else _percent(target.reduction),
        required_percent=_percent(found.required),
        completion_percent=_percent(found.completion),
        on_course=found.on_course,
        rows=[] if target is None else list(target.rows),
    )


def _year(
    entry: intensity.IntensityYear, found: judged.Evaluation, known: Mapping[int, facts.YearFacts]
) -> model.ProgressYear:
    counted = entry.counted
    renewable = known[entry.year].renewable if entry.year in known else None
    needed, target = asked_of(found, found.basic, entry.year), found.basic.target
    done = None
    if needed is not None and entry.cumulative is not None and target is not None and target.reduction is not None:
        done = intensity.completion(entry.cumulative, target.reduction)
    return model.ProgressYear(
        year=entry.year,
        energy_tce=None if counted is None else float(counted.energy_tce),
        source=None if counted is None else counted.source,
        coverage=None if counted is None else counted.coverage,
        feedstock_tce=None if counted is None else _number(counted.feedstock_tce),
        listed_tce=None if counted is None else _number(counted.listed_tce),
        counted_tce=None if counted is None else float(counted.tce),
        renewable_tce=_tce(renewable),
        gdp_10k_cny=_number(entry.gdp),
        intensity=_number(entry.intensity),
        reduction_percent=_percent(entry.reduction),
        cumulative_percent=_percent(entry.cumulative),
        required_percent=needed,
        completion_percent=_percent(done),
        forecast=entry.forecast,
    )


def _intensity(found: judged.Evaluation) -> model.Intensity:
    return model.Intensity(
        verdict=found.finding.verdict,
        **_said(found.finding.reason),
        standing=found.standing,
        obstacles=_obstacles(found.obstacles),
    )


def _annual(found: judged.AnnualProgress) -> model.AnnualProgressAnswer:
    return model.AnnualProgressAnswer(
        reduction_percent=_percent(found.reduction),
        planned_percent=_percent(found.planned),
        planned_from=found.planned_from,
        met=found.met,
    )


def _total(found: total.Total) -> model.TotalAnswer:
    counted = found.counted
    return model.TotalAnswer(
        reference_year=found.reference_year,
        verdict=found.finding.verdict,
        **_said(found.finding.reason),
        energy_tce=None if counted is None else float(counted.energy_tce),
        feedstock_tce=None if counted is None else _number(counted.feedstock_tce),
        listed_tce=None if counted is None else _number(counted.listed_tce),
        new_renewable_tce=_number(found.new_renewable_tce),
        assessed_tce=_number(found.assessed_tce),
        target=None if found.target is None else _total_target(found.target),
        excess_percent=_percent(found.excess),
        obstacles=_obstacles(found.obstacles),
    )


def _total_target(target: total.TotalTarget) -> model.TotalTargetAnswer:
    return model.TotalTargetAnswer(
        stated=target.stated,
        reference_tce=_number(target.reference_tce),
        growth_planned_percent=_percent(target.growth_planned),
        reduction_planned_percent=_percent(target.reduction_planned),
        initial_tce=float(target.initial_tce),
        growth_actual_percent=_percent(target.growth_actual),
        adjusted=target.adjusted,
        target_tce=float(target.tce),
    )


def _waiver(found: judged.Evaluation) -> model.WaiverAnswer:
    return model.WaiverAnswer(waived=found.waiver.waived, **_said(found.waiver.reason))


def _light(found: warning.Light) -> LightAnswer:
    return LightAnswer(level=found.level, **_said(found.reason))


def _lights(found: judged.Evaluation) -> model.Lights:
    return model.Lights(intensity=_light(found.intensity_light), total=_light(found.total_light))


def _forecast(found: YearForecast, known: Mapping[int, facts.YearFacts]) -> model.ForecastAnswer:
    energy, coming = found.energy, found.evaluation
    if not isinstance(energy, EnergyForecast) or coming is None or found.facts is None:
        obstacles = [] if isinstance(energy, EnergyForecast) else [energy]
        return model.ForecastAnswer(**_NO_FORECAST, until=found.until, obstacles=_obstacles(obstacles))
    last = energy.last_span
    return model.ForecastAnswer(
        until=found.until,
        method=energy.method,
        obstacles=_obstacles(coming.obstacles),
        so_far=model.MeasuredSpan(**_fields(energy.so_far, model.MeasuredSpan)),
        last_span=None if last is None else model.MeasuredSpan(**_fields(last, model.MeasuredSpan)),
        last_year_tce=_tce(energy.last_whole),
        energy_tce=float(energy.energy.tce),
        year=_year(coming.chain.last, coming, {**known, coming.year: found.facts}),
        assumptions=FORECAST_ASSUMPTIONS,
        intensity=_intensity(coming),
        total=_total(coming.total),
        lights=_lights(coming),
    )


_NO_FORECAST: dict[str, Any] = {
    "method": None,
    "so_far": None,
    "last_span": None,
    "last_year_tce": None,
    "energy_tce": None,
    "year": None,
    "assumptions": [],
    "intensity": None,
    "total": None,
    "lights": None,
}
