"""How an answer names the coefficients that it valued quantities with: rows of the tables, and measured heat values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.core.data.used import used_row
from services.energy.factors import Applied
from services.energy.heat_value import HeatValue
from services.judging.data.tables import Tables

TABLE = "table"
MOST_NAMED = 100
"""So many heat values are named one by one; of more, an answer says how many there are of each carrier."""


def coefficients_used(tables: Tables, used: Mapping[str, Applied]) -> dict[str, dict[str, Any]]:
    """The coefficients by code, as answers name them: `origin` says whether a table gave it, or what was measured."""
    found: dict[str, dict[str, Any]] = {}
    heat_values: list[tuple[HeatValue, str]] = []
    for code, applied in used.items():
        if applied.factor.heat_value is None:
            found[code] = used_row(tables.row(code), applied.carried) | {"origin": TABLE}
        else:
            heat_values.append((applied.factor.heat_value, applied.factor.valid_from.isoformat()))
    fuels = tables.factors.fuels
    if not names_heat_values(used):
        return found | _counted([heat_value for heat_value, _ in heat_values])
    for heat_value, valid_from in heat_values:
        found[heat_value.code] = {
            "code": heat_value.code,
            "value": float(heat_value.ncv_mj),
            "unit": fuels[heat_value.carrier].unit_of_heat,
            "valid_from": valid_from,
            "source": heat_value.laboratory,
            "place": heat_value.report,
            "verified": True,
            "carried": False,
            "origin": heat_value.origin,
        }
    return found


def names_heat_values(used: Mapping[str, Applied]) -> bool:
    """Whether the heat values among these are named one by one, and not counted."""
    return sum(applied.factor.heat_value is not None for applied in used.values()) <= MOST_NAMED


def row_code(heat_value: HeatValue, *, each: bool) -> str:
    """The code of the row that names a heat value: its own, or where they are counted that of all of its kind."""
    return heat_value.code if each else f"heat_value.{heat_value.carrier}.{heat_value.origin}"


def _counted(heat_values: Sequence[HeatValue]) -> dict[str, dict[str, Any]]:
    """So many that an answer would hold little else: one row of each carrier and origin."""
    found = {}
    for (carrier, origin), count in sorted(Counter((each.carrier, each.origin) for each in heat_values).items()):
        of = [each for each in heat_values if (each.carrier, each.origin) == (carrier, origin)]
        code = row_code(of[0], each=False)
        found[code] = {
            "code": code,
            "value": None,
            "unit": "",
            "valid_from": min((f"{each.month}" for each in of if each.month is not None), default=""),
            "source": f"{count} heat values of {len({each.enterprise for each in of})} enterprises",
            "place": f"GET /api/v1/heat-values?carrier={carrier}",
            "verified": True,
            "carried": False,
            "origin": origin,
        }
    return found
