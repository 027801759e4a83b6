"""The energy balance: what was consumed, in standard coal on both bases, and what it emitted."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api import asking
from services.api.asking import Now
from services.api.database import Db
from services.api.energy import ask
from services.api.energy.ask import BalanceQuery, group_names
from services.api.energy.balance import Balance, balance, grouped
from services.api.energy.cost import require_affordable_sums
from services.api.energy.pending import PendingSums, pending_sums
from services.api.energy.query import energy
from services.api.energy.scope import Scoped
from services.api.energy.valuing import missing_of, rows_of
from services.api.errors import BAD_CURSOR
from services.api.guard.cost import TOO_MUCH
from services.api.indicators.answer import RowUsed
from services.api.openapi import refusals
from services.api.paging import Pager
from services.api.registry import nouns
from services.api.routes.energy import MissingCoefficient
from services.api.tables import TablesDep
from services.energy.account import note
from services.energy.factors import Applied

router = APIRouter(prefix="/api/v1/energy/balance", tags=["energy"])


class StandardCoal(BaseModel):
    """Tonnes of standard coal on one basis. Null: nothing is booked, or a coefficient is missing."""

    input_tce: float | None
    renewable_tce: float | None
    feedstock_tce: float | None
    output_tce: float | None = Field(description="What went out over the boundary, above zero")
    consumption_tce: float | None = Field(description="综合能源消费量: input + renewable + feedstock - output")
    without_feedstock_tce: float | None = Field(description="input + renewable - output")


class BalanceShares(BaseModel):
    """Shares of 1; null where the whole is not above zero."""

    coal: float | None = Field(
        description="Coal and its products, what came in less what went out, less electricity and heat sold beyond what"
        " was bought, in the consumption; equivalent"
    )
    renewable_electricity: float | None = Field(description="Renewable electricity in all electricity taken in")


class Silent(BaseModel):
    """A carrier and flow of which readings are expected and none came."""

    carrier: str
    flow: str


class BalanceRow(BaseModel):
    """A balance. Of area, park, enterprise and unit only those are present that it is grouped by."""

    start: datetime
    end: datetime
    area: str | None = Field(None, description="GB/T 2260 code")
    park: str | None = None
    enterprise: str | None = Field(None, description="Unified social credit code")
    unit: str | None = None
    calorific: StandardCoal
    equivalent: StandardCoal
    tco2: float | None = Field(description="Of fuels burnt and of electricity and heat bought, less what is sold on")
    shares: BalanceShares
    coverage: float | None = Field(description="The smallest of the carriers and flows that enter, 0 to 1")
    silent: list[Silent] = Field(description="These should be in the sums and are not")


class BalanceAnswer(BaseModel):
    """Balances over [start, end) in buckets."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scope": "area:150600", "bucket": "month", "by": ["area"], "data": []}]}
    )

    scope: str
    start: datetime
    end: datetime
    aligned: bool = Field(description="Whether the range is wider than what was asked for, as `align` allows")
    bucket: str
    by: list[str]
    data: list[BalanceRow]
    rows: list[RowUsed] = Field(description="The coefficients that this page was made with")
    missing: list[MissingCoefficient] = Field(description="The coefficients that this page would have needed")
    pending: PendingSums | None = Field(description="What is stored and not yet in these sums; null: nothing")
    next: str | None = Field(description="Cursor of the next page; null on the last one")


_REFUSALS = refusals(
    BAD_CURSOR,
    nouns.AREA.unknown,
    nouns.PARK.unknown,
    nouns.ENTERPRISE.unknown,
    nouns.UNIT.unknown,
    asking.START_AFTER_END,
    asking.RANGE_TOO_LONG,
    TOO_MUCH,
    ask.NOT_ON_QUARTER,
    asking.INVALID_SCOPE,
    asking.INVALID_BY,
)


@router.get("", summary="Draw up the energy balance", response_model=BalanceAnswer, responses=_REFUSALS)
def read_balance(database: Db, tables: TablesDep, query: Annotated[BalanceQuery, Query()], now: Now) -> Response:
    """综合能源消费量 of a scope in buckets: what came in over the boundary less what went out, on both bases.

    What one enterprise sells to another is counted once in an area. Feedstock and renewable electricity are in the
    consumption and shown apart; sub meters, products, IT load and carriers that are no energy are not in it.
    """
    asked = ask.asked_balance(query, now=now)
    with database.read() as connection:
        scoped = Scoped.read(connection, asked)
        require_affordable_sums(connection, scoped, now=now)
        lines = energy(connection, scoped, now=now)
        waiting = pending_sums(connection, scoped.wanted.among, start=asked.start, end=asked.end)
    groups = list(grouped(lines, tables.factors).values())
    shown, following = Pager(query, of="balance").part(groups)
    page = [balance(group, tables.factors) for group in shown]
    used: dict[str, Applied] = {}
    for one in page:
        note(used, one.account.used)
    names = group_names(asked.by)
    answer = {
        "scope": query.scope,
        "start": asked.start,
        "end": asked.end,
        "aligned": asking.is_wider(query, asked.start, asked.end),
        "bucket": asked.bucket,
        "by": sorted(asked.by & frozenset(ask.BALANCED_BY)),
        "data": [_row(one, names) for one in page],
        "rows": rows_of(tables, used),
        "missing": missing_of({gap for one in page for gap in one.missing}),
        "pending": waiting,
        "next": following,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _row(found: Balance, names: list[str]) -> dict[str, object]:
    """A balance as BalanceRow describes it."""
    return {
        "start": found.start,
        "end": found.end,
        **{name: getattr(found.place, name) for name in names},
        **{str(basis): amounts for basis, amounts in found.bases.items()},
        "tco2": found.tco2,
        "shares": found.shares,
        "coverage": found.coverage,
        "silent": [{"carrier": carrier, "flow": flow} for carrier, flow in found.silent],
    }
