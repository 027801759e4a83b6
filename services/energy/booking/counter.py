"""Counters: what their readings say was used, by the best explanation of the whole series.

The readings form *levels* (`levels`). What can have risen is bounded by the rated power or the meter's own past
(`past`). Each thing that can have happened between two levels has its cost (`steps`), and the cheapest chain through
the levels is the explanation (`explain`). From it come what was used and the mark of each reading, here. Which part of
a series a late reading can change is told by `settled`. See docs/decisions/0031.
"""

from collections.abc import Iterable, Iterator, Sequence

from services.core.meter import Mark, MeterRule, Quality
from services.energy.booking.explain import Explanation, Link
from services.energy.booking.levels import CounterLevel, Series
from services.energy.booking.past import BEGUN_SMALLER, Past, in_unit
from services.energy.booking.span import Span
from services.energy.booking.steps import PLAIN

# Plain numbers: joining flags of an enum is too slow for every reading.
_QUALITY = {
    Mark.RESET: int(Quality.RESET),
    Mark.ROLLOVER: int(Quality.ROLLOVER),
    Mark.REPLACEMENT: int(Quality.REPLACEMENT),
}
_ACCEPTED, _ESTIMATED = int(Quality.ACCEPTED), int(Quality.ESTIMATED)
DIP_TENTHS = 9
SET_ASIDE = frozenset({Mark.DIP, Mark.GLITCH, Mark.PENDING})


def book_counter(
    times_us: Sequence[int], values: Sequence[float], rule: MeterRule, *, unit_before: int = 0
) -> tuple[list[Span], dict[int, Mark]]:
    """How far a counter's position has risen (`register.multiplied` gives the energy), and the marks of readings.

    The readings are in order of time, no time twice. A register in another unit than its own before them, as a power of
    a thousand of it, is so at the first of them, which is then known to be right.
    """
    series = Series(times_us, values, rule)
    past = Past(series)
    return told(series, past, Explanation(series, past, unit=unit_before, settled=unit_before != 0).links)


def told(series: Series, past: Past, links: Sequence[Link], first: int = 0) -> tuple[list[Span], dict[int, Mark]]:
    """What an explanation says of the levels from the first on: spans of positions, and the marks of readings."""
    telling = _Telling(series, past, first)
    for link in links:
        telling.go_on(link)
    telling.end()
    return telling.spans, telling.marks


class _Telling:
    """Goes along the chain and tells what was used, and what each reading is that is not plainly good."""

    def __init__(self, series: Series, past: Past, first: int) -> None:
        self._first = first
        self.spans: list[Span] = []
        self.marks: dict[int, Mark] = {}
        self._series = series
        self._past = past
        self._before: Link | None = None
        self._longest_us = 2 * min(term.interval_us for term in series.rule.terms)

    def go_on(self, link: Link) -> None:
        """Tell what happened up to the next believed level, and in it."""
        series, before = self._series, self._before
        times_us, level = series.times_us, series.levels[link.level]
        if before is None:
            self._set_aside(range(self._first, link.level), None, is_last=False)
            if link.unit == BEGUN_SMALLER:
                self.marks[times_us[level.first]] = Mark.SMALLER_UNIT
        else:
            start = series.levels[before.level]
            if link.level > before.level + 1:
                self._set_aside(range(before.level + 1, link.level), start, is_last=False)
            if link.step is PLAIN:
                used = in_unit(level.position, link.unit) - in_unit(start.position, link.unit)
                self._add(times_us[start.last], times_us[level.first], used, 0)
            else:
                self._step(before, link)
        for i in range(level.first, level.last):
            self._add(times_us[i], times_us[i + 1], 0, 0)
        self._before = link

    def end(self) -> None:
        """Tell of the readings that no believed level follows, and of those that are part of none."""
        series = self._series
        if self._before is not None:
            last = self._before.level
            self._set_aside(range(last + 1, len(series.levels)), series.levels[last], is_last=True)
        from_us = series.times_us[series.levels[self._first].first] if self._first else None
        for flicker in series.flickers:
            self._mark(flicker, Mark.DIP, from_us)
        self.marks.update((at_us, Mark.GLITCH) for at_us in series.silent_us if from_us is None or at_us > from_us)

    def _step(self, before: Link, link: Link) -> None:
        step, level = link.step, self._series.levels[link.level]
        end_us = self._series.times_us[level.first]
        accepted = self._series.is_accepted(level) and not self._is_plausible(before, link)
        for use in step.uses:
            quality = _QUALITY[use.mark] if use.mark is not None else 0
            if accepted and use.end_us == end_us:
                quality |= _ACCEPTED
            self._add(use.start_us, use.end_us, use.rise, quality)
        if not step.booked:
            self.marks[end_us] = Mark.SUSPECT
        elif step.mark is not None:
            self.marks[end_us] = step.mark

    def _add(self, start_us: int, end_us: int, rise: int, quality: int) -> None:
        longest_us = self._series.register.longest_measured_us
        if end_us - start_us > self._longest_us and end_us - start_us > longest_us(start_us, end_us):
            quality |= _ESTIMATED
        self.spans.append(Span(start_us, end_us, rise, quality))

    def _is_plausible(self, before: Link, link: Link) -> bool:
        levels = self._series.levels
        raw = levels[link.level].position - levels[before.level].position
        return self._past.can_rise(before.level, link.level, raw, link.unit)

    def _set_aside(self, aside: Iterable[int], base: CounterLevel | None, *, is_last: bool) -> None:
        for j in aside:
            level = self._series.levels[j]
            mark = Mark.GLITCH
            if base is not None and DIP_TENTHS * base.position < 10 * level.position <= 10 * base.position:
                mark = Mark.DIP
            self._mark(level, Mark.PENDING if is_last and mark is Mark.GLITCH else mark, None)

    def _mark(self, level: CounterLevel, mark: Mark, from_us: int | None) -> None:
        for at_us in self._times(level):
            if from_us is None or at_us > from_us:
                self.marks[at_us] = mark

    def _times(self, level: CounterLevel) -> Iterator[int]:
        yield from self._series.times_us[level.first : level.last + 1]
