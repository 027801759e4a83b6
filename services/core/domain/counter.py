"""Counters: which readings to believe, and how much was used between them.

A counter only rises. A reading below the last believed one (the *base*) is, in this order,

- a *dip*, if it is less than 10 % down: noise, set aside; the energy is booked once, when the counter passes the base;
- a *glitch*, if the next reading that says something is consistent with the base: set aside;
- *pending*, if there is no such next reading yet;
- a *rollover*, if the register's size is known and it went from near its top to near zero;
- else a *reset*: the counter counts from zero.

A recorded *replacement* comes before all of these. A rise beyond what the meter can carry is a glitch if the next
reading is consistent with the base, else *suspect*: believed as a new base, but its energy is not booked until a person
accepts it.

Every judgement looks at the base, the reading, and the next reading that says something: for a zero the next one that is
not zero, within ZERO_RUN_US; so judgements depend on the set of readings alone, not on the order in which they came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.core.domain.calendar import SLOT_US
from services.core.domain.meter import MOST_PER_SLOT_PICO, Mark, MeterRule, Quality, Replacement, whole_pico

DIP_SHARE = 0.9
NEAR_TOP_SHARE = 0.9
NEAR_ZERO_SHARE = 0.1
ZERO_RUN_US = 3 * 86_400 * 1_000_000
LONGEST_GAP_US = 400 * 86_400 * 1_000_000
SET_ASIDE = frozenset({Mark.DIP, Mark.GLITCH, Mark.PENDING})
_HOUR_US = 3_600_000_000

_QUALITY = {
    Mark.RESET: Quality.RESET,
    Mark.ROLLOVER: Quality.ROLLOVER,
    Mark.REPLACEMENT: Quality.REPLACEMENT,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A quantity used evenly over [start_us, end_us)."""

    start_us: int
    end_us: int
    quantity_pico: int
    quality: Quality


def most_pico(rule: MeterRule, elapsed_us: int) -> int:
    """Greatest plausible quantity in `elapsed_us`, in 1e-12 of the carrier's unit; at least that of one interval."""
    bound = MOST_PER_SLOT_PICO * max(elapsed_us, SLOT_US) // SLOT_US
    if rule.rated_pico_per_hour is None:
        return bound
    return min(bound, rule.rated_pico_per_hour * max(elapsed_us, rule.interval_us) // _HOUR_US)


class _Counter:
    """The readings of one counter in order of time, and the base as they are gone through."""

    def __init__(self, times_us: Sequence[int], values: Sequence[float], rule: MeterRule) -> None:
        self.times_us = times_us
        self.values = values
        self.rule = rule
        self.base_us = 0
        self.base = 0.0
        self.spans: list[Span] = []

    def pico(self, value: float) -> int:
        return whole_pico(value, self.rule.pico_per_value)

    def plausible(self, start_us: int, start: float, end_us: int, end: float) -> bool:
        return self.pico(end) - self.pico(start) <= most_pico(self.rule, end_us - start_us)

    def replacements_in(self, after_us: int, until_us: int) -> list[Replacement]:
        return [r for r in self.rule.replacements if after_us < r.ts_us <= until_us]

    def next_telling(self, i: int) -> tuple[int, float] | None:
        """Time and value of the next reading that says something about reading `i`.

        A zero counts if it ends a run of zeros too long to be a fault.
        """
        for j in range(i + 1, len(self.times_us)):
            value = self.values[j]
            if value < 0:
                continue
            if value > 0 or self.values[i] > 0 or self.times_us[j] > self.times_us[i] + ZERO_RUN_US:
                swaps = self.replacements_in(self.times_us[i], self.times_us[j])
                return (swaps[0].ts_us, swaps[0].final_value) if swaps else (self.times_us[j], value)
        return None

    def book(self, end_us: int, quantity_pico: int, *, start_us: int, mark: Mark | None) -> bool:
        """Book a quantity if it is plausible or accepted; say whether it was."""
        quality = _QUALITY.get(mark, Quality.GOOD) if mark else Quality.GOOD
        elapsed_us = end_us - start_us
        plausible = 0 <= quantity_pico <= most_pico(self.rule, elapsed_us) and elapsed_us <= LONGEST_GAP_US
        if not plausible:
            if end_us not in self.rule.accepted_us or quantity_pico < 0:
                return False
            quality |= Quality.ACCEPTED
        if elapsed_us > 2 * self.rule.interval_us:
            quality |= Quality.ESTIMATED
        self.spans.append(Span(start_us, end_us, quantity_pico, quality))
        return True

    def judge(self, i: int) -> Mark | None:
        """Judge reading `i` against the base, book what was used, and move the base if the reading is believed."""
        at_us, value = self.times_us[i], self.values[i]
        if value < 0:
            return Mark.GLITCH
        swaps = self.replacements_in(self.base_us, at_us)
        start_us, start = (swaps[-1].ts_us, swaps[-1].first_value) if swaps else (self.base_us, self.base)
        mark = self._fall(i, start_us, start) if value < start else self._rise(i, start_us, start)
        if mark in SET_ASIDE:
            return mark
        booked = self._book_swaps(swaps)
        if mark is Mark.ROLLOVER:
            used = self.pico(self.rule.register_size or 0.0) - self.pico(start) + self.pico(value)
        else:
            used = self.pico(value) - (0 if mark is Mark.RESET else self.pico(start))
        booked &= self.book(at_us, used, start_us=start_us, mark=mark or (Mark.REPLACEMENT if swaps else None))
        self.base_us, self.base = at_us, value
        if not booked:
            return Mark.SUSPECT
        return mark or (Mark.REPLACEMENT if swaps else None)

    def _book_swaps(self, swaps: list[Replacement]) -> bool:
        """Book what the meters taken out have counted since the base."""
        booked = True
        start_us, start = self.base_us, self.base
        for swap in swaps:
            used = self.pico(swap.final_value) - self.pico(start)
            booked &= self.book(swap.ts_us, used, start_us=start_us, mark=Mark.REPLACEMENT)
            start_us, start = swap.ts_us, swap.first_value
        return booked

    def _fall(self, i: int, start_us: int, start: float) -> Mark:
        value = self.values[i]
        if value > DIP_SHARE * start:
            return Mark.DIP
        telling = self.next_telling(i)
        if telling is None:
            return Mark.PENDING
        next_us, following = telling
        if following >= start and self.plausible(start_us, start, next_us, following):
            return Mark.GLITCH
        size = self.rule.register_size
        if size is not None and NEAR_TOP_SHARE * size <= start <= size and value <= NEAR_ZERO_SHARE * size:
            return Mark.ROLLOVER
        return Mark.RESET

    def _rise(self, i: int, start_us: int, start: float) -> Mark | None:
        at_us, value = self.times_us[i], self.values[i]
        plausible = self.plausible(start_us, start, at_us, value)
        if (plausible and self.rule.rated_pico_per_hour is not None) or at_us in self.rule.accepted_us:
            return None
        telling = self.next_telling(i) if value > start else None
        if telling is None or telling[1] == 0:
            return None
        next_us, following = telling
        back = start <= following < (DIP_SHARE * value if plausible else value)
        return Mark.GLITCH if back and self.plausible(start_us, start, next_us, following) else None


def book_counter(
    times_us: Sequence[int], values: Sequence[float], rule: MeterRule
) -> tuple[list[Span], dict[int, Mark]]:
    """What a counter's readings say was used, and the mark of each reading that is not plainly good.

    The readings are in order of time, no time twice. The first reading that is not negative is believed as it stands.
    """
    counter = _Counter(times_us, values, rule)
    marks: dict[int, Mark] = {}
    first = next((i for i, value in enumerate(values) if value >= 0), len(values))
    marks.update((times_us[i], Mark.GLITCH) for i in range(first))
    if first < len(values):
        counter.base_us, counter.base = times_us[first], values[first]
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
