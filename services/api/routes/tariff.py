"""Step tariffs: the surcharge of a unit with its derivation, and the list of all that may pay one."""

from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from psycopg import Connection
from pydantic import Field

from services.api.asking import Now
from services.api.computed_listing import ComputedSource
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_PARAMETER, refused_fields
from services.api.faceted import Facets, choices
from services.api.judgement.listing import (
    UnitListQuery,
    areas_above,
    is_meant,
    names_of_units,
    pending_of_units,
    units_of_place,
)
from services.api.judgement.tariff import UnitTariff, is_charged, tariff_of, tariffs_of
from services.api.judgement.tariff_answer import (
    TariffAnswer,
    TariffList,
    row_of,
    rows_of_all,
    surcharge_yuan,
    totals_of,
    verdict_of,
)
from services.api.list_query import ORDER, Many, OrderedBy
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import CapacityClass, Code, Trade
from services.api.tables import TablesDep
from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI, start_of_day
from services.core.reason import InBoth
from services.core.verdict import Verdict
from services.judging.data.tables import Tables

router = APIRouter(prefix="/api/v1/tariff", tags=["judgement"])
NAME = "tariff"
CHOICES = ("verdict", "rule", "trade", "process", "capacity_class")


def _yuan_per_kwh(found: UnitTariff) -> float | None:
    yuan: Fraction | None = found.surcharge.yuan_per_kwh if found.surcharge else None
    return None if yuan is None else float(yuan)


_LISTED: ComputedSource[UnitTariff] = ComputedSource(
    name=NAME,
    usual=("unit",),
    columns={
        "unit": (str, lambda found: found.unit.code),
        "name_zh": (str, lambda found: found.unit.name_zh),
        "enterprise": (str, lambda found: found.unit.credit_code),
        "area": (str, lambda found: found.unit.area_code),
        "trade": (str, lambda found: found.unit.trade),
        "process": (str, lambda found: found.unit.process),
        "verdict": (str, verdict_of),
        "surcharge": (float, _yuan_per_kwh),
        "surcharge_yuan": (float, surcharge_yuan),
    },
)


class TariffQuery(UnitListQuery):
    """Whose tariff, and of which year; places go by where the enterprise lay as the year began."""

    unit: Code | None = Field(None, description="One unit, with nothing but `year`; left out: the list")
    year: int | None = Field(
        None, ge=2001, le=2099, description="Year in which it is paid; the year at hand if left out"
    )
    trade: Many[Trade] | None = None
    process: Many[Code] | None = None
    capacity_class: Many[CapacityClass] | None = None
    rule: Many[Literal["aluminium", "unified", "none"]] | None = Field(
        None, description="none: of its process no rule speaks, and its class pays a punitive price"
    )
    verdict: Many[Verdict] | None = Field(None, description="ok: no surcharge is due; breach: one is")
    order: Annotated[list[str], OrderedBy(*_LISTED.columns)] = ORDER


_REFUSALS = refusals(BAD_CURSOR, nouns.UNIT.unknown, nouns.AREA.unknown, nouns.PARK.unknown, nouns.ENTERPRISE.unknown)


@router.get("", summary="Derive the step tariff of a unit, or list those that may pay one", responses=_REFUSALS)
def read_tariff(
    database: Db, tables: TablesDep, query: Annotated[TariffQuery, Query()], now: Now
) -> TariffAnswer | TariffList:
    """The surcharge on a unit's electricity: the aluminium rule for smelters, the unified rule for the others.

    With `unit` that of one unit; else a page of the units of which a rule speaks, or whose class pays a punitive price.
    Energy use is that of the year before, which must be over, with meters throughout. Steps of the unified rule are
    configured; none are shipped.
    """
    year = query.year or now.astimezone(SHANGHAI).year
    if query.unit is None:
        with database.read() as connection:
            return _list(connection, tables, query, year, now=now)
    _require_alone(query)
    with database.read() as connection:
        found = tariff_of(connection, tables, query.unit, year, now=now)
        names = names_of_units(connection, tables, [found.unit])
    rows = rows_of_all(tables, [found])
    return TariffAnswer.model_validate(row_of(found, year) | {"names": names, "rows": rows})


def _list(connection: Connection, tables: Tables, query: TariffQuery, year: int, *, now: datetime) -> TariffList:
    start, end = start_of_day(date(year - 1, 1, 1)), start_of_day(date(year, 1, 1))
    units, tree = units_of_place(connection, query.place, until=end)
    meant = [unit for unit in units if is_charged(tables, unit, year) and is_meant(unit, query.q)]
    found, facets = _facets(tree).narrowed(
        tariffs_of(connection, tables, meant, year, now=now), choices(query, CHOICES)
    )
    shown = _LISTED.page(found, query)
    answer = {
        "year": year,
        "start": start,
        "end": end,
        "facets": facets,
        "totals": totals_of(found),
        "data": [row_of(each, year) for each in shown.data],
        "names": names_of_units(connection, tables, [each.unit for each in shown.data], facets),
        "rows": rows_of_all(tables, shown.data),
        "pending": pending_of_units(connection, [each.unit for each in found], start=start, end=now),
        "next": shown.next,
        "total": shown.total,
    }
    return TariffList.model_validate(answer)


def _facets(tree: AreaTree) -> Facets[UnitTariff]:
    def given(value: str | None) -> tuple[str, ...]:
        return () if value is None else (value,)

    return Facets(
        {
            "verdict": lambda found: (str(verdict_of(found)),),
            "rule": lambda found: (found.surcharge.rule if found.surcharge else "none",),
            "trade": lambda found: (found.unit.trade,),
            "process": lambda found: given(found.unit.process),
            "capacity_class": lambda found: given(found.unit.capacity_class),
            "area": lambda found: areas_above(tree, found.unit),
        }
    )


def _require_alone(query: TariffQuery) -> None:
    """Refuse what narrows a list beside the one unit whose tariff is asked for: it would say nothing."""
    faults = [
        Fault(name, "not_with", {"other": InBoth("unit", "用能单元")}) for name in sorted(query.said - {"unit", "year"})
    ]
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)
