"""Counters: which readings to believe, and how much was used between them.

A counter only rises. A reading below the last believed one (the *base*) is, in this order,

- a *dip*, if it is less than 10 % down: noise, set aside; the energy is booked once, when the counter passes the base;
- a *glitch*, if the next reading that says something is consistent with the base: set aside;
- *pending*, if there is no such next reading yet;
- a *rollover*, if the register's size is known, it went from near its top to near zero, and could have in that time;
- else a *reset*: the counter counts from zero.

A recorded *replacement* comes before all of these. A rise beyond what the meter can carry is a glitch if the next
reading is consistent with the base, else *suspect*: believed as a new base, but its energy is not booked until a person
accepts it.

Every judgement looks at the base, the reading, and the next reading that says something: for a zero the next one that
is not zero, within ZERO_RUN_US; so judgements depend on the set of readings alone, not on the order they came in.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from services.core.meter import Mark, MeterRule, Quality, Replacement
from services.energy.booking.register import Register
from services.energy.booking.span import Span

DIP_SHARE = Fraction(9, 10)
NEAR_TOP_SHARE = Fraction(9, 10)
NEAR_ZERO_SHARE = Fraction(1, 10)
ZERO_RUN_US = 3 * 86_400 * 1_000_000
LONGEST_GAP_US = 400 * 86_400 * 1_000_000
SET_ASIDE = frozenset({Mark.DIP, Mark.GLITCH, Mark.PENDING})

# Plain numbers: joining flags of an enum is too slow for every reading.
_QUALITY = {
    None: int(Quality.GOOD),
    Mark.RESET: int(Quality.RESET),
    Mark.ROLLOVER: int(Quality.ROLLOVER),
    Mark.REPLACEMENT: int(Quality.REPLACEMENT),
}
_ACCEPTED, _ESTIMATED = int(Quality.ACCEPTED), int(Quality.ESTIMATED)


class _Point(NamedTuple):
    """A register at a moment: its position, as `register.Register` counts it."""

    ts_us: int
    position: int


class _Counter:
    """The readings of one counter in order of time, and the base as they are gone through."""

    def __init__(self, times_us: Sequence[int], values: Sequence[float], rule: MeterRule) -> None:
        self.times_us = times_us
        self.values = values
        self.rule = rule
        self.register = Register(rule)
        self.positions = self.register.positions(times_us, values)
        self.base = _Point(0, 0)
        self.spans: list[Span] = []

    def point(self, i: int) -> _Point:
        return _Point(self.times_us[i], self.positions[i])

    def taken_out(self, swap: Replacement) -> _Point:
        return _Point(swap.ts_us, self.register.position_until(swap.ts_us, swap.final_value))

    def put_in(self, swap: Replacement) -> _Point:
        return _Point(swap.ts_us, self.register.position(swap.ts_us, swap.first_value))

    def plausible(self, start: _Point, end: _Point) -> bool:
        return end.position - start.position <= self.register.most(start.ts_us, end.ts_us)

    def replacements_in(self, after_us: int, until_us: int) -> list[Replacement]:
        if not self.rule.replacements:
            return []
        return [r for r in self.rule.replacements if after_us < r.ts_us <= until_us]

    def next_telling(self, i: int) -> _Point | None:
        """The next reading that says something about reading `i`, or the last of a meter that was replaced meanwhile.

        A zero counts if it ends a run of zeros too long to be a fault.
        """
        next_known, next_positive = self._following
        if self.values[i] > 0:
            j = next_known[i]
        else:
            beyond = bisect_right(self.times_us, self.times_us[i] + ZERO_RUN_US, i + 1)
            j = min(next_positive[i], next_known[beyond - 1])
        if j == len(self.times_us):
            return None
        swaps = self.replacements_in(self.times_us[i], self.times_us[j])
        return self.taken_out(swaps[0]) if swaps else self.point(j)

    @cached_property
    def _following(self) -> tuple[list[int], list[int]]:
        """By reading: index of the next one that is not negative, and of the next positive one; past the end if none.

        Found once for all readings: to search anew from each would take the square of the time where zeros abound.
        """
        known = positive = len(self.values)
        next_known, next_positive = [known] * known, [positive] * positive
        for i in range(len(self.values) - 1, -1, -1):
            next_known[i], next_positive[i] = known, positive
            if self.values[i] >= 0:
                known = i
            if self.values[i] > 0:
                positive = i
        return next_known, next_positive

    def book(self, start_us: int, end_us: int, risen: int, mark: Mark | None) -> bool:
        """Book a rise of the position if it is plausible or accepted; say whether it was."""
        quality = _QUALITY[mark]
        elapsed_us = end_us - start_us
        plausible = 0 <= risen <= self.register.most(start_us, end_us) and elapsed_us <= LONGEST_GAP_US
        if not plausible:
            if end_us not in self.rule.accepted_us or risen < 0:
                return False
            quality |= _ACCEPTED
        if elapsed_us > self.register.longest_measured_us(start_us, end_us):
            quality |= _ESTIMATED
        self.spans.append(Span(start_us, end_us, risen, quality))
        return True

    def judge(self, i: int) -> Mark | None:
        """Judge reading `i` against the base, book what was used, and move the base if the reading is believed."""
        at = self.point(i)
        if at.position < 0:
            return Mark.GLITCH
        swaps = self.replacements_in(self.base.ts_us, at.ts_us)
        start = self.put_in(swaps[-1]) if swaps else self.base
        mark = self._fall(i, start) if at.position < start.position else self._rise(i, start)
        if mark in SET_ASIDE:
            return mark
        booked = self._book_swaps(swaps)
        counted_from = start.position
        if mark is Mark.RESET:
            counted_from = 0
        elif mark is Mark.ROLLOVER:
            counted_from -= self.register.size(start.ts_us) or 0
        mark = mark or (Mark.REPLACEMENT if swaps else None)
        booked &= self.book(start.ts_us, at.ts_us, at.position - counted_from, mark)
        self.base = at
        return mark if booked else Mark.SUSPECT

    def _book_swaps(self, swaps: list[Replacement]) -> bool:
        """Book what the meters taken out have counted since the base."""
        booked = True
        start = self.base
        for swap in swaps:
            final = self.taken_out(swap)
            risen = final.position - start.position
            if risen < 0 and self._rolled_over(start, final):
                risen += self.register.size(start.ts_us) or 0
            booked &= self.book(start.ts_us, swap.ts_us, risen, Mark.REPLACEMENT)
            start = self.put_in(swap)
        return booked

    def _fall(self, i: int, start: _Point) -> Mark:
        at = self.point(i)
        if at.position > DIP_SHARE * start.position:
            return Mark.DIP
        following = self.next_telling(i)
        if following is None:
            return Mark.PENDING
        if following.position >= start.position and self.plausible(start, following):
            return Mark.GLITCH
        return Mark.ROLLOVER if self._rolled_over(start, at) else Mark.RESET

    def _rolled_over(self, start: _Point, at: _Point) -> bool:
        size = self.register.size(start.ts_us)
        if size is None or not NEAR_TOP_SHARE * size <= start.position <= size:
            return False
        if at.position > NEAR_ZERO_SHARE * size:
            return False
        return at.position + size - start.position <= self.register.most(start.ts_us, at.ts_us)

    def _rise(self, i: int, start: _Point) -> Mark | None:
        at = self.point(i)
        plausible = self.plausible(start, at)
        rated = self.rule.term_at(at.ts_us).rated_pico_per_hour is not None
        if (plausible and rated) or at.ts_us in self.rule.accepted_us:
            return None
        following = self.next_telling(i) if at.position > start.position else None
        if following is None or following.position == 0:
            return None
        back = start.position <= following.position < (DIP_SHARE * at.position if plausible else at.position)
        return Mark.GLITCH if back and self.plausible(start, following) else None


def book_counter(
    times_us: Sequence[int], values: Sequence[float], rule: MeterRule
) -> tuple[list[Span], dict[int, Mark]]:
    """How far a counter's position has risen (`register.multiplied` gives the energy), and the marks of readings.

    The readings are in order of time, no time twice. The first reading that is not negative is believed as it stands.
    """
    counter = _Counter(times_us, values, rule)
    marks: dict[int, Mark] = {}
    first = next((i for i, value in enumerate(values) if value >= 0), len(values))
    marks.update((times_us[i], Mark.GLITCH) for i in range(first))
    if first < len(values):
        counter.base = counter.point(first)
    for i in range(first + 1, len(values)):
        mark = counter.judge(i)
        if mark is not None:
            marks[times_us[i]] = mark
    return counter.spans, marks


def settled(times_us: Sequence[int], values: Sequence[float], before: int) -> Iterator[int]:
    """Indices, newest first, of readings whose judgement cannot depend on readings from index `before` on.

    A judgement looks one telling reading ahead (see the module's text): it is settled once that one is known.
    """
    newest_positive = next((i for i in range(before - 1, -1, -1) if values[i] > 0), -1)
    newest_known_us = max((times_us[i] for i in range(before) if values[i] >= 0), default=None)
    for i in range(before - 1, -1, -1):
        if values[i] < 0:
            continue
        if i < newest_positive or (newest_known_us is not None and newest_known_us > times_us[i] + ZERO_RUN_US):
            yield i
