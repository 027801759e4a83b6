"""What is kept of a meter held against what its readings say. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.core.calendar import SLOT_US
from services.core.meter import Mark

MOST_TOLD = 200

Stretch = tuple[int, int]
"""[start, end), microseconds since 1970."""


Slot = tuple[int, int, int, int]
"""Account, quantity (1e-12 of the carrier's unit), measured seconds and quality of a slot."""


class SlotsTogether(NamedTuple):
    """The slots of a stretch together."""

    slots: int = 0
    quantity_pico: int = 0
    measured_s: int = 0
    quality: int = 0
    account_id: int | None = None
    """None where there is no slot."""

    def plus(self, slot: Slot | None) -> "SlotsTogether":
        """With one slot more, if there is one."""
        if slot is None:
            return self
        account_id, quantity_pico, measured_s, quality = slot
        return SlotsTogether(
            self.slots + 1,
            self.quantity_pico + quantity_pico,
            self.measured_s + measured_s,
            self.quality | quality,
            account_id,
        )


@dataclass(frozen=True, slots=True)
class DifferingSlots:
    """Slots one after another of a meter that are kept otherwise than they are right, all in the same way."""

    number: int
    """Of the meter; the negative of it for its other direction."""
    start_us: int
    end_us: int
    kept: SlotsTogether
    right: SlotsTogether


@dataclass(frozen=True, slots=True)
class DifferingMark:
    """A reading that is kept as something else than it is; None: plainly good."""

    number: int
    at_us: int
    kept: int | None
    """A mark; whoever changed it may have put any number there."""
    right: Mark | None


def differing_slots(
    number: int, right: Mapping[int, Slot], kept: Mapping[int, Slot], *, apart: Sequence[Stretch] = ()
) -> list[DifferingSlots]:
    """Where the slots of a meter differ, in order of time; slots that lie in a stretch of `apart` are not compared.

    Both are by the start of the slot.
    """
    if right == kept:
        return []
    found: list[DifferingSlots] = []
    manner: tuple[object, ...] = ()
    for slot_us in sorted(right.keys() | kept.keys()):
        pair = kept.get(slot_us), right.get(slot_us)
        if pair[0] == pair[1] or _lies_in(slot_us, apart):
            continue
        before, manner = manner, _manner(*pair)
        last = found.pop() if found and manner == before and found[-1].end_us == slot_us else None
        found.append(
            DifferingSlots(
                number,
                last.start_us if last else slot_us,
                slot_us + SLOT_US,
                (last.kept if last else SlotsTogether()).plus(pair[0]),
                (last.right if last else SlotsTogether()).plus(pair[1]),
            )
        )
    return found


def _manner(kept: Slot | None, right: Slot | None) -> tuple[object, ...]:
    """In which way a slot differs: slots that differ in the same way still do when they are added up."""
    nothing = (0, 0, 0, 0)
    account_id, quantity_pico, measured_s, quality = kept or nothing
    other_id, other_pico, other_s, other_quality = right or nothing
    return (
        kept is None,
        right is None,
        _sign(quantity_pico - other_pico),
        _sign(measured_s - other_s),
        None if quality == other_quality else (quality, other_quality),
        (account_id, other_id),
    )


def _sign(amount: int) -> int:
    return (amount > 0) - (amount < 0)


def differing_marks(
    number: int, right: Mapping[int, Mark], kept: Mapping[int, int], *, apart: Sequence[Stretch] = ()
) -> list[DifferingMark]:
    """Where the marks of a meter's readings differ, in order of time."""
    return [
        DifferingMark(number, at_us, kept.get(at_us), right.get(at_us))
        for at_us in sorted(right.keys() | kept.keys())
        if kept.get(at_us) != right.get(at_us) and not _lies_in(at_us, apart)
    ]


def _lies_in(moment_us: int, stretches: Sequence[Stretch]) -> bool:
    return any(start_us <= moment_us < end_us for start_us, end_us in stretches)


@dataclass(slots=True)
class Told:
    """What differs: all counted, the first ones kept to be told."""

    slots: int = 0
    marks: int = 0
    first: list[DifferingSlots | DifferingMark] = field(default_factory=list)
    untold: int = 0

    def add(self, found: Sequence[DifferingSlots | DifferingMark]) -> None:
        """Note these."""
        for each in found:
            if isinstance(each, DifferingSlots):
                self.slots += max(each.kept.slots, each.right.slots)
            else:
                self.marks += 1
        room = MOST_TOLD - len(self.first)
        self.first += found[:room]
        self.untold += len(found[room:])
