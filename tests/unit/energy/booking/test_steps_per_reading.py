"""How many calls a booking makes grows as its readings do: counted, so that it is the same on any machine."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from services.core.calendar import SLOT_US
from services.core.meter import Kind
from services.energy.booking.booking import Readings, book, rebook
from tests.unit.energy.booking.counter_story import T0, counter_rule
from tests.unit.energy.booking.test_work_per_reading import SHAPES, of_kind

MOST_GROWTH = 1.3
"""Of the calls a reading: eight times as many readings may find a little more to do at each."""
SIZE, TIMES_MORE = 500, 8


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, and turns of generators, that the work takes."""
    number = 0

    def counted(_frame: FrameType, event: str, _what: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def grows_evenly(work: Callable[[int], Callable[[], object]]) -> bool:
    return calls(work(TIMES_MORE * SIZE)) < MOST_GROWTH * TIMES_MORE * calls(work(SIZE))


@pytest.mark.parametrize("step_us", [900_000, SLOT_US], ids=["1000 readings a slot", "a reading a slot"])
@pytest.mark.parametrize("shape", SHAPES)
def test_calls_grow_with_the_readings_of_a_counter(shape: str, step_us: int) -> None:
    def booking(size: int) -> Callable[[], object]:
        times_us, values = [T0 + i * step_us for i in range(size)], [SHAPES[shape](i) for i in range(size)]
        return lambda: book(times_us, values, counter_rule())

    assert grows_evenly(booking)


@pytest.mark.parametrize("kind", [Kind.INTERVAL, Kind.GAUGE])
@pytest.mark.parametrize("shape", ["rising", "negatives after a value", "greatest numbers"])
def test_calls_grow_with_the_readings_of_other_meters(shape: str, kind: Kind) -> None:
    def booking(size: int) -> Callable[[], object]:
        times_us, values = [T0 + i * 900_000 for i in range(size)], [SHAPES[shape](i) for i in range(size)]
        return lambda: book(times_us, values, of_kind(kind))

    assert grows_evenly(booking)


@pytest.mark.parametrize("shape", ["zeros after a value", "zero and value in turn", "saw-tooth"])
def test_calls_grow_with_the_readings_around_a_late_one(shape: str) -> None:
    def booking(size: int) -> Callable[[], object]:
        times_us, values = [T0 + i * SLOT_US for i in range(size)], [SHAPES[shape](i) for i in range(size)]
        readings = Readings(
            times_us, values, book(times_us, values, counter_rule()).marks, reaches_start=True, reaches_end=True
        )
        middle_us = times_us[size // 2]
        return lambda: rebook(readings, counter_rule(), dirty_from_us=middle_us, dirty_to_us=middle_us + SLOT_US)

    assert grows_evenly(booking)


def test_eight_thousand_zeros_of_one_message_take_a_few_calls_each() -> None:
    times_us, values = [T0 + i * 1_000 for i in range(8_001)], [5_000.0, *[0.0] * 8_000]
    assert calls(lambda: book(times_us, values, counter_rule())) < 20 * 8_000
