"""Data centres above their target over the last twelve complete months, and how they are mended."""

from datetime import datetime, timedelta

from services.core.calendar import SHANGHAI, Grain, floor, months_before
from tests.e2e.alerting import PER_DAY, Centre, Watched

YEAR_END = floor(datetime.now(SHANGHAI), Grain.MONTH)
FIRST_DAY, LAST_DAYS = months_before(YEAR_END, 12).date(), YEAR_END.date() - timedelta(days=5)
DAYS = (LAST_DAYS - FIRST_DAY).days
"""More than nine tenths of twelve months, also of those that end a month later."""
MENDED_PUE = (DAYS * 1.42 + 5 * 50 * 1.05) / (DAYS + 5 * 50)
"""With five days on which so much is computed so well that they make up for the year."""


def exceeding(watched: Watched, area: str) -> Centre:
    """A centre that was measured for a year, at a PUE of 1.42."""
    centre = registered(watched, area)
    watched.measure(centre, FIRST_DAY, days=DAYS, pue=1.42)
    return centre


def registered(watched: Watched, area: str) -> Centre:
    return watched.centre(area, first_day=FIRST_DAY, until=LAST_DAYS, name_zh="一号机房", name_en="Hall 1")


def mend(watched: Watched, centre: Centre) -> None:
    """Its meters are read up to the end of the year, and it is in order over the whole of it."""
    watched.extend(centre, YEAR_END.date())
    watched.measure(centre, LAST_DAYS, days=5, pue=1.05, per_day=50 * PER_DAY)
