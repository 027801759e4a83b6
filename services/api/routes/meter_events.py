"""What people record of a meter: that it was replaced, and that a suspect reading is right."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, status
from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.asking import Now
from services.api.computed_listing import short_list
from services.api.database import Database, Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.proposals.model import PROPOSED
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.change import RegistryChange, registry_change
from services.api.registry.closed_months import NOT_KEPT
from services.api.registry.fields import Code, Entry, Moment, Note, Number
from services.api.registry.nouns import Noun
from services.api.registry.statements import registry_statements
from services.core.calendar import to_us
from services.core.meter import MOST_PER_SLOT_PICO, PICO, Kind, meter_rule
from services.energy.booking.booking import book
from services.ingest.validate import AHEAD_US

REPLACEMENT_EXAMPLE: JsonDict = {
    "ts": "2026-03-02T10:30:00+08:00",
    "final_value": 81233.4,
    "first_value": 0,
    "note": "校验期满更换",
}
ACCEPTANCE_EXAMPLE: JsonDict = {
    "ts": "2026-03-02T11:00:00+08:00",
    "reason": "second furnace was started, seen on site",
}

CANNOT_BE_BOOKED = ProblemKind("cannot_be_booked", 409, "The energy of the reading can never be booked")

_SQL = registry_statements("meter_event.sql")

Register = Annotated[Number, Field(ge=-1e18, le=1e18)]


class ReplacementEntry(Entry):
    """A counter was replaced by another."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPLACEMENT_EXAMPLE]})

    ts: Moment = Field(description="When")
    final_value: Register = Field(description="Register of the meter taken out, in the units it had")
    first_value: Register = Field(description="Register of the meter put in, in the units it has")
    note: Note | None = None


class ReplacementAnswer(ReplacementEntry):
    """A recorded replacement."""

    recorded_at: datetime
    recorded_by: str | None = Field(description="Account; null: it was recorded before there were accounts")


class AcceptanceEntry(Entry):
    """A suspect reading is right, so its energy is booked."""

    model_config = ConfigDict(json_schema_extra={"examples": [ACCEPTANCE_EXAMPLE]})

    ts: Moment = Field(description="Time of the reading")
    reason: Note = Field(description="How it is known")


class Acceptance(AcceptanceEntry):
    """A recorded acceptance."""

    accepted_by: str = Field(description="The account that says so")
    accepted_at: datetime


class MeterEventQuery(ListQuery):
    """How what was recorded of a meter is listed."""

    order: Annotated[list[str], OrderedBy("ts")] = ORDER


router = APIRouter(prefix="/api/v1/meters/{code}", tags=["meters"])
EventTs = Annotated[Moment, Path(description="Its `ts`", examples=["2026-03-02T10:30:00+08:00"])]
METER = nouns.METER.unknown


def _require_known(connection: Connection, code: str) -> None:
    if _SQL.run(connection, "known_meter", code=code).first() is None:
        raise nouns.METER.refuse_unknown(code)


def _add(change: RegistryChange, noun: Noun, code: str, entry: ReplacementEntry | AcceptanceEntry) -> None:
    if _SQL.run(change.connection, f"insert_{noun.en}", code=code, **dict(entry)).rowcount == 0:
        fault = noun.fault("ts", "already_exists", entry.ts.isoformat())
        raise Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
    change.settle_reading(code, ts=entry.ts)


def _remove(database: Database, noun: Noun, code: str, ts: datetime) -> None:
    with registry_change(database) as change:
        _require_known(change.connection, code)
        if _SQL.run(change.connection, f"delete_{noun.en}", code=code, ts=ts).rowcount == 0:
            raise noun.refuse_unknown(ts.isoformat())
        change.settle_reading(code, ts=ts)


@router.get("/replacements", summary="List the replacements of a meter", responses=refusals(BAD_CURSOR, METER))
def list_replacements(database: Db, code: Code, query: Annotated[MeterEventQuery, Query()]) -> Page[ReplacementAnswer]:
    """All replacements, the oldest first."""
    with database.read() as connection:
        _require_known(connection, code)
        rows = _SQL.run(connection, "replacements", code=code).mappings()
        found = [ReplacementAnswer.model_construct(**row) for row in rows]
    name = f"replacements of {code}"
    return short_list(ReplacementAnswer, MeterEventQuery, name=name, usual=("ts",)).page(found, query)


@router.post(
    "/replacements",
    summary="Record a replacement",
    status_code=status.HTTP_201_CREATED,
    responses={**PROPOSED, **refusals(NOT_KEPT, METER, ALREADY_EXISTS)},
)
def add_replacement(database: Db, code: Code, entry: ReplacementEntry, now: Now) -> ReplacementEntry:
    """Record that the counter was replaced. Energy since then is booked again."""
    with registry_change(database) as change:
        _require_known(change.connection, code)
        registers = _SQL.run(change.connection, "registers_at", code=code, ts=entry.ts).mappings().one()
        faults = _replacement_faults(registers, entry, now=now)
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        _add(change, nouns.REPLACEMENT, code, entry)
    return entry


def _replacement_faults(registers: DictRow, entry: ReplacementEntry, *, now: datetime) -> list[Fault]:
    if {registers["kind"], registers["kind_before"]} != {"counter"}:
        return [Fault("final_value", "only_for_counters")]
    faults: list[Fault] = []
    # As far ahead as clocks may be of which readings are taken.
    if entry.ts > now + timedelta(microseconds=AHEAD_US):
        faults.append(Fault("ts", "in_future"))
    sizes = {"final_value": registers["final_size"], "first_value": registers["first_size"]}
    faults += [
        Fault(name, "above_register_size", {"register_size": size})
        for name, size in sizes.items()
        if size is not None and getattr(entry, name) > size
    ]
    return faults


@router.delete(
    "/replacements/{ts}",
    summary="Remove a replacement",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={**PROPOSED, **refusals(NOT_KEPT, METER, nouns.REPLACEMENT.unknown)},
)
def remove_replacement(database: Db, code: Code, ts: EventTs) -> None:
    """Remove a replacement recorded by mistake. Energy since then is booked again."""
    _remove(database, nouns.REPLACEMENT, code, ts)


@router.get("/acceptances", summary="List the accepted readings of a meter", responses=refusals(BAD_CURSOR, METER))
def list_acceptances(database: Db, code: Code, query: Annotated[MeterEventQuery, Query()]) -> Page[Acceptance]:
    """All acceptances, by the time of their readings."""
    with database.read() as connection:
        _require_known(connection, code)
        rows = _SQL.run(connection, "acceptances", code=code).mappings()
        found = [Acceptance.model_construct(**row) for row in rows]
    name = f"acceptances of {code}"
    return short_list(Acceptance, MeterEventQuery, name=name, usual=("ts",)).page(found, query)


@router.post(
    "/acceptances",
    summary="Accept a suspect reading",
    status_code=status.HTTP_201_CREATED,
    responses={**PROPOSED, **refusals(NOT_KEPT, METER, nouns.READING.unknown, ALREADY_EXISTS, CANNOT_BE_BOOKED)},
)
def accept_reading(database: Db, code: Code, entry: AcceptanceEntry) -> AcceptanceEntry:
    """Say that a reading set aside as suspect is right. Energy since then is booked again, with it."""
    with registry_change(database) as change:
        _require_known(change.connection, code)
        reading = _SQL.run(change.connection, "reading_to_accept", code=code, ts=entry.ts).mappings().first()
        if reading is None:
            raise nouns.READING.refuse_unknown(f"{code} at {entry.ts.isoformat()}")
        _require_bookable(reading, entry)
        _add(change, nouns.ACCEPTANCE, code, entry)
    return entry


def _require_bookable(reading: DictRow, entry: AcceptanceEntry) -> None:
    """Refuse a reading of an interval meter that by itself is more than a slot may hold.

    What is booked of a counter or a gauge depends on the readings beside it, so their readings say nothing alone.
    """
    if reading["kind"] != Kind.INTERVAL:
        return
    at_us = to_us(entry.ts)
    rule = meter_rule(
        kind=Kind.INTERVAL,
        unit_of_measure=reading["unit_of_measure"],
        carrier_unit=reading["carrier_unit"],
        multiplier=reading["multiplier"],
        interval_s=reading["interval_s"],
        accepted_us=frozenset({at_us}),
    )
    if book([at_us], [reading["value"]], rule).overfull:
        most = f"{MOST_PER_SLOT_PICO // PICO} {reading['carrier_unit']}"
        raise Refused(
            CANNOT_BE_BOOKED,
            f"{reading['value']!r} {reading['unit_of_measure']} at {entry.ts.isoformat()} is more than {most} in a "
            "quarter of an hour, which is never booked; correct the reading, or the meter's unit or multiplier",
        )


@router.delete(
    "/acceptances/{ts}",
    summary="Withdraw an acceptance",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={**PROPOSED, **refusals(NOT_KEPT, METER, nouns.ACCEPTANCE.unknown)},
)
def withdraw_acceptance(database: Db, code: Code, ts: EventTs) -> None:
    """Let a reading be judged by itself again. Energy since then is booked again."""
    _remove(database, nouns.ACCEPTANCE, code, ts)
