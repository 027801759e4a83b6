"""What became of what gateways sent, by format, over some days; and what of it waits for a person."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, Field

from services.api.asking import require_order
from services.api.registry.statements import registry_statements
from services.core.calendar import SHANGHAI

SQL = registry_statements("gateway.sql")
MOST_WAITING = 1_000
START: Any = Field(None, description="First day (Asia/Shanghai) of the counters, by when it came; left out: yesterday")
END: Any = Field(None, description="Day before which they end; left out: tomorrow")


class CountedDays(BaseModel):
    """Over which days it is counted."""

    start: date | None = START
    end: date | None = END


class FormatCounters(BaseModel):
    """What came in one format, and what became of it."""

    format: str = Field(
        description="`enermon`, `profile`, `hj212`, `sparkplug` or `necc`; `taken_in`: what people took in later"
    )
    messages: int = Field(description="Messages that were read")
    stored: int = Field(description="Readings stored")
    duplicate: int = Field(description="Readings that were stored before")
    rejected_readings: dict[str, int] = Field(description="By code")
    rejected_messages: dict[str, int] = Field(description="Messages that were rejected whole, by code")


class GatewayCounters(BaseModel):
    """What became of what a gateway sent on some days, and what waits."""

    start: date
    end: date
    stored: int = Field(description="Readings stored, in all formats")
    rejected_readings: int
    rejected_messages: int
    formats: list[FormatCounters]
    unknown_points: int = Field(description=f"Points that nobody has mapped or ignored yet; {MOST_WAITING} at most")
    held_values: int = Field(description=f"Values that are held and wait; {MOST_WAITING} at most")


def counters_of(
    connection: Connection, gateways: Sequence[str], days: CountedDays, now: datetime
) -> Mapping[str, GatewayCounters]:
    """The counters of each of these gateways, also of those that sent nothing. Raises Refused."""
    require_order(days.start, days.end)
    today = now.astimezone(SHANGHAI).date()
    end = days.end or today + timedelta(days=1)
    start = days.start or min(today, end) - timedelta(days=1)
    formats: dict[str, dict[str, FormatCounters]] = {code: {} for code in gateways}
    for row in SQL.run(connection, "intake_counts", gateways=list(gateways), start=start, end=end):
        of = formats[row.gateway_code].setdefault(row.format, _none_of(row.format))
        _add(of, row)
    waiting = {
        row.gateway_code: row
        for row in SQL.run(connection, "waiting_counts", gateways=list(gateways), most=MOST_WAITING)
    }
    return {
        code: GatewayCounters(
            start=start,
            end=end,
            stored=sum(each.stored for each in of.values()),
            rejected_readings=sum(sum(each.rejected_readings.values()) for each in of.values()),
            rejected_messages=sum(sum(each.rejected_messages.values()) for each in of.values()),
            formats=list(of.values()),
            unknown_points=waiting[code].unknown_points,
            held_values=waiting[code].held_values,
        )
        for code, of in formats.items()
    }


def _none_of(name: str) -> FormatCounters:
    return FormatCounters(format=name, messages=0, stored=0, duplicate=0, rejected_readings={}, rejected_messages={})


def _add(of: FormatCounters, row: Any) -> None:
    if row.outcome == "read":
        of.messages = row.messages
    elif row.outcome == "stored":
        of.stored = row.readings
    elif row.outcome == "duplicate":
        of.duplicate = row.readings
    else:
        if row.readings:
            of.rejected_readings[row.outcome] = row.readings
        if row.messages:
            of.rejected_messages[row.outcome] = row.messages
