"""What is booked in bulk is what is booked reading by reading."""

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from services.core.calendar import HOUR_US, SLOT_US, slot_floor_us
from services.core.meter import Kind, MeterRule, Replacement, Stamp, meter_rule
from services.energy.booking.booking import book
from services.energy.booking.fast_path import PlainBooking, Windows, book_plain, plain_rule
from services.energy.booking.slots import SlotEnergy
from tests.unit.energy.booking.counter_story import T0, counter_rule
from tests.unit.energy.booking.term_story import rules_with_terms
from tests.unit.energy.booking.test_booking_properties import rules, wild_series

Series = list[tuple[int, float]]


def booked_in_bulk(
    each: list[tuple[Series, MeterRule, int, int, bool]], *, begins: bool = True, unmarked: bool = True
) -> PlainBooking:
    """Windows (readings, rule, dirty from, dirty to, nothing after them), all at once; `begins`: nothing before."""
    columns = [plain_rule(rule) for _, rule, *_ in each]
    return book_plain(
        Windows(
            rules=np.array(columns, dtype=np.int64),
            dirty_from_us=np.array([start for _, _, start, _, _ in each]),
            dirty_to_us=np.array([end for _, _, _, end, _ in each]),
            owner=np.repeat(np.arange(len(each)), [len(series) for series, *_ in each]),
            times_us=np.array([at for series, *_ in each for at, _ in series]),
            values=np.array([value for series, *_ in each for _, value in series], dtype=np.float64),
            complete=np.array([complete for *_, complete in each]),
            begins=np.full(len(each), begins),
            unmarked=np.full(len(each), unmarked),
        )
    )


def latest_first(old: Series, rule: MeterRule, dirty_from_us: int) -> int:
    """The last reading with which a window may begin: that of an interval meter has the whole dirty hour, and more."""
    term = rule.newest
    if term.kind is not Kind.INTERVAL:
        return len(old)
    reach_us = dirty_from_us - (term.interval_us if term.stamp is Stamp.END else 0)
    start_us = reach_us - reach_us % HOUR_US - 2 * term.interval_us
    return sum(at < start_us for at, _ in old)


def slots_of(found: PlainBooking, window: int) -> dict[int, SlotEnergy]:
    mine = found.owner == window
    columns = (found.slot_us, found.quantity_pico, found.measured_s, found.quality)
    return {
        slot: SlotEnergy(pico, measured_s, quality)
        for slot, pico, measured_s, quality in zip(*(column[mine].tolist() for column in columns), strict=True)
    }


@st.composite
def calm_series(draw: st.DrawFn) -> Series:
    """Readings near the quarters of an hour that mostly rise, of one or two decimals; gaps and odd times come in."""
    steps = draw(st.lists(st.sampled_from([900, 900, 900, 900, 840, 1800, 3600, 4000]), min_size=8, max_size=30))
    rises = draw(st.lists(st.sampled_from([0.0, 0.1, 1.25, 3.5, 7.01]), min_size=len(steps), max_size=len(steps)))
    jitter_us = draw(st.sampled_from([0, 1_000, 123_457]))
    at, shown, series = T0, 100.0, []
    for i, (step, rise) in enumerate(zip(steps, rises, strict=True)):
        at += step * 1_000_000
        shown = round(shown + rise, 2)
        series.append((at + i % 3 * jitter_us, shown))
    return series


@settings(max_examples=500, deadline=None)
@given(
    series=st.one_of(calm_series(), calm_series(), wild_series()),
    rule=st.one_of(rules(), rules_with_terms(T0, T0 + 40 * SLOT_US)),
    data=st.data(),
)
def test_a_plain_window_is_booked_as_rebook_books_it(series: Series, rule: MeterRule, data: st.DataObject) -> None:
    if plain_rule(rule) is None:
        assert rule.kind is Kind.GAUGE or rule.newest.interval_s > 3600 or rule.newest.is_rate
        return
    new = data.draw(st.integers(0, min(6, len(series) - 1)))
    dirty_from_us = slot_floor_us(series[-1 - new][0])
    dirty_to_us = slot_floor_us(series[-1][0]) + SLOT_US
    old = [(at, value) for at, value in series if at < dirty_from_us]
    before = book([at for at, _ in old], [value for _, value in old], rule)
    # What is read of the meter need not reach its first reading. Only windows without marks are handed over.
    first = data.draw(st.integers(0, max(0, min(len(old) - 1, latest_first(old, rule, dirty_from_us)))))
    if any(at >= series[first][0] for at in before.marks) or (rule.kind is Kind.INTERVAL and before.marks):
        return
    handed = (series[first:], rule, dirty_from_us, dirty_to_us, True)
    found = booked_in_bulk([handed] * 2, begins=first == 0, unmarked=not before.marks)
    assert found.plain.tolist()[0] == found.plain.tolist()[1]
    event(f"plain: {found.plain[0]}")
    if not found.plain[0]:
        assert slots_of(found, 0) == {}
        return
    truth = book([at for at, _ in series], [value for _, value in series], rule)
    assert truth.marks == before.marks
    assert truth.overfull == before.overfull
    low, high = int(found.slots_from_us[0]), int(found.slots_to_us[0])
    wanted = {slot: energy for slot, energy in truth.slots.items() if low <= slot < high}
    assert slots_of(found, 0) == slots_of(found, 1) == wanted
    # What overlaps nothing alters nothing beyond its own hours.
    beyond = {slot: energy for slot, energy in truth.slots.items() if not low <= slot < high}
    assert beyond.items() <= before.slots.items()
    unchanged = found.slot_us[(found.owner == 0) & ~found.new].tolist()
    assert {slot: before.slots.get(slot) for slot in unchanged} == {s: truth.slots[s] for s in unchanged}


def window(values: list[float], *, start_us: int = T0 // HOUR_US * HOUR_US) -> Series:
    return [(start_us + i * SLOT_US, value) for i, value in enumerate(values)]


def is_plain(
    series: Series, rule: MeterRule, *, complete: bool = True, begins: bool = False, unmarked: bool = False
) -> bool:
    last_us = series[-1][0]
    found = booked_in_bulk(
        [(series, rule, slot_floor_us(last_us), slot_floor_us(last_us) + SLOT_US, complete)],
        begins=begins,
        unmarked=unmarked,
    )
    return bool(found.plain[0])


RISING = [100.0, 100.5, 101.25, 101.25, 103.0, 104.0, 105.0, 106.125]


RATED = counter_rule(rated_per_hour=1e5)


def test_a_counter_that_rises_is_plain() -> None:
    assert is_plain(window(RISING), RATED, unmarked=True)
    great = counter_rule(rated_per_hour=1e5, register_size=1000.0, multiplier=3000.0)
    assert is_plain(window(RISING), great, unmarked=True)


def test_where_readings_were_set_aside_before_enough_calm_ones_must_follow() -> None:
    calm = [100.0 + i for i in range(15)]
    assert is_plain(window([*calm, 115.0]), RATED)
    assert not is_plain(window(calm[:14]), RATED)
    assert not is_plain(window([*calm[:5], *calm[5:10] * 2, *calm[10:], 115.0]), RATED)


def test_without_a_rated_power_what_rises_little_against_a_high_register_is_plain() -> None:
    high = [10_000.0 + i for i in range(40)]
    assert is_plain(window(high), counter_rule())
    assert not is_plain(window(high[:30]), counter_rule(), unmarked=True)
    assert not is_plain(window([value - 9_900.0 for value in high]), counter_rule())
    assert not is_plain(window([*high, 10_100.0]), counter_rule())


@pytest.mark.parametrize(
    "values",
    [
        [*RISING[:-1], 90.0],
        [*RISING[:-1], 0.0],
        [*RISING[:-1], -1.0],
        [*RISING[:-1], 1e12],
        [*RISING[:-1], 106.1 + 0.2 / 3],
        [*RISING[:4], 0.0, *RISING[5:]],
        RISING[:2],
    ],
    ids=["falls", "zero", "negative", "leaps", "more than six decimals", "a zero before", "too few"],
)
def test_what_needs_a_judgement_is_not_plain(values: list[float]) -> None:
    assert not is_plain(window(values), RATED, unmarked=len(values) > 2)


def test_a_counter_is_not_plain_where_others_may_follow() -> None:
    assert not is_plain(window(RISING), RATED, complete=False, unmarked=True)


def test_a_counter_near_its_rated_power_is_left_to_the_exact_judgement() -> None:
    assert is_plain(window([*RISING[:-1], 129.5]), counter_rule(rated_per_hour=100.0), unmarked=True)
    assert not is_plain(window([*RISING[:-1], 130.0]), counter_rule(rated_per_hour=100.0), unmarked=True)


def test_a_window_across_a_change_of_the_meter_is_not_plain() -> None:
    series = window(RISING)
    for swap_us, plain in ((series[-2][0] + 1, False), (series[0][0], False), (series[0][0] - 3 * HOUR_US, True)):
        swap = Replacement(swap_us, 104.5, 104.5)
        assert is_plain(series, counter_rule(rated_per_hour=1e5, replacements=(swap,)), unmarked=True) is plain


def test_a_meter_whose_unit_is_no_whole_part_of_the_carriers_is_never_plain() -> None:
    rule = meter_rule(kind=Kind.COUNTER, unit_of_measure="GJ", carrier_unit="kWh", multiplier=1.0, interval_s=900)
    assert plain_rule(rule) is None


def test_great_quantities_over_an_hour_are_cut_exactly() -> None:
    rule = counter_rule(multiplier=3000.0, interval_s=3600, rated_per_hour=1e6)
    start_us = T0 // HOUR_US * HOUR_US + 1_234_567
    series = [(start_us + i * HOUR_US, 123_456.0 + 97.654321 * i) for i in range(8)]
    series = [(at, round(value, 6)) for at, value in series]
    last = slot_floor_us(series[-1][0])
    found = booked_in_bulk([(series, rule, last, last + SLOT_US, True)])
    truth = book([t for t, _ in series], [v for _, v in series], rule).slots
    assert found.plain[0]
    assert slots_of(found, 0) == {slot: e for slot, e in truth.items() if slot >= found.slots_from_us[0]}


def test_a_new_counter_is_plain_from_its_first_reading_on() -> None:
    assert not is_plain(window(RISING[:2]), RATED)
    assert is_plain(window(RISING[:2]), RATED, begins=True)
    assert is_plain(window(RISING[:1]), RATED, begins=True)
