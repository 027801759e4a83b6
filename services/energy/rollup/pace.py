"""How much work goes into one batch, so that nobody's live readings wait long for what is costly of others. Pure.

What a reading costs is not seen beforehand: one may say something else of nine years of its meter. So meters that have
taken long are remembered, and from then on each has a batch to itself, with all that waits of it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from services.core.calendar import SLOT_US
from services.energy.rollup.ranges import DirtyRange, Extent

BATCH_S = 0.5
"""Processor time after which a batch begins nothing more; live readings wait for hardly more than this."""
_FIRST_LATE = 1_000
_LEAST_LATE = 500
_COSTLY_S = 0.2
_SLOT_S = 4e-6
"""What it takes to write a slot that was booked again, about."""
_HEAVY_SLOTS = 10_000
_HEAVY_READINGS = 10_000
_METERS_AT_FIRST = 1
_MOST_METERS = 256
_COSTLY_EVERY = 4

Work = tuple[DirtyRange, Extent]


class BatchPace:
    """Paces the batches of one worker; `most` late slots are taken at a time at the most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.late = min(_FIRST_LATE, most)
        """So many late slots are taken for the next batch."""
        self._costly: dict[int, None] = {}
        self._suspects: set[int] = set()
        """Meters that took long together."""
        self._late_batches = 0
        self._spent_s = 0.0

    def is_costly(self, meter_id: int) -> bool:
        """Whether what was last booked of the meter, in either direction, took long."""
        return meter_id in self._costly

    def costly_turn(self, meters: Collection[int]) -> int | None:
        """The costly one of these meters that has waited longest, if the next late batch is for it.

        That is so in one of four, or when there are no others.
        """
        self._late_batches += 1
        waiting = [meter_id for meter_id in self._costly if meter_id in meters]
        due = self._late_batches % _COSTLY_EVERY == 0 or len(waiting) == len(meters)
        return waiting[0] if waiting and due else None

    def in_order(self, work: Iterable[Work]) -> list[Work]:
        """The work in the order in which it is to be done: the ranges of a meter together and in order of time.

        What is seen to take long comes last.
        """
        work = list(work)
        heavy = self._heavy(work)
        return sorted(work, key=lambda each: (each[0].meter_id in heavy, each[0].meter_id, each[0].start_us))

    def groups(self, ranges: Iterable[DirtyRange], work: Iterable[Work]) -> Iterator[list[DirtyRange]]:
        """The ranges, or pieces, in their order: one meter, then more and more at once, those that take long alone."""
        alone = self._heavy(work)
        group: list[DirtyRange] = []
        meters: set[int] = set()
        most = _METERS_AT_FIRST
        for each in ranges:
            full = len(meters) >= most or each.meter_id in alone or not alone.isdisjoint(meters)
            if each.meter_id not in meters and group and full:
                yield group
                group, meters, most = [], set(), min(2 * most, _MOST_METERS)
            group.append(each)
            meters.add(each.meter_id)
        if group:
            yield group

    def begin(self) -> None:
        """A batch begins."""
        self._spent_s = 0.0

    def group_took(self, meters: Collection[int], effort_s: float, *, slots: int) -> bool:
        """Note what these meters took, and the slots that are to be written of them; whether there is time for more."""
        effort_s += slots * _SLOT_S
        self._spent_s += effort_s
        self.went_fast(meters)
        if effort_s > _COSTLY_S and len(meters) > 1:
            self._suspects |= {abs(meter_id) for meter_id in meters}
        elif effort_s > _COSTLY_S:
            self._costly |= dict.fromkeys(map(abs, meters))
        return self._spent_s < BATCH_S

    def went_fast(self, meters: Collection[int]) -> None:
        """These meters were booked in no time."""
        for meter_id in meters:
            self._costly.pop(abs(meter_id), None)
            self._suspects.discard(abs(meter_id))

    def batch_took(self, effort_s: float) -> None:
        """Take more or fewer late slots next time, by the processor time that this batch has taken.

        By the clock they would shrink beside other work, where small batches, which cost more each slot, help nobody.
        """
        if effort_s > BATCH_S:
            self.late = max(min(_LEAST_LATE, self._most), int(self.late * BATCH_S / effort_s))
        elif effort_s < BATCH_S / 2:
            self.late = min(self._most, self.late * 2)

    def _heavy(self, work: Iterable[Work]) -> set[int]:
        """The meters of which it is seen, or suspected, that they take long."""
        slots, readings = Counter[int](), Counter[int]()
        for each, extent in work:
            slots[each.meter_id] += max(0, extent.to_us - extent.from_us) // SLOT_US
            readings[each.meter_id] += extent.readings
        return {
            m for m in slots if slots[m] > _HEAVY_SLOTS or readings[m] > _HEAVY_READINGS or abs(m) in self._suspects
        }
