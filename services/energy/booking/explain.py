"""The cheapest explanation of a counter's levels.

An *explanation* is a chain through the levels: which of them are believed, and what happened between one and the next.
Each thing that happened has a cost, and so has each level set aside; the least total wins. It depends on the set of
readings alone, not on the order in which they came. It is found by dynamic programming: the cheapest chain that ends
at a level, in a unit, from those that end at the levels before; at most REACH levels in a row are set aside.

A step between neighbours is *calm* if it is a plain or usual rise, which costs nothing. More than REACH levels after
the last step that is not calm only the level before needs to be looked at: to set aside what nothing speaks against is
never cheaper.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from services.energy.booking.costs import BOUNDS, COSTS
from services.energy.booking.levels import REACH, Series
from services.energy.booking.past import BEGUN_SMALLER, Past
from services.energy.booking.steps import PLAIN, Step, Steps

_BEFORE = -2
_NONE = -1


class _State(NamedTuple):
    """The cheapest way to believe a level: its cost, the level believed before, its unit, and what happened between."""

    cost: int
    before: int
    unit_before: int
    step: Step


_Ways = dict[int, _State]
"""By unit, as a power of a thousand of the registered one."""


class Link(NamedTuple):
    """A believed level in its unit, and what happened since the believed one before it."""

    level: int
    unit: int
    step: Step


class Explanation:
    """The cheapest explanation of a series from the level `first` on, which is in `unit`.

    `settled`: that level is known to be believed; else what comes first may be false, or be in another unit.
    """

    def __init__(self, series: Series, past: Past, *, first: int = 0, unit: int = 0, settled: bool = False) -> None:
        self._steps = Steps(series, past)
        self._series = series
        self._levels = series.levels
        self._first = first
        self._settled = settled
        self._last = len(series.levels) - 1
        self._calm: dict[int, list[bool]] = {}
        self._decided_at = first
        """The last level at which the unit was decided: nothing leaps over it."""
        self.links: list[Link] = []
        if self._last >= first:
            self.links = list(self._back(self._forward(unit)))
            self.links.reverse()

    def _calm_in(self, unit: int) -> list[bool]:
        """By level whether the step to it from its neighbour is calm, if both are in this unit."""
        if unit not in self._calm:
            self._calm[unit] = self._steps.calm(self._first, unit)
        return self._calm[unit]

    def _aside(self, j: int) -> int:
        """What it costs to set a level aside; one that is not the first of a stray group, little."""
        level = self._levels[j]
        if self._series.is_accepted(level):
            return COSTS.accepted
        if j in self._stray:
            return COSTS.aside_stray_again
        return COSTS.of_level(level.size, zero=level.position == 0)

    @cached_property
    def _stray(self) -> set[int]:
        """The levels of groups that lie apart in time from all others, but the first of each."""
        apart_us = max(BOUNDS.stray_s * 1_000_000, BOUNDS.stray_intervals * self._series.rule.longest_interval_us)
        elapsed_us = self._series.elapsed_us
        gaps = [j for j, (a, b) in enumerate(pairwise(self._levels), 1) if elapsed_us(a, b) > apart_us]
        groups = pairwise([0, *gaps])
        return {j for start, end in groups if end - start <= REACH for j in range(start + 1, end)}

    def _forward(self, unit: int) -> list[_Ways]:
        """By level, from the first on, the cheapest ways to believe it."""
        before = self._begin(unit)
        states = [before]
        unquiet_to = self._first
        quiet: list[bool] | None = None
        for j in range(self._first + 1, self._last + 1):
            if quiet is not None and quiet[j]:
                # The same as of the level before: from there, at no cost.
                states.append(before)
                continue
            if not all(self._calm_in(u)[j] for u in before):
                unquiet_to = j + REACH
            if j <= unquiet_to:
                before = self._best_ways(j, states)
            else:
                before = {u: _State(s.cost + self._foreign(j, u), _BEFORE, u, PLAIN) for u, s in before.items()}
            if len(before) > 1:
                before = self._decided(j, before)
            states.append(before)
            is_calm_alone = j > unquiet_to and len(before) == 1 and not self._foreign(j, *before)
            quiet = self._calm_in(*before) if is_calm_alone else None
        return states

    def _begin(self, unit: int) -> _Ways:
        """The ways to believe the first level: it may be in the thousandth of the registered unit."""
        begin = {unit: _State(0, _NONE, unit, PLAIN)}
        if not self._settled:
            early = [level.position for level in self._levels[: self._series.unsure_of_unit] if level.position]
            if early and max(early) > 900 * min(early):
                cost = COSTS.begins_in_other_unit + COSTS.other_unit
                begin[BEGUN_SMALLER] = _State(cost, _NONE, BEGUN_SMALLER, PLAIN)
        return begin

    def _decided(self, j: int, ways: _Ways) -> _Ways:
        """The ways to believe level `j` that are left: where the counter is calm its unit is decided once for all."""
        if not self._settled and j <= self._series.unsure_of_unit:
            return ways
        left = {unit: way for unit, way in ways.items() if unit != BEGUN_SMALLER}
        unit = min(left, key=lambda u: (left[u].cost, abs(u)))
        calm = self._calm_in(unit)[max(0, j - REACH) : j + REACH + 2]
        if len(calm) < 2 * REACH + 2 or not all(calm):
            return left
        self._decided_at = j
        return {unit: left[unit]}

    def _foreign(self, j: int, unit: int) -> int:
        """What it costs that a level among the first is in a unit that may have been taken for the registered one.

        A register that goes on in the thousandth of its unit has begun in the registered one: to take what follows for
        that would book a thousandfold.
        """
        unsure = unit > 0 or unit == BEGUN_SMALLER
        return COSTS.other_unit if unsure and not self._settled and j <= self._series.unsure_of_unit else 0

    def _best_ways(self, j: int, states: list[_Ways]) -> _Ways:
        best: _Ways = {}
        skipped = 0
        only_rises = True
        lowest = self._levels[j].position
        for i in range(j - 1, max(self._decided_at - 1, j - 2 - REACH), -1):
            only_rises = only_rises and self._levels[i].position <= self._levels[i + 1].position
            lowest = min(lowest, self._levels[i + 1].position)
            is_lower = lowest < min(self._levels[i].position, self._levels[j].position)
            cost = COSTS.of_run(skipped) + (COSTS.aside_in_a_rise if only_rises and skipped else 0)
            can_change_unit = self._steps.can_change_unit(i, j)
            least = self._steps.least_cost(i, j)
            for unit, state in states[i - self._first].items():
                rises_first = is_lower and self._calm_in(unit)[i + 1]
                so_far = state.cost + cost + (COSTS.aside_rise_and_fall if rises_first else 0)
                if i == j - 1 and self._calm_in(unit)[j]:
                    steps: Iterable[Step] = (PLAIN,)
                elif not can_change_unit and unit in best and so_far + least >= best[unit].cost:
                    continue
                else:
                    steps = self._steps.between(i, j, unit)
                for step in steps:
                    to_unit = unit + step.unit_step
                    total = so_far + step.cost + self._foreign(j, to_unit)
                    if to_unit not in best or total < best[to_unit].cost:
                        best[to_unit] = _State(total, i, unit, step)
            skipped += self._aside(i)
        if not self._settled and j - self._first <= REACH:
            total = COSTS.of_end(skipped, COSTS.at_start)
            if 0 not in best or total < best[0].cost:
                best[0] = _State(total, _NONE, 0, PLAIN)
        # A unit that costs more than to change into it is none that anything would come back to.
        most = min(state.cost for unit, state in best.items() if unit != BEGUN_SMALLER) + COSTS.unit_step
        return {unit: state for unit, state in best.items() if unit == BEGUN_SMALLER or state.cost <= most}

    def _back(self, states: list[_Ways]) -> Iterator[Link]:
        """The cheapest chain, from its last level back to its first."""
        choices: list[tuple[int, int, int]] = []
        skipped = 0
        for j in range(self._last, max(self._first - 1, self._last - REACH - 1), -1):
            extra = 0 if j == self._last else COSTS.of_end(skipped, COSTS.at_end)
            choices += [
                (state.cost + extra, -j, unit)
                for unit, state in states[j - self._first].items()
                if unit != BEGUN_SMALLER
            ]
            skipped += self._aside(j)
        _, minus_j, unit = min(choices, key=lambda choice: (choice[0], choice[1], abs(choice[2])))
        j = -minus_j
        while True:
            state = states[j - self._first][unit]
            yield Link(j, unit, state.step)
            if state.before == _NONE:
                return
            j, unit = (j - 1 if state.before == _BEFORE else state.before), state.unit_before
