"""Energy carriers. Read only: they come from a sourced table."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.api.database import Db
from services.api.errors import BAD_CURSOR
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.listing import contains, equal
from services.api.names import NamedPage, WithNames
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import Code, SearchText
from services.api.registry.resource import Listing
from services.api.registry.statements import registry_statements
from services.core.data.carriers import Family


class Carrier(BaseModel):
    """An energy carrier 能源品种, or an energy-free quantity measured beside it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "electricity",
                    "name_zh": "电力",
                    "name_en": "Electricity",
                    "unit": "kWh",
                    "is_energy": True,
                    "family": "electricity",
                    "nbs_code": "33",
                }
            ]
        }
    )

    code: str
    name_zh: str
    name_en: str
    unit: str = Field(description="Unit in which its quantities are kept and answered")
    is_energy: bool
    family: Family = Field(description="With which others it is added up in shares; what is made from coal is coal")
    nbs_code: str | None = Field(description="Code in energy table 205-1 of the statistics bureau")


class NamedCarrier(Carrier, WithNames):
    """A carrier, as everything that is read: it has no codes of others."""


class CarrierQuery(ListQuery):
    """How the list of carriers may be narrowed."""

    family: Many[Family] | None = None
    q: SearchText | None = Field(None, description="Part of the code or of a name")
    order: Annotated[list[str], OrderedBy("code", "name_zh", "name_en", "family")] = ORDER


CARRIERS = Listing(
    noun=nouns.CARRIER,
    key="code",
    answer=Carrier,
    page=NamedPage[Carrier],
    sql=registry_statements("carrier.sql"),
    filters={"family": equal("family"), "q": contains("code", "name_zh", "name_en")},
    query=CarrierQuery,
)

router = APIRouter(prefix="/api/v1/carriers", tags=["carriers"])


@router.get("", summary="List carriers", responses=refusals(BAD_CURSOR))
def list_carriers(database: Db, query: Annotated[CarrierQuery, Query()]) -> NamedPage[Carrier]:
    """The carriers in the order of their codes."""
    return CARRIERS.page_of(database, query)


@router.get("/{code}", summary="Read a carrier", responses=refusals(nouns.CARRIER.unknown))
def read_carrier(database: Db, code: Code) -> NamedCarrier:
    """One carrier."""
    return CARRIERS.one(database, code, NamedCarrier)
