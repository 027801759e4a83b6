"""What is booked between two moments, before it is cut into slots, and how much it can be."""

from typing import NamedTuple

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import MOST_PER_SLOT_PICO, MeterTerm


class Span(NamedTuple):
    """A quantity used evenly over [start_us, end_us); `quality` holds bits of Quality."""

    start_us: int
    end_us: int
    quantity_pico: int
    quality: int


def most_pico(term: MeterTerm, elapsed_us: int) -> int:
    """Greatest plausible quantity in `elapsed_us`, in 1e-12 of the carrier's unit; at least that of one interval."""
    bound = MOST_PER_SLOT_PICO * max(elapsed_us, SLOT_US) // SLOT_US
    if term.rated_pico_per_hour is None:
        return bound
    return min(bound, term.rated_pico_per_hour * max(elapsed_us, term.interval_us) // HOUR_US)
