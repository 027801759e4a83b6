"""Whatever the wire does to a set of readings, the energy is the same, adds up, and equals the true use."""

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.core.calendar import SLOT_US
from services.core.meter import PICO, Kind, MeterRule, Replacement, meter_rule
from services.energy.booking.booking import book
from services.energy.booking.counter import book_counter
from tests.unit.energy.booking.counter_story import T0, Store, booked_pico, counter_rule, messages
from tests.unit.energy.booking.term_story import rules_with_terms

RATED = 1200.0


@st.composite
def wild_series(draw: st.DrawFn) -> list[tuple[int, float]]:
    """Readings at odd times with zeros, falls, spikes, negatives and repeats: nothing is promised."""
    steps = draw(st.lists(st.sampled_from([60, 300, 900, 900, 900, 1800, 7200, 90_000]), min_size=1, max_size=40))
    values = draw(
        st.lists(
            st.sampled_from([0.0, 0.0, 5.0, 9.6, 10.0, 12.0, 100.0, 101.0, 103.5, 150.0, 950.0, 999.0, 99_000.0, -3.0]),
            min_size=len(steps),
            max_size=len(steps),
        )
    )
    at, series = T0, []
    for step, value in zip(steps, values, strict=True):
        at += step * 1_000_000
        series.append((at, value))
    return series


@st.composite
def rules(draw: st.DrawFn) -> MeterRule:
    """A counter, interval meter or gauge, with and without register size, rated power, replacements and acceptances."""
    kind = draw(st.sampled_from([Kind.COUNTER, Kind.COUNTER, Kind.COUNTER, Kind.INTERVAL, Kind.GAUGE]))
    swap_at = draw(st.one_of(st.none(), st.integers(T0, T0 + 20 * SLOT_US)))
    swaps = () if swap_at is None or kind is not Kind.COUNTER else (Replacement(swap_at, 104.0, 3.0),)
    return meter_rule(
        kind=kind,
        unit_of_measure="kW" if kind is Kind.GAUGE else "kWh",
        carrier_unit="kWh",
        multiplier=draw(st.sampled_from([1.0, 3000.0])),
        interval_s=draw(st.sampled_from([60, 900, 3600])),
        register_size=draw(st.sampled_from([None, 1000.0])),
        rated_per_hour=draw(st.sampled_from([None, 1000.0, 3e6])),
        replacements=swaps,
        accepted_us=frozenset(draw(st.lists(st.integers(1, 30).map(lambda i: T0 + i * SLOT_US), max_size=2))),
    )


@settings(max_examples=400, deadline=None)
@given(series=wild_series(), rule=st.one_of(rules(), rules_with_terms(T0, T0 + 40 * SLOT_US)), data=st.data())
def test_any_order_any_repetition_any_split_gives_the_same_energy(
    series: list[tuple[int, float]], rule: MeterRule, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(series)) if data.draw(st.booleans()) else series
    repeated = [*shuffled, *data.draw(st.lists(st.sampled_from(series), max_size=5))]
    store = Store(rule)
    for message in messages(repeated, data.draw(st.lists(st.integers(1, 9), max_size=40))):
        store.receive(message)
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots


@given(series=wild_series(), rule=rules())
def test_energy_of_a_period_is_the_sum_of_its_spans(series: list[tuple[int, float]], rule: MeterRule) -> None:
    times, values = [t for t, _ in series], [v for _, v in series]
    booking = book(times, values, rule)
    if rule.kinds == {Kind.COUNTER} and not booking.overfull:
        spans, _ = book_counter(times, values, rule)
        assert booked_pico(booking) == sum(span.quantity_pico for span in spans)
    assert all(0 <= slot.measured_s <= 900 for slot in booking.slots.values())
    assert rule.accepted_us or all(slot.quantity_pico >= 0 for slot in booking.slots.values())


@dataclass(frozen=True)
class Life:
    """A counter's life: what it showed, what was truly used, and what was recorded."""

    readings: list[tuple[int, float]]
    used: int
    replacements: tuple[Replacement, ...]


SIZE = 10_000.0


APART = 9
"""A record within two hours of a reset may well be meant for it: nobody can tell."""

SEEN, MOST_LOST = 24, 2
"""Of so many readings before a reset, and while the register is low, no more than these are lost.

Else only one or two readings may be left between two that rise, the one above and the other below them. Nobody can tell
these from a spike and a dip, nor a reset from a rollover unseen.
"""


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A counter (whole kWh, size 10 000, rated 1200 kWh an hour) with every fault that can be told from use."""
    events = draw(
        st.lists(
            st.tuples(
                st.integers(0, 100),
                st.sampled_from(["read"] * 12 + ["lost", "reset", "swap", "zero", "zeros", "spike", "dip", "near_top"]),
            ),
            min_size=2,
            max_size=60,
        )
    )
    at, shown, used = T0, float(draw(st.integers(500, 9_990))), 0
    readings: list[tuple[int, float]] = [(at, shown)]
    swaps: list[Replacement] = []
    lost: list[int] = []
    calm = unread = 0
    for use, drawn in events:
        event = drawn
        at += SLOT_US
        unread += use
        shown += use
        used += use
        if shown >= SIZE:
            shown -= SIZE
        calm += 1
        lately = sum(at - lost_at <= SEEN * SLOT_US for lost_at in lost)
        if event == "lost" or (event in {"spike", "dip", "zero", "zeros"} and (calm < 6 or not 600 <= shown <= 8_500)):
            if lately < MOST_LOST or (calm > SEEN and shown >= 1_000):
                lost.append(at)
                continue
            event = "read"
        if event == "reset" and calm >= APART and lately <= MOST_LOST and 550 <= readings[-1][1] <= shown <= 8_500:
            # what is used between the last reading and the reset cannot be known, so nothing is
            used -= unread
            unread = 0
            shown = float(draw(st.integers(0, 40)))
            used += int(shown)
            readings.append((at, shown))
            at += SLOT_US
            readings.append((at, shown))
            calm = 0
            continue
        if event == "swap" and calm >= APART:
            first = float(draw(st.integers(0, 9_000)))
            swaps.append(Replacement(at - SLOT_US // 3, shown, first))
            shown = first
            calm = 0
        readings.append((at, shown))
        unread = 0
        if event in {"zero", "zeros", "spike", "dip"}:
            odd = {"zero": 0.0, "zeros": 0.0, "spike": 9_900.0, "dip": shown - 20.0}[event]
            for _ in range(3 if event == "zeros" else 1):
                at += SLOT_US
                readings.append((at, odd))
            at += SLOT_US
            readings.append((at, shown))
            calm = 0
    # A fall to zero that is the newest reading would still wait for the next one.
    last = 3 if shown == SIZE - 2 else 2
    for _ in range(last):
        at += SLOT_US
        shown = (shown + 1) % SIZE
        readings.append((at, shown))
    return Life(readings, used + last, tuple(swaps))


ROLLED_OVER_AS_IT_WAS_REPLACED = Life(
    [(T0, 9909.0), (T0 + SLOT_US, 0.0), (T0 + 2 * SLOT_US, 1.0)],
    used=92,
    replacements=(Replacement(ts_us=T0 + SLOT_US * 2 // 3, final_value=0.0, first_value=0.0),),
)

RESET_SOON_AFTER_IT_ROLLED_OVER = Life(
    [
        *((T0 + i * SLOT_US, 9990.0) for i in range(4)),
        *((T0 + (4 + i) * SLOT_US, 100.0 * i) for i in range(5)),
        *((T0 + i * SLOT_US, value) for i, value in [(9, 40.0), (10, 40.0), (12, 200.0), (13, 201.0), (14, 202.0)]),
    ],
    used=10 + 400 + 202,
    replacements=(),
)


@settings(max_examples=300, deadline=None)
@given(life=lives())
@example(life=ROLLED_OVER_AS_IT_WAS_REPLACED)
@example(life=RESET_SOON_AFTER_IT_ROLLED_OVER)
def test_what_is_booked_over_a_counters_life_is_its_true_use(life: Life) -> None:
    rule = counter_rule(register_size=SIZE, rated_per_hour=RATED, replacements=life.replacements)
    booking = book([t for t, _ in life.readings], [v for _, v in life.readings], rule)
    assert booked_pico(booking) == life.used * PICO


@pytest.mark.parametrize("multiplier", [1.0, 80.0, 3000.0])
@settings(deadline=None)
@given(values=st.lists(st.floats(0, 1e6, allow_nan=False), min_size=2, max_size=10).map(sorted))
def test_a_counter_that_only_rises_books_last_minus_first(multiplier: float, values: list[float]) -> None:
    rule = counter_rule(multiplier=multiplier, rated_per_hour=1e9)
    times = [T0 + i * 40 * 86_400_000_000 for i in range(len(values))]
    booking = book(times, values, rule)
    exact = (Fraction(repr(values[-1])) - Fraction(repr(values[0]))) * Fraction(multiplier) * PICO
    assert abs(booked_pico(booking) - exact) <= 1
