"""What many questions to the API have in common: a scope, a range of time, and the time at which it is asked."""

import enum
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from pydantic import StringConstraints
from pydantic.functional_validators import BeforeValidator

from services.api.errors import ProblemKind, Refused
from services.api.registry.fields import refusal
from services.core.calendar import SHANGHAI, Grain, ceil, floor, start_of_day

START_AFTER_END = ProblemKind("start_after_end", 422, "The range ends before it begins")
RANGE_TOO_LONG = ProblemKind("range_too_long", 422, "The range is too long for the bucket")
NOT_ON_HOUR = ProblemKind("not_on_hour", 422, "The range does not begin and end on a whole hour")
INVALID_SCOPE = ProblemKind("invalid_scope", 422, "The scope is not understood")
INVALID_BY = ProblemKind("invalid_by", 422, "The grouping is not understood")

EARLIEST = datetime(2000, 1, 1, tzinfo=SHANGHAI)
LATEST = datetime(2100, 1, 1, tzinfo=SHANGHAI)

# Weeks and ordinal days of ISO 8601 are not read.
_CALENDAR_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Clock = Callable[[], datetime]


class ScopeKind(enum.StrEnum):
    """What a sum may be asked of."""

    AREA = "area"
    PARK = "park"
    ENTERPRISE = "enterprise"
    UNIT = "unit"
    METER = "meter"


def clock_of(request: Request) -> Clock:
    """The clock of the API; tests put another in its place."""
    clock: Clock = request.app.state.clock
    return clock


async def _now(request: Request) -> datetime:
    return clock_of(request)()


Now = Annotated[datetime, Depends(_now)]
"""The time at which a request is asked: the same throughout its answer."""


def _moment_or_day(given: Any) -> Any:
    """A moment with offset, or a day, which stands for its first moment in Asia/Shanghai."""
    if not isinstance(given, str):
        return given
    try:
        if not _CALENDAR_DATE.match(given):
            raise ValueError(given)
        # a + that was not escaped in the address arrives as a space
        day = len(given) == len("2026-01-31")
        moment = start_of_day(date.fromisoformat(given)) if day else datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        raise refusal("bad_moment_or_day") from None
    if moment.tzinfo is None or not EARLIEST <= moment <= LATEST:
        raise refusal("bad_moment_or_day")
    return moment.astimezone(SHANGHAI)


MomentOrDay = Annotated[datetime, BeforeValidator(_moment_or_day)]
ScopeText = Annotated[str, StringConstraints(pattern=r"^[a-z]+:[0-9A-Za-z_-]{1,64}$")]


def scope_of(text: str) -> tuple[ScopeKind, str]:
    """What a scope such as area:150600 names. Raises Refused."""
    kind, _, code = text.partition(":")
    try:
        return ScopeKind(kind), code
    except ValueError:
        known = ", ".join(f"{k}:" for k in ScopeKind)
        raise Refused(INVALID_SCOPE, f"a scope begins with one of {known}; {kind}: is none") from None


def require_order(start: datetime | date | None, end: datetime | date | None) -> None:
    """Refuse a range without a moment in it. One that is open at an end has some."""
    if start is not None and end is not None and start >= end:
        raise Refused(START_AFTER_END, f"start {start.isoformat()} is not before end {end.isoformat()}")


class Ranged(Protocol):
    """A question about a range of time."""

    @property
    def start(self) -> datetime | None: ...
    @property
    def end(self) -> datetime | None: ...


class Align(enum.StrEnum):
    """What becomes of a range that does not begin and end with what sums are kept of."""

    OUTWARD = "outward"


def aligned(grain: Grain, start: datetime, end: datetime, align: Align | None) -> tuple[datetime, datetime]:
    """The range, with `outward` begun and ended with the `grain` that holds its ends."""
    return (start, end) if align is None else (floor(start, grain), ceil(end, grain))


def is_wider(query: Ranged, start: datetime, end: datetime) -> bool:
    """Whether [start, end) was widened from what was asked for."""
    return query.start not in (None, start) or query.end not in (None, end)


def require_on(grain: Grain, start: datetime | None, end: datetime | None, *, kind: ProblemKind, hint: str) -> None:
    """Refuse, as `kind` with `hint`, a range that does not begin and end with a `grain`."""
    for name, moment in (("start", start), ("end", end)):
        if moment is not None and floor(moment, grain) != moment:
            raise Refused(kind, f"{name} {moment.isoformat()}{hint}")
