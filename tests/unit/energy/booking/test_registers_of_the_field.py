"""Registers as they fail in the field, each with what was truly used."""

from fractions import Fraction

import pytest

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import PICO, Mark, MeterRule, Replacement, Settlement, SettlementAction
from services.energy.booking.booking import book
from services.energy.booking.slots import Booking
from tests.unit.energy.booking.counter_story import MINUTE_US, T0, booked_pico, counter_rule

DAY_US = 24 * HOUR_US
Readings = list[tuple[int, float]]


def steps(*values: float, every_us: int = SLOT_US, start_us: int = T0) -> Readings:
    return [(start_us + i * every_us, value) for i, value in enumerate(values)]


def booked(readings: Readings, rule: MeterRule | None = None) -> Booking:
    in_order = sorted(readings)
    return book([at for at, _ in in_order], [value for _, value in in_order], rule or counter_rule())


def kwh(readings: Readings, rule: MeterRule | None = None) -> float:
    return booked_pico(booked(readings, rule)) / PICO


def rising(start: float, by: float, times: int) -> list[float]:
    return [round(start + i * by, 3) for i in range(times)]


HOURLY = counter_rule(interval_s=3600)


@pytest.mark.parametrize("years_back", [0.4, 26])
@pytest.mark.parametrize("strays", [1, 2, 5])
def test_readings_of_a_clock_that_is_months_or_years_behind_take_nothing_away(years_back: float, strays: int) -> None:
    true = steps(*rising(80_000, 2, 26), every_us=HOUR_US)
    back_us = int(years_back * 365) * DAY_US
    stray = [(T0 + (23 * HOUR_US) - back_us + i * HOUR_US, 80_047.0 + i) for i in range(strays)]
    assert kwh(true + stray, HOURLY) == 50
    assert set(booked(true + stray, HOURLY).marks) == {at for at, _ in stray}


def test_readings_of_a_wrong_clock_among_older_true_ones_move_no_energy() -> None:
    older = steps(*rising(20_000, 2, 40), every_us=HOUR_US, start_us=T0 - 100 * DAY_US)
    newer = steps(*rising(80_000, 2, 40), every_us=HOUR_US)
    stray = steps(80_010.0, 80_012.0, 80_014.0, every_us=HOUR_US, start_us=T0 - 90 * DAY_US)
    months = {at: energy for at, energy in booked(older + stray + newer, HOURLY).slots.items() if at < T0 - 2 * DAY_US}
    assert sum(energy.quantity_pico for energy in months.values()) == sum(
        energy.quantity_pico for at, energy in booked(older + newer, HOURLY).slots.items() if at < T0 - 2 * DAY_US
    )


def test_a_high_word_that_was_read_late_is_set_aside() -> None:
    assert kwh(steps(100_000.0, 100_000.5, 106_554.1, 100_001.0, 100_001.5, 100_002.0)) == 2


def test_the_low_digits_twice_in_a_row_are_set_aside() -> None:
    assert kwh(steps(81_233.4, 81_233.6, 12.0, 12.0, 81_233.8, 81_234.0)) == 0.6


def test_not_available_four_times_is_set_aside() -> None:
    assert kwh(steps(5_000.0, 5_000.5, *[4_294_967.295] * 4, 5_003.0, 5_003.5)) == 3.5


@pytest.mark.parametrize("days", [1, 4, 20])
def test_zeros_for_days_and_then_the_old_value_are_set_aside(days: int) -> None:
    values = [1_000.0, 1_000.5, *[0.0] * (4 * days), 1_010.0, 1_010.5]
    assert kwh(steps(*values, every_us=6 * HOUR_US), counter_rule(interval_s=21_600)) == 10.5


def test_zeros_of_each_quarter_for_days_hide_nothing_that_was_used_meanwhile() -> None:
    assert kwh(steps(5_000.0, 5_000.5, *[0.0] * 384, 5_100.0, 5_100.5)) == 100.5


def test_a_register_that_goes_on_in_megawatt_hours_is_counted_so() -> None:
    readings = steps(21_992.0, 21_993.0, 21.994, 21.995, 21.996)
    assert kwh(readings) == 4
    assert booked(readings).marks == {T0 + 2 * SLOT_US: Mark.LARGER_UNIT}


@pytest.mark.parametrize("rated", [None, 40.0])
def test_a_register_that_goes_on_in_watt_hours_is_counted_so_for_ever(rated: float | None) -> None:
    true = rising(21_992, 1, 80)
    readings = steps(*true[:30], *[value * 1000 for value in true[30:]])
    assert kwh(readings, counter_rule(rated_per_hour=rated)) == 79
    assert booked(readings, counter_rule(rated_per_hour=rated)).marks == {T0 + 30 * SLOT_US: Mark.SMALLER_UNIT}


@pytest.mark.parametrize("before", [2, 5, 10, 24])
@pytest.mark.parametrize("after", [3, 10, 96])
def test_however_soon_a_register_goes_on_in_watt_hours_no_thousandfold_is_booked(before: int, after: int) -> None:
    true = rising(21_992, 1, before + after)
    readings = steps(*true[:before], *[value * 1000 for value in true[before:]])
    assert kwh(readings) == before + after - 1
    assert booked(readings).marks == {T0 + before * SLOT_US: Mark.SMALLER_UNIT}


def test_a_young_register_that_goes_on_in_watt_hours_is_counted_so() -> None:
    assert kwh(steps(100.0, 100.5, 101_000.0, 101_500.0, 102_000.0)) == 2


def test_a_register_whose_first_readings_were_in_watt_hours_is_not_counted_a_thousandfold() -> None:
    true = rising(50_000, 1.5, 40)
    assert kwh(steps(true[0] * 1000, true[1] * 1000, *true[2:])) == 58.5


@pytest.mark.parametrize("off_min", [-20, 30])
def test_a_replacement_that_was_recorded_too_early_or_too_late_books_no_height(off_min: int) -> None:
    readings = steps(*rising(81_233, 0.2, 8), *rising(0.1, 0.2, 8), every_us=10 * MINUTE_US)
    swap = Replacement(T0 + 75 * MINUTE_US + off_min * MINUTE_US, 81_234.5, 0.0)
    used = kwh(readings, counter_rule(replacements=(swap,)))
    assert used == pytest.approx(1.4 + 0.1 + 0.1 + 1.4)


def test_a_meter_swapped_for_one_that_stands_lower_counts_on_and_is_told() -> None:
    readings = steps(81_233.4, 81_233.6, *rising(77_000.0, 0.2, 8))
    assert kwh(readings) == 1.6
    assert booked(readings).marks == {T0 + 2 * SLOT_US: Mark.SWAP}


def test_a_total_that_falls_a_little_at_a_restart_goes_on_from_there() -> None:
    assert kwh(steps(46.5, 47, 45, 45.5, 46, 46.5, 47, 47.5)) == 3


@pytest.mark.parametrize("rated", [None, 100.0])
def test_a_meter_swapped_for_one_that_stands_higher_books_no_height_and_is_told(rated: float | None) -> None:
    readings = steps(*rising(81_233.4, 0.2, 6), *rising(90_000.0, 0.2, 6))
    rule = counter_rule(rated_per_hour=rated)
    assert kwh(readings, rule) == 2
    assert booked(readings, rule).marks == {T0 + 6 * SLOT_US: Mark.SUSPECT}


def test_a_register_rolls_over_from_far_below_its_top_over_a_gap() -> None:
    before = steps(*rising(8_500.0, 1, 20))
    after = steps(*rising(200.0, 1, 20), start_us=T0 + 1_500 * SLOT_US)
    rule = counter_rule(register_size=10_000.0)
    assert kwh(before + after, rule) == 19 + (10_000 - 8_519 + 200) + 19


def test_two_resets_of_a_meter_that_stood_still_are_no_rollover() -> None:
    values = [4_902.0, *[4_903.0] * 6, *[40.0] * 3, 100.0, 200.0, 300.0, 400.0, 0.0, 0.0, 1.0, 2.0]
    assert kwh(steps(*values), counter_rule(register_size=10_000.0, rated_per_hour=1_200.0)) == 1 + 400 + 2


def test_a_short_life_between_two_resets_is_counted() -> None:
    values = [*[500.0] * 6, *[40.0] * 3, 100.0, 200.0, 300.0, 400.0, 0.0, 0.0, 1.0, 2.0]
    assert kwh(steps(*values), counter_rule(register_size=10_000.0, rated_per_hour=1_200.0)) == 400 + 2


def test_a_dip_soon_after_a_recorded_replacement_is_no_second_use_of_the_record() -> None:
    values = [*[500.0] * 6, *[580.0] * 6, 600.0, 580.0, 600.0, 601.0, 602.0]
    swap = Replacement(T0 + 85 * MINUTE_US, 500.0, 580.0)
    assert kwh(steps(*values), counter_rule(rated_per_hour=1_200.0, replacements=(swap,))) == 22


def test_what_a_meter_shows_first_is_believed_though_the_next_reading_is_a_day_away() -> None:
    readings = [*steps(1.5, 2.5, 3.5), (T0 + DAY_US + 250_001, 4.5)]
    assert kwh(readings) == 3
    assert booked(readings).marks == {}


def test_two_readings_of_the_old_meter_after_the_recorded_time_count() -> None:
    readings = steps(81_233.0, 81_233.2, 81_233.4, 81_233.6, 0.1, 0.3, every_us=10 * MINUTE_US)
    swap = Replacement(T0 + 15 * MINUTE_US, 81_233.3, 0.0)
    assert kwh(readings, counter_rule(replacements=(swap,))) == pytest.approx(0.9)


def settled(readings: Readings, action: SettlementAction, first: int, end: int, factor: int | None = None) -> Booking:
    settlement = Settlement(readings[first][0], readings[end][0], action, None if factor is None else Fraction(factor))
    rule = counter_rule(rated_per_hour=100.0, settlements=(settlement,))
    return booked(readings, rule)


def test_a_settled_swap_is_no_use_even_where_it_could_have_been() -> None:
    readings = steps(*rising(100, 1, 5), *rising(120, 1, 5))
    assert kwh(readings, counter_rule(rated_per_hour=100.0)) == 24
    assert booked_pico(settled(readings, SettlementAction.SWAP, 4, 6)) == 8 * PICO


def test_readings_that_are_settled_as_false_say_nothing() -> None:
    readings = steps(*rising(100, 1, 5), *rising(120, 1, 5), *rising(109, 1, 5))
    assert booked_pico(settled(readings, SettlementAction.SET_ASIDE, 5, 10)) == 13 * PICO


def test_readings_that_are_settled_as_right_are_believed_and_booked() -> None:
    readings = steps(*rising(100, 1, 5), 5_000.0, *rising(5_001, 1, 5))
    assert kwh(readings, counter_rule(rated_per_hour=100.0)) == 4 + 5
    accepted = settled(readings, SettlementAction.ACCEPT, 5, 6)
    assert booked_pico(accepted) == (4 + 4_896 + 5) * PICO
    assert accepted.marks == {}


@pytest.mark.parametrize(
    ("between", "used"),
    [
        ([300.0, 0.0], 103),
        ([300.0, 0.0, 0.0, 0.0], 103),
        ([300.0, 400.0, 40.0, 40.0], 503),
        ([300.0, 400.0, 500.0, 40.0], 603),
    ],
)
def test_a_fall_is_a_reset_once_two_readings_before_it_have_gone_on_as_the_counter_can(
    between: list[float], used: float
) -> None:
    rule = counter_rule(rated_per_hour=1200.0)
    assert kwh(steps(100.0, 200.0, *between, 201.0, 202.0, 203.0), rule) == used
