"""Which part of a counter's series readings that are new or changed can alter.

At most REACH levels in a row are set aside. So the cheapest explanation believes one of each REACH + 1 levels that
follow each other calmly; from that one it goes on through the others, which costs nothing. A level with REACH + 1 calm
ones on either side is therefore believed whatever lies beyond them: it is *settled*, and the series can be cut there.
That is seen from the values alone, never from marks: readings may be stored and not yet booked.

A rise that is judged by the meter's past depends on some levels more on either side (`Past.reach`). The outermost
levels at hand may be parts of longer ones, or flickers.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from services.core.calendar import hour_ceil_us, hour_floor_us
from services.core.meter import Mark, MeterRule
from services.energy.booking.counter import told
from services.energy.booking.explain import Explanation
from services.energy.booking.levels import REACH, Series
from services.energy.booking.past import Past, past_reach
from services.energy.booking.span import Span
from services.energy.booking.steps import UNIT_OF_MARK, Steps

_SIDE = REACH + 1


def settled_rows(rule: MeterRule) -> tuple[int, int]:
    """So many readings before and after what is new mostly hold a settled one; where two are alike more are needed."""
    if all(term.rated_pico_per_hour is not None for term in rule.terms):
        return 2 * _SIDE + 1, 2 * _SIDE + 1
    past = max(_SIDE, past_reach(rule)) + 1
    return 2 * _SIDE + past, _SIDE + past


class Recounted(NamedTuple):
    """What the readings between two settled ones say, and the times of these; an end that is None is open."""

    spans: list[Span]
    marks: dict[int, Mark]
    from_us: int | None
    changed_from_us: int | None
    """Nothing before this settled reading can be altered."""
    to_us: int | None
    unit_changed: bool
    """Whether what follows is now in another unit than it was booked in."""


class Lack(NamedTuple):
    """On which side more readings are needed."""

    before: bool
    after: bool


class Window:
    """Readings of a counter around some that are new or changed, in [dirty_from_us, dirty_to_us)."""

    def __init__(
        self,
        times_us: Sequence[int],
        values: Sequence[float],
        rule: MeterRule,
        *,
        dirty_from_us: int,
        dirty_to_us: int,
        reaches_start: bool,
        reaches_end: bool,
    ) -> None:
        self._series = Series(times_us, values, rule)
        self._past = Past(self._series, reaches_start=reaches_start, reaches_end=reaches_end)
        self._steps = Steps(self._series, self._past)
        self._levels = levels = self._series.levels
        self._reaches_start = reaches_start
        self._reaches_end = reaches_end
        self._calm: dict[int, list[bool]] = {}
        # The last level before what is new, and the first after it, that it can neither be part of nor make a flicker.
        self._early = bisect_left(levels, dirty_from_us, key=lambda level: self._series.times_us[level.last]) - 2
        self._late = bisect_left(levels, dirty_to_us, key=lambda level: self._series.times_us[level.first]) + 1
        self._margin = _SIDE if self._series.rated_alone else max(_SIDE, self._past.reach)

    def recount(self, old: Mapping[int, Mark], unit_before: int) -> Recounted | Lack:
        """Explain again what can have changed. `old` are the marks so far, `unit_before` the unit before the window."""
        units = _Units(old, unit_before)
        start, changed_from_us = self._start(units)
        if start is None and not self._reaches_start:
            return Lack(before=True, after=False)
        start_us = None if start is None else self._begin_us(start)
        unit = 0 if start_us is None else units.at(start_us)
        explanation = Explanation(self._series, self._past, first=start or 0, unit=unit, settled=start is not None)
        unit_of = {link.level: link.unit for link in explanation.links}
        end = self._end(unit_of)
        last = len(self._levels) - 1 if end is None else end
        before, after = self._past.lacks(start or 0, last)
        after |= end is None and not self._reaches_end
        if before or after:
            return Lack(before, after)
        # What follows the settled one is not booked anew.
        links = [link for link in explanation.links if end is None or link.level <= end]
        spans, marks = told(self._series, self._past, links, start or 0)
        end_us = None if end is None else self._begin_us(end)
        unit_changed = end is not None and end_us is not None and units.at(end_us) != unit_of[end]
        return Recounted(spans, marks, start_us, changed_from_us, end_us, unit_changed)

    def _begin_us(self, j: int) -> int:
        return self._series.times_us[self._levels[j].first]

    def _start(self, units: "_Units") -> tuple[int | None, int | None]:
        """The settled level from which to explain, and the time of the last settled one before what is new.

        They are in different hours, as hours are booked as a whole.
        """
        changed_from_us: int | None = None
        for j in self._settled_before(units):
            if changed_from_us is None:
                changed_from_us = self._begin_us(j)
            if self._begin_us(j) <= hour_floor_us(changed_from_us):
                return j, changed_from_us
        return None, None

    def _end(self, unit_of: Mapping[int, int]) -> int | None:
        """The settled level up to which to book: the first one after what is new, or one in the next hour."""
        hour_us: int | None = None
        for j in self._settled_after(unit_of):
            if hour_us is None:
                hour_us = hour_ceil_us(self._begin_us(j))
            if self._begin_us(j) >= hour_us:
                return j
        return None

    def _settled_before(self, units: "_Units") -> Iterator[int]:
        """Settled levels before what is new, the last one first."""
        run_to = self._early
        for k in range(self._early, 0 if self._reaches_start else 1, -1):
            is_known = k + self._past.reach <= self._early and (self._reaches_start or k > self._past.reach)
            if not self._is_calm(k, units.at(self._begin_us(k)), is_known=is_known):
                run_to = k - 1
                continue
            j = k + REACH
            if j + _SIDE <= run_to and j + self._margin <= self._early and j > self._series.unsure_of_unit:
                yield j

    def _settled_after(self, unit_of: Mapping[int, int]) -> Iterator[int]:
        """Settled levels after what is new, the first one first."""
        run_from = self._late
        outermost = len(self._levels) - (1 if self._reaches_end else 2)
        for k in range(self._late + 1, outermost + 1):
            unit = unit_of.get(k)
            is_known = k - self._past.reach >= self._late and (self._reaches_end or k + self._past.reach <= outermost)
            if unit is None or unit_of.get(k - 1) != unit or not self._is_calm(k, unit, is_known=is_known):
                run_from = k
                continue
            j = k - _SIDE
            if j - _SIDE >= run_from and j - self._margin >= self._late:
                yield j

    def _is_calm(self, k: int, unit: int, *, is_known: bool) -> bool:
        """Whether the step to level `k` is calm, whatever is new; `is_known`: its past is at hand, and is not new."""
        if unit not in self._calm:
            self._calm[unit] = self._steps.plainly_calm(unit)
        return self._calm[unit][k] or (is_known and self._steps.is_calm(k - 1, k, unit))


class _Units:
    """In which unit a register was at a time, by its marks."""

    def __init__(self, marks: Mapping[int, Mark], before: int) -> None:
        self._before = before
        self._changes = sorted((at_us, UNIT_OF_MARK[mark]) for at_us, mark in marks.items() if mark in UNIT_OF_MARK)

    def at(self, moment_us: int) -> int:
        """The unit at the moment, as a power of a thousand of the registered one."""
        if not self._changes:
            return self._before
        return self._before + sum(unit for at_us, unit in self._changes if at_us <= moment_us)
