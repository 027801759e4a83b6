"""What may be asked of the quality of data, checked before the database is."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection
from pydantic import Field

from services.api.asking import (
    RANGE_TOO_LONG,
    Align,
    MomentOrDay,
    ScopeKind,
    ScopeText,
    aligned,
    require_on,
    require_order,
    scope_of,
)
from services.api.energy.scope import narrow, read_areas
from services.api.errors import ProblemKind, Refused
from services.api.paging import PageQuery
from services.api.registry import nouns
from services.core.area_tree import AreaTree
from services.core.calendar import SHANGHAI, Grain, floor, start_of_day
from services.quality.checks.kinds import CHECKS

NOT_ON_DAY = ProblemKind("not_on_day", 422, "The range does not begin and end at midnight in Asia/Shanghai")
UNKNOWN_CHECK = ProblemKind("unknown_check", 404, "No such check")


class QualityBucket(enum.StrEnum):
    """Over what scores are formed."""

    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


class QualityBy(enum.StrEnum):
    """By what scores are told apart."""

    NONE = "none"
    AREA = "area"
    ENTERPRISE = "enterprise"
    UNIT = "unit"
    METER = "meter"


LONGEST_DAYS = {QualityBucket.DAY: 366, QualityBucket.MONTH: 3653, QualityBucket.TOTAL: 3653}
LONGEST_FINDINGS_DAYS = 3653
LONGEST_MISSING_DAYS = 31
_SCOPE = "area:CODE, park:CODE, enterprise:CREDIT_CODE, unit:CODE or meter:CODE"


class DaysQuery(PageQuery):
    """A scope and a range of days. Parameters it does not know are refused."""

    scope: ScopeText = Field("area:150000", description=_SCOPE, examples=["area:150600"])
    start: MomentOrDay | None = Field(None, description="First day, or its first moment; see `end`")
    end: MomentOrDay | None = Field(None, description="Day after the last one; tomorrow if left out")
    align: Align | None = Field(None, description="outward: a range that is not of whole days is widened to them")


class QualityQuery(DaysQuery):
    """The parameters of the scores. Without `start`: from the first of this month on."""

    bucket: QualityBucket = QualityBucket.DAY
    by: QualityBy = Field(QualityBy.NONE, description="Told apart by area (the level below the scope), enterprise, …")
    limit: int = Field(1000, ge=1, le=10_000, description="Rows a page")


class MissingQuery(DaysQuery):
    """The parameters of the list of missing readings. Without `start`: since yesterday."""

    limit: int = Field(100, ge=1, le=1000, description="Days of meters a page, each with up to 24 rows")
    total: bool = Field(False, description="Whether to count the hours of all pages; null where they are too many")


@dataclass(frozen=True, slots=True)
class ScopeConditions:
    """A scope as conditions, and how its banners are grouped."""

    kind: ScopeKind
    code: str
    tree: AreaTree
    meter_ids: list[int] | None
    unit_ids: list[int] | None
    banners: list[str]
    groups: list[str]
    park_id: int | None

    @property
    def parameters(self) -> dict[str, Any]:
        """For the statements that group."""
        return {
            "meter_ids": self.meter_ids,
            "unit_ids": self.unit_ids,
            "park_id": self.park_id,
            "banners": self.banners,
            "groups": self.groups,
        }

    @property
    def areas(self) -> list[str] | None:
        """Banners in the scope; None: all."""
        return None if self.kind is not ScopeKind.AREA or self.tree.level[self.code] == "region" else self.banners

    @property
    def areas_with_findings(self) -> list[str]:
        """Areas of the scope of which something can be found by themselves."""
        if self.kind is not ScopeKind.AREA:
            return []
        return [code for code in self.tree.level if self.tree.above(code, self.code)]


def days_of(query: DaysQuery, *, now: datetime, back_days: int | None, longest_days: int) -> tuple[date, date]:
    """First day, and the day after the last one; `back_days`: how far back without `start`, None: from the first of
    the month.

    Raises Refused with what to change.
    """
    today = now.astimezone(SHANGHAI).date()
    until = query.end or start_of_day(today + timedelta(days=1))
    usual = today.replace(day=1) if back_days is None else today - timedelta(days=back_days)
    since = query.start or min(start_of_day(usual), floor(until - timedelta(days=1), Grain.DAY))
    require_order(since, until)
    since, until = aligned(Grain.DAY, since, until, query.align)
    require_on(Grain.DAY, since, until, kind=NOT_ON_DAY, hint=": quality is judged by days of Asia/Shanghai")
    start, end = since.date(), until.date()
    if (end - start).days > longest_days:
        raise Refused(RANGE_TOO_LONG, f"{(end - start).days} days; at most {longest_days} are answered")
    return start, end


def place_of(connection: Connection, scope: str, *, by: QualityBy = QualityBy.NONE) -> ScopeConditions:
    """The scope as registered. Raises Refused."""
    kind, code = scope_of(scope)
    tree = read_areas(connection)
    if kind is ScopeKind.AREA and code not in tree.level:
        raise nouns.AREA.refuse_unknown(code)
    among = narrow(connection, kind, code, tree)
    meter_ids = None if among.meter_ids is None else list(among.meter_ids)
    unit_ids = None if among.unit_ids is None else list(among.unit_ids)
    (park_id,) = among.park_ids or (None,)
    banners = tree.banners_of(code) if kind is ScopeKind.AREA else [c for c, at in tree.level.items() if at == "banner"]
    groups = banners
    if by is QualityBy.AREA and (kind is not ScopeKind.AREA or tree.level[code] == "region"):
        groups = [tree.at(banner, "league") or banner for banner in banners]
    return ScopeConditions(kind, code, tree, meter_ids, unit_ids, banners, groups, park_id)


def require_checks(slugs: Iterable[str]) -> None:
    """Refuse the name of a check that there is not."""
    for slug in slugs:
        if slug not in CHECKS:
            raise Refused(UNKNOWN_CHECK, f"there is no check {slug}; there are {', '.join(CHECKS)}")
