"""How units are listed: who they are, page by page, with the rows that were used."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from psycopg import Connection
from pydantic import BaseModel

from services.api.indicators.ask import refuse_unknown
from services.core.area_tree import AreaTree
from services.core.data.used import used_row
from services.energy.account import note
from services.energy.factors import Applied
from services.judging.data.coefficients_used import coefficients_used
from services.judging.data.retrofits import RetrofitDeadline
from services.judging.data.tables import Tables
from services.judging.indicators.judging import Held
from services.judging.indicators.scope import JudgedUnit, UnknownScopeError
from services.judging.indicators.terms import Term
from services.judging.lists.measured import ListScope, units_in


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
