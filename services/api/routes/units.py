"""Units 用能单元: plants, processes, lines and data centres of enterprises."""

from typing import Annotated

from fastapi import APIRouter, Query, status
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE
from services.api.openapi import refusals
from services.api.paging import Page, PageQuery
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, CreditCode, Day, Entry, Name, SearchText, Trade, UnitStatus
from services.api.registry.filters import AREA, ENTERPRISE, PARK, TRADE, contains, equal
from services.api.registry.owners import owner_faults
from services.api.registry.resource import Resource
from services.api.registry.statements import Statements

EXAMPLE: JsonDict = {
    "code": "150622-0007-U1",
    "credit_code": "91150622MA0N0000XF",
    "name_zh": "一号焦炉",
    "name_en": "Coke oven 1",
    "process": "top_charged_coke_oven",
    "status": "existing",
    "commissioned_on": "2019-06-01",
}


class UnitEntry(Entry):
    """A unit as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Code
    credit_code: CreditCode
    name_zh: Name
    name_en: Name | None = None
    process: Code | None = Field(None, description="What it does; names its benchmark")
    status: UnitStatus = "existing"
    commissioned_on: Day | None = None


class Unit(UnitEntry):
    """A unit."""


class UnitPatch(Entry):
    """What of a unit may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "building"}]})

    name_zh: Name | None = None
    name_en: Name | None = None
    process: Code | None = None
    status: UnitStatus | None = None
    commissioned_on: Day | None = None


class UnitQuery(PageQuery):
    """How the list of units may be narrowed."""

    area: AreaCode | None = Field(None, description="Area of any level; what lies below it is included")
    park: Code | None = None
    trade: Trade | None = None
    enterprise: CreditCode | None = None
    process: Code | None = None
    status: UnitStatus | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")


RESOURCE = Resource(
    noun=nouns.UNIT,
    key="code",
    entry=UnitEntry,
    record=UnitEntry,
    example=EXAMPLE,
    answer=Unit,
    page=Page[Unit],
    sql=Statements("unit.sql"),
    filters={
        "area": AREA,
        "park": PARK,
        "trade": TRADE,
        "enterprise": ENTERPRISE,
        "process": equal("process"),
        "status": equal("status"),
        "q": contains("code", "name_zh", "name_en"),
    },
    check=owner_faults,
)

router = APIRouter(prefix="/api/v1/units", tags=["units"])
UNKNOWN = nouns.UNIT.unknown


@router.get("", summary="List units", responses=refusals(BAD_CURSOR))
def list_units(database: Db, query: Annotated[UnitQuery, Query()]) -> Page[Unit]:
    """The units in the order of their codes; filters by place go by their enterprise's membership of today."""
    return RESOURCE.page_of(database, query)


@router.post("", summary="Register a unit", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS))
def create_unit(database: Db, entry: UnitEntry) -> Unit:
    """Register a unit. Its code and its enterprise stay."""
    return RESOURCE.create(database, entry)


@router.get("/{code}", summary="Read a unit", responses=refusals(UNKNOWN))
def read_unit(database: Db, code: Code) -> Unit:
    """One unit."""
    return RESOURCE.one(database, code)


@router.patch("/{code}", summary="Change a unit", responses=refusals(UNKNOWN))
def amend_unit(database: Db, code: Code, patch: UnitPatch) -> Unit:
    """Change the fields given."""
    return RESOURCE.amend(database, code, patch)


@router.delete(
    "/{code}", summary="Remove a unit", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(UNKNOWN, IN_USE)
)
def remove_unit(database: Db, code: Code) -> None:
    """Remove a unit without meters."""
    RESOURCE.remove(database, code)
