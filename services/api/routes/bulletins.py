"""月报: what is said of an area and a month, issued, listed, and held against what is said now."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from starlette.concurrency import run_in_threadpool

from services.api.access.reach import AREA_TREE
from services.api.access.require import Acting
from services.api.asking import Now
from services.api.bulletins import store
from services.api.bulletins.asking import NotAnswered, said_now
from services.api.bulletins.content import differences, rows_that_differ
from services.api.bulletins.model import BulletinAnswer, BulletinDifferences, BulletinEntry
from services.api.bulletins.questions import AreaMonth
from services.api.bulletins.store import UNKNOWN_BULLETIN
from services.api.database import Database, Db
from services.api.errors import BAD_CURSOR, OUTSIDE_REACH, ProblemKind, Refused
from services.api.list_query import ORDER, ListQuery, Many, OrderedBy
from services.api.names import CalledByKind, NamedKind, NamedPage, names_of_codes
from services.api.openapi import refusals
from services.api.registry import nouns
from services.api.registry.fields import AreaCode, Name, refusal
from services.core.calendar import SHANGHAI, Grain, following, start_of_day

MONTH_NOT_OVER = ProblemKind("month_not_over", 422, "The month is not over")
_FIRST_YEAR = 2000

router = APIRouter(prefix="/api/v1/bulletins", tags=["bulletins"])


def _month(given: Any) -> Any:
    """The first day of a month such as 2026-11."""
    try:
        day = date.fromisoformat(f"{given}-01") if len(given) == len("2026-11") else None
    except (TypeError, ValueError):
        day = None
    if day is None or not _FIRST_YEAR < day.year < 2100:
        raise refusal("bad_month")
    return day


Month = Annotated[
    date, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$"})
]
Version = Annotated[int | None, Field(ge=1, le=1_000_000, description="The newest if left out")]


class BulletinQuery(ListQuery):
    """How the list of bulletins may be narrowed."""

    area: Many[AreaCode] | None = Field(None, description="Area of any level; what lies below it is included")
    month: Many[Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]] | None = None
    issued_by: Many[Name] | None = Field(None, description="Name of the account")
    order: Annotated[list[str], OrderedBy(*store.BULLETINS.columns)] = ORDER


class VersionQuery(BaseModel):
    """Which version."""

    model_config = ConfigDict(extra="forbid")

    version: Version = None


async def _of(area: AreaCode, month: Month, acting: Acting) -> AreaMonth:
    if area not in AREA_TREE.level:
        raise nouns.AREA.refuse_unknown(area)
    if not acting.reach.sees_area(area):
        raise Refused(OUTSIDE_REACH, f"area: {acting.name} does not see area {area}")
    return AreaMonth(area, month)


Of = Annotated[AreaMonth, Depends(_of)]
_OF_ONE = (nouns.AREA.unknown, OUTSIDE_REACH)


@router.get("", summary="List bulletins", responses=refusals(BAD_CURSOR))
def list_bulletins(database: Db, query: Annotated[BulletinQuery, Query()]) -> NamedPage[BulletinEntry]:
    """Every version of every bulletin, the newest months first, without what they say."""
    with database.read() as connection:
        found = store.BULLETINS.page(connection, query)
        names = names_of_codes(connection, {NamedKind.AREA: [row["area_code"] for row in found.data]})
    data = [BulletinEntry(**store.listed(row)) for row in found.data]
    return NamedPage[BulletinEntry](data=data, next=found.next, total=found.total, names=names)


@router.post(
    "/{area}/{month}",
    summary="Issue a bulletin",
    status_code=status.HTTP_201_CREATED,
    responses={
        200: {"model": BulletinAnswer, "description": "The newest version says the same"},
        **refusals(*_OF_ONE, MONTH_NOT_OVER),
    },
)
async def issue_bulletin(database: Db, of: Of, request: Request, response: Response, now: Now) -> BulletinAnswer:
    """Freeze what the API says of an area and a month that is over, as the next version; none is overwritten.

    Where the newest version says the same, that is answered, with 200.
    """
    ends = following(start_of_day(of.month), Grain.MONTH)
    if now < ends:
        raise Refused(MONTH_NOT_OVER, f"{of.text} ends at {ends.isoformat()}; a bulletin is of a whole month")
    said = await said_now(request, of)
    answer, is_new = await run_in_threadpool(_kept, database, of, said)
    if not is_new:
        response.status_code = status.HTTP_200_OK
    return answer


@router.get("/{area}/{month}", summary="Read a bulletin", responses=refusals(*_OF_ONE, UNKNOWN_BULLETIN))
def read_bulletin(database: Db, of: Of, query: Annotated[VersionQuery, Query()]) -> BulletinAnswer:
    """A bulletin as it was issued: every number with unit, measured share and address, and the rows it stands on."""
    with database.read() as connection:
        row = store.read(connection, of, query.version)
        return _answer(row, names_of_codes(connection, {NamedKind.AREA: [of.area]}))


@router.get(
    "/{area}/{month}/content",
    summary="Read a bulletin as it is stored",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        **refusals(*_OF_ONE, UNKNOWN_BULLETIN),
    },
)
def read_bulletin_content(database: Db, of: Of, query: Annotated[VersionQuery, Query()]) -> Response:
    """The bytes whose SHA-256 is the digest of the bulletin."""
    with database.read() as connection:
        row = store.read(connection, of, query.version)
    return Response(row["content"].encode(), media_type="application/json")


@router.get(
    "/{area}/{month}/diff",
    summary="Hold a bulletin against what is said now",
    responses=refusals(*_OF_ONE, UNKNOWN_BULLETIN),
)
async def compare_bulletin(
    database: Db, of: Of, query: Annotated[VersionQuery, Query()], request: Request, now: Now
) -> BulletinDifferences:
    """Line by line what was said and what the API says now: late readings, corrections, new versions of numbers."""
    row, names = await run_in_threadpool(_read, database, of, query.version)
    then, said = store.content(row), await said_now(request, of)
    lines = differences(then, said)
    entry = store.listed(row)
    return BulletinDifferences(
        **{name: entry[name] for name in ("area_code", "month", "version", "issued_at")},
        asked_at=now.astimezone(SHANGHAI),
        changed=sum(line.state != "same" for line in lines),
        data=lines,
        rows=rows_that_differ(then, said),
        pending=said["pending"],
        names=names,
    )


def _read(database: Database, of: AreaMonth, version: int | None) -> tuple[Mapping[str, Any], CalledByKind]:
    with database.read() as connection:
        return store.read(connection, of, version), names_of_codes(connection, {NamedKind.AREA: [of.area]})


def _kept(database: Database, of: AreaMonth, said: dict[str, Any]) -> tuple[BulletinAnswer, bool]:
    with database.write() as connection:
        row, is_new = store.keep(connection, of, said)
        return _answer(row, names_of_codes(connection, {NamedKind.AREA: [of.area]})), is_new


def _answer(row: Mapping[str, Any], names: CalledByKind) -> BulletinAnswer:
    said = store.content(row)
    start, end = (start_of_day(date.fromisoformat(said[name])) for name in ("start", "end"))
    return BulletinAnswer(
        **store.listed(row),
        start=start,
        end=end,
        **{name: said[name] for name in ("data", "rows", "questions", "pending")},
        names=names,
    )


def not_answered(_request: Request, error: Exception) -> Response:
    """What a question of a bulletin was refused with is what the bulletin is refused with."""
    assert isinstance(error, NotAnswered)
    return error.response
