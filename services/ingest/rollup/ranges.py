"""Which stretches of a meter's time must be booked again. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.core.domain.booking import Rebooking
from services.core.domain.calendar import SLOT_US

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
