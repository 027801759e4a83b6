"""Settlements 核实: a person's word on a stretch of a meter's readings, in one act."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response, status
from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.asking import MomentOrDay
from services.api.computed_listing import ComputedSource
from services.api.database import Database, Db
from services.api.errors import BAD_CURSOR, INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.proposals.model import PROPOSED
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.closed_months import NOT_KEPT
from services.api.registry.fields import Code, Entry, Note, Number, SettledAs
from services.api.registry.statements import registry_statements
from services.api.sum_changes import SumPreview
from services.api.term_preview import previewed
from services.core.calendar import SHANGHAI
from services.energy.preview import MOST_READINGS

EXAMPLE: JsonDict = {
    "from": "2026-03-02T10:00:00+08:00",
    "to": "2026-03-02T12:00:00+08:00",
    "action": "swap",
    "reason": "表计更换未登记，工单 2026-117",
}
ALREADY_SETTLED = ProblemKind("already_settled", 409, "Some of these readings are settled already")

_SQL = registry_statements("settlement.sql")

Factor = Annotated[Number, Field(gt=0, le=1e12)]


class SettlementEntry(Entry):
    """A person's word on the readings of a stretch of time."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]}, populate_by_name=True)

    from_: MomentOrDay = Field(alias="from", description="The first moment, with offset, or a day")
    to: MomentOrDay = Field(description="The first moment that is not meant any more")
    action: SettledAs = Field(
        description="swap: the register was changed here, the step is no use; unit: it counts in another unit from here"
        " on; set_aside: the readings say nothing; accept: they are right, and what they say is booked"
    )
    factor: Factor | None = Field(
        None, description="Of `unit` alone: how many register units of before one of now is worth, such as 1000"
    )
    reason: Note = Field(description="How it is known")


class SettlementAnswer(BaseModel):
    """A settlement as it is kept."""

    model_config = ConfigDict(populate_by_name=True)

    id: int
    from_: datetime = Field(alias="from")
    to: datetime
    action: SettledAs
    factor: float | None
    reason: str
    author: str = Field(description="The account that says so")
    recorded_at: datetime
    withdrawn_at: datetime | None = Field(description="Since when it does not count any more; null: it counts")
    withdrawn_by: str | None = Field(description="The account that has withdrawn it")


class SettlementPreview(BaseModel):
    """What would change, and was not."""

    dry_run: bool = True
    meter: str
    carrier_unit: str = Field(description="Unit of `before` and `after`")
    readings: int = Field(description=f"Readings that were looked at, at most {MOST_READINGS}")
    complete: bool = Field(description="Whether these were all; if not, `changes` end with them")
    changes: list[SumPreview] = Field(description="Months whose quantity differs, by the unit to which it is booked")


class SettlementQuery(ListQuery):
    """Which settlements."""

    withdrawn: bool = Field(False, description="Also those that do not count any more")
    order: Annotated[list[str], OrderedBy("from", "recorded_at")] = ORDER


class SettlingQuery(BaseModel):
    """How to settle. A mistyped `dry_run` must not write."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="Only say what would change")


router = APIRouter(prefix="/api/v1/meters/{code}/settlements", tags=["meters"])
METER, SETTLEMENT = nouns.METER.unknown, nouns.SETTLEMENT.unknown
SettlementId = Annotated[int, Path(description="Its `id`", ge=1, le=2**62)]
Asked = Annotated[SettlingQuery, Query()]


def _meter(connection: Connection, code: str) -> DictRow:
    meter = _SQL.run(connection, "meter", code=code).mappings().first()
    if meter is None:
        raise nouns.METER.refuse_unknown(code)
    return meter


def settlement(row: Any) -> dict[str, Any]:
    """A settlement as SettlementAnswer describes it."""

    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(SHANGHAI)

    times = {name: local(row[name]) for name in ("from", "to", "recorded_at", "withdrawn_at")}
    return {**row, **times}


@router.get("", summary="List what people have settled of a meter", responses=refusals(BAD_CURSOR, METER))
def list_settlements(database: Db, code: Code, query: Annotated[SettlementQuery, Query()]) -> Page[SettlementAnswer]:
    """The settlements that count, in order of time; with `withdrawn` the others too."""
    with database.read() as connection:
        meter = _meter(connection, code)
        rows = _SQL.run(connection, "settlements", meter_id=meter["meter_id"], withdrawn=query.withdrawn).mappings()
        found = [SettlementAnswer.model_validate(settlement(row)) for row in rows]
    return _listed(code).page(found, query)


def _listed(code: str) -> ComputedSource[SettlementAnswer]:
    """The settlements of a meter; a cursor holds for that meter alone."""
    return ComputedSource(
        name=f"settlements of {code}",
        usual=("from", "id"),
        columns={
            "from": (datetime, lambda each: each.from_),
            "recorded_at": (datetime, lambda each: each.recorded_at),
            "id": (int, lambda each: each.id),
        },
    )


@router.post(
    "",
    summary="Settle a stretch of readings",
    status_code=status.HTTP_201_CREATED,
    responses={200: {"model": SettlementPreview}, **PROPOSED, **refusals(NOT_KEPT, METER, ALREADY_SETTLED)},
)
def settle(
    database: Db, code: Code, entry: SettlementEntry, query: Asked, response: Response
) -> SettlementAnswer | SettlementPreview:
    """Energy since `from` is booked again by it. With `dry_run`: what would change, and nothing is."""

    def add(change: RegistryChange, meter: DictRow) -> datetime:
        _refuse_unfit(change.connection, meter, entry)
        said = entry.model_dump(exclude={"from_", "to"})
        _SQL.run(change.connection, "add", meter_id=meter["meter_id"], from_ts=entry.from_, to_ts=entry.to, **said)
        return entry.from_

    if query.dry_run:
        response.status_code = status.HTTP_200_OK
        return _preview(database, code, add)
    with registry_change(database) as change:
        meter = _meter(change.connection, code)
        change.settle_reading(code, ts=add(change, meter), lasts=True)
        rows = _SQL.run(change.connection, "settlements", meter_id=meter["meter_id"], withdrawn=False).mappings()
        return SettlementAnswer.model_validate(settlement(max(rows, key=lambda row: row["id"])))


def _refuse_unfit(connection: Connection, meter: DictRow, entry: SettlementEntry) -> None:
    faults: list[Fault] = []
    if entry.to <= entry.from_:
        faults.append(Fault("to", "not_later", {"other": "from"}))
    if entry.action in ("swap", "unit"):
        # What the meter was then counts, whatever it is now.
        kind = _SQL.run(connection, "kind_at", meter_id=meter["meter_id"], moment=entry.from_).scalar()
        if kind != "counter":
            faults.append(Fault("action", "only_for_counters"))
    if (entry.action == "unit") is not (entry.factor is not None):
        faults.append(
            Fault("factor", "missing")
            if entry.factor is None
            else Fault("factor", "only_with", {"other": "action unit"})
        )
    if faults:
        raise refused_fields(INVALID_BODY, faults)
    other = (
        _SQL.run(connection, "overlapped", meter_id=meter["meter_id"], from_ts=entry.from_, to_ts=entry.to)
        .mappings()
        .first()
    )
    if other is not None:
        from_, to = (other[name].astimezone(SHANGHAI).isoformat() for name in ("from_ts", "to_ts"))
        raise Refused(
            ALREADY_SETTLED,
            f"settlement {other['settlement_id']} speaks of {from_} to {to}; withdraw it first: DELETE"
            f" .../settlements/{other['settlement_id']}",
        )


@router.delete(
    "/{settlement_id}",
    summary="Withdraw a settlement",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={200: {"model": SettlementPreview}, **PROPOSED, **refusals(NOT_KEPT, METER, SETTLEMENT)},
    response_model=None,
)
def withdraw_settlement(
    database: Db, code: Code, settlement_id: SettlementId, query: Asked, response: Response
) -> SettlementPreview | None:
    """Let the readings be judged by themselves again. It stays in the list of all as withdrawn."""

    def withdraw(change: RegistryChange, meter: DictRow) -> datetime:
        since: datetime | None = _SQL.run(
            change.connection, "withdraw", meter_id=meter["meter_id"], id=settlement_id
        ).scalar()
        if since is None:
            raise nouns.SETTLEMENT.refuse_unknown(str(settlement_id))
        return since

    if query.dry_run:
        response.status_code = status.HTTP_200_OK
        return _preview(database, code, withdraw)
    with registry_change(database) as change:
        change.settle_reading(code, ts=withdraw(change, _meter(change.connection, code)), lasts=True)
    return None


def _preview(
    database: Database, code: str, settled: Callable[[RegistryChange, DictRow], datetime]
) -> SettlementPreview:
    """The sums before and after, by month; what is done for it is undone."""
    with database.write() as connection, connection.transaction(force_rollback=True):
        meter = _meter(connection, code)
        readings, changes = previewed(connection, meter["meter_id"], lambda: settled(RegistryChange(connection), meter))
        return SettlementPreview(
            meter=code,
            carrier_unit=meter["carrier_unit"],
            readings=len(readings.times_us),
            complete=readings.complete,
            changes=changes,
        )
