"""Finding things by name, code, pinyin or initials."""

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.api.access.require import Acting
from services.api.asking import Now
from services.api.database import Db
from services.api.list_query import Many
from services.api.names import NamedKind, NamesOut, names_of_codes
from services.api.openapi import refusals
from services.api.search.index import Findable, SearchIndexes, alerts_of, find, rules_of, targets_of
from services.api.tables import TablesDep
from services.core.calendar import SHANGHAI

MOST_CHARACTERS, MOST_TERMS, MOST_FOUND = 64, 5, 50

FoundKind = Literal["area", "park", "enterprise", "unit", "alert", "rule", "target", "gateway", "meter"]


class SearchFind(BaseModel):
    """What was found, and what it belongs to."""

    kind: FoundKind
    code: str = Field(description="As the resource of its kind takes it; of an alert its number")
    name_zh: str | None
    name_en: str | None
    area: str | None = Field(description="Its banner; of an area the one above it; of a target the area it is set for")
    enterprise: str | None
    unit: str | None


class SearchAnswer(BaseModel):
    """What was found, the best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "data": [
                        {
                            "kind": "area",
                            "code": "150600",
                            "name_zh": "鄂尔多斯市",
                            "name_en": "Ordos",
                            "area": "150000",
                            "enterprise": None,
                            "unit": None,
                        }
                    ],
                    "counts": {"area": 1},
                    "names": {"area": {"150000": {"zh": "内蒙古自治区", "en": "Inner Mongolia Autonomous Region"}}},
                }
            ]
        }
    )

    data: list[SearchFind]
    counts: dict[FoundKind, int] = Field(description="How many were found of each kind, those not listed too")
    names: NamesOut


class SearchQuery(BaseModel):
    """What is looked for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="Words, of which each must fit: part of a name or code, or for a Chinese name pinyin or initials"
        " (`eeds`). A word may fit what the thing belongs to, if another fits itself: `eeds 焦化`",
    )
    kind: Many[FoundKind] | None = Field(None, description="Kinds of things to be looked for; all where none is given")
    limit: int = Field(20, ge=1, le=MOST_FOUND)


async def _indexes(request: Request) -> SearchIndexes:
    indexes: SearchIndexes = request.app.state.search
    return indexes


router = APIRouter(prefix="/api/v1/search", tags=["search"])


@router.get("", summary="Search by name, code or pinyin", responses=refusals())
def search(
    database: Db,
    tables: TablesDep,
    now: Now,
    acting: Acting,
    indexes: Annotated[SearchIndexes, Depends(_indexes)],
    query: Annotated[SearchQuery, Query()],
) -> SearchAnswer:
    """Areas, parks, enterprises, units, gateways, meters, alerts, rules and targets that the account sees."""
    terms = query.q.casefold().split()[:MOST_TERMS]
    wanted = frozenset(query.kind or get_args(FoundKind))
    with database.read() as connection:
        index = indexes.of(connection, acting.reach, today=now.astimezone(SHANGHAI).date())
        things = [thing for thing in index.things if thing.kind in wanted]
        others: list[Findable] = []
        if "alert" in wanted:
            others += alerts_of(connection, index)
        if "rule" in wanted:
            others += rules_of(connection)
        if "target" in wanted:
            others += targets_of(tables)
        found = find([*things, *others], index, indexes.spelled(others), terms, most=query.limit)
        codes = {
            NamedKind.AREA: [thing.area for thing in found.best],
            NamedKind.ENTERPRISE: [thing.enterprise for thing in found.best],
            NamedKind.UNIT: [thing.unit for thing in found.best],
        }
        names = names_of_codes(connection, codes)
    data = [SearchFind.model_validate(thing, from_attributes=True) for thing in found.best]
    return SearchAnswer.model_validate({"data": data, "counts": found.counts, "names": names})
