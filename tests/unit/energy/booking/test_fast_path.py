"""What is booked in bulk is what is booked reading by reading."""

import random
from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import PICO, Kind, MeterRule, Replacement, Stamp, meter_rule
from services.energy.booking.booking import book
from services.energy.booking.fast_path import book_plain
from services.energy.booking.plain import PlainBooking, Windows, plain_rule
from services.energy.booking.slots import SlotEnergy
from services.energy.booking.steps import UNIT_OF_MARK
from tests.unit.energy.booking.counter_story import T0, counter_rule
from tests.unit.energy.booking.term_story import rules_with_terms
from tests.unit.energy.booking.test_booking_properties import rules, wild_series

Series = list[tuple[int, float]]


def booked_in_bulk(
    each: list[tuple[Series, MeterRule, Collection[int]]],
    *,
    begins: bool = True,
    complete: bool = True,
    unmarked: bool = True,
) -> PlainBooking:
    """Windows (readings, rule, times of the new ones), all at once; `begins`, `complete`: nothing before, after."""
    number = len(each)
    return book_plain(
        Windows(
            rules=np.array([plain_rule(rule) for _, rule, _ in each], dtype=np.int64),
            owner=np.repeat(np.arange(number), [len(series) for series, *_ in each]),
            times_us=np.array([at for series, *_ in each for at, _ in series]),
            values=np.array([value for series, *_ in each for _, value in series], dtype=np.float64),
            is_new=np.array([at in new for series, _, new in each for at, _ in series]),
            covered=np.full(number, True),
            complete=np.full(number, complete),
            begins=np.full(number, begins),
            unmarked=np.full(number, unmarked),
        )
    )


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


@st.composite
def long_calm_series(draw: st.DrawFn) -> Series:
    """Enough readings to show on either side that a counter is calm; of a low or a high register."""
    drawn = random.Random(draw(st.integers(0, 2**32)))
    steps = draw(
        st.sampled_from([[900], [900, 900, 1800], [60, 120], [3600, 900], [900, 20_000], [900] * 9 + [90_000]])
    )
    rises = draw(st.sampled_from([[1.25], [0.5, 0.75], [0.1, 2.5], [0.0, 0.0, 1.25], [0.02, 1.0], [1.0] * 40 + [25.0]]))
    shown, at = draw(st.sampled_from([0.01, 2.0, 100.0, 60_000.0])), T0 + drawn.choice([0, 1_000, 7_001_000, 123_457])
    series = []
    for _ in range(draw(st.integers(100, 200))):
        series.append((at, shown))
        at, shown = at + drawn.choice(steps) * 1_000_000, round(shown + drawn.choice(rises), 2)
    if draw(st.integers(0, 3)) == 0:
        place = drawn.randrange(len(series))
        series[place] = (series[place][0], drawn.choice([0.0, shown * 1000, shown + 3, 0.1]))
    return series


@st.composite
def with_new_ones(draw: st.DrawFn, series: Series) -> set[int]:
    """The times of one stretch of them, or of some here and there."""
    times = [at for at, _ in series]
    first = draw(st.integers(0, len(times) - 1))
    if draw(st.booleans()):
        first = len(times) - draw(st.integers(1, min(6, len(times))))
    new = times[first : first + draw(st.integers(1, 8))]
    return set(new) | set(draw(st.lists(st.sampled_from(times), max_size=3)) if draw(st.booleans()) else ())


@settings(max_examples=700, deadline=None)
@given(
    series=st.one_of(calm_series(), long_calm_series(), long_calm_series(), wild_series()),
    rule=st.one_of(rules(), rules_with_terms(T0, T0 + 40 * SLOT_US), st.sampled_from([counter_rule()])),
    data=st.data(),
)
def test_what_was_booked_with_the_slots_of_a_plain_window_is_what_all_readings_say(
    series: Series, rule: MeterRule, data: st.DataObject
) -> None:
    if plain_rule(rule) is None:
        assert rule.kind is Kind.GAUGE or rule.newest.interval_s > 3600 or rule.newest.is_rate
        return
    new = data.draw(with_new_ones(series))
    old = [(at, value) for at, value in series if at not in new]
    before = book([at for at, _ in old], [value for _, value in old], rule)
    # What is read of the meter need not reach its first reading, nor its last.
    places = [place for place, (at, _) in enumerate(series) if at in new]
    first, end = max(0, places[0] - data.draw(REACHES)), min(len(series), places[-1] + 1 + data.draw(REACHES))
    if rule.newest.kind is Kind.INTERVAL:
        first, end = around_hours(series, rule, places)
    window = series[first:end]
    if any(window[0][0] <= at <= window[-1][0] or mark in UNIT_OF_MARK for at, mark in before.marks.items()):
        return  # such are not handed over
    given = (window, rule, new)
    found = booked_in_bulk([given] * 2, begins=first == 0, complete=end == len(series), unmarked=not before.marks)
    assert found.plain.tolist()[0] == found.plain.tolist()[1]
    where = "at the end" if end == len(series) else "in the middle"
    event(f"{rule.kind} {where} plain: {found.plain[0]}")
    assert slots_of(found, 0) == slots_of(found, 1)
    if not found.plain[0]:
        assert slots_of(found, 0) == {}
        return
    truth = book([at for at, _ in series], [value for _, value in series], rule)
    assert truth.marks == before.marks
    assert truth.overfull == before.overfull
    assert before.slots | slots_of(found, 0) == truth.slots


REACHES = st.sampled_from([4, 20, 40, 80, 1000])


def around_hours(series: Series, rule: MeterRule, places: list[int]) -> tuple[int, int]:
    """Of an interval meter the whole hours of what is new are read, and more on either side."""
    term = rule.newest
    begin_us = term.interval_us if term.stamp is Stamp.END else 0
    from_us = series[places[0]][0] - begin_us
    from_us = from_us - from_us % HOUR_US - 2 * term.interval_us
    to_us = series[places[-1]][0] + 2 * term.interval_us + 2 * HOUR_US
    return sum(at < from_us for at, _ in series), sum(at < to_us for at, _ in series)


def window(values: list[float], *, start_us: int = T0 // HOUR_US * HOUR_US) -> Series:
    return [(start_us + i * SLOT_US, value) for i, value in enumerate(values)]


def is_plain(
    series: Series, rule: MeterRule, *, complete: bool = True, begins: bool = False, unmarked: bool = False
) -> bool:
    found = booked_in_bulk([(series, rule, {series[-1][0]})], begins=begins, complete=complete, unmarked=unmarked)
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
    found = booked_in_bulk([(series, rule, {at for at, _ in series})])
    truth = book([t for t, _ in series], [v for _, v in series], rule).slots
    assert found.plain[0]
    assert slots_of(found, 0) == truth


def test_a_new_counter_is_plain_from_its_first_reading_on() -> None:
    assert not is_plain(window(RISING[:2]), RATED)
    assert is_plain(window(RISING[:2]), RATED, begins=True)
    assert is_plain(window(RISING[:1]), RATED, begins=True)


def test_a_new_register_that_rises_alike_is_plain_without_a_rated_power() -> None:
    low = [10.0 + i for i in range(70)]
    assert is_plain(window(low), counter_rule())
    assert is_plain(window(low[:20]), counter_rule(), begins=True)
    # Whether what it rises by is usual is told by as many rises before as after.
    assert not is_plain(window(low[:60]), counter_rule())
    assert is_plain(window([*low, low[-1] + 33]), counter_rule())
    assert not is_plain(window([*low, low[-1] + 35]), counter_rule())


def late(values: list[float], place: int, *, complete: bool = False, begins: bool = False) -> bool:
    series = window(values)
    found = booked_in_bulk([(series, counter_rule(), {series[place][0]})], complete=complete, begins=begins)
    return bool(found.plain[0])


def test_a_late_reading_is_plain_with_enough_calm_ones_on_either_side() -> None:
    high = [10_000.0 + i for i in range(80)]
    assert late(high, 40)
    assert not late(high[:70], 40)
    assert late(high[:70], 40, complete=True)
    assert not late(high, 20)
    assert late(high, 20, begins=True)
    assert not late([*high[:50], 9_000.0, *high[51:]], 40)


def test_only_slots_beside_a_late_reading_are_booked() -> None:
    start_us = T0 // HOUR_US * HOUR_US
    series = window([10_000.0 + i for i in range(90)])
    new = series[45][0]
    del series[44], series[45]
    found = booked_in_bulk([(series, counter_rule(), {new})], complete=False)
    assert found.plain[0]
    assert [(slot - start_us) // SLOT_US for slot in found.slot_us.tolist()] == [43, 44, 45, 46]
    assert [pico // PICO for pico in found.quantity_pico.tolist()] == [1, 1, 1, 1]
