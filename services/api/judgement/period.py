"""The whole months over which units are judged."""

from datetime import datetime, timedelta

from pydantic import Field

from services.api.asking import RANGE_TOO_LONG, Align, MomentOrDay, aligned, require_on, require_order
from services.api.errors import ProblemKind, Refused
from services.api.paging import PageQuery
from services.core.calendar import MONTHS_OF_YEAR, Grain, floor, months_before

NOT_WHOLE_MONTHS = ProblemKind("not_whole_months", 422, "The range does not begin and end with a month")

LONGEST = timedelta(days=3653)


class PeriodQuery(PageQuery):
    """A list of what is judged over whole months."""

    start: MomentOrDay | None = Field(None, description="First day of a month; twelve months before `end` if left out")
    end: MomentOrDay | None = Field(None, description="First day after the range; of the month at hand if left out")
    align: Align | None = Field(None, description="outward: a range that is not of whole months is widened to them")


def whole_months(query: PeriodQuery, *, now: datetime) -> tuple[datetime, datetime]:
    """The range asked for; the last 12 complete months where nothing is. Raises Refused when it is none."""
    end = query.end or floor(now, Grain.MONTH)
    start = query.start or months_before(floor(end, Grain.MONTH), MONTHS_OF_YEAR)
    require_order(start, end)
    start, end = aligned(Grain.MONTH, start, end, query.align)
    require_on(Grain.MONTH, start, end, kind=NOT_WHOLE_MONTHS, hint=" is not the first moment of a month")
    if end - start > LONGEST:
        raise Refused(RANGE_TOO_LONG, f"{(end - start).days} days; at most {LONGEST.days} are answered")
    return start, end
