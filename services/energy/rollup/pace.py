"""How much work goes into one batch, so that nobody's live readings wait long for what is costly of others. Pure.

What a reading costs is not seen beforehand: one may say something else of nine years of its meter. Of a meter only so
much is judged in a batch that it cannot take long; one of which there is more is costly, and is done aside (`aside`).
"""

from collections.abc import Collection, Iterable, Iterator

from services.energy.rollup.ranges import DirtyRange

BATCH_S = 0.3
"""Processor time after which a batch begins nothing more; live readings wait for hardly more than this."""
_FIRST_LATE = 1_000
_LEAST_LATE = 500
COSTLY_S = 0.2
"""A meter is costly that takes longer."""
_SLOT_S = 4e-6
"""What it takes to write a slot that was booked again, about."""
_METERS_AT_FIRST = 1
_MOST_METERS = 256
_FIRST_STRETCHES = 6
_MOST_STRETCHES = 1_000


class BatchPace:
    """Paces the batches of one worker; `most` late slots are taken at a time at the most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.late = min(_FIRST_LATE, most)
        """So many late slots are taken for the next batch."""
        self._costly: dict[int, None] = {}
        self._suspects: set[int] = set()
        """Meters that took long together."""
        self.stretches = _FIRST_STRETCHES
        """Of so many stretches of time, at the most: each is looked for by itself, however few slots are in it."""
        self._stretches_taken = 0
        self._spent_s = 0.0

    @property
    def costly(self) -> list[int]:
        """The meters that are done aside, the one that has waited longest first."""
        return [*self._costly]

    def is_costly(self, meter_id: int) -> bool:
        """Whether the meter, in either direction, is done aside."""
        return abs(meter_id) in self._costly

    def note_costly(self, meters: Collection[int]) -> None:
        """These are to be done aside from now on; they come last there."""
        self.went_fast(meters)
        self._costly |= dict.fromkeys(map(abs, meters))

    def groups(self, ranges: Iterable[DirtyRange]) -> Iterator[list[DirtyRange]]:
        """The ranges in their order: those of one meter, then of more and more at once; suspects alone."""
        group: list[DirtyRange] = []
        meters: set[int] = set()
        most = _METERS_AT_FIRST
        for each in ranges:
            alone = abs(each.meter_id) in self._suspects or not self._suspects.isdisjoint(map(abs, meters))
            if each.meter_id not in meters and group and (len(meters) >= most or alone):
                yield group
                group, meters, most = [], set(), min(2 * most, _MOST_METERS)
            group.append(each)
            meters.add(each.meter_id)
        if group:
            yield group

    def begin(self, spent_s: float = 0.0) -> None:
        """Judging begins in a batch, of whose time so much is spent."""
        self._spent_s = spent_s

    def took(self, late: int, *, stretches: int, of: int) -> None:
        """So many late slots were taken for a batch, of so many stretches of time; there are slots of more of these."""
        self._stretches_taken = stretches
        if stretches < of:
            self.late = max(min(_LEAST_LATE, self._most), min(self.late, 2 * late))

    def group_took(self, meters: Collection[int], effort_s: float, *, slots: int) -> bool:
        """Note what these meters took, and the slots that are to be written of them; whether there is time for more."""
        effort_s += slots * _SLOT_S
        self._spent_s += effort_s
        self.went_fast(meters)
        if effort_s > COSTLY_S and len(meters) > 1:
            self._suspects |= {abs(meter_id) for meter_id in meters}
        elif effort_s > COSTLY_S:
            self.note_costly(meters)
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
        taken, self._stretches_taken = self._stretches_taken, 0
        if effort_s > BATCH_S:
            self.late = max(min(_LEAST_LATE, self._most), int(self.late * BATCH_S / effort_s))
            self.stretches = max(1, int(taken * BATCH_S / effort_s)) if taken else self.stretches
        elif effort_s < BATCH_S / 2:
            self.late = min(self._most, self.late * 2)
            if taken == self.stretches:
                self.stretches = min(_MOST_STRETCHES, self.stretches * 2)
