"""Corrections of readings by authorised people, beside the originals; and the head of the seals."""

import logging
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.access.require import Acting
from services.api.asking import START_AFTER_END, MomentOrDay, Now, require_order
from services.api.database import Db
from services.api.errors import BAD_CURSOR, INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.intake.corrections import (
    CORRECTION_COLUMNS,
    SQL,
    TIMES,
    Correction,
    CorrectionKind,
    correction,
    corrections_source,
)
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import Source, equal
from services.api.openapi import refusals
from services.api.paging import Page
from services.api.proposals.model import PROPOSED
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.closed_months import NOT_KEPT, asking_a_second_person
from services.api.registry.fields import Code, Entry, Moment, Note, Number
from services.core.calendar import SHANGHAI, from_us, slot_floor_us, to_us
from services.core.reason import InBoth
from services.ingest.validate import AHEAD_US

log = logging.getLogger("enermon.api")

ANOTHER_VALUE = ProblemKind("another_value_stands", 409, "Another value stands than the one expected")
READING_STORED = ProblemKind("reading_stored", 409, "A reading is stored for this time")
NOTHING_TO_CORRECT = ProblemKind("nothing_to_correct", 409, "There is nothing at this time that this would change")
NOTHING_SEALED = ProblemKind("nothing_sealed", 404, "Nothing has been sealed yet")
METER = nouns.METER.unknown

EXAMPLE: JsonDict = {
    "ts": "2026-03-02T10:00:00+08:00",
    "kind": "replace",
    "value": 81233.4,
    "expected_value": 81323.4,
    "reason": "digits swapped in the gateway's manual entry; photo of the register of 2026-03-02, file 2026-117",
}

Register = Annotated[Number, Field(ge=-1e18, le=1e18)]
_GIVES_VALUE = frozenset({"replace", "supply"})

router = APIRouter(prefix="/api/v1", tags=["corrections"])


class CorrectionEntry(Entry):
    """What is to count at a time instead of what is stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    ts: Moment = Field(description="Time of the reading")
    kind: CorrectionKind = Field(
        description="replace: another value counts; withdraw: the reading does not count; supply: a value where none is"
        " stored; revoke: what was corrected before at this time does not count any more"
    )
    value: Register | None = Field(None, description="With replace and supply: register units, before the multiplier")
    expected_value: Register | None = Field(
        None, description="What counts now, null for nothing; if given and not so, the correction is refused"
    )
    reason: Note = Field(description="Why, and how it is known: who reads it years later was not there")


class CorrectionQuery(ListQuery):
    """Which corrections of the meter, newest first."""

    kind: Many[CorrectionKind] | None = None
    order: Annotated[list[str], OrderedBy(*CORRECTION_COLUMNS)] = ORDER

    start: MomentOrDay | None = Field(None, description="Of readings from this moment on, RFC 3339 or a day")
    end: MomentOrDay | None = Field(None, description="Of readings before this moment")


class SealHead(BaseModel):
    """Where the chain of seals stands: note it where nobody can change it."""

    seal: int = Field(description="Number of the newest seal")
    head: str = Field(description="Its chain, SHA-256 in hexadecimal: `enermon verify --head`")
    sealed_at: datetime
    waiting: int = Field(description="Stored batches and corrections that are not sealed yet")


@router.post(
    "/meters/{code}/corrections",
    summary="Correct a reading",
    status_code=status.HTTP_201_CREATED,
    responses={**PROPOSED, **refusals(NOT_KEPT, METER, ANOTHER_VALUE, READING_STORED, NOTHING_TO_CORRECT)},
)
def correct_reading(database: Db, code: Code, entry: CorrectionEntry, acting: Acting, now: Now) -> Correction:
    """Let something else count than what is stored, which stays as it is. The energy around it is booked again."""
    with database.write() as connection, asking_a_second_person(database, connection) as past:
        faults = _faults(entry, now=now)
        if faults:
            raise refused_fields(INVALID_BODY, faults)
        meter_id = SQL.run(connection, "lock_meter", code=code).scalar()
        if meter_id is None:
            raise nouns.METER.refuse_unknown(code)
        standing = SQL.run(connection, "stands", meter_id=meter_id, ts=entry.ts).one()
        _require_sense(entry, standing)
        number = SQL.run(
            connection,
            "record",
            meter_id=meter_id,
            ts=entry.ts,
            slot=from_us(slot_floor_us(to_us(entry.ts))),
            kind=entry.kind,
            original_value=standing.stored,
            value=entry.value,
            author=acting.name,
            reason=entry.reason,
        ).scalar_one()
        past.touch_reading(code, entry.ts, is_new=entry.kind == "supply")
        (row,) = _listed(code).rows(connection, "entry.id = :number", {"number": number}, most=1)
    log.info(
        "reading corrected", extra={"meter": code, "correction": number, "kind": entry.kind, "author": acting.name}
    )
    return Correction.model_validate(correction(row))


def _faults(entry: CorrectionEntry, *, now: datetime) -> list[Fault]:
    faults: list[Fault] = []
    if entry.kind in _GIVES_VALUE and entry.value is None:
        faults.append(Fault("value", "missing"))
    if entry.kind not in _GIVES_VALUE and entry.value is not None:
        faults.append(
            Fault("value", "only_with", {"other": InBoth("kind replace or supply", "更正方式“替换”或“补充”")})
        )
    if entry.ts > now + timedelta(microseconds=AHEAD_US):
        faults.append(Fault("ts", "in_future"))
    return faults


def _require_sense(entry: CorrectionEntry, standing: Any) -> None:
    """Refuse a correction that was thought for another state than the one at hand."""
    at = entry.ts.astimezone(SHANGHAI).isoformat()
    stored, kind, value = standing.stored, standing.kind, standing.value
    counting = stored if kind is None else value
    if "expected_value" in entry.model_fields_set and entry.expected_value != counting:
        stands = "nothing counts" if counting is None else f"{counting!r} counts"
        raise Refused(ANOTHER_VALUE, f"{stands} at {at}, not {entry.expected_value!r}; look again before correcting")
    if entry.kind == "supply" and stored is not None:
        raise Refused(READING_STORED, f"{stored!r} is stored for {at}; use replace, or withdraw")
    if entry.kind == "replace" and stored is None:
        raise Refused(NOTHING_TO_CORRECT, f"no reading is stored for {at}; use supply")
    if entry.kind == "revoke" and kind is None:
        raise Refused(NOTHING_TO_CORRECT, f"no correction counts at {at}")
    if entry.kind == "withdraw" and stored is None:
        raise Refused(NOTHING_TO_CORRECT, f"no reading is stored for {at}; a supplied value is taken back by revoke")
    if (entry.kind, entry.value) == (kind, value):
        raise Refused(NOTHING_TO_CORRECT, f"the reading at {at} is already corrected so")


def _listed(code: str) -> Source:
    """The corrections of a meter; a cursor holds for that meter alone."""
    return corrections_source(f"corrections of {code}", filters={"kind": equal("kind"), **TIMES})


@router.get(
    "/meters/{code}/corrections",
    summary="List the corrections of a meter",
    responses=refusals(BAD_CURSOR, METER, START_AFTER_END),
)
def list_corrections(database: Db, code: Code, query: Annotated[CorrectionQuery, Query()]) -> Page[Correction]:
    """Every correction ever recorded, with the original, the newest first; nothing is removed from this list."""
    require_order(query.start, query.end)
    with database.read() as connection:
        meter_id = SQL.run(connection, "meter_id", code=code).scalar()
        if meter_id is None:
            raise nouns.METER.refuse_unknown(code)
        found = _listed(code).page(
            connection, query, conditions=("entry.meter_id = :meter_id",), parameters={"meter_id": meter_id}
        )
    data = [Correction.model_validate(correction(row)) for row in found.data]
    return Page[Correction](data=data, next=found.next, total=found.total)


@router.get("/seal", summary="Read the head of the seals", responses=refusals(NOTHING_SEALED))
def read_seal(database: Db) -> SealHead:
    """The newest seal. Whoever notes it elsewhere can show later whether anything sealed by then was changed."""
    with database.read() as connection:
        head = SQL.run(connection, "head").mappings().first()
    if head is None:
        raise Refused(NOTHING_SEALED, "the roll-up seals what is stored within a second or so; nothing is stored yet")
    return SealHead(**head)
