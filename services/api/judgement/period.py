"""The whole months over which units are judged."""

from datetime import datetime, timedelta

from pydantic import Field

from services.api.energy.ask import RANGE_TOO_LONG, START_AFTER_END, Moment
from services.api.errors import ProblemKind, Refused
from services.api.paging import PageQuery
from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, months_before

NOT_WHOLE_MONTHS = ProblemKind("not_whole_months", 422, "The range does not begin and end with a month")

LONGEST = timedelta(days=3653)


class PeriodQuery(PageQuery):
    """A list of what is judged over whole months."""

    start: Moment | None = Field(None, description="First day of a month; twelve months before `end` if left out")
    end: Moment | None = Field(None, description="First day after the range; of the month at hand if left out")


def whole_months(start: datetime | None, end: datetime | None, *, now: datetime) -> tuple[datetime, datetime]:
    """The range asked for; the last 12 complete months where nothing is. Raises Refused when it is none."""
    end = end or floor(now, Grain.MONTH)
    start = start or months_before(floor(end, Grain.MONTH), MONTHS_OF_YEAR)
    for name, moment in (("start", start), ("end", end)):
        if floor(moment, Grain.MONTH) != moment:
            raise Refused(NOT_WHOLE_MONTHS, f"{name} {moment.isoformat()} is not the first moment of a month")
    if start >= end:
        raise Refused(START_AFTER_END, f"start {start.isoformat()} is not before end {end.isoformat()}")
    if end - start > LONGEST:
        raise Refused(RANGE_TOO_LONG, f"{(end - start).days} days; at most {LONGEST.days} are answered")
    return start, end
