"""The five-year plans: every number their documents print, and where. docs/plans.md explains the columns.

A plan is a row of plans.csv and a file of its targets, named by the plan's code.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from services.core.data.divisions import divisions
from services.core.data.loader import DATA, DataFileError, Sourced, load
from services.core.period import FIRST_YEAR, LAST_YEAR
from services.judging.data.plan_targets import PlanTarget, faults_of

FOLDER = DATA / "plans"
LIST = "plans.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Sourced):
    """A five-year plan. `source` is the region's document."""

    name_zh: str
    name_en: str
    first_year: int
    last_year: int
    base_year: int
    """Year against which reductions are counted."""
    midterm_year: int | None = None
    """Year whose end the mid-term evaluation 中期评估 looks at."""
    price_base: int | None = None
    """Year of the constant prices of GDP and value added; empty where the document does not say it."""
    issuer: str
    issue_date: date
    document_number: str = ""
    reposts: str = ""
    """Who else published the same text, and when."""
    note: str = ""


@dataclass(frozen=True)
class Plans:
    """All plans with their targets."""

    plans: Mapping[str, Plan]
    targets: tuple[PlanTarget, ...]

    @cached_property
    def by_indicator(self) -> Mapping[tuple[str, str], tuple[PlanTarget, ...]]:
        """Targets that are numbers, by plan and indicator."""
        found: dict[tuple[str, str], tuple[PlanTarget, ...]] = {}
        for target in self.targets:
            if target.kind == "target" and target.value is not None:
                key = (target.plan, target.indicator)
                found[key] = (*found.get(key, ()), target)
        return found

    @cached_property
    def first_issued(self) -> Mapping[str, date]:
        """The day on which the first plan with a target for it was issued, by the subject of the target."""
        found: dict[str, date] = {}
        for target in self.targets:
            issued = self.plans[target.plan].issue_date
            found[target.subject] = min(issued, found.get(target.subject, issued))
        return found

    @cached_property
    def by_code(self) -> Mapping[str, PlanTarget]:
        """The targets by their codes."""
        return {target.code: target for target in self.targets}


def load_plans(folder: Path = FOLDER, override: Path | None = None) -> Plans:
    """The plans of `folder`, and those that the folder `override`/plans adds or replaces.

    Raises DataFileError when a file does not keep its rules or a plan has no file.
    """
    folders = [folder] if override is None else [folder, override / "plans"]
    plans: dict[str, Plan] = {}
    line_of: dict[str, tuple[Path, int]] = {}
    for place in folders:
        for line, plan in enumerate(load(Plan, place / LIST) if (place / LIST).is_file() else (), start=2):
            _check_years(place / LIST, line, plan)
            plans[plan.code] = plan
            line_of[plan.code] = place / LIST, line
    _refuse_overlap(sorted(plans.values(), key=lambda plan: line_of[plan.code][0] != folder / LIST), line_of)
    known_areas = {division.code for division in divisions()}
    files = [_file_of(plan.code, folders, *line_of[plan.code]) for plan in plans.values()]
    _refuse_files_without_plan(folders, plans)
    loaded = Plans(plans, tuple(row for file in files for row in _targets(file, known_areas)))
    _check_codes(files, loaded)
    return loaded


def _check_years(file: Path, line: int, plan: Plan) -> None:
    for field, year in (("base_year", plan.base_year), ("last_year", plan.last_year)):
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise DataFileError(file, line, field, f"must lie from {FIRST_YEAR} to {LAST_YEAR}")
    if not plan.base_year < plan.first_year <= plan.last_year:
        raise DataFileError(file, line, "last_year", "the years must follow each other: base, first, last")
    if plan.midterm_year is not None and not plan.first_year <= plan.midterm_year <= plan.last_year:
        raise DataFileError(file, line, "midterm_year", f"must lie from {plan.first_year} to {plan.last_year}")


def _refuse_overlap(plans: Sequence[Plan], line_of: Mapping[str, tuple[Path, int]]) -> None:
    """A year belongs to one plan. Of two that overlap the later of `plans` is named."""
    for number, plan in enumerate(plans):
        for other in plans[:number]:
            if plan.first_year <= other.last_year and other.first_year <= plan.last_year:
                field = "first_year" if plan.first_year >= other.first_year else "last_year"
                problem = (
                    f"{plan.first_year} to {plan.last_year} overlaps the years of plan {other.code},"
                    f" {other.first_year} to {other.last_year}"
                )
                raise DataFileError(*line_of[plan.code], field, problem)


def _file_of(code: str, folders: list[Path], plans_file: Path, line: int) -> Path:
    for folder in reversed(folders):
        if (folder / f"{code}.csv").is_file():
            return folder / f"{code}.csv"
    raise DataFileError(plans_file, line, "code", f"there is no file {code}.csv with the targets of plan {code}")


def _refuse_files_without_plan(folders: list[Path], plans: Mapping[str, Plan]) -> None:
    for folder in folders:
        for file in sorted(folder.glob("*.csv")):
            if file.name != LIST and file.stem not in plans:
                raise DataFileError(file, 1, "plan", f"{LIST} names no plan {file.stem}; add a row for it there")


def _targets(file: Path, known_areas: set[str]) -> tuple[PlanTarget, ...]:
    rows = load(PlanTarget, file)
    for line, row in enumerate(rows, start=2):
        if row.plan != file.stem:
            raise DataFileError(file, line, "plan", f"is {row.plan}, but the file is that of plan {file.stem}")
        if row.area_code not in known_areas:
            raise DataFileError(file, line, "area_code", f"there is no area {row.area_code}")
        for field, problem in faults_of(row):
            raise DataFileError(file, line, field, problem)
    return rows


def _check_codes(files: list[Path], loaded: Plans) -> None:
    for code, count in Counter(target.code for target in loaded.targets).items():
        if count > 1:
            file = _file_named(files, loaded.by_code[code].plan)
            raise DataFileError(file, 1, "code", f"{code} stands in the file of another plan too")
    for target in loaded.targets:
        for other in target.conflicts:
            if other not in loaded.by_code or target.code not in loaded.by_code[other].conflicts:
                problem = f"{target.code} conflicts with {other}, which does not say so in turn"
                raise DataFileError(_file_named(files, target.plan), 1, "conflicts_with", problem)


def _file_named(files: list[Path], plan: str) -> Path:
    return next(file for file in files if file.stem == plan)
