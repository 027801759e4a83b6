"""Slots go into the rows of their hours and come out of them as they were."""

import numpy as np
from hypothesis import given

from services.core.calendar import HOUR_US
from services.energy.rollup.changes import Periods, hours_of
from services.energy.rollup.quarters import QUARTERS, QuarterRows
from tests.unit.energy.rollup.test_changes import SLOTS, Slots, one_account, periods


@given(SLOTS)
def test_slots_come_out_as_they_went_in(slots: Slots) -> None:
    found = periods(one_account(slots))
    out, row = QuarterRows.of(found).slots()
    assert [list(column) for column in out] == [list(column) for column in found]
    assert list(QuarterRows.of(found).hour_us[row]) == [at - at % HOUR_US for at in found.start_us.tolist()]


@given(SLOTS)
def test_a_row_says_which_quarters_it_has_and_holds_zeros_in_the_others(slots: Slots) -> None:
    found = periods(one_account(slots))
    hours = QuarterRows.of(found)
    has = (hours.booked[:, None] >> np.arange(QUARTERS) & 1).astype(bool)
    assert has.sum() == len(found)
    for column in (hours.quantity_pico, hours.measured_s, hours.quality):
        assert not column[~has].any()
    sums = hours_of(found) if len(found) else Periods.none()
    assert list(hours.quantity_pico.sum(axis=1)) == list(sums.quantity_pico)
    assert list(hours.account_id) == list(sums.account_id)
