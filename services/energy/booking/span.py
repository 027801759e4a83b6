"""What is booked between two moments, before it is cut into slots, and how much it can be."""

from typing import NamedTuple

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import MOST_PER_SLOT_PICO, MeterTerm


class Span(NamedTuple):
    """A quantity used over [start_us, end_us); `quality` holds bits of Quality."""

    start_us: int
    end_us: int
    quantity_pico: int
    quality: int
    rates: tuple[int, int] | None = None
    """Where it was used along a straight line: the rates at its start and end, 1e-12 an hour. None: used evenly."""

    def upto(self, moment_us: int) -> int:
        """How much of the quantity was used before a moment within the span, rounded down."""
        length_us, elapsed_us = self.end_us - self.start_us, moment_us - self.start_us
        if self.rates is None:
            return self.quantity_pico * elapsed_us // length_us
        first, last = self.rates
        return (2 * first * length_us + (last - first) * elapsed_us) * elapsed_us // (2 * length_us * HOUR_US)


def line(start_us: int, end_us: int, rates: tuple[int, int], quality: int) -> Span:
    """What is used while a rate, 1e-12 an hour, runs in a straight line from one value to another."""
    quantity = (rates[0] + rates[1]) * (end_us - start_us) // (2 * HOUR_US)
    return Span(start_us, end_us, quantity, quality, None if rates[0] == rates[1] else rates)


def most_pico(term: MeterTerm, elapsed_us: int) -> int:
    """Greatest plausible quantity in `elapsed_us`, in 1e-12 of the carrier's unit; at least that of one interval."""
    bound = MOST_PER_SLOT_PICO * max(elapsed_us, SLOT_US) // SLOT_US
    if term.rated_pico_per_hour is None:
        return bound
    return min(bound, term.rated_pico_per_hour * max(elapsed_us, term.interval_us) // HOUR_US)
