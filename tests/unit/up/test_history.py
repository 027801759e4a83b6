"""How much history the simulated region sends, so that something can be judged."""

from datetime import date, datetime

import pytest

from services.core.calendar import SHANGHAI, start_of_day
from services.up.command import days_of_history


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 11, 30, 9, tzinfo=SHANGHAI), date(2026, 9, 1)),
        (datetime(2026, 12, 1, 0, 5, tzinfo=SHANGHAI), date(2026, 9, 1)),
        (datetime(2026, 12, 2, 0, 5, tzinfo=SHANGHAI), date(2026, 10, 1)),
        (datetime(2026, 1, 31, 23, tzinfo=SHANGHAI), date(2025, 11, 1)),
        (datetime(2026, 3, 1, 12, tzinfo=SHANGHAI), date(2025, 12, 1)),
    ],
)
def test_the_history_holds_two_complete_months_so_that_the_last_one_compares(now: datetime, first: date) -> None:
    assert (start_of_day(now.date()) - start_of_day(first)).days == days_of_history(now)
    assert 62 <= days_of_history(now) <= 92
