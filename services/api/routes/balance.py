"""The energy balance: what was consumed, in standard coal on both bases, and what it emitted."""

from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.api import asking
from services.api.asking import Now
from services.api.comparing.change import Change, ComparedPeriod
from services.api.comparing.period import INVALID_COMPARE
from services.api.database import Db
from services.api.encoded import encoded
from services.api.energy import ask
from services.api.energy.ask import BalanceQuery, group_names
from services.api.energy.balance_rows import BalanceRows
from services.api.energy.compared import read_compared
from services.api.energy.cost import WEIGHT_OF_BALANCE, require_affordable_sums, require_explainable
from services.api.energy.explaining import BalanceExplained
from services.api.energy.pending import PendingSums, pending_sums
from services.api.energy.query import energy_with_manual, quantity_units, read_other
from services.api.energy.scope import Scoped
from services.api.energy.valuing import missing_of, rows_of
from services.api.errors import BAD_CURSOR
from services.api.guard.cost import TOO_MUCH
from services.api.indicators.answer import RowUsed
from services.api.names import NamedKind, NamesOut, names_of_codes
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


class ManualBalance(BaseModel):
    """What of a balance was entered by hand from papers, of units without a meter; below zero what went out."""

    calorific_tce: float | None = Field(description="Of consumption_tce; null: a coefficient is missing")
    equivalent_tce: float | None = Field(description="Of consumption_tce")
    tco2: float | None
    shares: "ShareOfTotal" = Field(description="Of the row's own numbers")
    of: list[Silent] = Field(description="In these carriers and flows")
    reports: int = Field(description="How many manual reports that is")


class ComparedBalance(ComparedPeriod):
    """A balance beside that of another period."""

    calorific: Change = Field(description="Of consumption_tce")
    equivalent: Change = Field(description="Of consumption_tce")
    tco2: Change


class ShareOfTotal(BaseModel):
    """Shares of 1 of the whole; null where that is not above zero, and of a part below zero."""

    calorific: float | None = Field(description="Of consumption_tce")
    equivalent: float | None = Field(description="Of consumption_tce")
    tco2: float | None


class BalanceRow(BaseModel):
    """A balance. Of carrier, area, park, enterprise and unit only those are present that it is grouped by."""

    start: datetime
    end: datetime
    carrier: str | None = None
    quantity: float | None = Field(None, description="Of a carrier: what came in less what went out; null: no readings")
    quantity_unit: str | None = None
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
    manual: ManualBalance | None = Field(None, description="What of the row is manual; absent: nothing")
    of_total: ShareOfTotal | None = Field(None, description="With `total=true`, of the rows that make up a total")
    compared: ComparedBalance | None = Field(
        None, description="With `compare`: another period; null: there is none, or none of this one is over"
    )
    explained: BalanceExplained | None = Field(None, description="With `explain=true`")


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
    total: list[BalanceRow] | None = Field(
        None, description="With `total=true`: the scope as a whole by period, to which the rows of all pages add up"
    )
    names: NamesOut = Field(description="What the codes of this page, and that of the scope, are called")
    rows: list[RowUsed] = Field(description="The coefficients that this page was made with")
    missing: list[MissingCoefficient] = Field(description="The coefficients that this page would have needed")
    pending: PendingSums | None = Field(description="What is stored and not yet in these sums; null: nothing")
    manual_left_out: int = Field(
        description="Manual reports of months in the range that no bucket holds as a whole: they are in no row"
    )
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
    INVALID_COMPARE,
)


@router.get("", summary="Draw up the energy balance", response_model=BalanceAnswer, responses=_REFUSALS)
def read_balance(database: Db, tables: TablesDep, query: Annotated[BalanceQuery, Query()], now: Now) -> Response:
    """综合能源消费量 of a scope in buckets: what came in over the boundary less what went out, on both bases.

    What one enterprise sells to another is counted once in an area. Feedstock and renewable electricity are in the
    consumption and shown apart; sub meters, products, IT load and carriers that are no energy are not in it.
    """
    asked = ask.asked_balance(query, now=now)
    names = group_names(asked.by)
    with database.read() as connection:
        scoped = Scoped.read(connection, asked)
        compares = query.compare is not None
        require_affordable_sums(connection, scoped, now=now, compared=compares, weight=WEIGHT_OF_BALANCE)
        reading = partial(read_other, connection, scoped, now=now)
        told, compared = database.once(
            f"balance {query.alike}",
            lambda: (
                energy_with_manual(connection, scoped, now=now),
                read_compared(reading, asked, query.compare, now=now) if query.compare else None,
            ),
        )
        drawing = BalanceRows(tables, told.lines, compared, quantity_units(connection), asked=asked, now=now)
        page, following = Pager(query, of="balance").part(drawing.places)
        if query.explain:
            require_explainable(len(page))
        found = [drawing.balance_of(key) for key in page]
        whole = drawing.of_whole() if query.total else None
        in_all = whole.balances if whole else ()
        waiting = pending_sums(connection, scoped.wanted.among, start=asked.start, end=asked.end)
        named = names_of_codes(
            connection, {NamedKind(name): [getattr(each.place, name) for each in found] for name in names}
        )
    shown = [*found, *(whole.balances if whole else ())]
    used: dict[str, Applied] = {}
    for one in shown:
        note(used, one.account.used)
    explaining = used if query.explain else None
    whole_at = {one.start: one for one in in_all}
    answer = {
        "scope": query.scope,
        "start": asked.start,
        "end": asked.end,
        "aligned": asking.is_wider(query, asked.start, asked.end),
        "bucket": asked.bucket,
        "by": sorted(asked.by & frozenset(ask.BALANCED_BY)),
        "data": encoded(drawing.row(one, names, whole=whole_at.get(one.start), explaining=explaining) for one in found),
        "total": [whole.row(one, [], explaining=explaining) for one in in_all] if whole else None,
        "names": named,
        "rows": rows_of(tables, used),
        "missing": missing_of({gap for one in shown for gap in one.missing}),
        "pending": waiting,
        "manual_left_out": told.left_out,
        "next": following,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")
