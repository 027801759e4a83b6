"""Activity data 活动数据 of an enterprise: by month, fuel and flow the quantity, and by what it was valued.

What the national carbon market asks key emitters for each month (生态环境部, 企业温室气体排放核算与报告指南): what was
consumed, heat value, emission factor. The terms of the balance (explaining.py) say it, so the two cannot differ.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from services.core.calendar import SHANGHAI
from services.energy.heat_value import KGCE_PER_MJ


class ActivityRow(BaseModel):
    """A quantity of a month, valued by one heat value and one emission factor. Below zero: it went out."""

    start: datetime
    end: datetime
    month: str = Field(description="YYYY-MM in Asia/Shanghai")
    carrier: str
    flow: str
    quantity: float = Field(description="With its sign: output is below zero")
    quantity_unit: str
    manual: bool = Field(description="Whether it was entered by hand, of units without a meter; else it was measured")
    coverage: float | None = Field(
        description="Measured share of all of this carrier and flow, 0 to 1; null: entered by hand"
    )
    heat_value_mj: float | None = Field(description="Net calorific value, MJ per unit of the quantity; null: missing")
    tce: float | None = Field(description="Calorific basis; null: the coefficient is missing")
    heat_value_row: str | None = Field(description="Code of its coefficient in `rows`")
    heat_value_origin: str | None = Field(description="measured, own or table")
    heat_value_source: str | None
    heat_value_verified: bool | None
    kgco2_per_unit: float | None = Field(description="null: missing, or the flow counts in no CO2")
    tco2: float | None
    co2_row: str | None = Field(description="Code of its factor in `rows`")
    co2_source: str | None
    co2_verified: bool | None


def activity_rows(
    start: datetime, end: datetime, terms: Iterable[Mapping[str, Any]], rows: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The terms of the balance of a month, as ActivityRow describes them; `rows`: what they name, by code."""
    return [_row(start, end, term, rows) for term in terms]


def _row(
    start: datetime, end: datetime, term: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    heat, co2 = term["calorific"], term["co2"] or {}
    heat_row, co2_row = rows.get(heat["row"] or "", {}), rows.get(co2.get("row") or "", {})
    kgce = heat["coefficient"]
    return {
        "start": start,
        "end": end,
        "month": f"{start.astimezone(SHANGHAI):%Y-%m}",
        **{name: term[name] for name in ("carrier", "flow", "quantity_unit", "manual", "coverage")},
        "quantity": term["sign"] * term["quantity"],
        "heat_value_mj": None if kgce is None else kgce / float(KGCE_PER_MJ),
        "tce": heat["value"],
        "heat_value_row": heat["row"],
        "heat_value_origin": heat_row.get("origin"),
        "heat_value_source": _source(heat_row),
        "heat_value_verified": heat_row.get("verified"),
        "kgco2_per_unit": co2.get("coefficient"),
        "tco2": co2.get("value"),
        "co2_row": co2.get("row"),
        "co2_source": _source(co2_row),
        "co2_verified": co2_row.get("verified"),
    }


def _source(row: Mapping[str, Any]) -> str | None:
    return f"{row['source']}, {row['place']}" if row else None
