"""Where readings were dropped before those at hand, what they booked stays."""

from dataclasses import replace

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import Mark
from services.energy.booking.booking import Rebooking, of_kept
from services.energy.booking.slots import Booking, SlotEnergy

FIRST = 5 * HOUR_US + SLOT_US
ENERGY = SlotEnergy(1, 900, 0)
MARK = next(iter(Mark))


def test_what_is_booked_from_the_first_reading_on_begins_with_the_hour_after_it() -> None:
    slots = {FIRST: ENERGY, 6 * HOUR_US - SLOT_US: ENERGY, 6 * HOUR_US: ENERGY}
    whole = Rebooking(Booking(slots, {FIRST: MARK, FIRST + 1: MARK}, 3), None, 9 * HOUR_US, None, None)
    found = of_kept(whole, FIRST)
    assert found.booking == Booking({6 * HOUR_US: ENERGY}, {FIRST + 1: MARK}, 3)
    assert (found.slots_from_us, found.slots_to_us, found.marks_after_us) == (6 * HOUR_US, 9 * HOUR_US, FIRST)
    settled = replace(whole, slots_from_us=4 * HOUR_US)
    assert of_kept(settled, FIRST) is settled
