"""How units are listed: who they are, page by page, with the rows that were used."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.energy.pending import pending_sums
from services.api.energy.scope import SQL
from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.faceted import FacetCounts, found_in
from services.api.indicators.ask import refuse_unknown
from services.api.list_query import ListQuery, Many
from services.api.names import Called, CalledByKind, NamedKind, names_of_codes
from services.api.reasons import Fault
from services.api.registry.fields import AreaCode, Code, CreditCode, SearchText
from services.core.area_tree import AreaTree
from services.core.data.used import used_row
from services.energy.account import note
from services.energy.factors import Applied
from services.energy.wanted import Among
from services.judging.data.coefficients_used import coefficients_used
from services.judging.data.retrofits import RetrofitDeadline
from services.judging.data.tables import Tables
from services.judging.indicators.judging import Held
from services.judging.indicators.scope import JudgedUnit, UnknownScopeError
from services.judging.indicators.terms import Term
from services.judging.lists.measured import ListScope, units_in


class UnitListQuery(ListQuery):
    """How a list of units may be narrowed, whatever it says of them."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    enterprise: Many[CreditCode] | None = None
    q: SearchText | None = Field(None, description="Part of the code or a name of a unit or of its enterprise")

    @property
    def place(self) -> ListScope:
        """Where the units lie, and whose they are."""
        return ListScope(self.area or (), self.park or (), self.enterprise or ())


class UnitNames(BaseModel):
    """A unit and whose it is; area and park are those of its enterprise at the end of the range."""

    unit: str
    name_zh: str
    name_en: str | None
    enterprise: str
    enterprise_name_zh: str
    enterprise_name_en: str | None
    trade: str
    area: str | None
    park: str | None
    status: str


def units_of_place(
    connection: Connection,
    place: ListScope,
    *,
    until: datetime,
    processes: Collection[str] = (),
    trades: Collection[str] = (),
) -> tuple[list[JudgedUnit], AreaTree]:
    """The units whose enterprise lay in the place at the end of what ends at `until`, and the tree of areas.

    Raises Refused when the place is not registered.
    """
    try:
        return units_in(connection, place, until=until, processes=processes, trades=trades)
    except UnknownScopeError as error:
        raise refuse_unknown(error) from None


def pending_of_units(
    connection: Connection, units: Iterable[JudgedUnit], *, start: datetime, end: datetime
) -> dict[str, Any] | None:
    """What of the meters of these units, in the range, waits for the roll-up, as PendingSums; None: nothing does."""
    meter_ids = SQL.run(connection, "meters_of_units", unit_ids=[unit.unit_id for unit in units]).scalars()
    return pending_sums(connection, Among(meter_ids=tuple(meter_ids)), start=start, end=end)


def require_among(parameter: str, values: Iterable[str], known: Iterable[str]) -> None:
    """Refuse values of a filter that are none of those it may have: an empty list would hide the mistake."""
    of_all = sorted(known)
    faults = [
        Fault(parameter, "not_among", {"value": value, "known": ", ".join(of_all)})
        for value in values
        if value not in of_all
    ]
    if faults:
        raise refused_fields(INVALID_PARAMETER, faults)


def is_meant(unit: JudgedUnit, q: str | None) -> bool:
    """Whether `q` is part of the code or a name of the unit or of its enterprise."""
    of_enterprise = (unit.credit_code, unit.enterprise_zh, unit.enterprise_en)
    return found_in(q, (unit.code, unit.name_zh, unit.name_en, *of_enterprise))


def areas_above(tree: AreaTree, unit: JudgedUnit) -> list[str]:
    """The league and the banner in which the unit lies."""
    found = (tree.at(unit.area_code, level) for level in ("league", "banner"))
    return [code for code in found if code is not None]


def names_of_units(
    connection: Connection, tables: Tables, units: Sequence[JudgedUnit], facets: FacetCounts | None = None
) -> CalledByKind:
    """What units, their enterprises, places, trades and processes are called, and those counted in `facets`."""
    counted = facets or {}
    codes: dict[NamedKind, list[str | None]] = {
        NamedKind.AREA: [*(unit.area_code for unit in units), *counted.get("area", ())],
        NamedKind.PARK: [unit.park_code for unit in units],
        NamedKind.TRADE: [*(unit.trade for unit in units), *counted.get("trade", ())],
        NamedKind.PROCESS: [*(unit.process for unit in units), *counted.get("process", ())],
    }
    named = names_of_codes(connection, codes, tables)
    named[NamedKind.UNIT] = {unit.code: Called(zh=unit.name_zh, en=unit.name_en) for unit in units}
    named[NamedKind.ENTERPRISE] = {
        unit.credit_code: Called(zh=unit.enterprise_zh, en=unit.enterprise_en) for unit in units
    }
    return named


def names_of(unit: JudgedUnit) -> dict[str, Any]:
    """As UnitNames describes it."""
    return {
        "unit": unit.code,
        "name_zh": unit.name_zh,
        "name_en": unit.name_en,
        "enterprise": unit.credit_code,
        "enterprise_name_zh": unit.enterprise_zh,
        "enterprise_name_en": unit.enterprise_en,
        "trade": unit.trade,
        "area": unit.area_code,
        "park": unit.park_code,
        "status": unit.status,
    }


def rows_used(
    tables: Tables,
    *,
    codes: Iterable[str] = (),
    terms: Iterable[Term] = (),
    held: Iterable[Held] = (),
    deadlines: Iterable[RetrofitDeadline] = (),
) -> list[dict[str, Any]]:
    """The rows of the data files with these codes, of these sums' coefficients, targets and deadlines; each once."""
    used: dict[str, Applied] = {}
    for term in terms:
        note(used, term.used)
    found = {code: used_row(tables.row(code)) for code in codes} | coefficients_used(tables, used)
    found |= {one.row["code"]: one.row for one in held}
    found |= {row.code: row.used for row in deadlines}
    return [found[code] for code in sorted(found)]
