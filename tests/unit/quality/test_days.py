"""What is said of a meter's days goes by what the meter was on each."""

from datetime import date, timedelta

import numpy as np

from services.core.calendar import DAY_US, HOUR_US, SLOT_US, start_of_day, to_us
from services.core.db.bulk import POSTGRES_EPOCH_US
from services.core.meter import PICO, Flow, Kind, MeterRule, Quality
from services.quality.checks.day import MeterFacts
from services.quality.process.days import estimates_of_days
from services.quality.process.history import MeterHistory
from tests.unit.energy.booking.term_story import term

FIRST = date(2026, 3, 2)
START_US = to_us(start_of_day(FIRST))


def test_a_fault_is_estimated_on_days_of_an_interval_meter_and_not_of_the_counter_that_it_became() -> None:
    slots = np.zeros(2 * 96, dtype=[("slot", "i8"), ("quantity_pico", "i8"), ("measured_s", "i2"), ("quality", "i2")])
    slots["slot"] = START_US + np.arange(2 * 96) * SLOT_US - POSTGRES_EPOCH_US
    slots["quantity_pico"] = PICO
    for day in (0, 1):
        slots["quality"][day * 96 + 40 : day * 96 + 44] = int(Quality.COLLECTION_FAULT)
    readings = np.zeros(0, dtype=[("ts", "i8"), ("value", "f8")])
    history = MeterHistory(FIRST, 2, readings, slots, {})
    terms = (term(kind=Kind.INTERVAL), term(START_US + DAY_US))
    facts = MeterFacts("M-1", "electricity", Flow.INPUT, MeterRule(terms))
    found = estimates_of_days(facts, history, [FIRST, FIRST + timedelta(days=1)])
    assert {day: told for day, told in found.items() if told} == {
        FIRST: [(START_US + 10 * HOUR_US, "linear", 4 * PICO)]
    }
