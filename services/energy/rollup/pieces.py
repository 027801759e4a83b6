"""What was booked again of a meter, in pieces that are soon written. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from operator import itemgetter

from services.core.calendar import DAY_US, HOUR_US, OPEN_END_US, OPEN_START_US, SLOT_US, hour_ceil_us, hour_floor_us
from services.energy.booking.booking import Rebooking
from services.energy.booking.slots import Booking
from services.energy.rollup.ranges import DirtyRange

_MOST_RANGES = 30
_MONTH_US = 31 * DAY_US

Results = list[tuple[DirtyRange, Rebooking]]
Months = Mapping[int, tuple[int, int]]
"""By meter the first and the last month of which anything was ever booked."""


def in_pieces(results: Results, months: Months, *, slots: int) -> list[Results]:
    """The slots in pieces of so many at the most, in whole hours, in order of meter and time; without the marks.

    Where nothing is booked, and nothing was before, is no piece.
    """
    pieces: list[Results] = []
    room_us = 0
    piece_us = max(HOUR_US, slots * SLOT_US // HOUR_US * HOUR_US)
    for dirty, rebooking in results:
        for part in _parts(rebooking, months.get(dirty.meter_id), piece_us):
            took_us = (part.slots_to_us or 0) - (part.slots_from_us or 0)
            if not pieces or took_us > room_us or len(pieces[-1]) == _MOST_RANGES:
                pieces.append([])
                room_us = piece_us
            pieces[-1].append((dirty, part))
            room_us -= took_us
    return pieces


def _parts(rebooking: Rebooking, kept: tuple[int, int] | None, piece_us: int) -> Iterator[Rebooking]:
    slots = sorted(rebooking.booking.slots.items())
    kept_from_us, kept_to_us = (kept[0], kept[1] + _MONTH_US) if kept else (OPEN_END_US, OPEN_START_US)
    booked_from_us, booked_to_us = (slots[0][0], slots[-1][0] + SLOT_US) if slots else (OPEN_END_US, OPEN_START_US)
    from_us = max(min(kept_from_us, hour_floor_us(booked_from_us)), _or(rebooking.slots_from_us, OPEN_START_US))
    to_us = min(max(kept_to_us, hour_ceil_us(booked_to_us)), _or(rebooking.slots_to_us, OPEN_END_US))
    place = 0
    for start_us in range(from_us, to_us, piece_us):
        end_us = min(start_us + piece_us, to_us)
        first, place = place, bisect_left(slots, end_us, lo=place, key=itemgetter(0))
        if first < place or (start_us < kept_to_us and kept_from_us < end_us):
            yield Rebooking(Booking(dict(slots[first:place])), start_us, end_us, None, None)


def _or(moment_us: int | None, otherwise_us: int) -> int:
    return otherwise_us if moment_us is None else moment_us
