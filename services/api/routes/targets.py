"""What the five-year plans print: targets, thresholds, reported results. Read only: from sourced tables."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.api.asking import Now
from services.api.computed_listing import ComputedSource
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, refused_fields
from services.api.faceted import FacetCounts, Facets, choices
from services.api.judgement.target_actuals import TargetActual, actuals_of
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.names import NamedKind, NamedPage, names_of_codes
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry.fields import AreaCode, SearchText
from services.api.tables import TablesDep
from services.core.data.divisions import Division, divisions
from services.core.reason import InBoth
from services.judging.data.plan_targets import PlanTarget as Row
from services.judging.data.plan_targets import TargetKind, TargetNature
from services.judging.data.plans import Plans
from services.judging.rows_in_words import document_number
from services.judging.targets.target import Better, Operator, PrintedState, TargetChangeKind, as_printed

NOUN = "target"
FILTERS = ("plan", "indicator", "process")
CHOICES = ("kind", "nature")
_FACETS: Facets[Row] = Facets({"kind": lambda row: [row.kind], "nature": lambda row: [row.nature]})


class TargetChange(BaseModel):
    """A change from base to target: as the document prints it, and computed from the two numbers beside it."""

    kind: TargetChangeKind = Field(
        description="absolute: in `unit` of the value; pp: percentage points; rate: % of the base"
    )
    unit: str
    printed: str = Field(description="As it stands in the document; empty where it prints none")
    printed_value: float | None
    computed: float | None = Field(description="Null where base or value is not printed")
    computed_as_printed: float | None = Field(description="`computed` rounded to the decimals of the printed one")
    differs: bool | None = Field(description="Whether the two differ at the printed precision; null: not comparable")
    value_from_change: float | None = Field(description="The value that the printed change makes of the base")


class Contradiction(BaseModel):
    """Another number that the same document prints of the same. Neither is preferred."""

    code: str
    op: Operator
    value: float | None
    unit: str
    value_printed: str
    place: str


class PlanTargetAnswer(BaseModel):
    """One number of a plan's document."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "IA2-04", "plan": "14", "value": 135.0}]})

    code: str
    plan: str
    area_code: str
    area_name_zh: str
    area_name_en: str
    subject: str | None = Field(description="Of whom or what within the area, where it is not the whole")
    indicator_zh: str = Field(description="As printed")
    indicator_en: str | None = Field(description="In English, which no document prints")
    alias: str | None = Field(description="Other name in the same document")
    indicator: str | None = Field(description="Slug of the indicator")
    process: str | None
    kind: TargetKind
    op: Operator
    op_printed: str | None = Field(description="The words behind `op`")
    better: Better | None = Field(description="Which way the value should go")
    state: PrintedState = Field(description="zero, not_applicable (printed /) and missing are three different things")
    value: float | None = Field(description="A reduction is positive, whatever sign is printed")
    value_high: float | None = Field(description="Upper end of a range")
    value_printed: str | None
    unit: str = Field(description="% and pp (percentage points) are kept apart")
    unit_printed: str | None
    target_year: int | None
    base_year: int | None
    base_value: float | None
    change: TargetChange | None
    nature: TargetNature
    stage: Literal["basic", "incentive"] | None
    value_scope: Literal["own", "region_presumed"]
    price_base: int | None = Field(description="Year of the constant prices; null where the document does not say it")
    conflicts: list[Contradiction]
    traps: list[str] = Field(description="Known faults and traps that touch the row, by their numbers in docs/plans.md")
    note: str | None
    actual: TargetActual | None = Field(
        None,
        description="With `actual`: what was measured in the last complete month, of yearly targets in the last"
        " twelve; null: nothing is measured of it",
    )
    valid_from: date
    valid_to: date = Field(description="First day after the period")
    source: str
    document: str = Field(description="Number of the document, or its title in 《》 where it has none")
    clause: str | None = Field(description="Chapter and section, or annex: 三（八）, 附件2; null where it is not known")
    place: str = Field(description="File and line: copies of a passage parted by /, further passages by ;")
    quote: str = Field(description="The printed words")
    verified: bool


_LISTED: ComputedSource[Row] = ComputedSource(
    name=NOUN,
    usual=("code",),
    columns={
        "code": (str, lambda row: row.code),
        "plan": (str, lambda row: row.plan),
        "area_code": (str, lambda row: row.area_code),
        "target_year": (int, lambda row: row.target_year),
        "kind": (str, lambda row: row.kind),
        "nature": (str, lambda row: row.nature),
    },
)


class TargetQuery(ListQuery):
    """How the list of targets may be narrowed."""

    area: AreaCode | None = Field(None, description="The area itself: a target is not handed down to areas below it")
    below: bool = Field(False, description="With `area`: the areas below it too")
    plan: str | None = Field(None, max_length=20, description="13, 14, …")
    indicator: str | None = Field(None, max_length=64, description="Slug of an indicator")
    process: str | None = Field(None, max_length=64)
    kind: Many[TargetKind] | None = None
    nature: Many[TargetNature] | None = None
    year: int | None = Field(None, ge=1950, le=2100, description="Year of the target")
    actual: bool = Field(False, description="With `area`: what is measured of it beside each target of the area")
    q: SearchText | None = Field(None, description="Part of the code or of a printed name")
    order: Annotated[list[str], OrderedBy(*_LISTED.columns)] = ORDER


class TargetsAnswer(NamedPage[PlanTargetAnswer]):
    """A part of the list of targets."""

    facets: FacetCounts = Field(description="By kind and nature: how many targets each choice would leave")


router = APIRouter(prefix="/api/v1/targets", tags=["targets"])


@router.get("", summary="List plan targets", responses=refusals(BAD_CURSOR))
def list_targets(database: Db, tables: TablesDep, query: Annotated[TargetQuery, Query()], now: Now) -> TargetsAnswer:
    """The targets, thresholds and reported results of the plans in the order of their codes."""
    plans = tables.plans
    areas = {division.code: division for division in divisions()}
    _require_known(plans, areas, query)
    left, facets = _FACETS.narrowed(_narrowed(plans.targets, areas, query), choices(query, CHOICES))
    found = _LISTED.page(left, query)
    actuals: Mapping[str, TargetActual] = {}
    with database.read() as connection:
        if query.actual and query.area is not None:
            actuals = actuals_of(connection, tables, query.area, found.data, now=now)
        codes = {
            NamedKind.AREA: [row.area_code for row in found.data],
            NamedKind.PROCESS: [row.process for row in found.data],
        }
        names = names_of_codes(connection, codes, tables)
    data = [_answer(row, plans, areas, actuals.get(row.code)) for row in found.data]
    return TargetsAnswer(data=data, next=found.next, total=found.total, names=names, facets=facets)


def _require_known(plans: Plans, areas: dict[str, Division], query: TargetQuery) -> None:
    """Refuse what names nothing: an empty list would hide the mistake."""
    known = {
        "plan": set(plans.plans),
        "indicator": {row.indicator for row in plans.targets if row.indicator},
        "process": {row.process for row in plans.targets if row.process},
    }
    faults = [
        Fault(name, "not_among", {"value": given, "known": ", ".join(sorted(codes))})
        for name, codes in known.items()
        if (given := getattr(query, name)) is not None and given not in codes
    ]
    if query.area is not None and query.area not in areas:
        leagues = ", ".join(code for code, area in areas.items() if area.level != "banner")
        faults.insert(
            0,
            Fault(
                "area",
                "not_among",
                {"value": query.area, "known": InBoth(f"{leagues} and their banners", f"{leagues} 及其所属旗县区")},
            ),
        )
    for name in ("below", "actual"):
        if getattr(query, name) and query.area is None:
            faults.append(Fault(name, "only_with", {"other": InBoth("area", "行政区划")}))
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)


def _narrowed(rows: Iterable[Row], areas: dict[str, Division], query: TargetQuery) -> Iterable[Row]:
    text = query.q.casefold() if query.q else ""
    for row in rows:
        fits = all(getattr(query, name) in (None, getattr(row, name)) for name in FILTERS)
        in_area = query.area in (None, row.area_code) or (query.below and _is_below(row.area_code, query.area, areas))
        named = any(text in name.casefold() for name in (row.code, row.indicator_zh, row.indicator_en, row.alias))
        if fits and in_area and named and query.year in (None, row.target_year):
            yield row


def _is_below(code: str, above: str | None, areas: dict[str, Division]) -> bool:
    parent = areas[code].parent_code
    return parent is not None and (parent == above or _is_below(parent, above, areas))


def _answer(row: Row, plans: Plans, areas: dict[str, Division], actual: TargetActual | None) -> PlanTargetAnswer:
    own = {
        name: getattr(row, name) for name in PlanTargetAnswer.model_fields if hasattr(row, name) and name not in _MADE
    }
    return PlanTargetAnswer(
        **{name: None if value == "" and name != "unit" else value for name, value in own.items()},
        area_name_zh=areas[row.area_code].name_zh,
        area_name_en=areas[row.area_code].name_en,
        document=document_number(row.source),
        actual=actual,
        better=row.direction,
        change=_change(row),
        conflicts=[_contradiction(plans.by_code[code]) for code in row.conflicts],
        traps=row.traps.split(),
    )


_MADE = frozenset({"better", "change", "conflicts", "traps"})


def _change(row: Row) -> TargetChange | None:
    computed = row.computed_change
    if row.change is None and computed is None:
        return None
    kind = row.computed_kind
    rounded = as_printed(computed, row.change) if row.change is not None and computed is not None else None
    return TargetChange(
        kind=kind,
        unit={TargetChangeKind.ABSOLUTE: row.unit, TargetChangeKind.PP: "pp", TargetChangeKind.RATE: "%"}[kind],
        printed=row.change_printed,
        printed_value=_number(row.change),
        computed=_number(computed),
        computed_as_printed=_number(rounded),
        differs=row.change_differs,
        value_from_change=_number(row.value_from_change),
    )


def _contradiction(other: Row) -> Contradiction:
    return Contradiction(
        code=other.code,
        op=other.op,
        value=_number(other.value),
        unit=other.unit,
        value_printed=other.value_printed,
        place=other.place,
    )


def _number(value: object) -> float | None:
    return None if value is None else float(Fraction(str(value)))
