"""Gauges and interval meters: what runs along a line, what holds, what is told twice, and what flows the other way."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from services.core.calendar import HOUR_US, SHANGHAI, SLOT_US, slot_floor_us, to_us
from services.core.meter import PICO, Kind, Mark, MeterRule, Settlement, SettlementAction, Side, Stamp, meter_rule
from services.energy.booking.booking import book
from services.energy.booking.gauge import book_gauge
from services.energy.booking.plain import plain_rule
from services.energy.booking.slots import Booking
from tests.unit.energy.booking.counter_story import T0, Store, booked_pico, messages
from tests.unit.energy.booking.term_story import rules_with_terms
from tests.unit.energy.booking.test_booking_properties import wild_series
from tests.unit.energy.booking.test_fast_path import booked_in_bulk, slots_of

TEN = datetime(2026, 10, 5, 10, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)


def gauge(*, interval_s: int = 900, holds_s: int | None = None, side: Side = Side.ONE) -> MeterRule:
    """A gauge in kW."""
    rule = meter_rule(
        kind=Kind.GAUGE,
        unit_of_measure="kW",
        carrier_unit="kWh",
        multiplier=1.0,
        interval_s=interval_s,
        holds_s=holds_s,
    )
    return replace(rule, side=side)


def periods(
    *, interval_s: int = 900, stamp: Stamp = Stamp.START, unit: str = "kWh", side: Side = Side.ONE
) -> MeterRule:
    """An interval meter."""
    rule = meter_rule(
        kind=Kind.INTERVAL,
        unit_of_measure=unit,
        carrier_unit="kWh",
        multiplier=1.0,
        interval_s=interval_s,
        stamp=stamp,
    )
    return replace(rule, side=side)


def booked(rule: MeterRule, readings: Mapping[datetime, float]) -> Booking:
    times = sorted(readings)
    return book([to_us(at) for at in times], [readings[at] for at in times], rule)


def kwh(booking: Booking, *, before: datetime | None = None) -> float:
    slots = booking.slots.items()
    return sum(each.quantity_pico for at, each in slots if before is None or at < to_us(before)) / PICO


def measured_s(booking: Booking) -> int:
    return sum(each.measured_s for each in booking.slots.values())


# Gauges


def test_nothing_is_booked_across_suspect_samples() -> None:
    power = {TEN + i * MINUTE: -50.0 if 5 <= i < 25 else 5.0 for i in range(30)}
    booking = booked(gauge(), power)
    assert kwh(booking) == pytest.approx(5 * 8 / 60)
    assert measured_s(booking) == 8 * 60
    assert list(booking.marks.values()) == [Mark.SUSPECT] * 20


def test_a_level_that_rises_across_midnight_belongs_to_each_day_along_its_line() -> None:
    midnight = datetime(2026, 10, 6, tzinfo=SHANGHAI)
    booking = booked(gauge(), {midnight - 5 * MINUTE: 0.0, midnight + 5 * MINUTE: 300.0})
    assert (kwh(booking, before=midnight), kwh(booking)) == (6.25, 25.0)


def test_the_level_of_a_gauge_that_reports_on_change_holds_until_it_reports() -> None:
    power = {TEN: 100.0, TEN + 75 * MINUTE: 0.0, TEN + 90 * MINUTE: 0.0}
    booking = booked(gauge(holds_s=86_400), power)
    assert (kwh(booking), measured_s(booking)) == (125.0, 90 * 60)


def test_a_level_holds_no_longer_than_is_said_and_counts_as_measured_only_so_far() -> None:
    booking = booked(gauge(holds_s=3600), {TEN: 100.0, TEN + timedelta(hours=10): 0.0})
    assert (kwh(booking), measured_s(booking)) == (100.0, 3600)


def test_a_level_holds_until_a_sample_that_is_not_believed_and_is_unknown_from_there() -> None:
    booking = booked(gauge(holds_s=86_400), {TEN: 100.0, TEN + 60 * MINUTE: -1.0, TEN + 120 * MINUTE: 50.0})
    assert (kwh(booking), measured_s(booking)) == (100.0, 3600)


def test_a_level_that_crosses_zero_is_parted_where_it_does() -> None:
    power = {TEN: 300.0, TEN + 10 * MINUTE: -100.0}
    forward, reverse = booked(gauge(side=Side.FORWARD), power), booked(gauge(side=Side.REVERSE), power)
    # 7.5 minutes of 150 kW in the mean, then 2.5 minutes of 50 kW the other way
    assert kwh(forward) == 18.75
    assert kwh(reverse) == pytest.approx(50 * 2.5 / 60)
    assert measured_s(forward) == measured_s(reverse) == 600
    assert forward.marks == reverse.marks == {}


def test_export_of_a_connection_is_booked_the_other_way() -> None:
    power = {TEN + i * MINUTE: -50.0 if 5 <= i < 25 else 5.0 for i in range(30)}
    forward, reverse = booked(gauge(side=Side.FORWARD), power), booked(gauge(side=Side.REVERSE), power)
    edge = (5.0**2 / (2 * 55) + 50.0**2 / (2 * 55)) / 60
    assert kwh(forward) + kwh(reverse) == pytest.approx((5 * 8 + 50 * 19) / 60 + 2 * edge)
    assert kwh(forward) == pytest.approx(5 * 8 / 60 + 2 * 5.0**2 / (2 * 55) / 60)


@settings(max_examples=300, deadline=None)
@given(
    first=st.floats(-500, 500, allow_nan=False).map(lambda x: round(x, 3)),
    last=st.floats(-500, 500, allow_nan=False).map(lambda x: round(x, 3)),
    starts=st.integers(0, 10**9),
    lasts=st.integers(1, 1800 * 10**6),
)
def test_both_directions_of_a_line_come_to_its_exact_integral(
    first: float, last: float, starts: int, lasts: int
) -> None:
    times, values = [T0 + starts, T0 + starts + lasts], [first, last]
    exact = (Fraction(repr(first)) + Fraction(repr(last))) * PICO * Fraction(lasts, 2 * HOUR_US)
    ways = [book(times, values, gauge(side=side)) for side in (Side.FORWARD, Side.REVERSE)]
    # The turn is known to the microsecond.
    margin = 3 + abs(first - last) * PICO / HOUR_US
    assert abs(booked_pico(ways[0]) - booked_pico(ways[1]) - exact) <= margin
    assert all(slot.quantity_pico >= 0 for way in ways for slot in way.slots.values())
    for way, side in zip(ways, (Side.FORWARD, Side.REVERSE), strict=True):
        spans, _ = book_gauge(times, values, gauge(side=side))
        assert booked_pico(way) == sum(span.quantity_pico for span in spans)


# Interval meters


def test_hours_stamped_at_their_end_belong_to_the_month_that_they_end() -> None:
    first = datetime(2026, 9, 30, 1, tzinfo=SHANGHAI)
    readings = {first + timedelta(hours=n): 100.0 for n in range(24)}
    booking = booked(periods(interval_s=3600, stamp=Stamp.END), readings)
    assert kwh(booking, before=datetime(2026, 10, 1, tzinfo=SHANGHAI)) == kwh(booking) == 2400.0


QUARTERS = {TEN + 15 * n * MINUTE: 25.0 for n in range(4)}
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "more",
    [
        {TEN + 15 * MINUTE + 22 * SECOND: 25.0},
        {TEN + SECOND: 100.0},
        {TEN - SECOND: 100.0},
        {TEN + 44 * MINUTE + 59 * SECOND: 100.0},
        {TEN + 7 * MINUTE: 25.0, TEN + 8 * MINUTE: 25.0},
        {TEN + n * 15 * MINUTE + 22 * SECOND: 25.0 for n in range(4)},
        {TEN + n * MINUTE: 25.0 / 15 for n in range(46) if n % 15},
    ],
    ids=["22 s later", "the hour beside", "the hour before", "the hour after", "between", "all again", "each minute"],
)
def test_a_time_told_twice_is_booked_once_and_shown(more: dict[datetime, float]) -> None:
    booking = booked(periods(), QUARTERS | more)
    assert kwh(booking) == 100.0
    assert booking.marks == {to_us(at): Mark.OVERLAP for at in more}


def test_a_clock_that_wavers_loses_nothing() -> None:
    wavering = {TEN + n * 15 * MINUTE + s * SECOND: 25.0 for n, s in enumerate([5, -20, 35, 0, 30, -25])}
    booking = booked(periods(), wavering)
    assert (kwh(booking), booking.marks) == (150.0, {})


@pytest.mark.parametrize(("interval_s", "step_s"), [(900, 60), (900, 300), (900, 600), (3600, 60), (3600, 900)])
def test_a_shorter_interval_that_nobody_has_registered_is_never_booked_too_high(interval_s: int, step_s: int) -> None:
    steps = range(0, interval_s, step_s)
    booking = booked(periods(interval_s=interval_s, unit="kW"), {TEN + n * SECOND: 100.0 for n in steps})
    assert kwh(booking) == pytest.approx(100.0 * interval_s / 3600)
    assert list(booking.marks.values()) == [Mark.OVERLAP] * (len(steps) - 1)


def test_a_rhythm_off_the_quarters_is_as_good() -> None:
    shifted = {at + 7 * MINUTE: value for at, value in QUARTERS.items()}
    booking = booked(periods(), shifted)
    assert (kwh(booking), booking.marks) == (100.0, {})


def test_of_two_months_the_shorter_is_no_overlap() -> None:
    months = {datetime(2026, month, 1, tzinfo=SHANGHAI): 10.0 for month in range(1, 13)}
    booking = booked(periods(interval_s=31 * 86_400), months)
    assert (kwh(booking), booking.marks) == (120.0, {})


def test_a_reading_that_a_person_accepts_goes_before_those_it_overlaps() -> None:
    late = TEN + 15 * MINUTE + 22 * SECOND
    rule = replace(periods(), accepted_us=frozenset({to_us(late)}))
    booking = booked(rule, QUARTERS | {late: 30.0})
    assert (kwh(booking), booking.marks) == (105.0, {to_us(TEN + 15 * MINUTE): Mark.OVERLAP})


def test_an_impossible_period_takes_nothing_from_the_one_it_overlaps() -> None:
    booking = booked(periods(), {TEN: -5.0, TEN + 22 * SECOND: 25.0})
    assert (kwh(booking), list(booking.marks.values())) == (25.0, [Mark.SUSPECT])


def test_what_a_person_sets_aside_is_as_if_it_had_not_come() -> None:
    stretch = Settlement(to_us(TEN), to_us(TEN + 20 * MINUTE), SettlementAction.SET_ASIDE)
    booking = booked(replace(periods(), settlements=(stretch,)), QUARTERS)
    assert (kwh(booking), list(booking.marks.values())) == (50.0, [Mark.GLITCH] * 2)
    power = {TEN + 10 * n * MINUTE: 60.0 for n in range(4)}
    booking = booked(replace(gauge(), settlements=(stretch,)), power)
    assert (kwh(booking), list(booking.marks.values())) == (10.0, [Mark.GLITCH] * 2)


def test_what_a_person_accepts_in_a_stretch_is_booked() -> None:
    stretch = Settlement(to_us(TEN), to_us(TEN + 60 * MINUTE), SettlementAction.ACCEPT)
    rule = replace(
        meter_rule(
            kind=Kind.INTERVAL,
            unit_of_measure="kWh",
            carrier_unit="kWh",
            multiplier=1.0,
            interval_s=900,
            rated_per_hour=50.0,
        ),
        settlements=(stretch,),
    )
    booking = booked(rule, QUARTERS)
    assert (kwh(booking), booking.marks) == (100.0, {})


def test_an_interval_meter_that_measures_both_directions_books_each() -> None:
    readings = {TEN: 5.0, TEN + 15 * MINUTE: -8.0}
    forward, reverse = booked(periods(side=Side.FORWARD), readings), booked(periods(side=Side.REVERSE), readings)
    assert (kwh(forward), kwh(reverse)) == (5.0, 8.0)
    assert measured_s(forward) == measured_s(reverse) == 1800


def test_a_period_ended_by_a_new_term_belongs_to_the_term_before() -> None:
    before, after = periods(stamp=Stamp.END).newest, periods(interval_s=60, stamp=Stamp.END).newest
    rule = MeterRule((before, replace(after, from_us=to_us(TEN))))
    readings = {TEN: 25.0} | {TEN + n * MINUTE: 1.0 for n in range(1, 16)}
    booking = booked(rule, readings)
    assert (kwh(booking, before=TEN), kwh(booking), booking.marks) == (25.0, 40.0, {})


# Whatever the order


@st.composite
def level_and_period_rules(draw: st.DrawFn) -> MeterRule:
    """An interval meter or gauge of any kind, with a person's words on some of its readings."""
    kind = draw(st.sampled_from([Kind.INTERVAL, Kind.INTERVAL, Kind.GAUGE]))
    rule = meter_rule(
        kind=kind,
        unit_of_measure="kW" if kind is Kind.GAUGE else draw(st.sampled_from(["kWh", "kW"])),
        carrier_unit="kWh",
        multiplier=1.0,
        interval_s=draw(st.sampled_from([60, 600, 900, 3600, 7200])),
        rated_per_hour=draw(st.sampled_from([None, None, 1000.0])),
        stamp=draw(st.sampled_from(Stamp)) if kind is Kind.INTERVAL else Stamp.START,
        holds_s=draw(st.sampled_from([None, 600, 4000])) if kind is Kind.GAUGE else None,
    )
    start = draw(st.integers(0, 30))
    word = Settlement(
        T0 + start * SLOT_US,
        T0 + (start + draw(st.integers(1, 5))) * SLOT_US,
        draw(st.sampled_from([SettlementAction.ACCEPT, SettlementAction.SET_ASIDE])),
    )
    return replace(
        rule,
        side=draw(st.sampled_from([Side.ONE, Side.ONE, Side.FORWARD, Side.REVERSE])),
        settlements=(word,) if draw(st.booleans()) else (),
        accepted_us=frozenset(draw(st.lists(st.integers(1, 30).map(lambda i: T0 + i * SLOT_US), max_size=1))),
    )


@st.composite
def crowded_series(draw: st.DrawFn) -> list[tuple[int, float]]:
    """Readings of a rhythm with others among them: repeated, shifted, of a shorter or longer period."""
    steps = draw(
        st.lists(st.sampled_from([1, 22, 59, 300, 600, 700, 878, 900, 900, 900, 3600]), min_size=3, max_size=40)
    )
    at, series = T0, []
    for step in steps:
        at += step * 1_000_000
        series.append((at, draw(st.sampled_from([0.0, 1.25, 25.0, 100.0, -3.0]))))
    return series


@settings(max_examples=500, deadline=None)
@given(
    series=st.one_of(crowded_series(), wild_series()),
    rule=st.one_of(level_and_period_rules(), rules_with_terms(T0, T0 + 40 * SLOT_US)),
    data=st.data(),
)
def test_any_order_gives_the_same_levels_and_periods(
    series: list[tuple[int, float]], rule: MeterRule, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(series)) if data.draw(st.booleans()) else series
    store = Store(rule)
    for message in messages(shuffled, data.draw(st.lists(st.integers(1, 9), max_size=40))):
        store.receive(message)
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots


@settings(max_examples=300, deadline=None)
@given(series=crowded_series(), rule=level_and_period_rules(), data=st.data())
def test_a_plain_window_of_periods_is_booked_as_all_readings_are(
    series: list[tuple[int, float]], rule: MeterRule, data: st.DataObject
) -> None:
    if plain_rule(rule) is None:
        return
    new = data.draw(st.integers(0, min(6, len(series) - 1)))
    dirty_from_us = slot_floor_us(series[-1 - new][0])
    old = [(at, value) for at, value in series if at < dirty_from_us]
    before = book([at for at, _ in old], [value for _, value in old], rule)
    if before.marks:
        return
    found = booked_in_bulk([(series, rule, {at for at, _ in series if at >= dirty_from_us})])
    event(f"plain: {found.plain[0]}")
    if not found.plain[0]:
        return
    truth = book([at for at, _ in series], [value for _, value in series], rule)
    assert truth.marks == {}
    assert before.slots | slots_of(found, 0) == truth.slots
