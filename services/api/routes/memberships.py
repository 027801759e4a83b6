"""Memberships: the banner and park an enterprise belongs to, each from a day on until the next."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, status
from psycopg import Connection
from psycopg.rows import DictRow
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.computed_listing import short_list
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, INVALID_BODY, LAST_MEMBERSHIP, Refused, refused_fields
from services.api.list_query import ORDER, ListQuery, OrderedBy
from services.api.names import NamedKind, NamedPage, names_beside
from services.api.openapi import refusals
from services.api.proposals.model import PROPOSED
from services.api.registry import nouns
from services.api.registry.change import registry_change
from services.api.registry.closed_months import NOT_KEPT
from services.api.registry.fields import AreaCode, Code, CreditCode, Day, Entry
from services.api.registry.places import membership_faults
from services.api.registry.resource import amended
from services.api.registry.statements import registry_statements

EXAMPLE: JsonDict = {"area_code": "150622", "park_code": "P-150622-01", "valid_from": "2026-07-01"}

_SQL = registry_statements("membership.sql")
NAMED = {NamedKind.AREA: ("area_code",), NamedKind.PARK: ("park_code",)}


class MembershipEntry(Entry):
    """Where an enterprise belongs from a day on."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    area_code: AreaCode = Field(description="The banner")
    park_code: Code | None = Field(None, description="The park, which lies in the banner or belongs to its league")
    valid_from: Day = Field(description="First day, in Asia/Shanghai")


class Membership(MembershipEntry):
    """A membership. It ends where the next one of the enterprise begins."""


class RecordedMembership(Membership):
    """A membership, and who says so."""

    recorded_by: str | None = Field(description="Account that said it last; null: it was before there were accounts")


class MembershipQuery(ListQuery):
    """How the memberships of an enterprise are listed."""

    order: Annotated[list[str], OrderedBy("valid_from", "area_code", "park_code")] = ORDER


class MembershipPatch(Entry):
    """What of a membership may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"park_code": None}]})

    area_code: AreaCode | None = None
    park_code: Code | None = None


def memberships_of(connection: Connection, credit_code: str) -> list[Membership]:
    """The memberships of an enterprise, the oldest first; empty if there is no such enterprise."""
    return [Membership.model_construct(**row) for row in _rows(connection, credit_code)]


def _rows(connection: Connection, credit_code: str) -> Sequence[DictRow]:
    return _SQL.run(connection, "of_enterprise", credit_code=credit_code).mappings().all()


def _require_known(connection: Connection, credit_code: str) -> None:
    if _SQL.run(connection, "enterprise", credit_code=credit_code).first() is None:
        raise nouns.ENTERPRISE.refuse_unknown(credit_code)


def _of_known(connection: Connection, credit_code: str) -> list[Membership]:
    _require_known(connection, credit_code)
    return memberships_of(connection, credit_code)


def _one_of(memberships: list[Membership], day: Day) -> Membership:
    for membership in memberships:
        if membership.valid_from == day:
            return membership
    raise nouns.MEMBERSHIP.refuse_unknown(day.isoformat())


def _state_of(memberships: Sequence[Membership]) -> dict[str, Any]:
    """What an editor has read: all memberships of the enterprise, for where one ends, the next one says."""
    said = Membership.model_fields
    return {"memberships": [[getattr(each, name) for name in said] for each in memberships]}


def _require_fitting(connection: Connection, membership: Membership) -> None:
    faults = membership_faults(connection, [membership])[0]
    if faults:
        raise refused_fields(INVALID_BODY, faults)


router = APIRouter(prefix="/api/v1/enterprises/{credit_code}/memberships", tags=["enterprises"])
FirstDay = Annotated[Day, Path(description="First day of the membership")]
ENTERPRISE, MEMBERSHIP = nouns.ENTERPRISE.unknown, nouns.MEMBERSHIP.unknown


@router.get("", summary="List the memberships of an enterprise", responses=refusals(BAD_CURSOR, ENTERPRISE))
def list_memberships(
    database: Db, credit_code: CreditCode, query: Annotated[MembershipQuery, Query()]
) -> NamedPage[RecordedMembership]:
    """All memberships, the oldest first."""
    with database.read() as connection:
        _require_known(connection, credit_code)
        rows = [RecordedMembership.model_construct(**row) for row in _rows(connection, credit_code)]
        listed = short_list(
            RecordedMembership, MembershipQuery, name=f"memberships of {credit_code}", usual=("valid_from",)
        )
        found = listed.page(rows, query)
        names = names_beside(connection, found.data, NAMED)
    database.revision.show(_state_of(rows))
    return NamedPage[RecordedMembership](data=found.data, next=found.next, total=found.total, names=names)


@router.post(
    "",
    summary="Add a membership",
    status_code=status.HTTP_201_CREATED,
    responses={**PROPOSED, **refusals(NOT_KEPT, ENTERPRISE, ALREADY_EXISTS)},
)
def add_membership(database: Db, credit_code: CreditCode, entry: MembershipEntry) -> Membership:
    """Say where the enterprise belongs from a day on. Energy since that day is booked again, at its new place."""
    with registry_change(database) as change:
        known = _of_known(change.connection, credit_code)
        database.revision.require(_state_of(known))
        days = {membership.valid_from for membership in known}
        if entry.valid_from in days:
            fault = nouns.MEMBERSHIP.fault("valid_from", "already_exists", entry.valid_from.isoformat())
            raise Refused(ALREADY_EXISTS, fault.reason, faults=[fault])
        membership = Membership.model_construct(**dict(entry))
        _require_fitting(change.connection, membership)
        _SQL.run(change.connection, "insert", credit_code=credit_code, **dict(entry))
        change.reinterpret_enterprise(credit_code, since=entry.valid_from)
        database.revision.show(_state_of(memberships_of(change.connection, credit_code)))
    return membership


@router.patch(
    "/{valid_from}",
    summary="Correct a membership",
    responses={**PROPOSED, **refusals(NOT_KEPT, ENTERPRISE, MEMBERSHIP)},
)
def amend_membership(database: Db, credit_code: CreditCode, valid_from: FirstDay, patch: MembershipPatch) -> Membership:
    """Correct the banner or park of a membership. Energy since its first day is booked again."""
    with registry_change(database) as change:
        known = _of_known(change.connection, credit_code)
        database.revision.require(_state_of(known))
        old = _one_of(known, valid_from)
        membership = amended(Membership, dict(old), patch.model_dump(include=patch.model_fields_set))
        _require_fitting(change.connection, membership)
        _SQL.run(change.connection, "update", credit_code=credit_code, **dict(membership))
        if membership != old:
            change.reinterpret_enterprise(credit_code, since=valid_from)
        database.revision.show(_state_of(memberships_of(change.connection, credit_code)))
    return membership


@router.delete(
    "/{valid_from}",
    summary="Remove a membership",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={**PROPOSED, **refusals(NOT_KEPT, ENTERPRISE, MEMBERSHIP, LAST_MEMBERSHIP)},
)
def remove_membership(database: Db, credit_code: CreditCode, valid_from: FirstDay) -> None:
    """Remove a membership: the one before it holds on instead. The last one cannot be removed."""
    with registry_change(database) as change:
        memberships = _of_known(change.connection, credit_code)
        database.revision.require(_state_of(memberships))
        _one_of(memberships, valid_from)
        if len(memberships) == 1:
            raise Refused(LAST_MEMBERSHIP, "add another membership first, or correct this one")
        _SQL.run(change.connection, "delete", credit_code=credit_code, valid_from=valid_from)
        change.reinterpret_enterprise(credit_code, since=valid_from)
