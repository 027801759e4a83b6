"""What a meter means has dates: a change counts from its moment on, and leaves what was before as it is."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.calendar import DAY_US, HOUR_US, SLOT_US
from services.core.meter import (
    PICO,
    Kind,
    Mark,
    MeterRule,
    MeterTerm,
    Quality,
    Replacement,
    Settlement,
    SettlementAction,
    different,
    in_settled_units,
)
from services.energy.booking.booking import book
from services.energy.booking.slots import Booking
from tests.unit.energy.booking.counter_story import T0, Store, booked_pico, messages, quarter_hours
from tests.unit.energy.booking.term_story import rules_with_terms, term


def kwh_by_slot(booking: Booking) -> list[float]:
    return [energy.quantity_pico / PICO for _, energy in sorted(booking.slots.items())]


def booked(
    values: list[float],
    *terms: MeterTerm,
    times_us: list[int] | None = None,
    replacements: tuple[Replacement, ...] = (),
) -> Booking:
    """The values at quarter hours from T0, or at the times given."""
    return book(times_us or quarter_hours(*values)[0], values, MeterRule(terms, replacements))


def quarter(number: int) -> int:
    return T0 + number * SLOT_US


def test_a_counter_that_goes_from_kwh_to_mwh_makes_no_jump() -> None:
    values = [21_992.0, 21_993.0, 21.994, 21.995]
    booking = booked(values, term(), term(quarter(2), unit_of_measure="MWh"))
    assert kwh_by_slot(booking) == [1.0, 1.0, 1.0]
    assert booking.marks == {}


def test_a_current_transformer_counts_by_its_ratio_of_the_time() -> None:
    booking = booked([100.0, 101.0, 102.0, 103.0], term(multiplier=600.0), term(quarter(2), multiplier=800.0))
    assert kwh_by_slot(booking) == [600.0, 600.0, 800.0]


def test_a_rise_across_a_change_of_the_multiplier_is_split_in_proportion_to_time() -> None:
    changed_us = T0 + SLOT_US // 3
    booking = booked([100.0, 103.0], term(multiplier=600.0), term(changed_us, multiplier=800.0))
    assert kwh_by_slot(booking) == [600.0 + 2 * 800.0]


def test_a_correction_across_a_change_is_seen_on_both_sides() -> None:
    rule = MeterRule((term(multiplier=600.0), term(T0 + SLOT_US, multiplier=800.0)))
    booking = book([T0, T0 + 2 * SLOT_US], [100.0, 102.0], rule, corrected_us=[T0])
    assert [energy.quality for energy in booking.slots.values()] == [Quality.CORRECTED] * 2


def test_an_interval_meter_has_the_period_of_its_time() -> None:
    times_us = [quarter(i) for i in range(4)] + [quarter(4) + i * 60_000_000 for i in range(15)]
    quarters = term(kind=Kind.INTERVAL, unit_of_measure="kW")
    minutes = term(quarter(4), kind=Kind.INTERVAL, unit_of_measure="kW", interval_s=60)
    booking = booked([100.0] * 19, quarters, minutes, times_us=times_us)
    assert kwh_by_slot(booking) == pytest.approx([25.0] * 5)


def test_the_rated_power_of_the_time_tells_what_a_meter_can_carry() -> None:
    small, great = term(rated_per_hour=100.0), term(quarter(2), rated_per_hour=1000.0)
    booking = booked([0.0, 200.0, 400.0, 600.0], small, great)
    assert booking.marks == {quarter(0): Mark.GLITCH, quarter(1): Mark.GLITCH}
    assert kwh_by_slot(booking) == [200.0]


def test_a_rating_bounds_the_part_of_a_gap_in_which_it_held() -> None:
    rated = (term(rated_per_hour=100.0), term(quarter(4), rated_per_hour=1000.0))
    suspect: dict[int, Mark] = {quarter(8): Mark.SUSPECT}
    assert booked([50.0, 1_150.0], *rated, times_us=[quarter(0), quarter(8)]).marks == {}
    assert booked([50.0, 1_151.0], *rated, times_us=[quarter(0), quarter(8)]).marks == suspect


def test_a_register_of_another_size_rolls_over_at_that() -> None:
    values, great = [980.0, 990.0, 5.0, 9.0], term(register_size=10_000.0)
    assert kwh_by_slot(booked(values, great, term(quarter(1), register_size=1_000.0))) == [10.0, 15.0, 4.0]
    known_too_late = booked(values, great, term(quarter(2), register_size=1_000.0))
    assert known_too_late.marks == {quarter(2): Mark.RESET}


def test_a_meter_taken_out_is_read_in_its_own_unit_and_the_new_one_in_its() -> None:
    swap = Replacement(quarter(1), 101.0, 5.0)
    booking = booked([100.0, 5.0, 5.002], term(), term(quarter(1), unit_of_measure="MWh"), replacements=(swap,))
    assert kwh_by_slot(booking) == [1.0, 2.0]


def test_nothing_is_counted_across_a_change_of_kind() -> None:
    hour_us = T0 // HOUR_US * HOUR_US + HOUR_US
    times_us = [hour_us - SLOT_US, hour_us, hour_us + SLOT_US]
    booking = booked([100.0, 7.0, 9.0], term(), term(hour_us, kind=Kind.INTERVAL), times_us=times_us)
    assert kwh_by_slot(booking) == [7.0, 9.0]


def test_the_last_period_of_an_interval_meter_ends_where_it_becomes_a_counter() -> None:
    hour_us = T0 // HOUR_US * HOUR_US + HOUR_US
    hourly = term(kind=Kind.INTERVAL, interval_s=3600)
    booking = booked([8.0], hourly, term(hour_us), times_us=[hour_us - 2 * SLOT_US])
    assert kwh_by_slot(booking) == [4.0, 4.0]


def test_a_longer_interval_of_before_is_no_gap() -> None:
    booking = booked([1.0, 2.0], term(interval_s=900), term(quarter(1), interval_s=60))
    assert [energy.measured_s for energy in booking.slots.values()] == [900]


def test_terms_that_change_nothing_of_the_meaning_are_one() -> None:
    assert different([term(), term(T0), term(T0 + DAY_US, multiplier=2.0)]) == (
        term(),
        term(T0 + DAY_US, multiplier=2.0),
    )


def thousandfold(from_us: int) -> Settlement:
    return Settlement(from_us, from_us + SLOT_US, SettlementAction.UNIT, Fraction(1000))


def test_a_settled_unit_holds_on_through_terms_that_change_something_else() -> None:
    terms = [term(), term(quarter(3), interval_s=60), term(quarter(5), multiplier=2.0)]
    assert in_settled_units(terms, [thousandfold(quarter(1))]) == (
        term(),
        term(quarter(1), unit_of_measure="MWh"),
        term(quarter(3), unit_of_measure="MWh", interval_s=60),
        term(quarter(5), unit_of_measure="MWh", multiplier=2.0),
    )


def test_a_settled_unit_ends_where_the_unit_is_registered() -> None:
    other = [term(), term(quarter(3), unit_of_measure="GJ")]
    assert in_settled_units(other, [thousandfold(quarter(1))]) == (
        term(),
        term(quarter(1), unit_of_measure="MWh"),
        term(quarter(3), unit_of_measure="GJ"),
    )
    same = in_settled_units([term()], [thousandfold(quarter(1))], registered_us=[term().from_us, quarter(3)])
    assert same == (term(), term(quarter(1), unit_of_measure="MWh"), term(quarter(3)))


def test_a_unit_settled_from_the_moment_of_a_term_makes_no_second_term() -> None:
    assert in_settled_units([term(), term(quarter(1), multiplier=2.0)], [thousandfold(quarter(1))]) == (
        term(),
        term(quarter(1), unit_of_measure="MWh", multiplier=2.0),
    )
    named = in_settled_units(
        [term(), term(quarter(1), unit_of_measure="MWh")], [thousandfold(quarter(1))], registered_us=[quarter(1)]
    )
    assert named == (term(), term(quarter(1), unit_of_measure="MWh"))


def test_units_settled_one_after_another_build_on_each_other() -> None:
    terms = [term(unit_of_measure="Wh"), term(quarter(2), interval_s=60)]
    assert in_settled_units(terms, [thousandfold(quarter(1)), thousandfold(quarter(3))]) == (
        term(unit_of_measure="Wh"),
        term(quarter(1)),
        term(quarter(2), interval_s=60),
        term(quarter(3), unit_of_measure="MWh", interval_s=60),
    )


def test_a_meter_without_terms_means_nothing() -> None:
    with pytest.raises(ValueError, match="at least one term"):
        MeterRule(())


@st.composite
def true_registers(draw: st.DrawFn) -> tuple[list[float], list[MeterTerm], Fraction]:
    """What a counter shows at quarter hours, its terms, each from a reading's time on, and the true use in kWh."""
    used = draw(st.lists(st.integers(0, 50), min_size=2, max_size=30))
    terms = [term(multiplier=600.0, rated_per_hour=1e6)]
    for i in sorted(draw(st.sets(st.integers(1, len(used)), max_size=3))):
        terms.append(
            term(
                quarter(i),
                multiplier=draw(st.sampled_from([600.0, 800.0, 0.1, 1.5])),
                unit_of_measure=draw(st.sampled_from(["kWh", "Wh", "MWh"])),
                rated_per_hour=1e6,
            )
        )
    rule = MeterRule(tuple(terms))
    kwh, true, shown = Fraction(1_000), Fraction(0), []
    for i, step in enumerate([0, *used]):
        kwh += step
        if step:
            true += step * rule.term_at(quarter(i) - 1).multiplier
        shown.append(float(kwh * PICO / rule.term_at(quarter(i)).unit_pico))
    return shown, terms, true


@given(register=true_registers())
def test_whatever_unit_and_multiplier_a_register_had_the_sum_is_its_true_use(
    register: tuple[list[float], list[MeterTerm], Fraction],
) -> None:
    shown, terms, true = register
    booking = booked(shown, *terms)
    assert booking.marks == {}
    assert booked_pico(booking) == true * PICO


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 5.0, 100.0, 101.0, 150.0, 0.99, 99_000.0, -3.0]), min_size=1, max_size=40),
    rule=rules_with_terms(T0, T0 + 40 * SLOT_US),
    data=st.data(),
)
def test_a_change_of_terms_books_again_what_it_can_have_altered_and_no_more(
    values: list[float], rule: MeterRule, data: st.DataObject
) -> None:
    times_us, _ = quarter_hours(*values)
    store = Store(MeterRule(rule.terms[:1], rule.replacements, rule.accepted_us))
    for message in messages(list(zip(times_us, values, strict=True)), data.draw(st.lists(st.integers(1, 9)))):
        store.receive(message)
    for known in range(2, len(rule.terms) + 1):
        store.reinterpret(
            MeterRule(rule.terms[:known], rule.replacements, rule.accepted_us), rule.terms[known - 1].from_us - 1
        )
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots
