"""False readings put into a true register: never more is booked than was used, and all of it where it can be known."""

import random
from collections.abc import Callable, Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.core.calendar import SLOT_US, slot_floor_us
from services.core.meter import PICO, MeterRule
from services.energy.booking.counter import book_counter
from tests.unit.energy.booking.counter_story import T0, Store, counter_rule

RATED = 400.0
"""A quarter of an hour carries 100 kWh by the rating, and 600 by the past of a register that rises by up to 20."""
False_ = Callable[[float, random.Random], float]
FALSE: Mapping[str, False_] = {
    "a word read late": lambda value, _: value + 6_553.6,
    "not available": lambda _value, _: 4_294_967.295,
    "zeros": lambda _value, _: 0.0,
    "a stale value": lambda _value, _: 12.0,
    "the low digits": lambda value, _: round(value % 1_000, 1),
    "the high digits": lambda value, _: float(int(value) // 100),
    "in Wh": lambda value, _: round(value * 1_000, 1),
    "in MWh": lambda value, _: round(value / 1_000, 4),
    "anything": lambda _value, chance: round(chance.uniform(0, 2e5), 1),
    "anything above": lambda value, chance: round(value + chance.uniform(1e3, 1e6), 1),
    "negative": lambda value, _: -value,
    "five per cent low": lambda value, _: round(value * 0.95, 1),
}


def register(chance: random.Random, size: int, *, idle: float) -> list[float]:
    shown, values = round(chance.uniform(50_000, 90_000), 1), []
    for _ in range(size):
        shown = round(shown + (0.0 if chance.random() < idle else chance.uniform(0.1, 20.0)), 1)
        values.append(shown)
    return values


def booked_kwh(values: list[float], rule: MeterRule) -> float:
    spans, _ = book_counter([T0 + i * SLOT_US for i in range(len(values))], values, rule)
    return sum(span.quantity_pico for span in spans) / PICO


def falsified(values: list[float], kind: str, begin: int, times: int, chance: random.Random) -> list[float]:
    sent = list(values)
    for i in range(begin, begin + times):
        sent[i] = FALSE[kind](values[i], chance)
    return sent


SEEDS, TIMES, IDLE = st.integers(0, 10**6), st.integers(1, 10), st.sampled_from([0.0, 0.3, 0.6])
each_kind = pytest.mark.parametrize("kind", FALSE)
with_and_without_rating = pytest.mark.parametrize("rated", [None, RATED])


@with_and_without_rating
@each_kind
@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, times=TIMES, idle=IDLE)
def test_false_readings_between_true_ones_change_nothing(
    kind: str, rated: float | None, seed: int, times: int, idle: float
) -> None:
    chance = random.Random(seed)
    values = register(chance, 60, idle=idle)
    sent = falsified(values, kind, chance.randint(13, 35), times, chance)
    assert booked_kwh(sent, counter_rule(rated_per_hour=rated)) == pytest.approx(values[-1] - values[0], abs=1e-6)


@with_and_without_rating
@each_kind
@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, times=TIMES, idle=IDLE)
def test_false_readings_at_the_end_book_no_more_than_can_be_used_meanwhile(
    kind: str, rated: float | None, seed: int, times: int, idle: float
) -> None:
    chance = random.Random(seed)
    values = register(chance, 60, idle=idle)
    sent = falsified(values, kind, 60 - times, times, chance)
    last = values[59 - times]
    # Nobody can tell a last reading just below the one before from a true one after a false step up.
    assume(not any(last - 100 < value < last for value in sent[60 - times :]))
    booked = booked_kwh(sent, counter_rule(rated_per_hour=rated))
    most = values[-1] - values[0] + (times + 1) * (100 if rated else 600)
    assert last - values[0] - 1e-6 <= booked <= most


@with_and_without_rating
# Nobody can tell first readings in a thousandth of the number from a register that has changed its unit since.
@pytest.mark.parametrize("kind", [kind for kind in FALSE if kind != "in MWh"])
@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, times=TIMES, idle=IDLE)
def test_false_readings_at_the_start_book_no_more_than_can_be_used_meanwhile(
    kind: str, rated: float | None, seed: int, times: int, idle: float
) -> None:
    chance = random.Random(seed)
    values = register(chance, 80, idle=idle)
    sent = falsified(values, kind, 0, times, chance)
    # By chance other false ones are a thousandth of the number too: 69.8 before 70078.2.
    assume(not any(abs(1_000 * false - true) <= true / 50 for false, true in zip(sent[:times], values, strict=False)))
    booked = booked_kwh(sent, counter_rule(rated_per_hour=rated))
    most = values[-1] - values[0] + ((times + 1) * 100 if rated else 600)
    assert values[-1] - values[times] - 1e-6 <= booked <= most


@with_and_without_rating
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, share=st.floats(-0.9, 2.0), at=st.integers(13, 47))
def test_an_unrecorded_swap_books_no_height(rated: float | None, seed: int, share: float, at: int) -> None:
    chance = random.Random(seed)
    values = register(chance, 60, idle=0.0)
    height = round(share * values[0], 1)
    other = [round(value + height, 1) for value in values[at:]]
    used = values[at - 1] - values[0] + values[-1] - values[at]
    # Without a rating a rise by what may have been used, or by a hundredth of the register, is no swap for sure.
    most = used + (100 if rated else 1_000)
    assert used - 1e-6 <= booked_kwh([*values[:at], *other], counter_rule(rated_per_hour=rated)) <= most


@st.composite
def long_lives(draw: st.DrawFn) -> list[tuple[int, float]]:
    """Days of a counter with runs of false readings, gaps, resets, swaps, changes of unit, bursts and flicker."""
    chance = random.Random(draw(SEEDS))
    at, shown, unit, readings = T0, round(chance.uniform(0, 90_000), 1), 1.0, []
    events = [*FALSE, "gap", "swap", "reset", "flicker", "burst", "unit", "stray", "calm", "calm", "idle"]
    for kind in draw(st.lists(st.sampled_from(events), min_size=2, max_size=6)):
        for _ in range(chance.randint(5, 90)):
            at += SLOT_US
            shown = round(shown + (0.0 if kind == "idle" else chance.uniform(0.1, 20.0)), 1)
            shown += 3_000.0 if kind == "burst" and chance.random() < 0.05 else 0.0
            readings.append((at, round(shown * unit, 4)))
        if kind == "gap":
            at += chance.randint(2, 2_000) * SLOT_US
        elif kind == "swap":
            shown = round(chance.uniform(0, 2 * shown), 1)
        elif kind == "reset":
            shown = 0.0
        elif kind == "unit":
            unit = chance.choice([1.0, 1_000.0, 0.001])
        elif kind == "stray":
            readings += [(at + (200 + i) * SLOT_US, shown + 5_000.0 + i) for i in range(chance.randint(1, 6))]
            at += 500 * SLOT_US
        elif kind == "flicker":
            readings += [(at + (1 + i) * SLOT_US, round(shown - 0.1 * (i % 2), 1)) for i in range(6)]
            at += 6 * SLOT_US
        elif kind in FALSE:
            for _ in range(chance.randint(1, 10)):
                at += SLOT_US
                shown = round(shown + chance.uniform(0.1, 20.0), 1)
                readings.append((at, FALSE[kind](shown, chance)))
    return readings


@settings(max_examples=60, deadline=None)
@given(life=long_lives(), rated=st.sampled_from([None, RATED]), size=st.sampled_from([None, 1e5]), seed=SEEDS)
def test_what_comes_late_ends_as_if_it_had_come_in_time(
    life: list[tuple[int, float]], rated: float | None, size: float | None, seed: int
) -> None:
    chance = random.Random(seed)
    late = chance.sample(life, min(len(life), 8))
    store = Store(counter_rule(rated_per_hour=rated, register_size=size), margin=chance.choice([8, 64, 128]))
    store.receive({at: value for at, value in life if (at, value) not in late})
    for at, value in late:
        store.receive({at: value})
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots


@settings(max_examples=40, deadline=None)
@given(life=long_lives(), rated=st.sampled_from([None, RATED]), seed=SEEDS)
def test_what_is_stored_and_not_yet_booked_leaves_no_hole(
    life: list[tuple[int, float]], rated: float | None, seed: int
) -> None:
    chance = random.Random(seed)
    store = Store(counter_rule(rated_per_hour=rated), margin=64)
    first = chance.randint(0, len(life))
    store.receive(dict(life[:first]))
    store.readings.update(life[first:])
    slots = sorted({slot_floor_us(at) for at, _ in life[first:]})
    chance.shuffle(slots)
    for slot in slots:
        store._book(slot, slot + SLOT_US)
    truth = store.batch()
    assert store.marks == truth.marks
    assert store.slots == truth.slots
