"""What can have happened between two believed levels of a counter, each at its cost.

A *plain rise* costs nothing. All else costs what `counter_costs.csv` says: a *rollover* through the top of a register
of known size; a *reset*, after which the counter counts from zero; a *swap* for a register that stood elsewhere, whose
step is no use; a *replacement* that somebody recorded, at its time or near it; a *change of unit*, when the digits go
on in the thousandth or thousandfold; a rise that cannot be, which is *suspect* and not booked.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.core.meter import Mark, Replacement
from services.energy.booking.costs import BOUNDS, COSTS
from services.energy.booking.levels import CounterLevel, Series
from services.energy.booking.past import BEGUN_SMALLER, Past, in_unit

NEAR_TOP_TENTHS = 9
NEAR_ZERO_PART = 10
UNITS = (1, -1)
"""Powers of a thousand by which the unit of a register can change."""
UNIT_MARK = {1: Mark.LARGER_UNIT, -1: Mark.SMALLER_UNIT}
UNIT_OF_MARK = {mark: unit for unit, mark in UNIT_MARK.items()}
NEAR_RECORD_US = BOUNDS.near_record_s * 1_000_000


class Used(NamedTuple):
    """A rise of the position between two moments, and by what it came."""

    start_us: int
    end_us: int
    rise: int
    mark: Mark | None


class Step(NamedTuple):
    """What happened between two levels: its cost, its name, and what was used; suspect if not all of it is booked."""

    cost: int
    mark: Mark | None
    uses: tuple[Used, ...]
    booked: bool = True
    unit_step: int = 0


PLAIN = Step(0, None, ())
"""A plain rise, from the last reading of the one level to the first of the other."""


class Steps:
    """What can have happened between the levels of a series."""

    def __init__(self, series: Series, past: Past) -> None:
        self._series = series
        self._past = past
        self._rule = series.rule
        has_size = any(term.register_size is not None for term in series.rule.terms)
        rule = series.rule
        self._is_simple = not (has_size or rule.replacements or rule.settlements or rule.accepted_us)

    def plainly_calm(self, unit: int) -> list[bool]:
        """By level whether nothing is to be decided since its neighbour, both in this unit, whatever lies around."""
        plain = self._past.plain(unit)
        if not self._rule.replacements:
            return plain
        levels = self._series.levels
        return [is_plain and not self._near_records(levels[j - 1], levels[j]) for j, is_plain in enumerate(plain)]

    def is_calm(self, i: int, j: int, unit: int) -> bool:
        """The same by what lies around them, too: a rise that is usual of a meter without a rated power."""
        return self.plainly_calm(unit)[j] or self._is_usual(i, j, unit)

    def calm(self, first: int, unit: int) -> list[bool]:
        """By level whether the step to it from its neighbour is calm; of none up to `first`."""
        calm = [False] * (first + 1) + self.plainly_calm(unit)[first + 1 :]
        if self._series.rated_alone:
            return calm
        return [is_calm or (j > first and self._is_usual(j - 1, j, unit)) for j, is_calm in enumerate(calm)]

    def _is_usual(self, i: int, j: int, unit: int) -> bool:
        start, end = self._series.levels[i], self._series.levels[j]
        raw = end.position - start.position
        if raw < 0 or self._series.is_rated(end) or self._series.is_parted(start, end):
            return False
        if self._rule.replacements and self._near_records(start, end):
            return False
        return self._past.can_rise(i, j, raw, unit)

    def can_change_unit(self, i: int, j: int) -> bool:
        """Whether the one level shows about a thousand times as much as the other."""
        a, b = self._series.levels[i].position, self._series.levels[j].position
        return 900 * a < b < 1100 * a or 900 * b < a < 1100 * b

    def least_cost(self, i: int, j: int) -> int:
        """No less than this is what happened between two levels in one unit; quickly told."""
        if self._is_simple and self._series.levels[j].position < self._series.levels[i].position:
            return min(COSTS.reset, COSTS.fall)
        return 0

    def between(self, i: int, j: int, unit: int) -> Iterator[Step]:
        """The cheapest thing that can have happened, and a change of the unit where it can be one."""
        start, end = self._series.levels[i], self._series.levels[j]
        if any(start.last < place <= end.first for place in self._series.swapped):
            yield Step(0, Mark.SWAP, ())
            return
        if unit != BEGUN_SMALLER or end.position >= start.position:
            yield min(self._ways(i, j, unit), key=lambda step: step.cost)
        if not self.can_change_unit(i, j):
            return
        for way in (1,) if unit == BEGUN_SMALLER else UNITS:
            if unit != way and (step := self._unit_step(i, j, unit, way)):
                yield step

    def _ways(self, i: int, j: int, unit: int) -> Iterator[Step]:
        start, end = self._series.levels[i], self._series.levels[j]
        recorded = self._records(self._series.times_us[start.last], self._series.times_us[end.first])
        if recorded:
            yield self._recorded(i, j, unit, recorded)
            plain = self._plain(i, j, unit)
            yield plain._replace(cost=plain.cost + COSTS.record_ignored)
        else:
            # Before the plain rise: of two that cost the same the first is taken.
            yield from self._near_record(i, j, unit)
            yield self._plain(i, j, unit)

    def _plain(self, i: int, j: int, unit: int) -> Step:
        """Without a record and in one unit: a rise, a rollover, a reset or a swap."""
        series = self._series
        start, end = series.levels[i], series.levels[j]
        start_us, end_us = series.times_us[start.last], series.times_us[end.first]
        accepted = series.is_accepted(end)
        risen = end.position - start.position
        if risen >= 0:
            if accepted or self._past.can_rise(i, j, risen, unit):
                used = in_unit(end.position, unit) - in_unit(start.position, unit)
                return Step(0, None, (Used(start_us, end_us, used, None),))
            return Step(COSTS.implausible_rise, Mark.SUSPECT, (), booked=False)
        rollover_cost = self._rollover_cost(i, j, unit)
        if rollover_cost is not None:
            use = Used(start_us, end_us, in_unit(risen + (series.register.size(start_us) or 0), unit), Mark.ROLLOVER)
            return Step(rollover_cost, Mark.ROLLOVER, (use,))
        near_zero = end.position * NEAR_ZERO_PART <= start.position
        if near_zero and self._past.can_use(i, j, end.position, unit, (start_us, end_us)):
            use = Used(start_us, end_us, in_unit(end.position, unit), Mark.RESET)
            return Step(0 if accepted else COSTS.reset, Mark.RESET, (use,))
        return Step(0 if accepted else COSTS.fall, Mark.SWAP, ())

    def _rollover_cost(self, i: int, j: int, unit: int) -> int | None:
        """What it costs that the register has run through its top; None where it cannot have.

        It can from anywhere below the top if its pace is known, but then a reset would be as likely.
        """
        start, end = self._series.levels[i], self._series.levels[j]
        start_us, end_us = self._series.times_us[start.last], self._series.times_us[end.first]
        size = self._series.register.size(start_us)
        if size is None or start.position > size:
            return None
        near_top = start.position * 10 >= NEAR_TOP_TENTHS * size and end.position * NEAR_ZERO_PART <= size
        through = end.position + size - start.position
        if not self._past.can_use(i, j, through, unit, (start_us, end_us), unknown=near_top):
            return None
        return COSTS.rollover if near_top else COSTS.rollover_from_below

    def _records(self, after_us: int, until_us: int) -> list[Replacement]:
        return [swap for swap in self._rule.replacements if after_us < swap.ts_us <= until_us]

    def _near_records(self, start: CounterLevel, end: CounterLevel) -> list[Replacement]:
        times_us = self._series.times_us
        return self._records(times_us[start.last] - NEAR_RECORD_US, times_us[end.first] + NEAR_RECORD_US)

    def _recorded(self, i: int, j: int, unit: int, swaps: Sequence[Replacement]) -> Step:
        """Through recorded replacements: what each meter taken out has still counted, and the last one since."""
        series, register = self._series, self._series.register
        start, end = series.levels[i], series.levels[j]
        uses: list[Used] = []
        cost, booked = 0, True
        at_us, position = series.times_us[start.last], start.position
        for swap in swaps:
            raw = register.position_until(swap.ts_us, swap.final_value) - position
            size = register.size(at_us)
            if raw < 0 and size is not None and position * 10 >= NEAR_TOP_TENTHS * size:
                raw += size
            if self._past.can_use(i, j, raw, unit, (at_us, swap.ts_us)):
                uses.append(Used(at_us, swap.ts_us, in_unit(raw, unit), Mark.REPLACEMENT))
            else:
                # What was recorded wrongly is not booked; what is far too much was not replaced here.
                cost, booked = (COSTS.implausible_rise if raw > 0 else cost), False
            at_us, position = swap.ts_us, register.position(swap.ts_us, swap.first_value)
        end_us = series.times_us[end.first]
        raw = end.position - position
        if raw < 0:
            return Step(COSTS.fall, Mark.SWAP, tuple(uses), booked=booked)
        accepted = series.is_accepted(end)
        if accepted or self._past.can_use(i, j, raw, unit, (at_us, end_us)):
            uses.append(Used(at_us, end_us, in_unit(raw, unit), Mark.REPLACEMENT))
            return Step(cost, Mark.REPLACEMENT, tuple(uses), booked=booked)
        return Step(COSTS.implausible_rise, Mark.REPLACEMENT, tuple(uses), booked=False)

    def _near_record(self, i: int, j: int, unit: int) -> Iterator[Step]:
        """A step to the first value of a replacement that was recorded too early or too late."""
        if not self._rule.replacements:
            return
        series, register = self._series, self._series.register
        start, end = series.levels[i], series.levels[j]
        start_us, end_us = series.times_us[start.last], series.times_us[end.first]
        for swap in self._near_records(start, end):
            since = end.position - register.position(swap.ts_us, swap.first_value)
            until = max(0, register.position_until(swap.ts_us, swap.final_value) - start.position)
            if since >= 0 and self._past.can_use(i, j, since + until, unit, (start_us, end_us)):
                use = Used(start_us, end_us, in_unit(since + until, unit), Mark.REPLACEMENT)
                yield Step(COSTS.record_off, Mark.REPLACEMENT, (use,))

    def _unit_step(self, i: int, j: int, unit: int, way: int) -> Step | None:
        """The same register, gone on in the thousandfold (1) or thousandth (-1) of its unit."""
        series = self._series
        start, end = series.levels[i], series.levels[j]
        shown = in_unit(start.position, -way)
        if not start.position or not shown <= end.position <= shown + shown // BOUNDS.unit_part:
            return None
        to_unit = 0 if unit == BEGUN_SMALLER else unit + way
        used = in_unit(end.position, to_unit) - in_unit(start.position, unit)
        if used < 0 or not self._past.can_go_on(i, j, in_unit(used, -unit), unit, by_share=True):
            return None
        use = Used(series.times_us[start.last], series.times_us[end.first], used, None)
        return Step(COSTS.unit_step, UNIT_MARK[way], (use,), unit_step=to_unit - unit)
