"""Progress of areas in the dual control of energy 能耗双控: intensity, total, waiver, warning lights, forecast."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from services.api.access.require import Acting
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, ProblemKind, Refused, refused_fields
from services.api.openapi import refusals
from services.api.paging import Page, PageQuery, Pager
from services.api.progress import answer
from services.api.progress.model import ProgressAnswer, ProgressSummary
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import AreaCode
from services.api.tables import TablesDep
from services.core.calendar import SHANGHAI
from services.core.period import FIRST_YEAR, LAST_YEAR
from services.core.reason import InBoth
from services.judging.data.tables import Tables
from services.judging.dual_control.facts import PlanPeriod
from services.judging.dual_control.progress import read_areas, read_progress
from services.judging.dual_control.targets import areas_listed, period_of, plan_of_year

YEAR_OUTSIDE_PLAN = ProblemKind("year_outside_plan", 422, "The year does not lie in the plan")
LIST = "progress"

router = APIRouter(prefix="/api/v1/progress", tags=["dual control"])


class ProgressQuery(PageQuery):
    """Of which area and year the progress is asked."""

    area: AreaCode | None = Field(None, description="One area; left out: the list of all areas that have a target")
    below: bool = Field(False, description="With `area`: the list of the areas in it that have a target, itself too")
    year: int | None = Field(
        None,
        ge=FIRST_YEAR + 1,
        le=LAST_YEAR,
        description="The year at hand if left out, or the last year of the plan if that is over",
    )
    plan: str | None = Field(None, max_length=20, description="Code of a plan; the one in which the year lies")


_REFUSALS = refusals(BAD_CURSOR, nouns.AREA.unknown, YEAR_OUTSIDE_PLAN)


@router.get("", summary="Judge the progress of an area, or list the warning levels", responses=_REFUSALS)
def read_area_progress(
    database: Db, acting: Acting, tables: TablesDep, query: Annotated[ProgressQuery, Query()], now: Now
) -> ProgressAnswer | Page[ProgressSummary]:
    """With `area` alone: its targets, years, verdicts, total term by term, waiver, lights and forecast.

    Else a page of the areas that have a target, with their lights 晴雨表; in a year without a plan that of the areas of
    the plan before it, with their trends. Annual evaluation in most years, mid-term and five-year evaluation in the
    years the plan gives. What is missing is named, and never taken for zero.
    """
    plan, year = _plan_and_year(tables, query, now)
    with database.read() as connection:
        tree, _ = read_areas(connection)
        if query.area is not None and query.area not in tree.level:
            raise nouns.AREA.refuse_unknown(query.area)
        if query.area is not None and not query.below:
            one = [query.area]
            (found,) = read_progress(connection, tables, one, plan=plan, year=year, now=now, with_courses=True)
            return answer.answer(found, tables)
        pager = Pager(query, of=LIST)
        (after,) = pager.after(str) or ("",)
        areas = [
            code
            for code in areas_listed(tables.plans, year)
            if code in tree.level and code > after and acting.reach.sees_area(code)
            if query.area is None or tree.above(code, query.area)
        ]
        shown, following = pager.cut(areas, lambda code: [code])
        page = read_progress(connection, tables, shown, plan=plan, year=year, now=now, with_courses=True)
    return Page[ProgressSummary](data=[answer.summary(found) for found in page], next=following)


def _plan_and_year(tables: Tables, query: ProgressQuery, now: datetime) -> tuple[PlanPeriod | None, int]:
    """What is asked for, or what is at hand. Raises Refused."""
    if query.below and query.area is None:
        raise refused_fields(INVALID_PARAMETER, [Fault("below", "only_with", {"other": InBoth("area", "行政区划")})])
    this_year = now.astimezone(SHANGHAI).year
    if query.plan is None:
        year = query.year if query.year is not None else _year_at_hand(tables, this_year, query)
        return plan_of_year(tables.plans, year), year
    if query.plan not in tables.plans.plans:
        known = {"value": query.plan, "known": ", ".join(sorted(tables.plans.plans))}
        raise refused_fields(INVALID_PARAMETER, [Fault("plan", "not_among", known)])
    plan = period_of(tables.plans.plans[query.plan])
    year = query.year if query.year is not None else max(plan.first_year, min(this_year, plan.last_year))
    if year not in plan:
        raise Refused(YEAR_OUTSIDE_PLAN, f"plan {plan.code} has the years {plan.first_year} to {plan.last_year}")
    return plan, year


def _year_at_hand(tables: Tables, this_year: int, query: ProgressQuery) -> int:
    """This year; for the list, which needs a plan, the last year that lies in one."""
    if query.area is not None and not query.below:
        return this_year
    begun = [p.last_year for p in tables.plans.plans.values() if p.first_year <= this_year]
    return min(this_year, max(begun, default=this_year))
