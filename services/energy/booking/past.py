"""What a counter can have risen by: by its rated power, else by its own past.

The past of a rise is what its meter shows around it, before *and* after, so that it does not matter in which order the
readings came. Without a rated power a rise is believed, if it is one of these:

- *plain*: less than a thousandth of the register;
- *usual*: no more than 30 times the median of the rises around it (of a longer time, 8 times their mean pace);
- *unopposed*: no fall around it contradicts it, and it is no more than 16 times the greatest rise around it, or small
  against the register. Real meters stand nearly still for hours and then take all they can.

All else cannot be decided without a rated power, and is not booked. See docs/decisions/0031.
"""

from typing import NamedTuple

from services.core.calendar import HOUR_US, SLOT_US
from services.core.meter import MOST_PER_SLOT_PICO, MeterRule
from services.energy.booking.costs import BOUNDS
from services.energy.booking.levels import LONGEST_GAP_US, REACH, CounterLevel, Series

BEGUN_SMALLER = -2
"""The unit of the first readings where they are in the thousandth of the registered one: -1, until that begins."""


def in_unit(position: int, unit: int) -> int:
    """A position as it is in the registered unit, shown in that unit times a thousand to the power of `unit`."""
    if unit == 0:
        return position
    return position * 1000 if unit > 0 else (position + 500) // 1000


def past_reach(rule: MeterRule) -> int:
    """So many levels before and after a rise say whether it is usual."""
    return max(BOUNDS.around, min(BOUNDS.around_most, BOUNDS.around_s * 1_000_000 // rule.longest_interval_us))


class _Around(NamedTuple):
    """What lies around a level."""

    rises: list[tuple[float, int]]
    """Of the steps that rise the pace (position in a microsecond), and the level it leads to."""
    steps: int
    """Steps from reading to reading."""


class Past:
    """What the levels of a series say of each other."""

    def __init__(self, series: Series, *, reaches_start: bool = True, reaches_end: bool = True) -> None:
        self._series = series
        self._levels = series.levels
        self._interval_us = series.rule.longest_interval_us
        self.reach = past_reach(series.rule)
        self._reaches_start = reaches_start
        self._reaches_end = reaches_end
        self._known: dict[int, _Around] = {}
        self._sure: dict[int, float] = {}
        self._plain: dict[int, list[bool]] = {}
        self._paces: list[float | None] = [None] * len(series.levels)
        """By level whose past was asked for."""

    def is_plain(self, start: CounterLevel, end: CounterLevel, unit: int) -> bool:
        """Whether the counter plainly rises between two levels that are both in this unit, whatever lies around."""
        raw = end.position - start.position
        if raw < 0 or self._series.is_parted(start, end) or in_unit(raw, unit) > self._most(start, end):
            return False
        return self._series.is_rated(end) or raw * BOUNDS.plain_part <= start.position

    def plain(self, unit: int) -> list[bool]:
        """By level whether the counter plainly rises to it from its neighbour, both in this unit; not to the first."""
        if unit not in self._plain:
            self._plain[unit] = self._plain_steps(unit)
        return self._plain[unit]

    def _plain_steps(self, unit: int) -> list[bool]:
        levels, rule = self._levels, self._series.rule
        if unit or self._series.swapped or rule.replacements or len(rule.terms) > 1:
            return [j > 0 and self.is_plain(levels[j - 1], levels[j], unit) for j in range(len(levels))]
        # The same in one place, as nearly all readings go this way.
        times_us, interval_us, rated = self._series.times_us, rule.newest.interval_us, rule.newest.rated_pico_per_hour
        plain = [False] * len(levels)
        position, last = 0, 0
        for j, (at, first, end) in enumerate(levels):
            before, took_us = position, times_us[first] - times_us[last]
            position, last = at, end
            used = position - before
            if rated is None:
                plain[j] = 0 <= used * BOUNDS.plain_part <= before and took_us <= LONGEST_GAP_US
            else:
                bound = rated * (took_us if took_us > interval_us else interval_us)
                plain[j] = 0 <= used * HOUR_US <= bound and took_us <= LONGEST_GAP_US
            if plain[j] and used > MOST_PER_SLOT_PICO:
                plain[j] = used * SLOT_US <= MOST_PER_SLOT_PICO * took_us
        plain[:1] = [False] * len(plain[:1])
        return plain

    def can_rise(self, i: int, j: int, raw: int, unit: int) -> bool:
        """Whether the counter can have risen by so much from level `i` to level `j`; raw: as the register shows it."""
        if self.can_go_on(i, j, raw, unit):
            return True
        start, end = self._levels[i], self._levels[j]
        elapsed_us = self._series.elapsed_us(start, end)
        if in_unit(raw, unit) > self._most(start, end) or elapsed_us > LONGEST_GAP_US or self._series.is_rated(end):
            return False
        return raw >= 0 and self._is_unopposed(i, j, raw, elapsed_us)

    def can_go_on(self, i: int, j: int, raw: int, unit: int, *, by_share: bool = False) -> bool:
        """The same, but for a rise that is only believed because nothing contradicts it.

        `by_share`: what is usual is told by shares of the register, as the unit is another one on the other side.
        """
        start, end = self._levels[i], self._levels[j]
        elapsed_us = self._series.elapsed_us(start, end)
        if not 0 <= in_unit(raw, unit) <= self._most(start, end) or elapsed_us > LONGEST_GAP_US:
            return False
        if self._series.is_rated(end) or raw * BOUNDS.plain_part <= start.position:
            return True
        if not (unit or by_share) and i == j - 1 and raw <= self._surely_usual(j // self.reach):
            return True
        usual = self._usual_most(i, j, elapsed_us, by_share=by_share or unit != 0)
        return usual is None or raw <= usual

    def can_use(self, i: int, j: int, raw: int, unit: int, during_us: tuple[int, int], *, unknown: bool = True) -> bool:
        """Whether so much can have been used in a time between levels `i` and `j`, where the register did not go on.

        `unknown` is the answer where there is nothing to tell by.
        """
        elapsed_us = during_us[1] - during_us[0]
        if not 0 <= in_unit(raw, unit) <= self._series.register.most(*during_us) or elapsed_us > LONGEST_GAP_US:
            return False
        if self._series.is_rated(self._levels[j]) or self._series.is_rated(self._levels[i]):
            return True
        usual = self._usual_most(i, j, elapsed_us, by_share=unit != 0)
        return unknown if usual is None else raw <= usual

    def lacks(self, first: int, last: int) -> tuple[bool, bool]:
        """Whether for a level from `first` to `last` more of the past would be asked than is at hand, before and after.

        The outermost levels at hand may be parts of longer ones.
        """
        asked = [j for j in self._known if first <= j <= last]
        before = not self._reaches_start and any(j <= self.reach for j in asked)
        after = not self._reaches_end and any(j + self.reach >= len(self._levels) - 1 for j in asked)
        return before, after

    def _most(self, start: CounterLevel, end: CounterLevel) -> int:
        times_us = self._series.times_us
        return self._series.register.most(times_us[start.last], times_us[end.first])

    def _surely_usual(self, block: int) -> float:
        """A rise to a level of this block, `reach` levels long, that is usual for sure; -1 if nothing is sure.

        What is around it lies in the block and the two beside it, and holds all of the block: so its median is no less
        than the one of the rises of all three that stands where the median of the block's number of rises would. It
        spares looking around each level.
        """
        if block not in self._sure:
            first, end = (block - 1) * self.reach, (block + 2) * self.reach
            self._sure[block] = -1.0
            in_block = len(self._rises(range(block * self.reach, (block + 1) * self.reach)))
            at_hand = (self._reaches_start or first > 0) and (self._reaches_end or end < len(self._levels))
            if at_hand and in_block > BOUNDS.many:
                paces = sorted(pace for pace, _ in self._rises(range(first, end)))
                self._sure[block] = paces[(in_block - 2) // 2] * BOUNDS.times_median * self._interval_us
        return self._sure[block]

    def _rises(self, ends: range) -> list[tuple[float, int]]:
        """The pace of each step that rises to one of these levels, position in a microsecond, and the level."""
        first, end = max(1, ends.start), min(len(self._levels), ends.stop)
        for k in range(first, end):
            if self._paces[k] is None:
                self._paces[k] = self._pace(k)
        return [(pace, k) for k, pace in enumerate(self._paces[first:end], first) if pace]

    def _pace(self, k: int) -> float:
        """How fast the counter rose to a level from its neighbour; 0 if it fell, or rose by more than can be."""
        levels, times_us = self._levels, self._series.times_us
        used = levels[k].position - levels[k - 1].position
        if not 0 < used <= self._most(levels[k - 1], levels[k]):
            return 0.0
        return used / max(times_us[levels[k].first] - times_us[levels[k - 1].last], self._interval_us)

    def _usual_most(self, i: int, j: int, elapsed_us: int, *, by_share: bool) -> float | None:
        """The most that a counter like this one uses in that time; None if too little is known of it.

        By the rises around, without those between the two levels, so that false readings tell little of themselves.
        `by_share`: by what share of the register they were.
        """
        around = self._around(j)
        paces = sorted(
            [self._as_now(pace, end, i, by_share=by_share) for pace, end in around.rises if not i < end <= j]
        )
        if len(paces) < BOUNDS.few:
            paces = sorted([self._as_now(pace, end, i, by_share=by_share) for pace, end in around.rises if end != j])
        if len(paces) < BOUNDS.few:
            return None
        pace = paces[(2 if len(paces) >= BOUNDS.many else 1) * (len(paces) - 1) // 4]
        steps = around.steps - sum(level.size for level in self._levels[i + 1 : j])
        share = min(1.0, len(paces) / max(steps, 1))
        return pace * (BOUNDS.times_median * self._interval_us + BOUNDS.times_mean * share * elapsed_us)

    def _as_now(self, pace: float, end: int, i: int, *, by_share: bool) -> float:
        before = self._levels[end - 1].position
        return pace * (self._levels[i].position / before) if by_share and before else pace

    def _is_unopposed(self, i: int, j: int, used: int, elapsed_us: int) -> bool:
        levels = self._levels
        if j == len(levels) - 1:
            return False
        around = range(max(1, j - self.reach + 1), min(len(levels), j + self.reach + 1))
        falls = [k for k in around if levels[k].position < levels[k - 1].position and not i < k <= j]
        if any(i - REACH < fall <= j + REACH for fall in falls):
            return False
        # Near the begin or the end of the series the rises there may be false together.
        first = REACH + 1 if self._reaches_start and j <= REACH else 0
        last = len(levels) - 1 - (REACH if self._reaches_end and j >= len(levels) - REACH else 0)
        paces = [
            pace
            for pace, end in self._around(j).rises
            if not i < end <= j and first <= end <= last and all(abs(end - fall) > REACH for fall in falls)
        ]
        register = levels[i].position
        if used * BOUNDS.unopposed_part <= register:
            return True
        if not paces:
            return False
        over_us = (BOUNDS.times_most - 1) * self._interval_us + max(elapsed_us, self._interval_us)
        most = int(max(paces) * over_us)
        return used <= most or BOUNDS.unopposed_between * used * used <= most * register

    def _around(self, j: int) -> _Around:
        if j in self._known:
            return self._known[j]
        levels = self._levels
        first, end = max(0, j - self.reach), min(len(levels), j + self.reach + 1)
        rises = self._rises(range(first + 1, end))
        steps = sum(levels[k].size for k in range(first, end)) - 1
        self._known[j] = _Around(rises, steps)
        return self._known[j]
