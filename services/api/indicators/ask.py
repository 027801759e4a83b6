"""What may be asked of an indicator, checked before the database is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg import Connection
from pydantic import Field

from services.api.asking import (
    INVALID_BY,
    INVALID_SCOPE,
    NOT_ON_HOUR,
    RANGE_TOO_LONG,
    Align,
    MomentOrDay,
    ScopeText,
    aligned,
    require_on,
    require_order,
)
from services.api.comparing.period import COMPARE_DESCRIPTION, CompareText
from services.api.errors import ProblemKind, Refused
from services.api.guard.cost import TOO_MUCH
from services.api.paging import PageQuery
from services.api.registry import nouns
from services.core.calendar import Grain, ceil, floor
from services.core.frame import Frame, PeriodLength, frame
from services.judging.indicators.evaluate import SCOPES, Grouping, GroupingError, Question, check
from services.judging.indicators.kinds import Indicator
from services.judging.indicators.listing import BY_SLUG
from services.judging.indicators.scope import Scope, ScopeKind, UnknownScopeError, scope_of

UNKNOWN_INDICATOR = ProblemKind("unknown_indicator", 404, "No such indicator")

MOST_SLUGS = 20
LONGEST = {
    PeriodLength.HOUR: timedelta(days=31),
    PeriodLength.DAY: timedelta(days=366),
    PeriodLength.MONTH: timedelta(days=3653),
    PeriodLength.YEAR: timedelta(days=36_525),
    PeriodLength.TOTAL: timedelta(days=36_525),
    PeriodLength.ROLLING_YEAR: timedelta(days=3653),
}
_NOUN = {
    ScopeKind.AREA: nouns.AREA,
    ScopeKind.PARK: nouns.PARK,
    ScopeKind.ENTERPRISE: nouns.ENTERPRISE,
    ScopeKind.UNIT: nouns.UNIT,
}


class IndicatorQuery(PageQuery):
    """The parameters of an indicator. Parameters it does not know are refused."""

    scope: ScopeText = Field("area:150000", description="area:CODE, park:CODE, enterprise:CREDIT_CODE or unit:CODE")
    start: MomentOrDay | None = Field(None, description="First moment, RFC 3339 or a day; this month if left out")
    end: MomentOrDay | None = Field(None, description="First moment after the range; the hour at hand if left out")
    bucket: PeriodLength = Field(
        PeriodLength.MONTH, description="Period of each value; of rolling_12_months each month has one"
    )
    align: Align | None = Field(
        None,
        description="outward: a range that is not on whole hours is widened to them, which the answer says; left out:"
        " it is refused",
    )
    by: Grouping | None = Field(None, description="Told apart by unit, enterprise, banner, league or park")
    compare: CompareText | None = Field(None, description=COMPARE_DESCRIPTION, examples=["previous"])
    total: bool = Field(
        False, description="Besides the rows those of the scope as a whole: the ratio of all their sums"
    )
    explain: bool = Field(
        False, description="To each row the terms of numerator and denominator, with their coefficients"
    )
    limit: int = Field(1000, ge=1, le=10_000, description="Rows a page")


class IndicatorValuesQuery(IndicatorQuery):
    """The parameters of several indicators at once. Parameters it does not know are refused."""

    slugs: str = Field(
        min_length=1,
        max_length=500,
        description=f"Indicators, with commas between, {MOST_SLUGS} at most; all of the scope and grouping",
        examples=["pue,renewable_electricity_share"],
    )


def indicators_of(query: IndicatorValuesQuery) -> Sequence[Indicator]:
    """The indicators named, in their order. Raises Refused."""
    slugs = list(dict.fromkeys(slug.strip() for slug in query.slugs.split(",") if slug.strip()))
    if not 1 <= len(slugs) <= MOST_SLUGS:
        raise Refused(TOO_MUCH, f"slugs: 1 to {MOST_SLUGS} indicators at once; {len(slugs)} are named")
    return [indicator_of(slug) for slug in slugs]


def indicator_of(slug: str) -> Indicator:
    """The indicator named. Raises Refused."""
    if slug not in BY_SLUG:
        raise Refused(UNKNOWN_INDICATOR, f"there is no indicator {slug}; there are {', '.join(BY_SLUG)}")
    return BY_SLUG[slug]


def frame_of(query: IndicatorQuery, *, now: datetime) -> Frame:
    """The periods asked for. Raises Refused with what to change."""
    start = query.start or floor(now, Grain.MONTH)
    end = query.end or ceil(now, Grain.HOUR)
    require_order(start, end)
    asked_for = end - start
    start, end = aligned(Grain.HOUR, start, end, query.align)
    require_on(Grain.HOUR, start, end, kind=NOT_ON_HOUR, hint=": indicators are formed of whole hours")
    if asked_for > LONGEST[query.bucket]:
        longest = LONGEST[query.bucket].days
        raise Refused(RANGE_TOO_LONG, f"{asked_for.days} days; bucket {query.bucket} answers at most {longest} days")
    return frame(start, end, query.bucket)


def question_of(
    connection: Connection, indicators: Sequence[Indicator], query: IndicatorQuery, *, now: datetime
) -> Question:
    """The question as it is evaluated, for each of the indicators. Raises Refused."""
    periods = frame_of(query, now=now)
    kind_name, _, code = query.scope.partition(":")
    if kind_name not in {str(kind) for kind in ScopeKind}:
        known = ", ".join(f"{kind}:" for kind in ScopeKind)
        raise Refused(INVALID_SCOPE, f"a scope begins with one of {known}; {kind_name}: is none")
    kind = ScopeKind(kind_name)
    for indicator in indicators:
        try:
            check(indicator, kind, query.by)
        except GroupingError as error:
            wrong = INVALID_BY if kind in SCOPES[indicator.level] else INVALID_SCOPE
            raise Refused(wrong, str(error)) from None
    return Question(found_scope(connection, kind, code), periods, query.by, now, in_parts=query.explain)


def found_scope(connection: Connection, kind: ScopeKind, code: str) -> Scope:
    """The scope as registered. Raises Refused."""
    try:
        return scope_of(connection, kind, code)
    except UnknownScopeError as error:
        raise _NOUN[error.kind].refuse_unknown(error.code) from None


def refuse_unknown(error: UnknownScopeError) -> Refused:
    """The refusal of a scope that is not registered."""
    return _NOUN[error.kind].refuse_unknown(error.code)
