"""With which period another is compared, and when something may be said of the change."""

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.comparing.change import NOTHING_BY_HAND, ByHand, ComparedSide, change
from services.api.comparing.period import Counterpart, counterparts, shift_of
from services.api.energy.compared import MONTHS_A_PERIOD
from services.api.errors import Refused
from services.core.calendar import SHANGHAI, Bucket, Grain, floor
from services.core.frame import frame_of

NOW = datetime(2026, 11, 30, 15, 50, tzinfo=SHANGHAI)
LONG_AFTER = datetime(2030, 1, 1, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def compared(
    compare: str, start: str, end: str, bucket: Bucket = Bucket.TOTAL, *, now: datetime = LONG_AFTER
) -> dict[datetime, Counterpart]:
    """The counterparts of a question, by the start of the row."""
    frame = frame_of(at(start), at(end), bucket)
    months = MONTHS_A_PERIOD.get(bucket)
    shift = shift_of(compare, at(start), at(end), months_a_period=months)
    bounds = [frame.bounds(period) for period in frame.periods]
    return dict(counterparts(bounds, shift, now=now, finest=Grain.SLOT, months_a_period=months))


@pytest.mark.parametrize(
    ("compare", "start", "end", "other"),
    [
        ("previous", "2026-10-01", "2026-11-01", ("2026-09-01", "2026-10-01")),
        ("previous", "2026-03-01", "2026-04-01", ("2026-02-01", "2026-03-01")),
        ("previous", "2026-07-01", "2026-10-01", ("2026-04-01", "2026-07-01")),
        ("previous", "2026-11-23", "2026-11-30", ("2026-11-16", "2026-11-23")),
        ("previous", "2026-11-30T08:00", "2026-11-30T12:15", ("2026-11-29T08:00", "2026-11-29T12:15")),
        ("year", "2026-02-01", "2026-03-01", ("2025-02-01", "2025-03-01")),
        ("year", "2024-02-01", "2024-03-01", ("2023-02-01", "2023-03-01")),
        ("year", "2026-11-23", "2026-11-30", ("2025-11-23", "2025-11-30")),
        ("2026-03-01", "2026-11-01", "2026-12-01", ("2026-03-01", "2026-04-01")),
        ("2026-03-15", "2026-11-01", "2026-12-01", ("2026-03-15", "2026-04-14")),
    ],
)
def test_a_whole_range_is_compared_with_a_whole_one(compare: str, start: str, end: str, other: tuple[str, str]) -> None:
    (found,) = compared(compare, start, end).values()
    assert (found.start, found.end, found.until) == (at(other[0]), at(other[1]), None)


def test_days_are_compared_with_the_same_days_and_a_day_that_is_not_there_with_none() -> None:
    found = compared("previous", "2026-12-01", "2027-01-01", Bucket.DAY)
    assert found[at("2026-12-05")] == Counterpart(at("2026-11-05"), at("2026-11-06"))
    assert found[at("2026-12-30")] == Counterpart(at("2026-11-30"), at("2026-12-01"))
    assert at("2026-12-31") not in found
    assert len(found) == 30


def test_months_of_a_cut_range_are_compared_with_months() -> None:
    found = compared("previous", "2026-10-15", "2026-12-01", Bucket.MONTH)
    assert list(found.values()) == [
        Counterpart(at("2026-08-15"), at("2026-09-01")),
        Counterpart(at("2026-09-01"), at("2026-10-01")),
    ]
    years = compared("previous", "2025-01-01", "2027-01-01", Bucket.YEAR)
    assert [each.start.year for each in years.values()] == [2023, 2024]


def test_a_month_at_hand_is_compared_in_its_whole_days() -> None:
    (found,) = compared("previous", "2026-11-01", "2026-12-01", now=NOW).values()
    assert found == Counterpart(at("2026-10-01"), at("2026-10-30"), at("2026-11-30"))
    (today,) = compared("previous", "2026-11-30", "2026-12-01", now=NOW).values()
    assert today == Counterpart(at("2026-11-29"), at("2026-11-29T15:00"), at("2026-11-30T15:00"))
    (quarter,) = compared("previous", "2026-11-30T15:15", "2026-11-30T16:15", now=NOW).values()
    assert quarter == Counterpart(at("2026-11-29T15:15"), at("2026-11-29T15:45"), at("2026-11-30T15:45"))


def test_the_part_of_a_long_month_is_no_longer_than_the_short_one_before() -> None:
    (found,) = compared("previous", "2026-03-01", "2026-04-01", now=at("2026-03-31T09:00")).values()
    assert found == Counterpart(at("2026-02-01"), at("2026-03-01"), at("2026-03-29"))


def test_what_has_not_begun_or_is_not_over_by_a_quarter_of_an_hour_is_not_compared() -> None:
    found = compared("previous", "2026-11-29", "2026-12-05", Bucket.DAY, now=NOW)
    assert list(found) == [at("2026-11-29"), at("2026-11-30")]
    assert compared("previous", "2026-11-30T15:45", "2026-11-30T16:00", now=NOW) == {}


@pytest.mark.parametrize("compare", ["2026-02-30", "1999-01-01", "2026-03-15"])
def test_a_day_with_which_nothing_can_be_compared_is_refused(compare: str) -> None:
    with pytest.raises(Refused) as refused:
        compared(compare, "2026-10-01", "2026-12-01", Bucket.MONTH)
    assert refused.value.kind.code == "invalid_compare"


QUARTERS = st.integers(min_value=0, max_value=20 * 365 * 96)
FIRST = datetime(2005, 1, 1, tzinfo=SHANGHAI)


@given(
    first=QUARTERS,
    length=st.integers(min_value=1, max_value=96 * 400),
    bucket=st.sampled_from([Bucket.TOTAL, Bucket.DAY, Bucket.MONTH, Bucket.YEAR]),
    compare=st.sampled_from(["previous", "year"]),
    elapsed=st.integers(min_value=0, max_value=96 * 400 * 900),
)
def test_a_part_is_compared_with_one_as_long_and_nothing_with_what_is_to_come(
    first: int, length: int, bucket: Bucket, compare: str, elapsed: int
) -> None:
    start = FIRST + first * timedelta(minutes=15)
    end, now = start + length * timedelta(minutes=15), start + timedelta(seconds=elapsed)
    frame, months = frame_of(start, end, bucket), MONTHS_A_PERIOD.get(bucket)
    shift = shift_of(compare, start, end, months_a_period=months)
    bounds = dict(map(frame.bounds, frame.periods))
    found = counterparts(bounds.items(), shift, now=now, finest=Grain.SLOT, months_a_period=months)
    assert len({each.start for each in found.values()}) == len(found)
    for begin, each in found.items():
        assert floor(each.start, Grain.SLOT) == each.start < each.end <= now
        if each.until is None:
            assert bounds[begin] <= now
        else:
            assert begin < each.until <= now < bounds[begin]
            assert each.end - each.start == each.until - begin


def side(
    value: int | None, coverage: float | None = 1.0, meters: float = 10.0, by_hand: ByHand = NOTHING_BY_HAND
) -> ComparedSide:
    return ComparedSide(None if value is None else Fraction(value), coverage, meters, by_hand=by_hand)


@pytest.mark.parametrize(
    ("own", "other", "reason"),
    [
        (side(None), side(100), ("no_value_now", "")),
        (side(110), side(None), ("no_value_then", "")),
        (side(110, 0.89999), side(100), ("low_coverage_now", "0.89999")),
        (side(110), side(100, None), ("low_coverage_then", "0.0000")),
        (side(110), side(100, meters=4.0), ("other_meters", "10.0 / 4.0")),
        (side(110, meters=8.9), side(100), ("other_meters", "8.9 / 10.0")),
        (side(110), side(100, by_hand=ByHand(1, 0.11)), ("other_reports", "0 / 1")),
        (side(110, by_hand=ByHand(8, 1.0)), side(100, by_hand=ByHand(9, 1.0)), ("other_reports", "8 / 9")),
        (side(110), side(0), ("not_positive_then", "")),
        (side(110), side(-5), ("not_positive_then", "")),
    ],
)
def test_nothing_is_said_of_a_change_that_may_be_one_of_the_measuring(
    own: ComparedSide, other: ComparedSide, reason: tuple[str, str]
) -> None:
    assert change(own, other, 0.9) == (None, reason)


def test_a_change_between_two_that_were_measured_alike_is_told() -> None:
    assert change(side(110, 0.9), side(100, meters=9.0), 0.9) == (10.0, None)
    assert change(side(-5), side(100), 0.9) == (-105.0, None)
    assert change(side(110, by_hand=ByHand(9, 1.0)), side(100, by_hand=ByHand(10, 1.0)), 0.9) == (10.0, None)
    assert change(side(110, by_hand=ByHand(1, 0.1)), side(100), 0.9) == (10.0, None)
