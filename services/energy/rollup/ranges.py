"""Which stretches of a meter's time must be booked again. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.core.calendar import HOUR_US, SLOT_US
from services.energy.booking.booking import Rebooking

APART_US = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class DirtyRange:
    """Time of a meter, [start_us, end_us) in microseconds since 1970, with readings new or changed in meaning."""

    meter_id: int
    start_us: int
    end_us: int


def ranges_of(dirty: Iterable[tuple[int, int]], changed: Iterable[tuple[int, int]], *, end_us: int) -> list[DirtyRange]:
    """Join dirty slots (meter, slot start) that lie less than a day apart; changes of a meter reach to `end_us`."""
    stretches = [(meter_id, slot, slot + SLOT_US) for meter_id, slot in set(dirty)]
    stretches += [(meter_id, from_us, max(end_us, from_us)) for meter_id, from_us in set(changed)]
    stretches.sort()
    joined: list[DirtyRange] = []
    for meter_id, start_us, stretch_end_us in stretches:
        last = joined[-1] if joined else None
        if last is not None and last.meter_id == meter_id and start_us <= last.end_us + APART_US:
            joined[-1] = DirtyRange(meter_id, last.start_us, max(last.end_us, stretch_end_us))
        else:
            joined.append(DirtyRange(meter_id, start_us, stretch_end_us))
    return joined


def merge_meeting(
    done: list[tuple[DirtyRange, Rebooking]],
) -> tuple[list[tuple[DirtyRange, Rebooking]], list[DirtyRange]]:
    """Part the results into those that stand alone and ranges to do again as one, because what they read overlaps.

    Two ranges of a meter that were judged from the same old marks may contradict each other where they meet.
    """
    alone: list[tuple[DirtyRange, Rebooking]] = []
    again: list[DirtyRange] = []
    group: list[tuple[DirtyRange, Rebooking]] = []

    def close() -> None:
        if len(group) == 1:
            alone.append(group[0])
        elif group:
            ranges = [r for r, _ in group]
            again.append(DirtyRange(ranges[0].meter_id, ranges[0].start_us, max(r.end_us for r in ranges)))
        group.clear()

    for item in sorted(done, key=lambda pair: (pair[0].meter_id, pair[0].start_us)):
        if group and not any(_meet(earlier, item) for earlier in group):
            close()
        group.append(item)
    close()
    return alone, again


def _meet(first: tuple[DirtyRange, Rebooking], second: tuple[DirtyRange, Rebooking]) -> bool:
    if first[0].meter_id != second[0].meter_id:
        return False
    for until_us, from_us in (
        (first[1].marks_to_us, second[1].marks_after_us),
        (first[1].slots_to_us, second[1].slots_from_us),
    ):
        if until_us is None or from_us is None or from_us < until_us:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to do for a dirty range: its readings, and the time over which they can book energy."""

    readings: int
    full_us: int | None
    """Time of the last of the readings that were counted, if there may be more."""
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is done in one batch, and of one meter in it; at least one hour of one meter is."""

    dirty: int = 20_000
    slots: int = 200_000
    readings: int = 400_000
    meter_slots: int = 40_000
    meter_readings: int = 100_000


def within(work: Iterable[tuple[DirtyRange, Extent]], bounds: Bounds) -> tuple[list[DirtyRange], dict[int, int]]:
    """What of the ranges to do now, and from which moment on each other meter is left for later.

    `work` is in the order of its importance, the ranges of a meter together and in order of time. What is left of a
    meter is all from one moment on, so that it can be put back as it was taken.
    """
    now: list[DirtyRange] = []
    left: dict[int, int] = {}
    slots = readings = meter_slots = 0
    meter_id, booked_to_us = None, 0
    for dirty, extent in work:
        if dirty.meter_id in left:
            continue
        if dirty.meter_id != meter_id:
            meter_id, booked_to_us, meter_slots = dirty.meter_id, extent.from_us, 0
        piece = _first_piece(dirty, extent, bounds)
        to_us = extent.to_us if piece == dirty else piece.end_us
        more = max(0, to_us - max(extent.from_us, booked_to_us)) // SLOT_US
        first_of_meter = not now or now[-1].meter_id != meter_id
        if (not first_of_meter and meter_slots + more > bounds.meter_slots) or (
            now and (slots + more > bounds.slots or readings + extent.readings > bounds.readings)
        ):
            left[dirty.meter_id] = dirty.start_us
            continue
        now.append(piece)
        slots, meter_slots, readings = slots + more, meter_slots + more, readings + extent.readings
        booked_to_us = max(booked_to_us, to_us)
        if piece != dirty:
            left[dirty.meter_id] = piece.end_us
    return now, left


def _first_piece(dirty: DirtyRange, extent: Extent, bounds: Bounds) -> DirtyRange:
    """The range, or as many whole hours from its start as may be done of one meter."""
    if extent.full_us is None and extent.to_us - extent.from_us <= bounds.meter_slots * SLOT_US:
        return dirty
    least_us = dirty.start_us - dirty.start_us % HOUR_US + HOUR_US
    cut_us = max(least_us, extent.from_us + bounds.meter_slots * SLOT_US)
    if extent.full_us is not None:
        cut_us = min(cut_us, max(least_us, extent.full_us))
    cut_us -= cut_us % HOUR_US
    return dirty if cut_us >= dirty.end_us else DirtyRange(dirty.meter_id, dirty.start_us, cut_us)
