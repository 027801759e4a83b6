"""What may be asked of energy: scope, range, bucket and grouping, checked before the database is."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from services.api.asking import (
    INVALID_BY,
    INVALID_SCOPE,
    NOT_ON_HOUR,
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
from services.api.comparing.period import COMPARE_DESCRIPTION, CompareText
from services.api.errors import ProblemKind, Refused
from services.api.paging import PageQuery
from services.api.registry.fields import Code
from services.core.calendar import (
    Bucket,
    Grain,
    ceil,
    floor,
)
from services.core.meter import Flow
from services.energy.account import ALL_FLOWS
from services.energy.factors import Basis

NOT_ON_QUARTER = ProblemKind("not_on_quarter", 422, "The range does not begin and end on a quarter of an hour")

LONGEST = {
    Bucket.SLOT: timedelta(days=31),
    Bucket.HOUR: timedelta(days=366),
    Bucket.DAY: timedelta(days=3653),
    Bucket.MONTH: timedelta(days=36_525),
    Bucket.YEAR: timedelta(days=36_525),
    Bucket.TOTAL: timedelta(days=36_525),
}


class By(enum.StrEnum):
    """What sums may be grouped by. Carriers are never added to each other."""

    CARRIER = "carrier"
    FLOW = "flow"
    AREA = "area"
    LEAGUE = "league"
    BANNER = "banner"
    PARK = "park"
    ENTERPRISE = "enterprise"
    UNIT = "unit"
    METER = "meter"


BALANCED_BY = (By.CARRIER, By.AREA, By.LEAGUE, By.BANNER, By.PARK, By.ENTERPRISE, By.UNIT)


class Estimates(enum.StrEnum):
    """How hours that were not measured are estimated."""

    LINEAR = "linear"
    PROFILE = "profile"


_NAMES = {By.LEAGUE: "area", By.BANNER: "area"}


def group_names(by: Iterable[By]) -> list[str]:
    """What a row names of its group, in order: area, park, enterprise, unit, meter."""
    return [_NAMES.get(one, str(one)) for one in By if one in by and one not in (By.CARRIER, By.FLOW)]


class RangeQuery(PageQuery):
    """What every question about energy has: of what, when, in which periods."""

    scope: ScopeText = Field(
        "area:150000",
        description="area:CODE, park:CODE, enterprise:CREDIT_CODE, unit:CODE or meter:CODE",
        examples=["area:150600"],
    )
    start: MomentOrDay | None = Field(None, description="First moment, RFC 3339 or a day; today if left out")
    end: MomentOrDay | None = Field(
        None, description="First moment after the range; the quarter hour at hand if left out"
    )
    bucket: Bucket = Field(
        Bucket.DAY, description="Period of each sum; days, months and years are those of Asia/Shanghai"
    )
    align: Align | None = Field(
        None,
        description="outward: a range that is not on quarter hours (with estimates on hours) is widened to them, which"
        " the answer says; left out: it is refused",
    )
    compare: CompareText | None = Field(None, description=COMPARE_DESCRIPTION, examples=["previous"])
    total: bool = Field(False, description="Besides the rows those of the scope as a whole, to which they add up")
    manual: bool = Field(True, description="false: what meters measured alone, without manual reports")
    limit: int = Field(1000, ge=1, le=10_000, description="Rows a page")


class EnergyQuery(RangeQuery):
    """The parameters of the energy query. Parameters it does not know are refused."""

    by: str = Field(
        "carrier",
        max_length=100,
        description="Comma separated: carrier (always), flow, area (the level below the scope), league, banner, park,"
        " enterprise, unit, meter",
        examples=["carrier,area"],
    )
    carrier: Code | None = Field(None, description="Only this carrier")
    flow: Flow | None = Field(None, description="Only this flow; input if left out and not grouped by flow")
    basis: Basis | None = Field(None, description="Standard coal on this basis only; on both if left out")
    estimates: Estimates | None = Field(
        None, description="Beside each quantity what it would be with estimates for hours that were not measured"
    )


class BalanceQuery(RangeQuery):
    """The parameters of the energy balance. Parameters it does not know are refused."""

    scope: ScopeText = Field(
        "area:150000",
        description="area:CODE, park:CODE, enterprise:CREDIT_CODE or unit:CODE",
        examples=["area:150600"],
    )
    by: str = Field(
        "",
        max_length=100,
        description="Comma separated: carrier, area (the level below the scope), league, banner, park, enterprise,"
        " unit; the scope as a whole if left out",
        examples=["area"],
    )
    explain: bool = Field(
        False, description="To each row the terms that add up to it, with their coefficients, and what is not in it"
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked question; [start, end) lies on quarter hours of Asia/Shanghai."""

    scope: ScopeKind
    code: str
    start: datetime
    end: datetime
    bucket: Bucket
    by: frozenset[By]
    carrier: str | None
    flows: tuple[Flow, ...]
    manual: bool = False
    """Whether what was entered by hand of units without a meter counts too."""

    def over(self, start: datetime, end: datetime, bucket: Bucket) -> Self:
        """The same of another range, which lies on quarter hours."""
        return replace(self, start=start, end=end, bucket=bucket)


def asked(query: EnergyQuery, *, now: datetime) -> Asked:
    """Check a question. Raises Refused with what to change."""
    scope, code = scope_of(query.scope)
    start, end = _range(query, now=now, grain=Grain.SLOT if query.estimates is None else Grain.HOUR)
    if query.estimates is not None:
        _require_hours(query.bucket, start, end)
    by = _by(query.by, scope) | {By.CARRIER}
    flows = (query.flow,) if query.flow else tuple(Flow) if By.FLOW in by else (Flow.INPUT,)
    return Asked(scope, code, start, end, query.bucket, by, query.carrier, flows, query.manual)


def asked_balance(query: BalanceQuery, *, now: datetime) -> Asked:
    """Check a question for a balance: what crosses the boundary, told by carrier and flow. Raises Refused."""
    scope, code = scope_of(query.scope)
    if scope is ScopeKind.METER:
        raise Refused(INVALID_SCOPE, "a balance is that of an area, a park, an enterprise or a unit, not of one meter")
    start, end = _range(query, now=now)
    by = _by(query.by, scope, known=BALANCED_BY) | {By.FLOW}
    flows = tuple(Flow) if query.explain else ALL_FLOWS
    return Asked(scope, code, start, end, query.bucket, by, None, flows, query.manual)


def _range(query: RangeQuery, *, now: datetime, grain: Grain = Grain.SLOT) -> tuple[datetime, datetime]:
    start = query.start or floor(now, Grain.DAY)
    end = query.end or ceil(now, Grain.SLOT)
    require_order(start, end)
    asked_for = end - start
    start, end = aligned(grain, start, end, query.align)
    require_on(Grain.SLOT, start, end, kind=NOT_ON_QUARTER, hint=": energy is kept by quarter hours of the hour")
    if asked_for > LONGEST[query.bucket]:
        raise Refused(
            RANGE_TOO_LONG,
            f"{asked_for.days} days; bucket {query.bucket} answers at most {LONGEST[query.bucket].days} days,"
            " a coarser bucket more",
        )
    return start, end


def _require_hours(bucket: Bucket, start: datetime, end: datetime) -> None:
    """Estimates are of whole hours. Raises Refused."""
    if bucket is Bucket.SLOT:
        raise Refused(NOT_ON_HOUR, "estimates are of whole hours; ask for bucket hour or longer")
    require_on(Grain.HOUR, start, end, kind=NOT_ON_HOUR, hint=": estimates are of whole hours")


def _by(text: str, scope: ScopeKind, *, known: Iterable[By] = By) -> frozenset[By]:
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = sorted(names - {b.value for b in known})
    if unknown:
        raise Refused(INVALID_BY, f"by knows {', '.join(known)}; not {', '.join(unknown)}")
    by = frozenset(By(name) for name in names)
    levels = by & {By.AREA, By.LEAGUE, By.BANNER}
    if len(levels) > 1:
        raise Refused(INVALID_BY, "group by one of area, league and banner")
    if levels == {By.AREA} and scope is not ScopeKind.AREA:
        raise Refused(INVALID_BY, "area means the level below an area; group by league or banner instead")
    return by
