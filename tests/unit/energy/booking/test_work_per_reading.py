"""What a gateway sends costs the same for each reading, however many come at once and whatever they say."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core.calendar import SLOT_US
from services.core.meter import Kind, MeterRule, Replacement, meter_rule
from services.energy.booking import counter
from services.energy.booking.booking import Readings, book, rebook
from services.energy.booking.counter import ZERO_RUN_US, book_counter
from services.energy.booking.fast_path import Windows, book_plain, plain_rule
from tests.growth import growth, is_linear
from tests.unit.energy.booking.counter_story import T0, counter_rule

SIZE = 400
SHAPES: dict[str, Callable[[int], float]] = {
    "rising": lambda i: 100.0 + i,
    "zeros after a value": lambda i: 0.0 if i else 5_000.0,
    "zeros alone": lambda i: 0.0 * i,
    "zero and value in turn": lambda i: 5_000.0 + i if i % 2 else 0.0,
    "zeros and negatives after a value": lambda i: 5_000.0 if i == 0 else -1.0 if i % 2 else 0.0,
    "negatives after a value": lambda i: -1.0 if i else 5_000.0,
    "falling a little": lambda i: 1e9 - i,
    "falling by halves": lambda i: 1e12 / 2 ** (i % 40) + i,
    "saw-tooth": lambda i: 1_000.0 + 97.0 * (i % 10),
    "spikes": lambda i: 100.0 + i + (1e6 if i % 3 == 0 else 0.0),
    "one value and dips": lambda i: 950.0 + i % 40 if i else 1_000.0,
    "the same value": lambda i: 42.0 + 0 * i,
    "greatest numbers": lambda i: 1.7e308 if i % 2 else 1e-300,
}
STEPS_US = {"each millisecond": 1_000, "each quarter of an hour": SLOT_US}


def of_kind(kind: Kind, interval_s: int = 900) -> MeterRule:
    unit = "kW" if kind is Kind.GAUGE else "kWh"
    return meter_rule(kind=kind, unit_of_measure=unit, carrier_unit="kWh", multiplier=1.0, interval_s=interval_s)


def series(shape: str, step_us: int, size: int) -> tuple[list[int], list[float]]:
    value = SHAPES[shape]
    return [T0 + i * step_us for i in range(size)], [value(i) for i in range(size)]


@pytest.mark.parametrize("step", STEPS_US)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_counter_of_any_shape_is_booked_in_the_same_time_a_reading(shape: str, step: str) -> None:
    def booking(size: int) -> Callable[[], object]:
        times_us, values = series(shape, STEPS_US[step], size)
        return lambda: book(times_us, values, counter_rule())

    assert is_linear(growth(booking, SIZE))


@pytest.mark.parametrize("kind", [Kind.INTERVAL, Kind.GAUGE])
@pytest.mark.parametrize("shape", ["rising", "zero and value in turn", "negatives after a value", "greatest numbers"])
def test_other_meters_are_booked_in_the_same_time_a_reading(kind: Kind, shape: str) -> None:
    def booking(size: int) -> Callable[[], object]:
        times_us, values = series(shape, 1_000_000, size)
        return lambda: book(times_us, values, of_kind(kind, interval_s=60))

    assert is_linear(growth(booking, SIZE))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_late_reading_is_booked_again_in_the_same_time_a_reading_around_it(shape: str) -> None:
    def booking(size: int) -> Callable[[], object]:
        times_us, values = series(shape, SLOT_US, size)
        marks = book(times_us, values, counter_rule()).marks
        readings = Readings(times_us, values, marks, reaches_start=True, reaches_end=True)
        middle_us = times_us[size // 2]
        return lambda: rebook(readings, counter_rule(), dirty_from_us=middle_us, dirty_to_us=middle_us + SLOT_US)

    assert is_linear(growth(booking, SIZE))


@pytest.mark.parametrize("meters", ["one meter", "many meters"])
@pytest.mark.parametrize("shape", ["rising", "zeros after a value", "falling a little"])
def test_readings_in_bulk_are_booked_in_the_same_time_a_reading(shape: str, meters: str) -> None:
    def booking(size: int) -> Callable[[], object]:
        number, of_each = (1, 10 * size) if meters == "one meter" else (size, 10)
        times_us, values = series(shape, SLOT_US, of_each)
        windows = Windows(
            rules=np.array([plain_rule(counter_rule())] * number, dtype=np.int64),
            dirty_from_us=np.full(number, times_us[4]),
            dirty_to_us=np.full(number, times_us[-1] + SLOT_US),
            owner=np.repeat(np.arange(number), of_each),
            times_us=np.tile(np.array(times_us), number),
            values=np.tile(np.array(values), number),
            complete=np.full(number, True),
            begins=np.full(number, True),
        )
        return lambda: book_plain(windows)

    assert is_linear(growth(booking, SIZE))


def found_by_search(self: counter._Counter, i: int) -> counter._Point | None:
    """The next telling reading, looked for one by one."""
    for j in range(i + 1, len(self.times_us)):
        value = self.values[j]
        if value < 0:
            continue
        if value > 0 or self.values[i] > 0 or self.times_us[j] > self.times_us[i] + ZERO_RUN_US:
            swaps = self.replacements_in(self.times_us[i], self.times_us[j])
            return self.taken_out(swaps[0]) if swaps else self.point(j)
    return None


@st.composite
def odd_counters(draw: st.DrawFn) -> tuple[list[tuple[int, float]], MeterRule]:
    """Runs of zeros, dips, falls, spikes and negatives over hours or days, of a meter that may have been replaced."""
    runs = draw(
        st.lists(
            st.tuples(
                st.sampled_from([0.0, 0.0, 0.0, -1.0, 5.0, 95.0, 99.0, 100.0, 101.0, 150.0, 900.0, 1e7]),
                st.integers(1, 12),
                st.sampled_from([1, 60, 900, 3_600, 43_200, 86_400, 259_200, 259_201]),
            ),
            min_size=1,
            max_size=14,
        )
    )
    at, readings = T0, []
    for value, times, step_s in runs:
        for nth in range(times):
            at += step_s * 1_000_000
            readings.append((at, value + nth * 0.5 if value > 0 else value))
    swapped_us = draw(st.lists(st.integers(T0, at), max_size=2, unique=True).map(sorted))
    rule = counter_rule(
        register_size=draw(st.sampled_from([None, 1000.0])),
        rated_per_hour=draw(st.sampled_from([None, 1000.0])),
        replacements=tuple(Replacement(ts, 100.0, draw(st.sampled_from([0.0, 90.0]))) for ts in swapped_us),
    )
    return readings, rule


@settings(max_examples=400, deadline=None)
@given(odd=odd_counters())
def test_what_is_believed_is_what_a_search_from_each_reading_would_find(
    odd: tuple[list[tuple[int, float]], MeterRule],
) -> None:
    readings, rule = odd
    times_us, values = [at for at, _ in readings], [value for _, value in readings]
    found = book_counter(times_us, values, rule)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counter._Counter, "next_telling", found_by_search)
        assert book_counter(times_us, values, rule) == found
