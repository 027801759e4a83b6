"""Spans cut into slots of a quarter of an hour."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from services.core.calendar import SLOT_S, SLOT_US
from services.core.meter import MOST_PER_SLOT_PICO, Mark, Quality
from services.energy.booking.span import Span

_ESTIMATED = int(Quality.ESTIMATED)


class SlotEnergy(NamedTuple):
    """What is booked in one slot: 1e-12 of the carrier's unit, seconds that are measured, what is special about it."""

    quantity_pico: int
    measured_s: int
    quality: int


@dataclass(frozen=True, slots=True)
class Booking:
    """Energy by slot start (microseconds since 1970), and marks by the time of the reading."""

    slots: dict[int, SlotEnergy] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    overfull: int = 0
    """Slots not booked, because they would hold more than any meter can carry."""


def cut(spans: Iterable[Span], marks: dict[int, Mark]) -> Booking:
    """Cut spans at slot edges, by time or along their line; the parts of a span add up to it exactly."""
    parts: dict[int, tuple[int, int, int]] = {}
    nothing = (0, 0, 0)
    for span in spans:
        start_us, end_us, total, quality, rates = span
        length_us = end_us - start_us
        measured = not quality & _ESTIMATED
        slot, done = start_us - start_us % SLOT_US, 0
        while True:
            edge_us = slot + SLOT_US
            if edge_us >= end_us:
                edge_us, upto = end_us, total
            elif rates is None:
                upto = total * (edge_us - start_us) // length_us
            else:
                upto = span.upto(edge_us)
            pico, measured_us, seen = parts.get(slot, nothing)
            if measured:
                measured_us += edge_us - (slot if slot > start_us else start_us)
            parts[slot] = (pico + upto - done, measured_us, seen | quality)
            if edge_us == end_us:
                break
            slot, done = edge_us, upto
    slots = {
        slot: SlotEnergy(pico, min(SLOT_S, (measured_us + 500_000) // 1_000_000), quality)
        for slot, (pico, measured_us, quality) in parts.items()
        if -MOST_PER_SLOT_PICO <= pico <= MOST_PER_SLOT_PICO
    }
    return Booking(slots, marks, len(parts) - len(slots))
