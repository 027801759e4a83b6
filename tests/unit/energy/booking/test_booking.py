"""Each rule of judging readings, by example."""

import pytest

from services.core.calendar import SLOT_US
from services.core.meter import PICO, Kind, Mark, Quality, Replacement, Settlement, SettlementAction, meter_rule
from services.energy.booking.booking import book
from services.energy.booking.levels import LONGEST_GAP_US
from tests.unit.energy.booking.counter_story import MINUTE_US, T0, booked_pico, counter_rule, quarter_hours


def kwh(*values: float, **rule: object) -> float:
    """kWh booked from quarter-hourly readings of a counter."""
    return booked_pico(book(*quarter_hours(*values), counter_rule(**rule))) / PICO  # type: ignore[arg-type]


def marks(*values: float, **rule: object) -> list[Mark | None]:
    """The mark of each of the quarter-hourly readings of a counter."""
    times, _ = quarter_hours(*values)
    found = book(*quarter_hours(*values), counter_rule(**rule)).marks  # type: ignore[arg-type]
    return [found.get(at) for at in times]


def test_difference_is_multiplied_by_ct_and_pt() -> None:
    assert kwh(100.0, 101.5, multiplier=3000.0) == 4500.0


def test_first_reading_books_nothing() -> None:
    assert kwh(81_233.4) == 0.0


def test_rollover_counts_through_the_top_of_the_register() -> None:
    assert kwh(9_990.0, 9_995.0, 3.0, 8.0, register_size=10_000.0) == 18.0
    assert marks(9_990.0, 9_995.0, 3.0, 8.0, register_size=10_000.0) == [None, None, Mark.ROLLOVER, None]


def test_fall_without_a_known_register_size_is_a_reset_and_counts_from_zero() -> None:
    assert kwh(9_990.0, 9_995.0, 3.0, 8.0) == 13.0
    assert marks(9_990.0, 9_995.0, 3.0, 8.0) == [None, None, Mark.RESET, None]


def test_fall_from_the_middle_of_the_register_is_a_reset_even_if_its_size_is_known() -> None:
    assert kwh(5_000.0, 5_010.0, 3.0, 8.0, register_size=10_000.0) == 18.0


def test_fall_from_near_the_top_that_the_rated_power_cannot_roll_over_is_a_reset() -> None:
    assert kwh(9_000.0, 1.0, 3.0, register_size=10_000.0, rated_per_hour=400.0) == 3.0
    assert marks(9_000.0, 1.0, 3.0, register_size=10_000.0, rated_per_hour=400.0) == [None, Mark.RESET, None]


def test_energy_is_exact_in_the_decimals_the_meter_prints() -> None:
    assert kwh(81_233.4, 81_235.7, multiplier=3000.0) == 6_900.0


def test_recorded_replacement_counts_both_meters() -> None:
    swap = Replacement(T0 + SLOT_US + 5 * MINUTE_US, final_value=107.0, first_value=20.0)
    assert kwh(100.0, 105.0, 24.0, 30.0, replacements=(swap,)) == (105 - 100) + (107 - 105) + (24 - 20) + (30 - 24)
    assert marks(100.0, 105.0, 24.0, 30.0, replacements=(swap,)) == [None, None, Mark.REPLACEMENT, None]


def test_replacement_by_a_meter_that_shows_more_is_no_rise() -> None:
    swap = Replacement(T0 + SLOT_US, final_value=105.0, first_value=7_000.0)
    assert kwh(100.0, 7_002.0, replacements=(swap,)) == 7.0


def test_replacement_whose_final_value_lies_below_the_last_reading_is_suspect() -> None:
    swap = Replacement(T0 + SLOT_US + MINUTE_US, final_value=50.0, first_value=0.0)
    assert kwh(100.0, 105.0, 4.0, replacements=(swap,)) == 9.0
    assert marks(100.0, 105.0, 4.0, replacements=(swap,))[2] is Mark.SUSPECT


def test_dip_is_never_booked_and_its_recovery_not_twice() -> None:
    assert kwh(100.0, 105.0, 103.0, 104.0, 108.0) == 8.0
    values = (100.0, 103.0, 104.5, 105.0, 105.5, 103.0, 104.0, 108.0)
    assert kwh(*values) == 8.0
    assert marks(*values) == [None, None, None, None, None, Mark.DIP, Mark.DIP, None]


@pytest.mark.parametrize("odd", [0.0, 12.0, 90.0])
def test_one_odd_value_between_two_consistent_ones_is_set_aside(odd: float) -> None:
    assert kwh(101.0, 105.0, odd, 108.0) == 7.0
    assert marks(101.0, 105.0, odd, 108.0) == [None, None, Mark.GLITCH, None]


def test_run_of_zeros_is_a_glitch_when_the_counter_comes_back() -> None:
    assert kwh(101.0, 105.0, 0.0, 0.0, 0.0, 108.0) == 7.0


def test_run_of_zeros_is_a_reset_when_the_counter_goes_on_from_there() -> None:
    assert kwh(101.0, 105.0, 0.0, 0.0, 3.0, 8.0) == 12.0


def test_fall_that_is_the_newest_reading_waits_for_the_next_one() -> None:
    assert kwh(101.0, 105.0, 2.0) == 4.0
    assert marks(101.0, 105.0, 2.0)[-1] is Mark.PENDING


def test_spike_of_a_meter_without_rated_power_is_set_aside_when_it_falls_back() -> None:
    assert kwh(100.0, 99_000.0, 101.0, 102.0) == 2.0


def test_spike_beyond_the_rated_power_is_set_aside_however_small_its_share() -> None:
    assert kwh(81_233.0, 85_000.0, 81_240.0, rated_per_hour=400.0) == 7.0


def test_rise_beyond_the_rated_power_is_suspect_and_not_booked() -> None:
    assert kwh(100.0, 5_000.0, 5_003.0, rated_per_hour=400.0) == 3.0
    assert marks(100.0, 5_000.0, 5_003.0, rated_per_hour=400.0) == [None, Mark.SUSPECT, None]


def test_suspect_rise_is_booked_when_someone_accepts_it() -> None:
    booking = book(
        *quarter_hours(100.0, 5_000.0, 5_003.0), counter_rule(rated_per_hour=400.0, accepted_us=[T0 + SLOT_US])
    )
    assert booked_pico(booking) == 4_903 * PICO
    assert booking.slots[T0].quality == Quality.ACCEPTED
    assert booking.marks == {}


@pytest.mark.parametrize(
    ("accepted_us", "settlements"),
    [
        ([T0 + 2 * SLOT_US], ()),
        ([], (Settlement(T0 + 2 * SLOT_US, T0 + 3 * SLOT_US, SettlementAction.ACCEPT),)),
    ],
)
def test_a_reading_is_accepted_alike_by_itself_and_in_a_stretch(
    accepted_us: list[int], settlements: tuple[Settlement, ...]
) -> None:
    rule = counter_rule(rated_per_hour=400.0, accepted_us=accepted_us, settlements=settlements)
    spike = book(*quarter_hours(100.0, 101.0, 5_000.0, 102.0, 103.0), rule)
    assert booked_pico(spike) == (1 + 4_899 + 1) * PICO
    assert spike.slots[T0 + SLOT_US].quality == Quality.ACCEPTED
    assert spike.marks == {T0 + 3 * SLOT_US: Mark.SWAP}


def test_a_reading_that_is_accepted_within_a_stretch_that_is_set_aside_counts() -> None:
    aside = Settlement(T0 + SLOT_US, T0 + 4 * SLOT_US, SettlementAction.SET_ASIDE)
    rule = counter_rule(rated_per_hour=400.0, accepted_us=[T0 + 2 * SLOT_US], settlements=(aside,))
    booking = book(*quarter_hours(100.0, 110.0, 120.0, 110.0, 130.0), rule)
    assert booked_pico(booking) == 30 * PICO
    assert booking.marks == {T0 + SLOT_US: Mark.GLITCH, T0 + 3 * SLOT_US: Mark.GLITCH}
    assert booking.slots[T0 + SLOT_US].quantity_pico == 10 * PICO


def test_negative_counter_is_set_aside() -> None:
    assert kwh(-5.0, 100.0, -1.0, 104.0) == 4.0


def test_zero_use_is_booked_as_zero_and_not_missing() -> None:
    booking = book(*quarter_hours(100.0, 100.0), counter_rule())
    assert booking.slots[T0].quantity_pico == 0
    assert booking.slots[T0].measured_s == 900


def test_difference_is_spread_linearly_and_cut_at_slot_edges() -> None:
    booking = book([T0 + 5 * MINUTE_US, T0 + 20 * MINUTE_US], [100.0, 103.0], counter_rule())
    assert {slot: e.quantity_pico for slot, e in booking.slots.items()} == {T0: 2 * PICO, T0 + SLOT_US: PICO}
    assert [e.measured_s for e in booking.slots.values()] == [600, 300]


def test_more_than_twice_the_interval_is_estimated_and_lowers_coverage() -> None:
    gap = book([T0, T0 + 3 * SLOT_US], [0.0, 9.0], counter_rule())
    assert [(e.quantity_pico // PICO, e.measured_s, e.quality) for e in gap.slots.values()] == [
        (3, 0, Quality.ESTIMATED)
    ] * 3
    twice = book([T0, T0 + 2 * SLOT_US], [0.0, 9.0], counter_rule())
    assert [e.measured_s for e in twice.slots.values()] == [900, 900]


def test_gap_of_more_than_400_days_is_not_guessed() -> None:
    booking = book([T0, T0 + LONGEST_GAP_US + 1], [0.0, 9.0], counter_rule())
    assert booking.slots == {}
    assert list(booking.marks.values()) == [Mark.SUSPECT]


def test_value_no_meter_can_carry_is_suspect_even_without_rated_power() -> None:
    booking = book(*quarter_hours(0.0, 1e300), counter_rule())
    assert booking.slots == {}
    assert booking.marks == {T0 + SLOT_US: Mark.SUSPECT}


def interval_kwh(unit: str, interval_s: int, *values: float) -> dict[int, float]:
    """kWh by slot of an interval meter."""
    rule = meter_rule(
        kind=Kind.INTERVAL, unit_of_measure=unit, carrier_unit="kWh", multiplier=1.0, interval_s=interval_s
    )
    times = [T0 + i * interval_s * 1_000_000 for i in range(len(values))]
    return {slot: e.quantity_pico / PICO for slot, e in book(times, list(values), rule).slots.items()}


def test_interval_meter_books_its_period_from_its_start() -> None:
    assert interval_kwh("kWh", 900, 3.17, 4.0) == {T0: 3.17, T0 + SLOT_US: 4.0}


def test_hourly_interval_fills_four_slots() -> None:
    assert interval_kwh("kWh", 3600, 8.0) == {T0 + i * SLOT_US: 2.0 for i in range(4)}


def test_mean_power_of_an_hour_is_energy() -> None:
    assert sum(interval_kwh("W", 3600, 157.421).values()) == pytest.approx(0.157421, rel=1e-9)


def test_negative_interval_is_suspect() -> None:
    rule = meter_rule(kind=Kind.INTERVAL, unit_of_measure="kWh", carrier_unit="kWh", multiplier=1.0, interval_s=900)
    booking = book([T0], [-1.0], rule)
    assert (booking.slots, booking.marks) == ({}, {T0: Mark.SUSPECT})


def test_gauge_is_integrated_over_time_and_not_across_a_gap() -> None:
    rule = meter_rule(kind=Kind.GAUGE, unit_of_measure="kW", carrier_unit="kWh", multiplier=1.0, interval_s=900)
    times = [T0, T0 + SLOT_US, T0 + 2 * SLOT_US, T0 + 6 * SLOT_US]
    booking = book(times, [100.0, 200.0, 200.0, 50.0], rule)
    assert {slot: e.quantity_pico / PICO for slot, e in booking.slots.items()} == {T0: 37.5, T0 + SLOT_US: 50.0}
