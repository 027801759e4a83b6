"""When a message is sent again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.notify.retry import GIVE_UP_AFTER, next_attempt

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(hours=24)
randoms = st.floats(min_value=0, max_value=1, exclude_max=True)


def middle() -> float:
    return 0.5


@pytest.mark.parametrize(
    ("attempts", "delay_s"), [(1, 5), (2, 10), (3, 20), (6, 160), (10, 2560), (11, 3600), (30, 3600), (10_000, 3600)]
)
def test_the_delay_doubles_from_five_seconds_to_an_hour(attempts: int, delay_s: float) -> None:
    assert next_attempt(attempts, FIRST, FIRST, middle) == FIRST + timedelta(seconds=delay_s)


def test_jitter_makes_a_delay_up_to_a_fifth_shorter_or_longer() -> None:
    assert next_attempt(1, FIRST, FIRST, lambda: 0.0) == FIRST + timedelta(seconds=4)
    assert next_attempt(1, FIRST, FIRST, lambda: 0.999999) == FIRST + timedelta(seconds=5.999998)


def test_a_day_after_the_first_attempt_the_message_is_dead() -> None:
    assert next_attempt(40, FIRST, FIRST + DAY, middle) is None
    assert next_attempt(1, FIRST, FIRST + DAY + timedelta(days=3), middle) is None


def test_the_last_attempt_is_at_the_end_of_the_day() -> None:
    assert next_attempt(30, FIRST, FIRST + DAY - timedelta(minutes=1), middle) == FIRST + DAY


def test_the_receiver_can_ask_for_a_longer_pause_and_not_for_a_shorter_one() -> None:
    assert next_attempt(1, FIRST, FIRST, middle, retry_after_s=120) == FIRST + timedelta(seconds=120)
    assert next_attempt(6, FIRST, FIRST, middle, retry_after_s=1) == FIRST + timedelta(seconds=160)
    assert next_attempt(1, FIRST, FIRST, middle, retry_after_s=1e18) == FIRST + timedelta(hours=1)


def test_before_the_first_attempt_there_is_no_next_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next_attempt(0, FIRST, FIRST, middle)


@given(
    attempts=st.integers(1, 100_000),
    passed=st.timedeltas(min_value=timedelta(0), max_value=DAY * 2),
    random=randoms,
    asked_s=st.none() | st.floats(min_value=0, max_value=1e9),
)
def test_the_next_attempt_lies_ahead_and_within_the_day(
    attempts: int, passed: timedelta, random: float, asked_s: float | None
) -> None:
    now = FIRST + passed
    due = next_attempt(attempts, FIRST, now, lambda: random, retry_after_s=asked_s)
    if passed >= DAY:
        assert due is None
    else:
        assert due is not None
        assert now < due <= FIRST + GIVE_UP_AFTER


@given(draws=st.lists(randoms, min_size=60, max_size=60), takes_s=st.floats(min_value=0, max_value=30))
def test_a_receiver_that_is_down_all_day_is_tried_some_thirty_times(draws: list[float], takes_s: float) -> None:
    drawn = iter(draws)
    now, attempts = FIRST, 1
    while (due := next_attempt(attempts, FIRST, now + timedelta(seconds=takes_s), lambda: next(drawn))) is not None:
        now, attempts = due, attempts + 1
    assert 25 <= attempts <= 45
    assert FIRST + DAY - timedelta(seconds=takes_s) <= now <= FIRST + DAY
