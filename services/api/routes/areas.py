"""Areas: the region, its leagues and their banners. Read only: they come from the sourced table of divisions."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains, equal
from services.api.names import NamedKind, NamedPage, WithNames
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, SearchText
from services.api.registry.filters import PARENT
from services.api.registry.resource import Listing
from services.api.registry.statements import registry_statements
from services.core.data.divisions import Level


class Area(BaseModel):
    """A region 自治区, league 盟市 or banner 旗县区."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "150622",
                    "name_zh": "准格尔旗",
                    "name_en": "Jungar Banner",
                    "level": "banner",
                    "parent_code": "150600",
                }
            ]
        }
    )

    code: str = Field(description="GB/T 2260")
    name_zh: str
    name_en: str
    level: Level
    parent_code: str | None


class NamedArea(Area, WithNames):
    """An area, with the name of the one above it."""


class AreaQuery(ListQuery):
    """How the list of areas may be narrowed."""

    level: Many[Level] | None = None
    parent: Many[AreaCode] | None = Field(None, description="Code of the area directly above")
    q: SearchText | None = Field(None, description="Part of the code or of a name")
    order: Annotated[list[str], OrderedBy("code", "name_zh", "name_en", "level")] = ORDER


AREAS = Listing(
    noun=nouns.AREA,
    key="code",
    answer=Area,
    page=NamedPage[Area],
    coded={NamedKind.AREA: ("parent_code",)},
    sql=registry_statements("area.sql"),
    filters={
        "level": equal("level"),
        "parent": PARENT,
        "q": contains("code", "name_zh", "name_en"),
    },
    query=AreaQuery,
)

router = APIRouter(prefix="/api/v1/areas", tags=["areas"])


@router.get("", summary="List areas", responses=refusals(BAD_CURSOR))
def list_areas(database: Db, query: Annotated[AreaQuery, Query()]) -> NamedPage[Area]:
    """The areas in the order of their codes."""
    return AREAS.page_of(database, query)


@router.get("/{code}", summary="Read an area", responses=refusals(nouns.AREA.unknown))
def read_area(database: Db, code: AreaCode) -> NamedArea:
    """One area."""
    return AREAS.one(database, code, NamedArea)
