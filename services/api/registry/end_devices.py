"""What a gateway said by the national protocol (NECC): when it was heard, and its days and months beside what was
measured.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.asking import MomentOrDay, require_order
from services.api.database import Database
from services.api.registry import nouns
from services.api.registry.statements import registry_statements
from services.core.calendar import SHANGHAI, to_us
from services.ingest.necc.data_code import announced_points, data_code, energy_name
from services.ingest.points import KnownPoint, MeterReading, MeterUnit

SQL = registry_statements("end_device.sql")
MOST_VALUES = 500
USUAL_DAYS = 35
TOLERANCE, LEAST_COMPLETENESS = 0.05, 0.9
"""As measuring institutes quote the rules of the national system (docs/necc.md)."""
PeriodName = Literal["real_time", "day", "month", "year"]
_PERIODS: tuple[PeriodName, ...] = ("real_time", "day", "month", "year")


class EndDeviceQuery(BaseModel):
    """Of which periods."""

    model_config = ConfigDict(extra="forbid")

    start: MomentOrDay | None = Field(None, description=f"First moment or day; {USUAL_DAYS} days before the end")
    end: MomentOrDay | None = Field(None, description="First moment or day after; now if left out")


class PeriodValue(BaseModel):
    """A value that the device sent of a period, which is no reading."""

    data_code: str
    name_zh: str = Field(description="Of the kind of energy; empty where it is not known")
    period: PeriodName
    ts: datetime = Field(description="Start of the period")
    value: float
    unit: str = Field(description="As the point says, or else the dictionary of the province; empty: not known")
    flag: str = Field(description="manual, bad, or empty")
    received_at: datetime
    first: bool = Field(description="The first one of its period; later ones differ from it")
    meter: str | None = Field(description="The meter that values of this code are")
    meter_name_zh: str | None
    measured: float | None = Field(description="Sum of the meter's readings over the period, in its unit")
    completeness: float | None = Field(description="Readings there are of those due")
    difference: float | None = Field(description="Measured / value - 1, both in one unit")
    agrees: bool | None = Field(
        description=f"Within {TOLERANCE:.0%}, and {LEAST_COMPLETENESS:.0%} of the readings there; null: not comparable"
    )


class EndDeviceState(BaseModel):
    """What is known of an end device; all is empty of a gateway that has not spoken the national protocol."""

    device_id: str | None
    asked_from: str | None = Field(description="Network address from which it asked last")
    registered_at: datetime | None
    heard_at: datetime | None
    data_at: datetime | None = Field(description="When it sent values last")
    info: dict[str, Any] | None = Field(description="What it said last of its enterprise, names in lower case")
    info_at: datetime | None
    points: list[str] = Field(
        description="What it said that it collects, as points: they can be mapped before they come"
    )
    values: list[PeriodValue] = Field(description=f"The newest {MOST_VALUES} of the time asked for")
    more: bool = Field(description="There are more than these")


def end_device_of(database: Database, code: str, query: EndDeviceQuery, *, now: datetime) -> EndDeviceState:
    """What a gateway said by the national protocol. Raises Refused where there is no such gateway."""
    until = query.end or now
    since = query.start or until - timedelta(days=USUAL_DAYS)
    require_order(since, until)
    with database.read() as connection:
        row = SQL.run(connection, "device", code=code).mappings().first()
        if row is None:
            raise nouns.GATEWAY.refuse_unknown(code)
        rows = SQL.run(connection, "values", code=code, since=since, until=until, most=MOST_VALUES + 1).mappings().all()
    values = [_value(each) for each in rows[:MOST_VALUES]]
    points = announced_points(row["info"] or {})
    return EndDeviceState.model_validate({**row, "points": points, "values": values, "more": len(rows) > MOST_VALUES})


def _value(row: Mapping[str, Any]) -> PeriodValue:
    code = data_code(row["data_code"])
    unit = row["point_unit"] or row["unit"]
    due = row["period_s"] / row["interval_s"] if row["meter"] and row["interval_s"] else None
    completeness = min(1.0, row["readings"] / due) if due else None
    difference = _difference(row, unit)
    return PeriodValue(
        data_code=row["data_code"],
        name_zh="" if code is None else energy_name(code.energy),
        period=_PERIODS[row["stat_type"]],
        ts=row["ts"].astimezone(SHANGHAI),
        value=row["value"],
        unit=unit,
        flag=row["flag"],
        received_at=row["received_at"],
        first=row["is_first"],
        meter=row["meter"],
        meter_name_zh=row["meter_name_zh"],
        measured=row["total"],
        completeness=completeness,
        difference=difference,
        agrees=None
        if difference is None or completeness is None
        else abs(difference) <= TOLERANCE and completeness >= LEAST_COMPLETENESS,
    )


def _difference(row: Mapping[str, Any], unit: str) -> float | None:
    """What was measured against what was said; None where one is missing, or their units are not comparable."""
    if row["meter"] is None or row["total"] is None or not unit:
        return None
    point = KnownPoint(row["meter"], (MeterUnit(0, row["meter_unit"]),), unit, Fraction(row["factor"]))
    said = point.reading(to_us(row["ts"]), row["value"], unit="", flag="", stands_for="moment")
    return row["total"] / said.value - 1 if isinstance(said, MeterReading) and said.value else None
