"""Periods that numbers are reported for, and which of them make up a range."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import SHANGHAI
from services.core.period import Period, PeriodError, PeriodForm, covering, tiling


def moment(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=SHANGHAI)


def periods(*texts: str) -> list[Period]:
    return [Period.parse(text) for text in texts]


def written(found: tuple[Period, ...] | None) -> list[str] | None:
    return None if found is None else [str(period) for period in found]


YEARS = st.integers(min_value=2019, max_value=2023)
PERIODS = st.one_of(
    st.builds(Period, st.just(PeriodForm.YEAR), YEARS),
    st.builds(Period, st.just(PeriodForm.QUARTER), YEARS, st.integers(1, 4)),
    st.builds(Period, st.just(PeriodForm.MONTH), YEARS, st.integers(1, 12)),
)
MONTH_STARTS = st.builds(moment, st.integers(2019, 2024), st.integers(1, 12))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025", moment(2025), moment(2026)),
        ("2025-Q1", moment(2025), moment(2025, 4)),
        ("2025-Q4", moment(2025, 10), moment(2026)),
        ("2025-03", moment(2025, 3), moment(2025, 4)),
        ("2025-12", moment(2025, 12), moment(2026)),
    ],
)
def test_period_begins_and_ends_at_midnight_of_shanghai(text: str, start: datetime, end: datetime) -> None:
    period = Period.parse(text)
    assert (period.start, period.end) == (start, end)


def test_year_begins_eight_hours_before_that_of_utc() -> None:
    assert Period.parse("2025").start == datetime(2024, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "25", "2025-Q0", "2025-Q5", "2025-13", "2025-00", "2025-3", "2025-q1", "2025-01-01", "2025 ", "２０２５"],
)
def test_text_that_names_no_period_is_refused_and_told_how_one_is_written(text: str) -> None:
    with pytest.raises(PeriodError, match="write a year 2025, a quarter 2025-Q1 or a month 2025-03"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["1991", "2101-01", "0000"])
def test_year_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(PeriodError, match="outside 1992 to 2100"):
        Period.parse(text)


@given(PERIODS)
def test_period_is_read_back_as_it_was_written(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(PERIODS)
def test_period_ends_where_the_next_begins(period: Period) -> None:
    per_year = {PeriodForm.YEAR: 1, PeriodForm.QUARTER: 4, PeriodForm.MONTH: 12}[period.form]
    last = period.number == per_year
    following = Period(period.form, period.year + last, 1 if last else period.number + 1)
    assert period.end == following.start


def test_year_stands_for_its_quarters_and_months() -> None:
    reported = periods("2025-01", "2025-Q1", "2025", "2025-Q2", "2025-Q3", "2025-Q4")
    assert written(tiling(reported, moment(2025), moment(2026))) == ["2025"]


def test_quarters_and_months_make_up_a_year_that_was_not_reported() -> None:
    reported = periods("2025-04", "2025-06", "2025-05", "2025-Q1", "2025-Q3", "2025-Q4", "2025-01")
    assert written(tiling(reported, moment(2025), moment(2026))) == [
        *("2025-Q1", "2025-04", "2025-05", "2025-06", "2025-Q3", "2025-Q4")
    ]


def test_range_over_the_new_year_takes_months_years_and_quarters() -> None:
    reported = periods("2024-12", "2025", "2026-Q1", "2026-04")
    assert written(tiling(reported, moment(2024, 12), moment(2026, 5))) == ["2024-12", "2025", "2026-Q1", "2026-04"]


def test_missing_month_leaves_no_tiling() -> None:
    assert tiling(periods("2025-01", "2025-03"), moment(2025), moment(2025, 4)) is None


def test_year_is_no_answer_to_a_part_of_it() -> None:
    assert tiling(periods("2025"), moment(2025), moment(2025, 7)) is None
    assert tiling(periods("2025"), moment(2025, 1, 2), moment(2026)) is None


def test_empty_range_needs_no_period() -> None:
    assert tiling([], moment(2025), moment(2025)) == ()


def test_range_in_utc_is_that_of_shanghai() -> None:
    start, end = datetime(2024, 12, 31, 16, tzinfo=UTC), datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert written(tiling(periods("2025"), start, end)) == ["2025"]


@given(st.lists(PERIODS, max_size=60), MONTH_STARTS, MONTH_STARTS)
def test_tiling_covers_each_month_of_the_range_once(reported: list[Period], start: datetime, end: datetime) -> None:
    found = tiling(reported, start, end)
    if found:
        edges = [start, *(period.end for period in found)]
        assert [period.start for period in found] == edges[:-1]
        assert edges[-1] == end
        assert set(found) <= set(reported)


@given(st.sets(PERIODS, max_size=60), MONTH_STARTS, MONTH_STARTS)
def test_tiling_is_found_wherever_there_is_one_and_none_is_coarser(
    reported: set[Period], start: datetime, end: datetime
) -> None:
    """Against the count of a search through every choice of periods."""
    fewest = {start: 0}
    for at in sorted({period.start for period in reported} | {start}):
        for period in reported:
            if at in fewest and period.start == at and period.end <= end:
                fewest[period.end] = min(fewest.get(period.end, 1000), fewest[at] + 1)
    found = tiling(reported, start, end)
    if start >= end:
        assert found == ()
    else:
        assert (None if found is None else len(found)) == fewest.get(end)


def test_level_of_a_month_is_that_of_the_shortest_period_around_it() -> None:
    reported = periods("2025", "2025-Q2", "2024")
    assert str(covering(reported, moment(2025, 5), moment(2025, 6))) == "2025-Q2"
    assert str(covering(reported, moment(2025, 1), moment(2025, 2))) == "2025"
    assert covering(reported, moment(2024, 12), moment(2025, 2)) is None
