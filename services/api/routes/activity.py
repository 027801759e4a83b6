"""Energy of an enterprise as carbon platforms ask for it: by month and fuel, with heat values and emission factors."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.api import asking
from services.api.asking import MomentOrDay, Now, require_order
from services.api.database import Db
from services.api.energy import ask
from services.api.energy.activity import ActivityRow, activity_rows
from services.api.energy.ask import BalanceQuery
from services.api.energy.balance_rows import BalanceRows
from services.api.energy.cost import WEIGHT_OF_BALANCE, require_affordable_sums, require_explainable
from services.api.energy.pending import PendingSums, pending_sums
from services.api.energy.query import energy_with_manual, quantity_units
from services.api.energy.scope import Scoped
from services.api.energy.valuing import missing_of, rows_of
from services.api.errors import BAD_CURSOR
from services.api.guard.cost import TOO_MUCH
from services.api.indicators.answer import RowUsed
from services.api.names import NamedKind, NamesOut, names_of_codes
from services.api.openapi import refusals
from services.api.paging import PageQuery, Pager
from services.api.registry import nouns
from services.api.registry.fields import CreditCode
from services.api.routes.energy import MissingCoefficient
from services.api.tables import TablesDep
from services.core.calendar import Bucket, Grain, ceil, floor
from services.energy.account import note
from services.energy.factors import Applied

router = APIRouter(prefix="/api/v1/energy/activity", tags=["open data"])


class ActivityQuery(PageQuery):
    """Of which enterprise and which months."""

    enterprise: CreditCode = Field(description="Unified social credit code")
    start: MomentOrDay = Field(description="The month that holds it is the first")
    end: MomentOrDay = Field(description="The last month is that before which this lies, or that holds it")


class ActivityAnswer(BaseModel):
    """Months of an enterprise."""

    enterprise: str
    start: datetime
    end: datetime
    data: list[ActivityRow]
    names: NamesOut = Field(description="What the enterprise is called")
    rows: list[RowUsed] = Field(description="The heat values and factors that the answer was made with")
    missing: list[MissingCoefficient] = Field(description="The coefficients that it would have needed")
    pending: PendingSums | None = Field(description="What is stored and not yet in these sums; null: nothing")
    next: str | None = Field(description="Cursor of the next page; null on the last one")


@router.get(
    "",
    summary="Tell the activity data of an enterprise",
    response_model=ActivityAnswer,
    responses=refusals(
        BAD_CURSOR,
        nouns.ENTERPRISE.unknown,
        asking.START_AFTER_END,
        asking.RANGE_TOO_LONG,
        TOO_MUCH,
        ask.NOT_ON_QUARTER,
        asking.INVALID_SCOPE,
    ),
)
def read_activity(database: Db, tables: TablesDep, query: Annotated[ActivityQuery, Query()], now: Now) -> Response:
    """活动数据: by month, carrier and flow the quantity, heat value and emission factor with sources, tce and tCO2.

    The rows are the terms of the enterprise's balance by month, and add up to it: renewable electricity and feedstock
    have no CO2, what is passed on is below zero.
    """
    require_order(query.start, query.end)
    start, end = floor(query.start, Grain.MONTH), ceil(query.end, Grain.MONTH)
    balance = BalanceQuery(
        scope=f"enterprise:{query.enterprise}", start=start, end=end, bucket=Bucket.MONTH, explain=True
    )
    asked = ask.asked_balance(balance, now=now)
    with database.read() as connection:
        scoped = Scoped.read(connection, asked)
        require_affordable_sums(connection, scoped, now=now, weight=WEIGHT_OF_BALANCE)
        told = database.once(f"activity {query.alike}", lambda: energy_with_manual(connection, scoped, now=now))
        drawing = BalanceRows(tables, told.lines, None, quantity_units(connection), asked=asked, now=now)
        require_explainable(len(drawing.places))
        found = [one for one in map(drawing.balance_of, drawing.places) if one.is_booked]
        waiting = pending_sums(connection, scoped.wanted.among, start=start, end=end)
        used: dict[str, Applied] = {}
        for one in found:
            note(used, one.account.used)
        named_rows = rows_of(tables, used)
        by_code = {row["code"]: row for row in named_rows}
        rows = [
            row
            for one in found
            for row in activity_rows(
                one.start, one.end, drawing.row(one, [], explaining=used)["explained"]["terms"], by_code
            )
        ]
        page, following = Pager(query, of="activity").part(rows)
        names = names_of_codes(connection, {NamedKind.ENTERPRISE: [query.enterprise]})
    answer = {
        "enterprise": query.enterprise,
        "start": start,
        "end": end,
        "data": page,
        "names": names,
        "rows": named_rows,
        "missing": missing_of({gap for one in found for gap in one.missing}),
        "pending": waiting,
        "next": following,
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")
