"""The way of an area through its plan: what was reached each year, and what was asked for."""

from fractions import Fraction

from services.api.progress import model
from services.judging.dual_control import evaluate as judged
from services.judging.dual_control import intensity
from services.judging.dual_control.progress import Progress


def path_of(progress: Progress) -> list[model.PathYear]:
    """Each year from the base year to the last one of the plan, or to the one evaluated where it lies in none."""
    found = progress.evaluation
    known = {entry.year: entry for entry in found.chain.years}
    if progress.forecast is not None and progress.forecast.evaluation is not None:
        known |= {entry.year: entry for entry in progress.forecast.evaluation.chain.years if entry.forecast}
    last = found.year if found.plan is None else max(found.year, found.plan.last_year)
    return [_year(year, known.get(year), found) for year in range(found.chain.years[0].year, last + 1)]


def _year(year: int, entry: intensity.IntensityYear | None, found: judged.Evaluation) -> model.PathYear:
    counted = None if entry is None else entry.counted
    return model.PathYear(
        year=year,
        intensity=_number(entry.intensity) if entry else None,
        cumulative_percent=_percent(entry.cumulative) if entry else None,
        required_percent=asked_of(found, found.basic, year),
        incentive_percent=asked_of(found, found.incentive, year),
        source=None if counted is None else counted.source,
        coverage=None if counted is None else counted.coverage,
        forecast=entry is not None and entry.forecast,
    )


def asked_of(found: judged.Evaluation, progress: judged.TargetProgress, year: int) -> float | None:
    """By how much in % the intensity must have fallen by the end of `year`; None where there is no such target."""
    target = progress.target
    if found.plan is None or target is None or target.reduction is None:
        return None
    elapsed = year - found.plan.base_year
    return intensity.required(target.reduction, years_elapsed=elapsed, length=found.plan.length) * 100


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else float(share * 100)
