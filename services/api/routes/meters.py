"""Meters 计量点."""

from typing import Annotated

from fastapi import APIRouter, Query, status
from psycopg import Connection
from pydantic import Field

from services.api.asking import Now
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE, Refused
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains, equal
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.openapi import refusals
from services.api.proposals.model import PROPOSED
from services.api.registry import meter_amending, nouns
from services.api.registry.closed_months import NOT_KEPT
from services.api.registry.fields import (
    AreaCode,
    Code,
    CreditCode,
    MeterFlow,
    MeterKind,
    SearchText,
    Trade,
)
from services.api.registry.filters import AREA, CARRIER, ENTERPRISE, GATEWAY, PARK, TRADE, UNIT
from services.api.registry.meter_amending import MeterResource, amended_meter_faults
from services.api.registry.meter_entry import EXAMPLE, MeterEntry, MeterPatch, NewMeter
from services.api.registry.metering import meter_faults
from services.api.registry.statements import registry_statements
from services.api.registry.terms import TERM_FIELDS
from services.api.term_preview import ChangeQuery, TermsPreview, preview_of_patch


class Meter(MeterEntry):
    """A meter."""


class NamedMeter(Meter, WithNames):
    """A meter, with the names of its unit and its gateway."""


class MeterQuery(ListQuery):
    """How the list of meters may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    park: Many[Code] | None = None
    trade: Many[Trade] | None = None
    enterprise: Many[CreditCode] | None = None
    unit: Many[Code] | None = None
    gateway: Many[Code] | None = None
    kind: Many[MeterKind] | None = None
    carrier: Many[Code] | None = None
    flow: Many[MeterFlow] | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")
    order: Annotated[
        list[str],
        OrderedBy(
            "code", "unit_code", "gateway_code", "name_zh", "name_en", "kind", "carrier", "flow", "calibrated_until"
        ),
    ] = ORDER


_SQL = registry_statements("meter.sql")


def _keep_with_readings(connection: Connection, code: str) -> None:
    if _SQL.run(connection, "has_readings", code=code).scalar_one():
        raise Refused(IN_USE, f"meter {code} has readings; set its valid_to instead")


RESOURCE = MeterResource(
    noun=nouns.METER,
    key="code",
    entry=NewMeter,
    record=MeterEntry,
    example=EXAMPLE,
    answer=Meter,
    page=NamedPage[Meter],
    coded={NamedKind.UNIT: ("unit_code",), NamedKind.GATEWAY: ("gateway_code",)},
    sql=_SQL,
    filters={
        "area": AREA,
        "park": PARK,
        "trade": TRADE,
        "enterprise": ENTERPRISE,
        "unit": UNIT,
        "gateway": GATEWAY,
        "kind": equal("kind"),
        "carrier": CARRIER,
        "flow": equal("flow"),
        "q": contains("code", "name_zh", "name_en"),
    },
    query=MeterQuery,
    check=meter_faults,
    check_amended=amended_meter_faults,
    refuse_removal=_keep_with_readings,
    dated=frozenset(TERM_FIELDS),
    may_touch_past=True,
    reinterprets=frozenset({"carrier", "flow", "negative_flow", "valid_from", "valid_to"}),
)

router = APIRouter(prefix="/api/v1/meters", tags=["meters"])
UNKNOWN = nouns.METER.unknown


@router.get("", summary="List meters", responses=refusals(BAD_CURSOR))
def list_meters(database: Db, query: Annotated[MeterQuery, Query()]) -> NamedPage[Meter]:
    """The meters in the order of their codes; filters by place go by their enterprise's membership of today."""
    return RESOURCE.page_of(database, query)


@router.post("", summary="Register a meter", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS))
def create_meter(database: Db, entry: NewMeter) -> Meter:
    """Register a meter. Its code stays."""
    return RESOURCE.create(database, entry)


@router.get("/{code}", summary="Read a meter", responses=refusals(UNKNOWN))
def read_meter(database: Db, code: Code) -> NamedMeter:
    """One meter."""
    return RESOURCE.one(database, code, NamedMeter)


@router.patch(
    "/{code}", summary="Change a meter", responses={**PROPOSED, **refusals(NOT_KEPT, UNKNOWN, ALREADY_EXISTS)}
)
def amend_meter(
    database: Db, code: Code, patch: MeterPatch, query: Annotated[ChangeQuery, Query()], now: Now
) -> Meter | TermsPreview:
    """Change the fields given. If its readings mean something else by that, their energy is booked again.

    A field that has dates needs `valid_from`, from when it is otherwise, which makes a term; or `correct_from_start`
    and a reason, if it was never otherwise. With `dry_run`: which sums would change, and nothing is.
    """
    if query.dry_run:
        return preview_of_patch(database, RESOURCE, code, patch, now=now)
    return RESOURCE.shape(meter_amending.amend_meter(database, RESOURCE, code, patch, now=now))


@router.delete(
    "/{code}", summary="Remove a meter", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(UNKNOWN, IN_USE)
)
def remove_meter(database: Db, code: Code) -> None:
    """Remove a meter without readings. One with readings stays: set its `valid_to`."""
    RESOURCE.remove(database, code)
