"""What the rows of energy are compared with, as ComparedValue describes it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.api.comparing.change import NOTHING_BY_HAND, ByHand, ComparedSide, change_out, period_out
from services.api.energy.answer import EnergyLine, Group
from services.api.energy.compared import ComparedLines, average_meters
from services.core.meter import PICO

ByRow = Mapping[tuple[datetime, Group], EnergyLine]


class LinesCompared:
    """The lines of another period by the rows beside which they stand; `least`: the coverage a change needs."""

    def __init__(self, compared: ComparedLines, least: float) -> None:
        self._compared, self._least = compared, least
        self._other = _by_row(compared.other)
        self._until = _by_row(compared.until)

    def of_whole(self) -> "LinesCompared":
        """The same of the rows of the whole."""
        return LinesCompared(self._compared.of_whole(), self._least)

    def of(self, line: EnergyLine) -> dict[str, Any] | None:
        """What stands beside a line; None where it has no counterpart."""
        counterpart = self._compared.counterparts.get(line.start)
        if counterpart is None:
            return None
        key = line.start, line.group
        at_hand = counterpart.until is not None
        own = _side(self._until.get(key) if at_hand else line, line.start, counterpart.until or line.end)
        other = _side(self._other.get(key), counterpart.start, counterpart.end)
        return period_out(counterpart, own, other) | change_out(own, other, self._least, at_hand=at_hand)


def _by_row(found: Mapping[datetime, Iterable[EnergyLine]]) -> ByRow:
    return {(start, line.group): line for start, lines in found.items() for line in lines}


def _side(line: EnergyLine | None, start: datetime, end: datetime) -> ComparedSide:
    if line is None:
        return ComparedSide(None, None, 0.0)
    value = Fraction(sum(pico for _, pico in line.parts), PICO) if line.parts else None
    by_hand = ByHand(line.reports, 1.0 if line.manual_share is None else line.manual_share)
    return ComparedSide(
        value,
        line.coverage,
        average_meters([line], start, end),
        on_meters=line.expected_s > 0 or not line.reports,
        by_hand=by_hand if line.reports else NOTHING_BY_HAND,
    )
