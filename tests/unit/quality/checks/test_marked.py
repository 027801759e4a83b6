"""Readings that wait for a person are found by their marks, of whatever kind the meter is."""

from datetime import date

import numpy as np

from services.core.calendar import SLOT_US, start_of_day, to_us
from services.core.meter import Flow, Kind, Mark, meter_rule
from services.quality.checks.day import Finding, MeterDay, MeterFacts
from services.quality.checks.held import HeldLimits, held_readings
from services.quality.checks.kinds import mark_checks
from services.quality.checks.marked import MarkedLimits
from services.quality.checks.series_checks import find_marked

DAY = date(2026, 3, 2)
START_US = to_us(start_of_day(DAY))
LIMITS = dict.fromkeys([kind.slug for kind in mark_checks()], MarkedLimits(most=0))


def found(kind: Kind, values: list[float], marks: dict[int, Mark]) -> list[Finding]:
    """What is found of quarter hours with these values, and marks by their number."""
    unit = "kW" if kind is Kind.GAUGE else "kWh"
    rule = meter_rule(kind=kind, unit_of_measure=unit, carrier_unit="kWh", multiplier=1.0, interval_s=900)
    times = START_US + np.arange(len(values), dtype=np.int64) * SLOT_US
    marked = {int(times[i]): mark for i, mark in marks.items()}
    day = MeterDay(DAY, times, np.array(values), marked)
    return find_marked(MeterFacts("M", "electricity", Flow.INPUT, rule), day, LIMITS)


def test_a_day_without_marks_asks_for_nobody() -> None:
    assert found(Kind.GAUGE, [1.0, 2.0], {}) == []
    assert found(Kind.COUNTER, [1.0, 2.0], {1: Mark.RESET}) == []


def test_negative_levels_name_what_to_register() -> None:
    marks = {1: Mark.SUSPECT, 2: Mark.SUSPECT, 3: Mark.SUSPECT}
    first_us, last_us = START_US + SLOT_US, START_US + 3 * SLOT_US
    (one,) = found(Kind.GAUGE, [5.0, -50.0, -50.0, 9e9, 5.0], marks)
    assert (one.check, one.starts_us, one.ends_us, one.value) == ("suspect_readings", first_us, last_us + 1, 3)
    assert one.detail == {"negative": 2, "remedy": "negative_flow"}


def test_a_suspect_counter_is_told_without_a_remedy() -> None:
    (one,) = found(Kind.COUNTER, [5.0, 9e9], {1: Mark.SUSPECT})
    assert (one.check, one.value, one.detail) == ("suspect_readings", 1, {})


def test_a_register_that_goes_on_from_elsewhere_or_in_another_unit_names_what_to_register() -> None:
    swap, unit = found(Kind.COUNTER, [5.0, 3.0, 3_000.0], {1: Mark.SWAP, 2: Mark.SMALLER_UNIT})
    assert (swap.check, swap.detail) == ("unrecorded_swap", {"remedy": "replacement"})
    assert (unit.check, unit.detail) == ("unit_changed", {"remedy": "unit_of_measure"})


def test_periods_told_twice_name_the_interval_that_is_registered() -> None:
    (one,) = found(Kind.INTERVAL, [1.0, 1.0, 1.0], {1: Mark.OVERLAP, 2: Mark.OVERLAP})
    assert (one.check, one.value, one.detail) == ("overlapping_periods", 2, {"interval_s": 900})


def test_readings_that_are_held_are_counted_by_the_day_on_which_they_came() -> None:
    assert held_readings(DAY, 0, "", HeldLimits(most=0)) == []
    (one,) = held_readings(DAY, 3, "2000-01-10T00:00:05+08:00", HeldLimits(most=0))
    assert (one.starts_us, one.value, one.detail) == (START_US, 3, {"oldest": "2000-01-10T00:00:05+08:00"})
