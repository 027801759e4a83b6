"""Rules that speak of the warning lights of areas: intensity behind its required progress, total above its target."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.alerts.observe.evidence import rows_out
from services.alerts.observe.view import View, of_area
from services.alerts.rules.rule import Rule
from services.alerts.state.observation import Observation
from services.core.calendar import SHANGHAI, year_floor
from services.core.verdict import Verdict
from services.judging.dual_control.evaluate import Evaluation
from services.judging.dual_control.facts import Obstacle
from services.judging.dual_control.progress import Progress, read_progress
from services.judging.dual_control.targets import areas_with_target, plan_begun, plan_of_year
from services.judging.dual_control.warning import Light
from services.judging.indicators.terms import Term

PERCENT = 100


def dual_control_intensity(view: View, rule: Rule) -> list[Observation]:
    """The light for the intensity: value is the fall since the base year, limit the required one, both in percent."""
    found = []
    for progress, evaluation, seen in _evaluated(view, rule):
        if evaluation is None:
            found.append(seen)
            continue
        fall, required = evaluation.chain.last.cumulative, evaluation.basic.required
        obstacles = evaluation.obstacles
        if obstacles or fall is None:
            fall, required = evaluation.annual.reduction, evaluation.annual.planned
        figures = replace(
            seen,
            value=_percent(fall),
            limit=None if required is None else required * PERCENT,
            unit="%",
            coverage=_coverage(evaluation),
        )
        why = [*obstacles] or [Obstacle(evaluation.finding.reason)]
        evidence = {
            **_evidence(view, progress, evaluation),
            "fall_of_year_percent": _percent(evaluation.annual.reduction),
            "fall_since_base_year_percent": _percent(evaluation.chain.last.cumulative),
            "required_percent": None if required is None else required * PERCENT,
            "price_base": evaluation.chain.price_base,
        }
        found.append(_lit(figures, rule, evaluation.intensity_light, why, evidence))
    return found


def dual_control_total(view: View, rule: Rule) -> list[Observation]:
    """The light for the total: value is what counts of the year's energy, limit its target, both in tce."""
    found = []
    for progress, evaluation, seen in _evaluated(view, rule):
        if evaluation is None:
            found.append(seen)
            continue
        total = evaluation.total
        figures = replace(
            seen,
            value=_float(total.assessed_tce),
            limit=None if total.target is None else float(total.target.tce),
            unit="tce",
            coverage=_coverage(evaluation),
        )
        why = [*total.obstacles] or [Obstacle("number_missing", evaluation.year, "energy_total_target")]
        evidence = {
            **_evidence(view, progress, evaluation),
            "assessed_tce": _float(total.assessed_tce),
            "target_tce": None if total.target is None else float(total.target.tce),
            "excess_percent": _percent(total.excess),
            "new_renewable_tce": _float(total.new_renewable_tce),
        }
        found.append(_lit(figures, rule, evaluation.total_light, why, evidence))
    return found


def _lit(seen: Observation, rule: Rule, light: Light, why: list[Obstacle], evidence: Mapping[str, Any]) -> Observation:
    if light.level is None:
        return replace(seen, reasons=tuple(_reason(obstacle) for obstacle in why))
    reasons = ((light.reason, str(light.level)),)
    if light.level in rule.compare.levels:
        return replace(seen, verdict=Verdict.BREACH, reasons=reasons, evidence={**evidence, "level": str(light.level)})
    return replace(seen, verdict=Verdict.OK, cleared=True, reasons=reasons)


def _reason(obstacle: Obstacle) -> tuple[str, str]:
    of = " ".join(str(part) for part in (obstacle.what, obstacle.year) if part is not None)
    return obstacle.reason, of


def _evaluated(view: View, rule: Rule) -> list[tuple[Progress, Evaluation | None, Observation]]:
    """Each area of the rule with its evaluation; None where the running year cannot be forecast."""
    year = view.now.astimezone(SHANGHAI).year - (0 if rule.running else 1)
    found = []
    for progress in view.once(f"progress {year}", lambda: _progress(view, year)):
        if not view.speaks_of_area(progress.area.code, rule):
            continue
        start = year_floor(view.now).replace(year=year)
        seen = replace(of_area(view, progress.area.code), start=start, end=_next_year(start))
        evaluation: Evaluation | None = progress.evaluation
        if rule.running:
            forecast = progress.forecast
            evaluation = forecast.evaluation if forecast else None
            if forecast is not None and isinstance(forecast.energy, Obstacle):
                seen = replace(seen, reasons=(_reason(forecast.energy),))
        found.append((progress, evaluation, seen))
    return found


def _next_year(start: datetime) -> datetime:
    return start.replace(year=start.year + 1)


def _progress(view: View, year: int) -> list[Progress]:
    """The progress of all areas for which the plan of the year, or else the last one before it, prints a target."""
    plans = view.tables.plans
    newest = plan_begun(plans, year)
    if newest is None:
        return []
    areas = [code for code in areas_with_target(plans, newest) if code in view.tree.level and view.looks_at(code)]
    plan = plan_of_year(plans, year)
    return read_progress(view.connection, view.tables, areas, plan=plan, year=year, now=view.now)


def _coverage(evaluation: Evaluation) -> float | None:
    counted = evaluation.chain.last.counted
    return counted.coverage if counted else None


def _evidence(view: View, progress: Progress, evaluation: Evaluation) -> dict[str, Any]:
    counted = evaluation.chain.last.counted
    return {
        "year": evaluation.year,
        "plan": evaluation.plan.code if evaluation.plan else None,
        "forecast": evaluation.chain.last.forecast,
        "energy_tce": None if counted is None else float(counted.energy_tce),
        "source": None if counted is None else str(counted.source),
        "coverage": None if counted is None else counted.coverage,
        "statistics": [
            {
                "kind": reported.kind,
                "value": float(reported.value),
                "periods": [f"{reported.period} v{reported.version}"],
                "price_base": reported.price_base or None,
            }
            for reported in progress.statistics
        ],
        "rows": rows_out(
            view.tables, [Term(None, used=progress.coefficients)], (row.code for row in progress.target_rows)
        ),
    }


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _percent(value: Fraction | None) -> float | None:
    return None if value is None else float(value) * PERCENT
