"""Which stretches of a meter's time must be booked again. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, SLOT_US
from services.energy.booking.booking import Rebooking

APART_US = 86_400 * 1_000_000
_OPEN_END_US = 2**62
_OPEN_START_US = -_OPEN_END_US


@dataclass(frozen=True, slots=True)
class DirtyRange:
    """Time of a meter, [start_us, end_us) in microseconds since 1970, with readings new or changed in meaning."""

    meter_id: int
    start_us: int
    end_us: int


def ranges_of(
    dirty: Sequence[tuple[int, int]] | NDArray[np.int64], changed: Iterable[tuple[int, int]], *, end_us: int
) -> list[DirtyRange]:
    """Join dirty slots (meter, slot start) that lie less than a day apart; changes of a meter reach to `end_us`."""
    slots = np.asarray(dirty, dtype=np.int64).reshape(-1, 2)
    changes = [*changed]
    of_changed = np.isin(slots[:, 0], [meter_id for meter_id, _ in changes])
    stretches = [(meter_id, slot, slot + SLOT_US) for meter_id, slot in slots[of_changed].tolist()]
    stretches += [(meter_id, from_us, max(end_us, from_us)) for meter_id, from_us in changes]
    return sorted([*_slots_joined(slots[~of_changed]), *_joined(stretches)], key=lambda r: (r.meter_id, r.start_us))


def _slots_joined(slots: NDArray[np.int64]) -> Iterator[DirtyRange]:
    """Ranges of slots alone: nearly all are such, and many at once."""
    meter_id, start_us = slots[np.lexsort((slots[:, 1], slots[:, 0]))].T
    apart = (np.diff(meter_id) != 0) | (np.diff(start_us) > SLOT_US + APART_US)
    first = np.flatnonzero(np.append(True, apart)[: len(slots)])
    last = np.append(first[1:], len(slots))[: len(first)] - 1
    columns = (meter_id[first], start_us[first], start_us[last] + SLOT_US)
    return map(DirtyRange, *(column.tolist() for column in columns))


def _joined(stretches: Iterable[tuple[int, int, int]]) -> list[DirtyRange]:
    joined: list[DirtyRange] = []
    for meter_id, start_us, stretch_end_us in sorted(stretches):
        last = joined[-1] if joined else None
        if last is not None and last.meter_id == meter_id and start_us <= last.end_us + APART_US:
            joined[-1] = DirtyRange(meter_id, last.start_us, max(last.end_us, stretch_end_us))
        else:
            joined.append(DirtyRange(meter_id, start_us, stretch_end_us))
    return joined


def join_reaching(read: Sequence[tuple[DirtyRange, int]]) -> dict[DirtyRange, DirtyRange]:
    """For each range the one to book it in, given the time of the last reading that was read for it.

    Ranges are joined where what was read of one reaches into the next. Each by itself would be judged with its
    neighbours, as often as there are neighbours in reach, only to be done again as one. `read` is in order of meter
    and time.
    """
    joined: dict[DirtyRange, DirtyRange] = {}
    group: list[DirtyRange] = []
    for position, (dirty, last_us) in enumerate(read):
        group.append(dirty)
        following = read[position + 1][0] if position + 1 < len(read) else None
        if following is not None and following.meter_id == dirty.meter_id and following.start_us <= last_us:
            continue
        whole = DirtyRange(dirty.meter_id, group[0].start_us, max(r.end_us for r in group))
        joined |= dict.fromkeys(group, whole)
        group.clear()
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

    marks_to_us = slots_to_us = _OPEN_START_US

    def close() -> None:
        if len(group) == 1:
            alone.append(group[0])
        elif group:
            ranges = [r for r, _ in group]
            again.append(DirtyRange(ranges[0].meter_id, ranges[0].start_us, max(r.end_us for r in ranges)))
        group.clear()

    for dirty, rebooking in sorted(done, key=lambda pair: (pair[0].meter_id, pair[0].start_us)):
        of_same_meter = bool(group) and group[0][0].meter_id == dirty.meter_id
        marks_meet = _or(rebooking.marks_after_us, _OPEN_START_US) < marks_to_us
        slots_meet = _or(rebooking.slots_from_us, _OPEN_START_US) < slots_to_us
        if not (of_same_meter and (marks_meet or slots_meet)):
            close()
        if not group:
            marks_to_us = slots_to_us = _OPEN_START_US
        group.append((dirty, rebooking))
        # How far the whole group reaches: to compare each result with all others would take the square of the time.
        marks_to_us = max(marks_to_us, _or(rebooking.marks_to_us, _OPEN_END_US))
        slots_to_us = max(slots_to_us, _or(rebooking.slots_to_us, _OPEN_END_US))
    close()
    return alone, again


def _or(moment_us: int | None, otherwise_us: int) -> int:
    return otherwise_us if moment_us is None else moment_us


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
    meter_readings: int = 15_000
    judged: int = 2_000
    """So many readings of a meter are judged in a batch; where there are more it is done aside."""
    written: int = 20_000
    """So many slots of a meter are written at once."""


def heavy(work: Iterable[tuple[DirtyRange, Extent]], bounds: Bounds) -> set[int]:
    """The meters of which there is too much for a batch, by the number of their readings."""
    slots, readings = Counter[int](), Counter[int]()
    for each, extent in work:
        slots[abs(each.meter_id)] += max(0, extent.to_us - extent.from_us) // SLOT_US
        readings[abs(each.meter_id)] += extent.readings
    return {meter_id for meter_id in slots if slots[meter_id] > bounds.written or readings[meter_id] > bounds.judged}


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
