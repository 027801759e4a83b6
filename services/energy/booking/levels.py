"""A counter's readings as *levels*: readings of one value that follow each other.

Everything here is seen at a level and its neighbours alone, so that a part of a series has the levels of the whole:

- a negative value is no counter's, and what a person has set aside says nothing: neither is part of any level;
- a *flicker* is a level below the one before it by less than a thousandth, when the next one is as high as that again:
  a last digit that trembles. It is left out; there is nothing to be decided.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from services.core.meter import MeterRule, Settlement, SettlementAction
from services.energy.booking.register import Register

LONGEST_GAP_US = 400 * 86_400 * 1_000_000
"""What was used over a longer time than this is not guessed."""
FLICKER_PART = 1000
REACH = 12
"""At most so many levels in a row are set aside."""


class CounterLevel(NamedTuple):
    """Readings of one position that follow each other, from the first to the last of them by index."""

    position: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many readings it has; of those between them that say nothing, none."""
        return self.last - self.first + 1


class Series:
    """The readings of one counter that say something, in order of time, and the levels they form."""

    def __init__(self, times_us: Sequence[int], values: Sequence[float], rule: MeterRule) -> None:
        self.rule = rule
        self.register = Register(rule)
        self.silent_us: list[int] = []
        """Times of the readings that say nothing."""
        if settled_as(rule, SettlementAction.SET_ASIDE) or (len(values) and min(values) < 0):
            kept: list[tuple[int, float]] = []
            for at_us, value in zip(times_us, values, strict=True):
                if value < 0 or rule.settled(at_us) is SettlementAction.SET_ASIDE:
                    self.silent_us.append(at_us)
                else:
                    kept.append((at_us, value))
            times_us, values = [at_us for at_us, _ in kept], [value for _, value in kept]
        self.times_us = times_us
        self._has_accepted = bool(rule.accepted_us or settled_as(rule, SettlementAction.ACCEPT))
        self.positions = self.register.positions(times_us, values)
        self.swapped = self._settled_swaps()
        self.flickers: list[CounterLevel] = []
        self.levels = self._without_flickers(self._levels())

    @cached_property
    def rated_alone(self) -> bool:
        """Whether the meter has a rated power in all of its terms."""
        return all(term.rated_pico_per_hour is not None for term in self.rule.terms)

    @cached_property
    def unsure_of_unit(self) -> int:
        """So many levels after the first one the unit may still turn out to have been another one at the beginning.

        Where a rated power tells the units apart it takes no longer than all else.
        """
        return REACH if self.rated_alone else 2 * REACH + 1

    def is_rated(self, level: CounterLevel) -> bool:
        """Whether the meter has a rated power when it comes to this level."""
        return self.rated_alone or self.rule.term_at(self.times_us[level.first]).rated_pico_per_hour is not None

    def is_accepted(self, level: CounterLevel) -> bool:
        """Whether a person has said that a reading of this level is right as it stands."""
        if not self._has_accepted:
            return False
        times_us = self.times_us[level.first : level.last + 1]
        return any(self.rule.settled(at_us) is SettlementAction.ACCEPT for at_us in times_us)

    def elapsed_us(self, start: CounterLevel, end: CounterLevel) -> int:
        """From the last reading of one level to the first of another."""
        return self.times_us[end.first] - self.times_us[start.last]

    def is_parted(self, start: CounterLevel, end: CounterLevel) -> bool:
        """Whether a recorded or settled change of the meter, or too long a time, lies between the two levels."""
        start_us, end_us = self.times_us[start.last], self.times_us[end.first]
        return end_us - start_us > LONGEST_GAP_US or self._is_changed(start.last, end.first)

    def _is_changed(self, a: int, b: int) -> bool:
        start_us, end_us = self.times_us[a], self.times_us[b]
        if self.rule.replacements and any(start_us < swap.ts_us <= end_us for swap in self.rule.replacements):
            return True
        return bool(self.swapped) and any(a < place <= b for place in self.swapped)

    def _levels(self) -> list[CounterLevel]:
        levels: list[CounterLevel] = []
        first = 0
        positions, times_us = self.positions, self.times_us
        changed = bool(self.rule.replacements or self.swapped)
        for i in range(1, len(positions)):
            same = positions[i] == positions[first] and times_us[i] - times_us[i - 1] <= LONGEST_GAP_US
            if not same or (changed and self._is_changed(i - 1, i)):
                levels.append(CounterLevel(positions[first], first, i - 1))
                first = i
        if len(positions):
            levels.append(CounterLevel(positions[first], first, len(positions) - 1))
        return levels

    def _without_flickers(self, levels: list[CounterLevel]) -> list[CounterLevel]:
        kept: list[CounterLevel] = []
        last = len(levels) - 1
        for j, level in enumerate(levels):
            if 0 < j < last and level.position < levels[j - 1].position <= levels[j + 1].position:
                before, after = levels[j - 1], levels[j + 1]
                low = (before.position - level.position) * FLICKER_PART <= before.position
                if low and not self.is_parted(before, level) and not self.is_parted(level, after):
                    self.flickers.append(level)
                    continue
            kept.append(level)
        return kept

    def _settled_swaps(self) -> list[int]:
        """Of each stretch that a person has called a swap the reading before which it was: after the greatest step."""
        places: list[int] = []
        for settlement in settled_as(self.rule, SettlementAction.SWAP):
            # The step to the first reading at or after the end may hold the moment, too.
            first = max(1, bisect_left(self.times_us, settlement.from_us))
            end = min(len(self.times_us), bisect_right(self.times_us, settlement.to_us - 1) + 1)
            steps = [(abs(self.positions[i] - self.positions[i - 1]), -i) for i in range(first, end)]
            if steps:
                places.append(-max(steps)[1])
        return places


def settled_as(rule: MeterRule, action: SettlementAction) -> list[Settlement]:
    """What a person has settled in this way, in order of time."""
    return [settlement for settlement in rule.settlements if settlement.action is action]
