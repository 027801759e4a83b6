"""Transmission rates of monitors 数据传输有效率, and what has left by outlets, over some days."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field

from services.api.emissions.records import SQL
from services.api.errors import INVALID_PARAMETER, refused_fields
from services.api.list_query import Many
from services.api.reasons import Fault
from services.api.registry.fields import AreaCode, Code, CreditCode, Day
from services.core.calendar import Grain, floor, start_of_day
from services.ingest.hj212.factors import factors

MOST_DAYS = 400
FORMULA = "(hours received / hours due) x (hours valid / hours received)"


class OutletDaysQuery(BaseModel):
    """Which outlets, over which days of Asia/Shanghai."""

    model_config = ConfigDict(extra="forbid")

    start: Day = Field(description="First day")
    end: Day = Field(description="First day after it")
    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    enterprise: Many[CreditCode] | None = None
    outlet: Many[Code] | None = None

    def span(self, now: datetime) -> dict[str, datetime]:
        """From the first moment to the last hour that is over. Raises Refused for no days, or too many."""
        if self.end <= self.start:
            raise refused_fields(INVALID_PARAMETER, [Fault("end", "not_later", {"other": "start"})])
        if (self.end - self.start).days > MOST_DAYS:
            raise refused_fields(INVALID_PARAMETER, [Fault("end", "lasts_too_long", {"days": MOST_DAYS})])
        until = min(start_of_day(self.end), floor(now, Grain.HOUR))
        return {"from_ts": start_of_day(self.start), "to_ts": max(until, start_of_day(self.start))}

    def subjects(self) -> dict[str, Any]:
        """The filters as the statements take them."""
        return {"areas": self.area, "enterprises": self.enterprise, "outlets": self.outlet}


class AmountsQuery(OutletDaysQuery):
    """Of which factors, besides."""

    factor: Many[Code] | None = None


class TransmissionRate(BaseModel):
    """How much of what was due has come, and was valid. A rate is null where its denominator is 0."""

    hours_due: int = Field(description="Hours over since `monitored_from`, without those wholly in a filed stop")
    hours_received: int = Field(description="Of these, hours of which a record came")
    hours_valid: int = Field(description="Of these, hours of which every factor is flagged N")
    transmission: float | None = Field(description="Hours received / hours due")
    validity: float | None = Field(description="Hours valid / hours received")
    rate: float | None = Field(description="Transmission x validity")


class OutletRate(TransmissionRate):
    """That of one outlet."""

    outlet: str
    name_zh: str
    credit_code: str


class TransmissionRates(BaseModel):
    """Those of outlets, and of all of them together: a ratio of sums."""

    formula: str
    total: TransmissionRate
    data: list[OutletRate]


class OutletAmount(BaseModel):
    """What of a factor has left by an outlet in the hours that are valid."""

    outlet: str
    name_zh: str
    credit_code: str
    factor: str
    factor_zh: str | None
    amount: float = Field(description="Sum of the amounts of valid hours")
    unit: str | None
    hours_due: int
    hours_received: int = Field(description="Hours with a record of the factor")
    hours_valid: int = Field(description="Hours that are in the amount")
    coverage: float | None = Field(description="Hours valid / hours due; null: no hour was due")


class FactorAmount(BaseModel):
    """What of a factor has left by all outlets asked for."""

    factor: str
    factor_zh: str | None
    amount: float
    unit: str | None
    outlets: int
    coverage: float | None


class OutletAmounts(BaseModel):
    """Discharged amounts; never added to energy, and factors not to each other."""

    total: list[FactorAmount]
    data: list[OutletAmount]


def rates(connection: Connection, query: OutletDaysQuery, *, now: datetime) -> TransmissionRates:
    """The rates of the outlets asked for whose hours are due. Raises Refused."""
    rows = SQL.run(connection, "due_hours", **query.subjects(), **query.span(now)).all()
    data = [
        OutletRate(
            outlet=row.outlet,
            name_zh=row.name_zh,
            credit_code=row.credit_code,
            **_rate(row.due, row.received, row.valid),
        )
        for row in rows
    ]
    total = TransmissionRate(
        **_rate(sum(r.due for r in rows), sum(r.received for r in rows), sum(r.valid for r in rows))
    )
    return TransmissionRates(formula=FORMULA, total=total, data=data)


def _rate(due: int, received: int, valid: int) -> dict[str, Any]:
    return {
        "hours_due": due,
        "hours_received": received,
        "hours_valid": valid,
        "transmission": _ratio(received, due),
        "validity": _ratio(valid, received),
        "rate": _ratio(valid, due),
    }


def _ratio(part: int, whole: int) -> float | None:
    return float(Fraction(part, whole)) if whole else None


def amounts(connection: Connection, query: AmountsQuery, *, now: datetime) -> OutletAmounts:
    """What has left by the outlets asked for. Raises Refused."""
    span, subjects = query.span(now), query.subjects()
    due = {row.outlet: row.due for row in SQL.run(connection, "due_hours", **subjects, **span)}
    rows = SQL.run(connection, "amounts", **subjects, **span, factors=query.factor).all()
    data = [
        OutletAmount(
            outlet=row.outlet,
            name_zh=row.name_zh,
            credit_code=row.credit_code,
            **_named(row.factor),
            amount=float(row.amount or 0),
            hours_due=due.get(row.outlet, 0),
            hours_received=row.hours_received,
            hours_valid=row.hours_valid,
            coverage=_ratio(row.hours_valid, due.get(row.outlet, 0)),
        )
        for row in rows
    ]
    return OutletAmounts(total=_totals(rows, due), data=data)


def _totals(rows: Iterable[Any], due: dict[str, int]) -> list[FactorAmount]:
    by_factor: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_factor[row.factor].append(row)
    return [
        FactorAmount(
            **_named(factor),
            amount=float(sum((row.amount or Decimal(0) for row in of), start=Decimal(0))),
            outlets=len(of),
            coverage=_ratio(sum(row.hours_valid for row in of), sum(due.get(row.outlet, 0) for row in of)),
        )
        for factor, of in sorted(by_factor.items())
    ]


def _named(factor: str) -> dict[str, Any]:
    known = factors().get(factor)
    return {"factor": factor, "factor_zh": known and known.name_zh, "unit": known and known.emission_unit}
