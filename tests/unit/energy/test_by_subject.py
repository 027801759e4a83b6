"""Sums by subject and cell: how long readings are expected in a cell, and in which year a quantity falls."""

from datetime import datetime, timedelta

import pytest

from services.core.calendar import SHANGHAI, Bucket
from services.core.frame import frame_of
from services.core.meter import Flow
from services.energy.amount import Amount, Measure
from services.energy.by_subject import Subject, Sums

NOW = datetime(2026, 3, 2, 10, 7, tzinfo=SHANGHAI)
TEN = NOW.replace(minute=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
METER = Subject(meter=7)
POWER: Measure = ("electricity", Flow.INPUT)


def expected_s(sums: Sums) -> dict[int, int]:
    """Seconds expected of the meter, by period."""
    ((subject, measure, by_period),) = sums.by_period()
    assert (subject, measure) == (METER, POWER)
    return {number: amount.expected_s for number, amount in by_period}


def test_what_has_not_happened_yet_is_not_expected() -> None:
    sums = Sums(frame_of(TEN, TEN + 2 * HOUR, Bucket.HOUR))
    sums.expect(METER, POWER, NOW - DAY, NOW + DAY, 2, NOW)
    assert expected_s(sums) == {0: 2 * 7 * 60}


def test_meter_is_expected_for_its_days_only() -> None:
    sums = Sums(frame_of(NOW.replace(hour=0, minute=0), TEN, Bucket.DAY))
    sums.expect(METER, POWER, NOW.replace(hour=5, minute=0), NOW + DAY, 1, NOW)
    assert expected_s(sums) == {0: 5 * 3600}


@pytest.mark.parametrize(
    ("measured", "expected", "share"), [(90, 100, 0.9), (0, 100, 0.0), (120, 100, 1.0), (5, 0, None)]
)
def test_coverage_is_a_share_of_what_was_expected(measured: int, expected: int, share: float | None) -> None:
    assert Amount({}, measured, expected).coverage == share


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("2025-01-01T00:00+08:00", "2026-01-01T00:00+08:00", [2025]),
        ("2025-12-31T00:00+08:00", "2026-01-01T00:15+08:00", [2025, 2026]),
        ("2025-12-31T15:45+00:00", "2025-12-31T16:15+00:00", [2025, 2026]),
    ],
)
def test_a_total_keeps_years_apart_which_end_at_new_year_in_shanghai(start: str, end: str, years: list[int]) -> None:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    sums = Sums(frame_of(first, last, Bucket.TOTAL))
    for year in years:
        # the database names a cell by the beginning of the year, before that of the range
        sums.book(METER, int(datetime(year, 1, 1, tzinfo=SHANGHAI).timestamp()), POWER, 5, 900)
    ((_, _, by_period),) = sums.by_period()
    assert list(by_period) == [(0, Amount(dict.fromkeys(years, 5), 900 * len(years), 0))]


def test_carriers_and_flows_stand_in_their_order_whatever_the_database_gave_first() -> None:
    sums = Sums(frame_of(TEN, TEN + HOUR, Bucket.HOUR))
    measures: list[Measure] = [("water", Flow.INPUT), ("coke", Flow.OUTPUT), ("coke", Flow.INPUT)]
    for measure in measures:
        sums.book(METER, int(TEN.timestamp()), measure, 1, 900)
    sums.settle()
    assert list(sums.look_at([METER], (0, 1))) == sorted(measures)
