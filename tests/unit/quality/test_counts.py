"""How many of a day's readings came, in time, and believed."""

from collections.abc import Collection
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.calendar import DAY_US, start_of_day, to_us
from services.core.meter import Flow, Kind, Mark, MeterRule, MeterTerm
from services.quality.checks.day import MeterDay, MeterFacts
from services.quality.counts import DayCounts, InTime, counts, counts_of_day, missing_times
from tests.unit.energy.booking.term_story import term

DAY = date(2026, 3, 2)
START_US = to_us(start_of_day(DAY))
QUARTER_US = 900_000_000
IN_TIME = InTime(intervals=2, margin_s=900)


def day(times_us: list[int], *, lag_s: float = 1, marks: dict[int, Mark] | None = None) -> MeterDay:
    at = np.array(times_us, dtype=np.int64)
    return MeterDay(DAY, at, np.ones(len(at)), marks=marks or {}, received_us=at + int(lag_s * 1_000_000))


def grid(*, without: Collection[int] = ()) -> list[int]:
    return [START_US + i * QUARTER_US for i in range(96) if i not in without]


def test_a_whole_day_came() -> None:
    assert counts(day(grid()), QUARTER_US, IN_TIME) == DayCounts(readings=96, received=96, on_time=96, valid=96)


def test_two_readings_of_a_period_are_one_that_came() -> None:
    times = sorted([*grid(), START_US + 60_000_000])
    assert counts(day(times), QUARTER_US, IN_TIME) == DayCounts(readings=97, received=96, on_time=96, valid=96)


@pytest.mark.parametrize(("lag_s", "on_time"), [(2700, 96), (2701, 0)])
def test_in_time_is_within_two_intervals_and_a_quarter_of_an_hour(lag_s: float, on_time: int) -> None:
    assert counts(day(grid(), lag_s=lag_s), QUARTER_US, IN_TIME).on_time == on_time


def test_what_is_set_aside_or_suspect_is_not_believed_and_a_reset_is() -> None:
    at = grid()
    marks = {at[1]: Mark.GLITCH, at[2]: Mark.SUSPECT, at[3]: Mark.RESET, at[4]: Mark.PENDING, at[5]: Mark.DIP}
    found = counts(day(at, marks=marks), QUARTER_US, IN_TIME)
    assert (found.received, found.valid, found.resets) == (96, 92, 1)


def test_a_reading_received_at_an_unknown_time_did_not_come_in_time() -> None:
    at = np.array(grid(), dtype=np.int64)
    assert counts(MeterDay(DAY, at, np.ones(96)), QUARTER_US, IN_TIME).on_time == 0


@given(phase_us=st.integers(5_000_000, QUARTER_US - 5_000_000), seed=st.integers(0, 1000))
def test_a_clock_that_jitters_loses_no_reading_at_any_phase(phase_us: int, seed: int) -> None:
    jitter_us = np.random.default_rng(seed).integers(-3_000_000, 3_000_000, 96)
    times = [START_US + i * QUARTER_US + phase_us + int(jitter_us[i]) for i in range(96)]
    assert counts(day(times), QUARTER_US, IN_TIME).received == 96
    assert missing_times(np.array(times), QUARTER_US, start_us=START_US, end_us=START_US + DAY_US) == []


def test_missing_readings_are_named_by_the_meters_own_rhythm() -> None:
    times = np.array(grid(without={10, 11, 95}), dtype=np.int64) + 120_000_000
    missing = missing_times(times, QUARTER_US, start_us=START_US, end_us=START_US + DAY_US)
    assert missing == [START_US + i * QUARTER_US + 120_000_000 for i in (10, 11, 95)]


def test_of_a_silent_day_every_reading_is_missing() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert len(missing_times(nothing, QUARTER_US, start_us=START_US, end_us=START_US + DAY_US)) == 96
    assert counts(day([]), QUARTER_US, IN_TIME) == DayCounts()


def meter_with(*terms: MeterTerm) -> MeterFacts:
    return MeterFacts("E01", "electricity", Flow.INPUT, MeterRule(terms))


@pytest.mark.parametrize(("missing", "received"), [(0, 1440), (4, 1380)])
def test_a_day_in_which_the_interval_became_shorter_is_whole_if_nothing_is_missing(missing: int, received: int) -> None:
    noon_us = START_US + DAY_US // 2
    meter = meter_with(term(kind=Kind.INTERVAL), term(noon_us, kind=Kind.INTERVAL, interval_s=60))
    before = [at for at in grid(without=range(missing)) if at < noon_us]
    after = [noon_us + i * 60_000_000 for i in range(720)]
    found = counts_of_day(day([*before, *after]), meter, IN_TIME)
    assert (found.readings, found.received, found.valid) == (768 - missing, received, received)


def test_days_before_and_after_a_change_go_by_their_own_interval() -> None:
    meter = meter_with(term(), term(START_US + DAY_US, interval_s=60))
    assert counts_of_day(day(grid()), meter, IN_TIME).received == 96
    meter = meter_with(term(interval_s=60), term(START_US))
    assert counts_of_day(day(grid()), meter, IN_TIME).received == 96
