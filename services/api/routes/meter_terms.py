"""What a meter means from a moment on: terms, given, listed, corrected and withdrawn."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.api.asking import MomentOrDay, Now
from services.api.database import Database, Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, INVALID_BODY, ProblemKind, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.listing import Column, Source
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.proposals.model import PROPOSED
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.closed_months import NOT_KEPT
from services.api.registry.fields import Code, Entry, MeterKind, Note
from services.api.registry.meter_entry import (
    HoldsS,
    IntervalS,
    Multiplier,
    OnChange,
    RatedPerHour,
    RegisterSize,
    Stamped,
    UnitOfMeasure,
    hold_on_change,
)
from services.api.registry.term_change import SQL, Changed, as_if_changed, changed_terms, terms_of
from services.api.registry.terms import TERM_FIELDS, MeterTermSaid, with_term, without_term
from services.api.term_preview import ChangeQuery, TermsPreview, Watch
from services.core.calendar import SHANGHAI

EXAMPLE: JsonDict = {
    "valid_from": "2026-10-05T11:00:00+08:00",
    "multiplier": 800,
    "reason": "电流互感器由 600/5 更换为 800/5，工单 2026-117",
}

FIRST_TERM = ProblemKind("first_term", 409, "A meter keeps its first term")
_NAMED = {NamedKind.UNIT: ("unit_code",), NamedKind.GATEWAY: ("gateway_code",)}
_MAY_BE_EMPTY = frozenset({"register_size", "rated_per_hour", "holds_s"})
METER, TERM = nouns.METER.unknown, nouns.TERM.unknown


class _Said(Entry):
    """The fields of a meter that have dates; what is left out is as in the term before."""

    unit_code: Code | None = Field(None, description="From the start of a day on")
    gateway_code: Code | None = Field(None, description="A gateway of the enterprise the unit belongs to")
    kind: MeterKind | None = Field(None, description="From the start of a day on: nothing is counted across the change")
    unit_of_measure: UnitOfMeasure | None = None
    multiplier: Multiplier | None = None
    register_size: RegisterSize | None = None
    rated_per_hour: RatedPerHour | None = None
    interval_s: IntervalS | None = None
    stamp: Stamped | None = None
    holds_s: HoldsS | None = None
    on_change: OnChange | None = Field(None, exclude=True)

    _holds = model_validator(mode="after")(hold_on_change)

    def said(self) -> dict[str, Any]:
        """The fields given, with their values."""
        return self.model_dump(include=self.model_fields_set & set(TERM_FIELDS))


class MeterTermEntry(_Said):
    """What a meter means from a moment on."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    valid_from: MomentOrDay = Field(description="From when on, with offset, or a day; not in the future")
    reason: Note = Field(description="What was changed at the meter, and how it is known")


class MeterTermPatch(_Said):
    """What of a term is corrected; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"multiplier": 750, "reason": "铭牌照片更正"}]})

    valid_from: MomentOrDay | None = None
    reason: Note = Field(description="Why it is corrected, and how it is known")


class MeterTermAnswer(BaseModel):
    """A term, with all that holds by it."""

    id: int
    valid_from: datetime | None = Field(description="null: from ever, the first term of a meter")
    valid_to: datetime | None = Field(description="Where the next term begins; null: it holds now, or was withdrawn")
    fields: list[str] = Field(description="What this term itself says; the rest is carried on from the term before")
    unit_code: str
    gateway_code: str
    kind: MeterKind
    unit_of_measure: str
    multiplier: float
    register_size: float | None
    rated_per_hour: float | None
    interval_s: int
    stamp: Literal["start", "end"]
    holds_s: int | None
    reason: str | None
    author: str | None = Field(description="The account that has written it; null: nobody said")
    recorded_at: datetime
    withdrawn_at: datetime | None = Field(description="When it was withdrawn, or corrected by another; null: it counts")
    withdrawn_by: str | None = Field(description="The account that has withdrawn or corrected it")


class MeterTermQuery(ListQuery):
    """Which terms of the meter, the oldest first."""

    withdrawn: bool = Field(False, description="Also those that were corrected or withdrawn")
    order: Annotated[list[str], OrderedBy("id", "recorded_at")] = ORDER


router = APIRouter(prefix="/api/v1/meters/{code}/terms", tags=["meters"])
TermId = Annotated[int, Path(description="Its `id`", ge=1, le=2**62)]
Asked = Annotated[ChangeQuery, Query()]


@router.get("", summary="List the terms of a meter", responses=refusals(BAD_CURSOR, METER))
def list_terms(database: Db, code: Code, query: Annotated[MeterTermQuery, Query()]) -> NamedPage[MeterTermAnswer]:
    """What the meter meant from when on: the terms that count, the oldest first."""
    with database.read() as connection:
        meter = terms_of(connection, code)
        conditions = ["entry.meter_id = :of_meter", *([] if query.withdrawn else ["entry.withdrawn_at IS NULL"])]
        found = _listed(code).page(connection, query, conditions=conditions, parameters={"of_meter": meter.meter_id})
        names = names_beside(connection, found.data, _NAMED)
    database.revision.show(meter.state)
    data = [_answer(row) for row in found.data]
    return NamedPage[MeterTermAnswer](data=data, next=found.next, total=found.total, names=names)


def _listed(code: str) -> Source:
    """The terms of a meter; a cursor holds for that meter alone."""
    return Source(
        name=f"terms of {code}",
        select=SQL["list"],
        usual=("starts", "id"),
        columns={"starts": Column(datetime), "id": Column(int), "recorded_at": Column(datetime)},
    )


def _answer(row: Mapping[str, Any]) -> MeterTermAnswer:
    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(SHANGHAI)

    times = {"valid_from": local(row["valid_from"]), "valid_to": local(row["valid_to"])}
    return MeterTermAnswer.model_validate({**row, **times})


@router.post(
    "",
    summary="Say what a meter means from a moment on",
    status_code=status.HTTP_201_CREATED,
    responses={
        201: {"model": MeterTermAnswer},
        200: {"model": TermsPreview, "description": "What would change, with `dry_run`"},
        **PROPOSED,
        **refusals(NOT_KEPT, METER, ALREADY_EXISTS),
    },
    response_model=None,
)
def add_term(
    database: Db, code: Code, entry: MeterTermEntry, query: Asked, response: Response, now: Now
) -> MeterTermAnswer | TermsPreview:
    """Energy since then is booked again; what was before stays. With `dry_run`: what would change, and nothing is."""
    said = entry.said()
    if not said:
        raise refused_fields(INVALID_BODY, [Fault("body", "no_field_given", {"fields": ", ".join(TERM_FIELDS)})])
    _require_values(said)

    def changed(terms: Sequence[MeterTermSaid]) -> list[MeterTermSaid]:
        _require_free(terms, entry.valid_from)
        return with_term(terms, MeterTermSaid(None, entry.valid_from, said, entry.reason))

    return _change(database, code, changed, query, response, now=now)


@router.patch(
    "/{term_id}",
    summary="Correct a term",
    responses={**PROPOSED, **refusals(NOT_KEPT, METER, TERM, ALREADY_EXISTS, FIRST_TERM)},
)
def correct_term(
    database: Db, code: Code, term_id: TermId, patch: MeterTermPatch, query: Asked, response: Response, now: Now
) -> MeterTermAnswer | TermsPreview:
    """Another term stands in place of this one, which stays in the list of all as withdrawn."""
    _require_values(patch.said())

    def changed(terms: Sequence[MeterTermSaid]) -> list[MeterTermSaid]:
        old = _one_of(terms, term_id)
        others = without_term(terms, term_id)
        moment = old.valid_from
        if patch.valid_from is not None:
            if moment is None:
                raise Refused(FIRST_TERM, "the first term holds from ever; add another for what holds from a time on")
            moment = patch.valid_from
            _require_free(others, moment)
        said = dict(old.said) | patch.said()
        return with_term(others, MeterTermSaid(None, moment, said, patch.reason))

    return _change(database, code, changed, query, response, now=now)


@router.delete(
    "/{term_id}",
    summary="Withdraw a term",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={
        200: {"model": TermsPreview, "description": "What would change, with `dry_run`"},
        **PROPOSED,
        **refusals(NOT_KEPT, METER, TERM, FIRST_TERM),
    },
    response_model=None,
)
def withdraw_term(
    database: Db, code: Code, term_id: TermId, query: Asked, response: Response, now: Now
) -> TermsPreview | None:
    """The term before it holds on instead. It stays in the list of all as withdrawn."""

    def changed(terms: Sequence[MeterTermSaid]) -> list[MeterTermSaid]:
        if _one_of(terms, term_id).valid_from is None:
            raise Refused(FIRST_TERM, "a meter has a term from ever: correct it, or the meter, instead")
        return without_term(terms, term_id)

    if query.dry_run:
        response.status_code = status.HTTP_200_OK
        return _preview(database, code, changed, now=now)
    with changed_terms(database, code, changed, now=now):
        return None


def _change(
    database: Database, code: str, changed: Changed, query: ChangeQuery, response: Response, *, now: datetime
) -> MeterTermAnswer | TermsPreview:
    if query.dry_run:
        response.status_code = status.HTTP_200_OK
        return _preview(database, code, changed, now=now)
    with changed_terms(database, code, changed, now=now) as done:
        (row,) = _listed(code).rows(done.connection, "entry.id = :id", {"id": done.added}, most=1)
        return _answer(row)


def _preview(database: Database, code: str, changed: Changed, *, now: datetime) -> TermsPreview:
    watch = Watch()
    with as_if_changed(database, code, changed, now=now, prepare=watch.before) as done:
        return watch.preview(done)


def _require_values(said: Mapping[str, Any]) -> None:
    """Refuse null for what every meter has."""
    faults = [Fault(name, "missing") for name, value in said.items() if value is None and name not in _MAY_BE_EMPTY]
    if faults:
        raise refused_fields(INVALID_BODY, faults)


def _require_free(terms: Sequence[MeterTermSaid], moment: datetime) -> None:
    """Refuse a second term of the same moment."""
    taken = next((term for term in terms if term.valid_from == moment), None)
    if taken is not None:
        fault = nouns.TERM.fault("valid_from", "already_exists", moment.isoformat())
        raise Refused(ALREADY_EXISTS, f"{fault.reason}; correct it: PATCH .../terms/{taken.term_id}", faults=[fault])


def _one_of(terms: Sequence[MeterTermSaid], term_id: int) -> MeterTermSaid:
    for term in terms:
        if term.term_id == term_id:
            return term
    raise nouns.TERM.refuse_unknown(str(term_id))
