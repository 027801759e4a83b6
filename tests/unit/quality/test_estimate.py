"""What stands in for hours that were not measured."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.core.meter import PICO, Kind, Quality
from services.quality.estimate import WEEK_H, Hours, hours_of, linear, profile

ESTIMATED, FAULT = int(Quality.ESTIMATED), int(Quality.COLLECTION_FAULT)


def hours(
    units: list[float], *, empty: set[int] | None = None, gap: set[int] | None = None, kind: Kind = Kind.INTERVAL
) -> Hours:
    """Hours of four equal slots; some without anything, some spread over a gap."""
    pico = np.repeat(np.array([int(Fraction(u) * PICO) for u in units], dtype=np.int64) // 4, 4)
    quality = np.zeros(len(units), dtype=np.int64)
    quality[sorted(empty or ())] = -1
    quality[sorted(gap or ())] = ESTIMATED
    return hours_of(pico, np.repeat(quality, 4), kind)


def in_units(found: dict[int, int]) -> dict[int, float]:
    return {hour: pico / PICO for hour, pico in found.items()}


def test_an_hour_between_two_measured_ones_lies_on_their_line() -> None:
    assert in_units(linear(hours([8, 0, 0, 0, 16], empty={1, 2, 3}))) == {1: 10, 2: 12, 3: 14}


def test_at_an_end_there_is_no_line() -> None:
    assert linear(hours([0, 8, 8, 0], empty={0, 3})) == {}


def test_the_profile_is_the_same_hour_of_the_weeks_before_at_the_level_of_the_day_before() -> None:
    usual = [float(4 * (1 + h % 24)) for h in range(4 * WEEK_H)]
    today = [2 * u for u in usual[:48]]
    found = in_units(profile(hours(usual + today, empty={4 * WEEK_H + 30, 4 * WEEK_H + 31})))
    assert found == {4 * WEEK_H + 30: pytest.approx(2 * 28), 4 * WEEK_H + 31: pytest.approx(2 * 32)}


def test_an_hour_without_a_past_has_no_profile() -> None:
    assert profile(hours([8] * 30, empty={20})) == {}


def test_a_plant_at_rest_before_the_gap_is_estimated_at_rest() -> None:
    units = [8.0] * WEEK_H + [0.0] * 24 + [8.0] * 2
    assert in_units(profile(hours(units, empty={WEEK_H + 24, WEEK_H + 25}))) == {WEEK_H + 24: 0, WEEK_H + 25: 0}


def test_what_an_interval_meter_says_during_a_fault_is_estimated_and_a_counter_counts_on() -> None:
    pico = np.repeat(np.array([8, 0, 8], dtype=np.int64) * PICO // 4, 4)
    quality = np.repeat(np.array([0, FAULT, 0], dtype=np.int64), 4)
    assert in_units(linear(hours_of(pico, quality, Kind.INTERVAL))) == {1: 8}
    assert linear(hours_of(pico, quality, Kind.COUNTER)) == {}


def test_of_an_hour_that_a_gap_begins_in_only_the_rest_is_estimated() -> None:
    pico = np.full((WEEK_H + 4) * 4, 2 * PICO)
    quality = np.zeros(len(pico), dtype=np.int64)
    quality[WEEK_H * 4 + 3 : WEEK_H * 4 + 14] = ESTIMATED  # from 00:45 to 03:30
    found = in_units(profile(hours_of(pico, quality, Kind.COUNTER)))
    assert found == {WEEK_H + i: pytest.approx(8) for i in range(4)}


@given(
    shape=st.lists(st.integers(0, 1000), min_size=6, max_size=6).filter(any),
    total=st.integers(0, 10**18),
    booked=st.integers(0, 10**15),
)
@example(shape=[0, 0, 0, 0, 1, 0], total=105_884_811_924_144_120, booked=0)
def test_the_hours_of_a_counters_gap_add_up_to_what_was_booked(shape: list[int], total: int, booked: int) -> None:
    past = np.repeat(np.array(shape, dtype=np.int64), 4)
    week = np.concatenate([past, np.full((WEEK_H - 6) * 4, booked)])
    gap = np.full(24, total // 24, dtype=np.int64)
    quality = np.concatenate([np.zeros(WEEK_H * 4, dtype=np.int64), np.full(24, ESTIMATED)])
    found = profile(hours_of(np.concatenate([week, gap]), quality, Kind.COUNTER))
    assert sum(found.values()) == total // 24 * 24
    assert all(pico >= 0 for pico in found.values())
