"""Supervision bodies 监察机构, and where they and enterprises are told."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, status
from psycopg import Connection
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.alerts import nouns, subscriptions
from services.api.alerts.subscribing import router as subscribing
from services.api.alerts.subscription import Owner
from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE, Refused
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns as registry
from services.api.registry.fields import AreaCode, Code, CreditCode, Entry, Name, SearchText
from services.api.registry.filters import AREA_OF_ENTRY
from services.api.registry.places import areas_named
from services.api.registry.resource import Resource

EXAMPLE: JsonDict = {
    "code": "SB-150622",
    "name_zh": "准格尔旗节能监察大队",
    "name_en": "Jungar Banner energy supervision team",
    "area_code": "150622",
}


class BodyEntry(Entry):
    """A supervision body as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Code
    name_zh: Name
    name_en: Name | None = None
    area_code: AreaCode = Field(description="The area it supervises: banner, league or region")


class SupervisionBody(BodyEntry):
    """A supervision body."""

    area_name_zh: str
    area_name_en: str
    area_level: str
    subscriptions: int = Field(description="How many it has")


class NamedSupervisionBody(SupervisionBody, WithNames):
    """A supervision body, with the name of its area."""


class BodyPatch(Entry):
    """What of a supervision body may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name_zh": "准格尔旗节能监察中心"}]})

    name_zh: Name | None = None
    name_en: Name | None = None
    area_code: AreaCode | None = None


class BodyQuery(ListQuery):
    """How the list of supervision bodies may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    q: SearchText | None = Field(None, description="Part of the code or of a name")
    order: Annotated[list[str], OrderedBy("code", "name_zh", "area_code")] = ORDER


def _area_faults(connection: Connection, entry: BodyEntry) -> list[Fault]:
    known = areas_named(connection, {entry.area_code})
    return [] if entry.area_code in known else [registry.AREA.fault("area_code", "unknown", entry.area_code)]


def _faults(connection: Connection, entries: Sequence[BodyEntry]) -> list[list[Fault]]:
    return [_area_faults(connection, entry) for entry in entries]


def _refuse_removal(connection: Connection, code: str) -> None:
    # Held, so that nobody subscribes between the count and the removal, which would take the subscription along.
    subscriptions.SQL.run(connection, "hold_body", code=code)
    count = subscriptions.SQL.run(connection, "count_subscriptions", body_code=code).scalar_one()
    if count:
        raise Refused(IN_USE, f"supervision body {code} still has {count} subscriptions; remove these first")


RESOURCE = Resource(
    noun=nouns.BODY,
    key="code",
    entry=BodyEntry,
    record=BodyEntry,
    example=EXAMPLE,
    answer=SupervisionBody,
    page=NamedPage[SupervisionBody],
    coded={NamedKind.AREA: ("area_code",)},
    sql=subscriptions.SQL,
    filters={"area": AREA_OF_ENTRY, "q": contains("code", "name_zh", "name_en")},
    query=BodyQuery,
    check=_faults,
    check_amended=_faults,
    refuse_removal=_refuse_removal,
)


async def _body(request: Request, code: Code) -> None:
    request.state.owner = Owner("body", code)


async def _enterprise(request: Request, credit_code: CreditCode) -> None:
    request.state.owner = Owner("enterprise", credit_code)


bodies = APIRouter(prefix="/api/v1/supervision-bodies")
UNKNOWN = nouns.BODY.unknown


@bodies.get("", summary="List supervision bodies", responses=refusals(BAD_CURSOR))
def list_bodies(database: Db, query: Annotated[BodyQuery, Query()]) -> NamedPage[SupervisionBody]:
    """The supervision bodies in the order of their codes."""
    return RESOURCE.page_of(database, query)


@bodies.post(
    "", summary="Register a supervision body", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS)
)
def create_body(database: Db, entry: BodyEntry) -> SupervisionBody:
    """Register a supervision body. Its code stays."""
    return RESOURCE.create(database, entry)


@bodies.get("/{code}", summary="Read a supervision body", responses=refusals(UNKNOWN))
def read_body(database: Db, code: Code) -> NamedSupervisionBody:
    """One supervision body."""
    return RESOURCE.one(database, code, NamedSupervisionBody)


@bodies.patch("/{code}", summary="Change a supervision body", responses=refusals(UNKNOWN))
def amend_body(database: Db, code: Code, patch: BodyPatch) -> SupervisionBody:
    """Change the fields given."""
    return RESOURCE.amend(database, code, patch)


@bodies.delete(
    "/{code}",
    summary="Remove a supervision body",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=refusals(UNKNOWN, IN_USE),
)
def remove_body(database: Db, code: Code) -> None:
    """Remove a supervision body without subscriptions."""
    RESOURCE.remove(database, code)


router = APIRouter(tags=["alerts"])
router.include_router(bodies)
for prefix, owner in ((f"{bodies.prefix}/{{code}}", _body), ("/api/v1/enterprises/{credit_code}", _enterprise)):
    router.include_router(subscribing, prefix=f"{prefix}/subscriptions", dependencies=[Depends(owner)])
