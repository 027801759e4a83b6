"""Progress of areas in the dual control of energy 能耗双控: intensity, total, waiver, warning lights, forecast."""

from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from psycopg import Connection
from pydantic import Field

from services.api.access.require import Acting
from services.api.access.role import REGION
from services.api.asking import Now, ScopeKind
from services.api.database import Db
from services.api.energy.pending import PendingSums, pending_sums
from services.api.energy.scope import narrow
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, ProblemKind, Refused, refused_fields
from services.api.faceted import choices, found_in
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.names import NamedKind, names_of_codes
from services.api.openapi import refusals
from services.api.progress import answer
from services.api.progress.listing import CHOICES, FACETS, LISTED
from services.api.progress.model import ProgressAnswer, ProgressList, YearChoice
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, SearchText
from services.api.tables import TablesDep
from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI, start_of_day
from services.core.data.divisions import Level
from services.core.period import FIRST_YEAR, LAST_YEAR
from services.core.reason import InBoth
from services.core.verdict import Verdict
from services.judging.data.tables import Tables
from services.judging.dual_control.facts import PlanPeriod
from services.judging.dual_control.progress import read_areas, read_progress
from services.judging.dual_control.targets import areas_listed, period_of, plan_of_year
from services.judging.dual_control.trial import Trial

YEAR_OUTSIDE_PLAN = ProblemKind("year_outside_plan", 422, "The year does not lie in the plan")
_AMOUNTS = ("energy_tce", "feedstock_tce", "listed_tce", "renewable_tce")
_ASSUMED = "Of one area: what is tried in place of what is known or forecast of the year,"
Assumed = float | None
AssumedTce = Annotated[float | None, Field(ge=0, le=1e12)]

router = APIRouter(prefix="/api/v1/progress", tags=["dual control"])


class ProgressQuery(ListQuery):
    """Of which area and year the progress is asked; and how the list is narrowed."""

    area: AreaCode | None = Field(None, description="One area; left out: the list of all areas that have a target")
    below: bool = Field(False, description="With `area`: the list of the areas in it that have a target, itself too")
    year: int | None = Field(
        None,
        ge=FIRST_YEAR + 1,
        le=LAST_YEAR,
        description="The year at hand if left out, or the last year of the plan if that is over",
    )
    plan: str | None = Field(None, max_length=20, description="Code of a plan; the one in which the year lies")
    level: Many[Level] | None = None
    light: Many[Literal["I", "II", "III", "none"]] | None = Field(
        None, description="Of the intensity; none: it cannot be told"
    )
    total_light: Many[Literal["I", "II", "III", "none"]] | None = None
    verdict: Many[Verdict] | None = Field(None, description="On the intensity")
    q: SearchText | None = Field(None, description="Part of the code or of a name of the area")
    order: Annotated[list[str], OrderedBy(*LISTED.columns)] = ORDER
    assume_gdp_growth_percent: Assumed = Field(None, ge=-50, le=100, description=f"{_ASSUMED} against the year before")
    assume_energy_tce: AssumedTce = Field(None, description=_ASSUMED)
    assume_feedstock_tce: AssumedTce = Field(None, description=_ASSUMED)
    assume_listed_tce: AssumedTce = Field(None, description=_ASSUMED)
    assume_renewable_tce: AssumedTce = Field(None, description=_ASSUMED)

    @property
    def trial(self) -> Trial | None:
        """What is assumed of the year; None where nothing is."""
        given = {name: _exact(getattr(self, f"assume_{name}")) for name in _AMOUNTS}
        growth = _exact(self.assume_gdp_growth_percent)
        if growth is None and not any(value is not None for value in given.values()):
            return None
        return Trial(gdp_growth=None if growth is None else growth / 100, **given)


def _exact(given: float | None) -> Fraction | None:
    return None if given is None else Fraction(repr(given))


_REFUSALS = refusals(BAD_CURSOR, nouns.AREA.unknown, YEAR_OUTSIDE_PLAN)


@router.get("", summary="Judge the progress of an area, or list the warning levels", responses=_REFUSALS)
def read_area_progress(
    database: Db, acting: Acting, tables: TablesDep, query: Annotated[ProgressQuery, Query()], now: Now
) -> ProgressAnswer | ProgressList:
    """With `area` alone: its targets, years, verdicts, total term by term, waiver, lights and forecast.

    Else a page of the areas that have a target, with their lights 晴雨表; in a year without a plan that of the areas of
    the plan before it, with their trends. Annual evaluation in most years, mid-term and five-year evaluation in the
    years the plan gives. What is missing is named, and never taken for zero. With `assume_…` the year is judged a
    second time, by what is assumed of it.
    """
    _require_sense(query)
    plan, year, year_from = _plan_and_year(tables, query, now)
    with database.read() as connection:
        tree, known = read_areas(connection)
        if query.area is not None and query.area not in tree.level:
            raise nouns.AREA.refuse_unknown(query.area)
        if query.area is not None and not query.below:
            one = [query.area]
            (found,) = read_progress(connection, tables, one, plan=plan, year=year, now=now, with_courses=True)
            told = answer.answer(found, tables, trial=query.trial)
            return told.model_copy(update={"pending": _pending(connection, query.area, tree, plan, year, now=now)})
        areas = [
            code
            for code in areas_listed(tables.plans, year)
            if code in tree.level and acting.reach.sees_area(code)
            if query.area is None or tree.above(code, query.area)
            if found_in(query.q, (code, known[code].name_zh, known[code].name_en))
        ]
        of_all = read_progress(connection, tables, areas, plan=plan, year=year, now=now, with_courses=True)
        left, facets = FACETS.narrowed(of_all, choices(query, CHOICES))
        shown = LISTED.page(left, query)
        names = names_of_codes(connection, {NamedKind.AREA: [found.area.code for found in shown.data]})
        pending = _pending(connection, query.area or REGION, tree, plan, year, now=now)
    return ProgressList(
        year=year,
        year_from=year_from,
        plan=answer.plan(plan),
        facets=facets,
        data=[answer.summary(found) for found in shown.data],
        names=names,
        pending=pending,
        next=shown.next,
        total=shown.total,
    )


def _pending(
    connection: Connection, area: str, tree: AreaTree, plan: PlanPeriod | None, year: int, *, now: datetime
) -> PendingSums | None:
    """What waits of the years that are judged, the one they are set against included."""
    start = start_of_day(date((plan.first_year if plan else year) - 1, 1, 1))
    among = narrow(connection, ScopeKind.AREA, area, tree)
    waiting = pending_sums(connection, among, start=start, end=now)
    return None if waiting is None else PendingSums(**waiting)


def _require_sense(query: ProgressQuery) -> None:
    """Refuse what says nothing beside the rest. Raises Refused."""
    one_area = query.area is not None and not query.below
    faults = []
    if query.below and query.area is None:
        faults.append(Fault("below", "only_with", {"other": InBoth("area", "行政区划")}))
    if one_area:
        listed = sorted(query.said & {*CHOICES, "q", "order", "total", "limit", "cursor"})
        faults += [Fault(name, "not_with", {"other": InBoth("area", "行政区划")}) for name in listed]
    elif query.trial is not None:
        assumed = sorted(name for name in query.model_fields_set if name.startswith("assume_"))
        faults += [Fault(name, "only_with", {"other": InBoth("area", "行政区划")}) for name in assumed]
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)


def _plan_and_year(tables: Tables, query: ProgressQuery, now: datetime) -> tuple[PlanPeriod | None, int, YearChoice]:
    """What is asked for, or what is at hand, and which of the two. Raises Refused."""
    this_year = now.astimezone(SHANGHAI).year
    if query.plan is None:
        year = query.year if query.year is not None else _year_at_hand(tables, this_year, query)
        return plan_of_year(tables.plans, year), year, _choice(query, year, this_year)
    if query.plan not in tables.plans.plans:
        known = {"value": query.plan, "known": ", ".join(sorted(tables.plans.plans))}
        raise refused_fields(INVALID_PARAMETER, [Fault("plan", "not_among", known)])
    plan = period_of(tables.plans.plans[query.plan])
    year = query.year if query.year is not None else max(plan.first_year, min(this_year, plan.last_year))
    if year not in plan:
        raise Refused(YEAR_OUTSIDE_PLAN, f"plan {plan.code} has the years {plan.first_year} to {plan.last_year}")
    return plan, year, _choice(query, year, this_year)


def _choice(query: ProgressQuery, year: int, this_year: int) -> YearChoice:
    if query.year is not None:
        return YearChoice.ASKED
    return YearChoice.AT_HAND if year == this_year else YearChoice.END_OF_PLAN


def _year_at_hand(tables: Tables, this_year: int, query: ProgressQuery) -> int:
    """This year; for the list, which needs a plan, the last year that lies in one."""
    if query.area is not None and not query.below:
        return this_year
    begun = [p.last_year for p in tables.plans.plans.values() if p.first_year <= this_year]
    return min(this_year, max(begun, default=this_year))
