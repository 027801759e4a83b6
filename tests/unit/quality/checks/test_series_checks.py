"""What cannot have been measured is found where it stands, and what a sound meter does is not."""

from dataclasses import replace

import numpy as np
import pytest

from services.core.meter import Kind
from services.quality.checks.day import MeterDay, Quantities
from services.quality.checks.declared import limits_of, load_checks
from services.quality.checks.series_checks import LEAST_PAST_DAYS, find
from tests.unit.quality.checks.series_story import (
    DAYS,
    HOURS,
    JUDGED_US,
    a_meter,
    days_of,
    found_on_last_day,
    hour_us,
    last_day,
    shipped,
    slugs,
    usual_values,
)


@pytest.mark.parametrize("seed", range(20))
def test_a_sound_meter_gives_no_finding(seed: int) -> None:
    assert found_on_last_day(values=usual_values(seed=seed)) == []


def test_a_value_above_the_rating_is_found_whatever_the_past() -> None:
    def slip(values: Quantities) -> None:
        values[last_day(9, 10)] = 260.0

    meter = a_meter(rated_per_hour=250.0)
    (found,) = found_on_last_day(slip, meter=meter)
    assert (found.check, found.starts_us, found.ends_us) == ("implausible", hour_us(9), hour_us(10))
    assert (found.value, found.limit, found.detail["by"]) == (260.0, 250.0, "rating")
    day = days_of(usual_values(1), meter)[0]
    high = MeterDay(day.day, day.times_us, day.values + 200)
    assert slugs(find(meter, high, [], shipped())) == {"implausible"}


def test_without_a_rating_the_meter_is_held_against_its_own_past() -> None:
    def slip(values: Quantities) -> None:
        values[last_day(9, 10)] *= 10

    (found,) = found_on_last_day(slip)
    assert (found.check, found.starts_us, found.detail["by"]) == ("implausible", hour_us(9), "past")
    assert 300 < found.limit < 400


def test_a_plant_that_works_harder_for_the_whole_day_is_not_implausible() -> None:
    def double(values: Quantities) -> None:
        values[last_day()] *= 4

    assert "implausible" not in slugs(found_on_last_day(double))


def test_a_value_that_stands_is_found_from_its_first_hour() -> None:
    def stick(values: Quantities) -> None:
        values[last_day(-6, 8)] = values[last_day(-6)][0]

    found = {each.check: each for each in found_on_last_day(stick)}
    assert (found["stuck"].starts_us, found["stuck"].ends_us) == (hour_us(-6), hour_us(8))
    assert found["stuck"].value == 14.0


def test_a_meter_that_often_stands_may_stand_again() -> None:
    values = usual_values()
    by_day = values.reshape(DAYS, HOURS)
    by_day[:, :12] = 5.8

    assert "stuck" not in slugs(found_on_last_day(values=values))


def test_a_counter_that_stands_is_stuck() -> None:
    registers: Quantities = np.cumsum(usual_values()).round(1)
    registers[last_day(4, 20)] = registers[last_day(4)][0]
    found = {each.check: each for each in found_on_last_day(values=registers, meter=a_meter(Kind.COUNTER))}
    assert found["stuck"].value == 15.0
    assert (found["stuck"].starts_us, found["stuck"].ends_us) == (hour_us(4), hour_us(19))


def test_zero_is_found_while_the_plant_produces_and_not_while_it_rests() -> None:
    def stop(values: Quantities) -> None:
        values.reshape(DAYS, HOURS)[::7, 8:14] = 0.0

    works, rests = np.full(HOURS, 10.0), np.full(HOURS, 10.0)
    rests[8:14] = 0.0
    values = usual_values()
    values[last_day(8, 20)] = 0.0
    (found,) = [each for each in found_on_last_day(values=values, product_by_hour=works) if each.check == "zero_run"]
    assert (found.starts_us, found.ends_us, found.value) == (hour_us(8), hour_us(20), 12.0)
    assert found.detail["hours_of_product"] == 12.0
    assert "zero_run" not in slugs(found_on_last_day(stop, product_by_hour=rests))


def test_without_a_product_zero_is_found_only_where_the_past_never_stood_still() -> None:
    def stop(values: Quantities) -> None:
        values[last_day(8, 14)] = 0.0

    def often(values: Quantities) -> None:
        values.reshape(DAYS, HOURS)[::3, 3] = 0.0
        stop(values)

    (found,) = [each for each in found_on_last_day(stop) if each.check == "zero_run"]
    assert (found.value, found.detail["product"]) == (6.0, "not known")
    assert "zero_run" not in slugs(found_on_last_day(often))


def test_resets_are_found_from_the_third_within_the_past_on() -> None:
    def registers(resets: list[int]) -> Quantities:
        used = usual_values()
        told = np.cumsum(used)
        for day in resets:
            told[day * HOURS + 7 :] -= told[day * HOURS + 7]
        return np.round(told, 1)

    meter = a_meter(Kind.COUNTER)
    assert found_on_last_day(values=registers([20, 35]), meter=meter) == []
    (found,) = found_on_last_day(values=registers([10, 20, 35]), meter=meter)
    assert (found.check, found.value, found.limit) == ("reset_often", 3, 2)
    assert found.starts_us == JUDGED_US - 25 * HOURS * 3_600_000_000 + 7 * 3_600_000_000
    assert found_on_last_day(values=registers([10, 20, 30]), meter=meter) == []


def test_a_day_written_from_its_mean_is_too_regular() -> None:
    def write(values: Quantities) -> None:
        values[last_day()] = np.round(100 + np.random.default_rng(1).normal(0, 0.5, HOURS), 1)

    found = {each.check: each for each in found_on_last_day(write)}
    assert (found["too_regular"].starts_us, found["too_regular"].ends_us) == (hour_us(0), hour_us(24))
    assert found["too_regular"].value < 0.01 < found["too_regular"].limit


def test_a_plant_at_rest_moves_little_and_is_not_too_regular() -> None:
    def rest(values: Quantities) -> None:
        values[last_day(-HOURS)] = np.round(15 + np.random.default_rng(1).normal(0, 0.1, 2 * HOURS), 1)

    assert "too_regular" not in slugs(found_on_last_day(rest))


def test_values_rounded_for_half_a_day_are_found_with_their_step() -> None:
    def write(values: Quantities) -> None:
        values[last_day(6, 18)] = np.round(values[last_day(6, 18)], -1)

    found = {each.check: each for each in found_on_last_day(write)}
    assert found["rounded"].value == 10.0
    assert found["rounded"].limit == pytest.approx(0.1)
    assert found["rounded"].starts_us <= hour_us(6)
    assert found["rounded"].ends_us >= hour_us(18)


def test_a_meter_that_prints_whole_tens_is_not_rounded() -> None:
    assert "rounded" not in slugs(found_on_last_day(values=usual_values(decimals=-1)))


def test_values_of_another_day_are_found_and_the_day_is_named() -> None:
    def copy(values: Quantities) -> None:
        values[last_day(-4, 12)] = values[last_day(-4 - 5 * HOURS, 12 - 5 * HOURS)]

    (found,) = found_on_last_day(copy)
    assert (found.check, found.starts_us, found.ends_us) == ("repeated", hour_us(-4), hour_us(12))
    assert (found.value, found.detail["of"]) == (16.0, "2026-02-04")


def test_values_of_another_time_of_day_or_a_few_equal_ones_are_no_repetition() -> None:
    def copy(values: Quantities) -> None:
        values[last_day(3, 5)] = values[last_day(3 - HOURS, 5 - HOURS)]

    assert found_on_last_day(copy) == []


def test_a_meter_without_a_past_is_judged_by_rating_and_resets_alone() -> None:
    meter = a_meter()
    values = usual_values(LEAST_PAST_DAYS)
    values[-HOURS:] = 80.0
    days = days_of(values, meter)
    assert find(meter, days[-1], days[:-1], shipped()) == []
    longer = usual_values(LEAST_PAST_DAYS + 1)
    longer[-HOURS:] = 80.0
    days = days_of(longer, meter)
    assert "stuck" in slugs(find(meter, days[-1], days[:-1], shipped()))
    assert slugs(find(meter, days[-1], days[:-1], shipped(), only={"rounded"})) == set()


def test_a_day_without_readings_has_no_findings() -> None:
    def lose(values: Quantities) -> None:
        values[last_day()] = np.nan

    assert found_on_last_day(lose) == []


def test_a_run_does_not_go_across_a_day_that_is_missing() -> None:
    def lose(values: Quantities) -> None:
        values[last_day(-48, 6)] = 80.0
        values[last_day(-24, 0)] = np.nan

    assert "stuck" not in slugs(found_on_last_day(lose))


def test_limits_with_a_missing_or_unknown_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match="check implausible: the parameters must be"):
        limits_of([replace(load_checks()[0], parameters={"times": 3.0})], daily_monthly_percent=5)
