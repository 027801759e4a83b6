"""Gateways with what was heard of them: whether they are online, and when they last sent something."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, Field

from services.api.database import Database
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Filter, Source, columns_of, contains, equal, parameters_of
from services.api.names import NamedKind, NamedPage, WithNames, names_beside
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode, SearchText, Trade
from services.api.registry.filters import AREA, ENTERPRISE, PARK, TRADE
from services.api.registry.gateway_counters import END, START, CountedDays, GatewayCounters, counters_of
from services.api.registry.statements import registry_statements

SQL = registry_statements("gateway.sql")
GatewayState = Literal["online", "offline", "unknown"]


class Heard(BaseModel):
    """What was heard of a gateway."""

    state: GatewayState = Field(
        description="What it, or the broker for it, said last; unknown: nothing, as of one that sends by HTTP"
    )
    state_since: datetime | None = Field(description="When that was said")
    last_message_at: datetime | None = Field(description="When its last message came, whatever became of it")
    silent: bool = Field(
        description="It has meters in use and sent nothing for an hour, or for two periods of its most frequent meter "
        "where that is longer"
    )
    meters: int = Field(description="Meters in use that it reads")


class GatewayHeard(Heard):
    """A gateway and what was heard of it."""

    code: str
    credit_code: str
    name: str | None
    keeps_days: int | None
    edge_node: str | None
    resends: bool | None = Field(description="As it is registered")
    corrections: Literal["keep", "accept"]
    cannot_resend: bool = Field(
        description="What happens while its line is down is lost: it is registered so, or its profile says so"
    )
    profile: str | None = Field(description="By which its messages are read that are not of Enermon's own format")
    profile_version: int | None
    counters: GatewayCounters


class NamedGatewayHeard(GatewayHeard, WithNames):
    """The same, with the name of whose it is."""


class GatewayCounts(BaseModel):
    """How many gateways the filters leave, over all pages."""

    gateways: int
    state: dict[GatewayState, int]
    silent: int


class GatewayPage(NamedPage[GatewayHeard]):
    """Gateways with what was heard of them."""

    counts: GatewayCounts


_ORDERS = ("code", "credit_code", "name", "state", "state_since", "last_message_at", "meters")


class GatewayQuery(ListQuery):
    """How the list of gateways may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    trade: Many[Trade] | None = None
    enterprise: Many[CreditCode] | None = None
    state: Many[GatewayState] | None = None
    cannot_resend: bool | None = Field(None, description="Only those that cannot send again, or only those that can")
    silent: bool | None = Field(None, description="Only those that are silent, or only those that are not")
    q: SearchText | None = Field(None, description="Part of the code or name")
    start: date | None = START
    end: date | None = END
    order: Annotated[list[str], OrderedBy(*_ORDERS)] = ORDER


FILTERS = {
    "area": AREA,
    "park": PARK,
    "trade": TRADE,
    "enterprise": ENTERPRISE,
    "state": equal("state"),
    "cannot_resend": Filter("entry.cannot_resend = :cannot_resend"),
    "silent": Filter("entry.silent = :silent"),
    "q": contains("code", "name"),
}
HEARD = Source(
    name="gateway",
    select=SQL["heard"],
    usual=("code",),
    columns=columns_of(GatewayHeard, *_ORDERS),
    filters=FILTERS,
)
_COUNTED = ("state", "silent")
_CODED = {NamedKind.ENTERPRISE: ("credit_code",)}


def gateways_of(database: Database, query: GatewayQuery, now: datetime) -> GatewayPage:
    """The page of gateways that `query` asks for, and the counts of all it leaves."""
    days = CountedDays(start=query.start, end=query.end)
    with database.read() as connection:
        found = HEARD.page(connection, query)
        counters = counters_of(connection, [row["code"] for row in found.data], days, now)
        counts = _counts(connection, query)
        names = names_beside(connection, found.data, _CODED)
    data = [GatewayHeard.model_validate(row | {"counters": counters[row["code"]]}) for row in found.data]
    return GatewayPage(data=data, next=found.next, total=found.total, names=names, counts=counts)


def heard_of(database: Database, code: str, days: CountedDays, now: datetime) -> NamedGatewayHeard:
    """What was heard of a gateway. Raises Refused where there is none."""
    with database.read() as connection:
        rows = HEARD.rows(connection, "entry.code = :code", {"code": code}, most=1)
        counters = counters_of(connection, [code], days, now)
        names = names_beside(connection, rows, _CODED)
    if not rows:
        raise nouns.GATEWAY.refuse_unknown(code)
    return NamedGatewayHeard.model_validate(rows[0] | {"counters": counters[code], "names": names})


def counts_of(
    connection: Connection, conditions: Sequence[str] = (), parameters: Mapping[str, Any] | None = None
) -> GatewayCounts:
    """How many gateways meet the conditions."""
    wanted = HEARD.wanted(connection, GatewayQuery(), conditions=conditions)
    return _counted(HEARD.counted(connection, wanted, parameters or {}, _COUNTED))


def _counts(connection: Connection, query: GatewayQuery) -> GatewayCounts:
    wanted, given = HEARD.wanted(connection, query), parameters_of(query.filters)
    return _counted(HEARD.counted(connection, wanted, given, _COUNTED))


def _counted(rows: Sequence[DictRow]) -> GatewayCounts:
    def count(**of: Any) -> int:
        return sum(row["rows"] for row in rows if all(row[name] == value for name, value in of.items()))

    states: dict[GatewayState, int] = {state: count(state=state) for state in get_args(GatewayState)}
    return GatewayCounts(gateways=count(), state=states, silent=count(silent=True))
