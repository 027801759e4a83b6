"""What a gateway sends costs the same for each reading, however many come at once and whatever they say."""

from collections.abc import Callable

import numpy as np
import pytest

from services.core.calendar import SLOT_US
from services.core.meter import Kind, MeterRule, meter_rule
from services.energy.booking.booking import Readings, book, rebook
from services.energy.booking.fast_path import book_plain
from services.energy.booking.plain import Windows, plain_rule
from tests.growth import growth, is_linear
from tests.unit.energy.booking.counter_story import T0, counter_rule

SIZE = 200
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
            owner=np.repeat(np.arange(number), of_each),
            times_us=np.tile(np.array(times_us), number),
            values=np.tile(np.array(values), number),
            is_new=np.tile(np.arange(of_each) >= 4, number),
            covered=np.full(number, True),
            complete=np.full(number, True),
            begins=np.full(number, True),
            unmarked=np.full(number, True),
        )
        return lambda: book_plain(windows)

    assert is_linear(growth(booking, SIZE))
