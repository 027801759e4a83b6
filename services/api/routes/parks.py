"""Industrial parks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, status
from psycopg import Connection
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.database import Db
from services.api.errors import ALREADY_EXISTS, BAD_CURSOR, IN_USE
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains, equal
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.openapi import refusals
from services.api.reasons import Fault
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Code, Entry, Name, SearchText
from services.api.registry.filters import AREA_OF_ENTRY
from services.api.registry.places import areas_named, lies_within
from services.api.registry.reported import keep_with_statistics
from services.api.registry.resource import Resource
from services.api.registry.statements import registry_statements
from services.judging.indicators.judged_by import ParkKind

EXAMPLE: JsonDict = {
    "code": "P-150622-01",
    "name_zh": "大路工业园区",
    "name_en": "Dalu Industrial Park",
    "kind": "low_carbon",
    "area_code": "150622",
}


class ParkEntry(Entry):
    """A park 园区 as it is registered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: Code
    name_zh: Name
    name_en: Name | None = None
    kind: ParkKind
    area_code: AreaCode = Field(description="The banner, or the league of a park that spans banners")


class Park(ParkEntry):
    """A park."""


class NamedPark(Park, WithNames):
    """A park, with the name of its area."""


class ParkPatch(Entry):
    """What of a park may change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "zero_carbon"}]})

    name_zh: Name | None = None
    name_en: Name | None = None
    kind: ParkKind | None = None
    area_code: AreaCode | None = None


class ParkQuery(ListQuery):
    """How the list of parks may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    kind: Many[ParkKind] | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")
    order: Annotated[list[str], OrderedBy("code", "name_zh", "name_en", "kind", "area_code")] = ORDER


_SQL = registry_statements("park.sql")


def _faults(connection: Connection, entries: Sequence[ParkEntry]) -> list[list[Fault]]:
    areas = areas_named(connection, {entry.area_code for entry in entries})

    def faults(entry: ParkEntry) -> list[Fault]:
        area = areas.get(entry.area_code)
        if area is None:
            return [nouns.AREA.fault("area_code", "unknown", entry.area_code)]
        if area.level == "region":
            return [Fault("area_code", "not_below_league", {"value": entry.area_code, "level": area.level})]
        return []

    return [faults(entry) for entry in entries]


def _faults_amended(connection: Connection, parks: Sequence[ParkEntry]) -> list[list[Fault]]:
    judged = zip(parks, _faults(connection, parks), strict=True)
    return [faults or _members_left_behind(connection, park) for park, faults in judged]


def _members_left_behind(connection: Connection, park: ParkEntry) -> list[Fault]:
    """A park may not move away from under the enterprises that belong to it."""
    members = areas_named(connection, set(_SQL.run(connection, "areas_of_members", code=park.code).scalars()))
    return [
        Fault("area_code", "members_elsewhere", {"banner": banner.code})
        for banner in members.values()
        if not lies_within(park_area=park.area_code, banner=banner)
    ][:1]


RESOURCE = Resource(
    noun=nouns.PARK,
    key="code",
    entry=ParkEntry,
    record=ParkEntry,
    example=EXAMPLE,
    answer=Park,
    page=NamedPage[Park],
    coded={NamedKind.AREA: ("area_code",)},
    sql=_SQL,
    filters={"area": AREA_OF_ENTRY, "kind": equal("kind"), "q": contains("code", "name_zh", "name_en")},
    query=ParkQuery,
    check=_faults,
    check_amended=_faults_amended,
    refuse_removal=keep_with_statistics(nouns.PARK),
)

router = APIRouter(prefix="/api/v1/parks", tags=["parks"])
UNKNOWN = nouns.PARK.unknown


@router.get("", summary="List parks", responses=refusals(BAD_CURSOR))
def list_parks(database: Db, query: Annotated[ParkQuery, Query()]) -> NamedPage[Park]:
    """The parks in the order of their codes."""
    return RESOURCE.page_of(database, query)


@router.post("", summary="Register a park", status_code=status.HTTP_201_CREATED, responses=refusals(ALREADY_EXISTS))
def create_park(database: Db, entry: ParkEntry) -> Park:
    """Register a park. Its code stays."""
    return RESOURCE.create(database, entry)


@router.get("/{code}", summary="Read a park", responses=refusals(UNKNOWN))
def read_park(database: Db, code: Code) -> NamedPark:
    """One park."""
    return RESOURCE.one(database, code, NamedPark)


@router.patch("/{code}", summary="Change a park", responses=refusals(UNKNOWN))
def amend_park(database: Db, code: Code, patch: ParkPatch) -> Park:
    """Change the fields given. Its area may not leave the enterprises that belong to it."""
    return RESOURCE.amend(database, code, patch)


@router.delete(
    "/{code}", summary="Remove a park", status_code=status.HTTP_204_NO_CONTENT, responses=refusals(UNKNOWN, IN_USE)
)
def remove_park(database: Db, code: Code) -> None:
    """Remove a park to which no enterprise belongs or belonged."""
    RESOURCE.remove(database, code)
