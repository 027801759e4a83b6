"""Interval meters: each reading is the quantity, or the mean rate, of a period."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import NamedTuple

from services.core.calendar import DAY_US, HOUR_US
from services.core.meter import Mark, MeterRule, Quality, SettlementAction, Side, Stamp, whole_pico
from services.energy.booking.span import Span, most_pico

WAVERS_US = 60_000_000
WAVERS_PARTS = 10
"""Periods that share less than a tenth of their length, and less than a minute, show a clock that wavers.

More is the same time told twice. Periods of more than a day may share a tenth: months are of unlike length.
"""
_SHANGHAI_US = 8 * HOUR_US
_ACCEPTED, _CORRECTED = int(Quality.ACCEPTED), int(Quality.CORRECTED)


class _Period(NamedTuple):
    """A period that a reading tells of, and what was used in it."""

    at_us: int
    span: Span
    off_us: int
    """How far its start lies from a whole multiple of its length, counted from midnight; -1 if a person accepted it."""


def book_interval(
    times_us: Sequence[int], values: Sequence[float], rule: MeterRule, *, corrected_us: Collection[int] = ()
) -> tuple[list[Span], dict[int, Mark]]:
    """Each reading is the quantity (or the mean rate) of the period that begins, or ends, at its time.

    How long the period is, which end of it the time is, and what the value is worth is said by the term that holds in
    the period. Of periods that overlap by more than a clock wavers one is booked, and the others are marked: the one
    that begins nearest to a whole multiple of its length; of two equally near, the earlier. What is booked by a reading
    at one of `corrected_us` is marked as corrected.
    """
    scales = [t.pico_per_value * (Fraction(t.interval_s, 3600) if t.is_rate else 1) for t in rule.terms]
    most = [most_pico(term, term.interval_us) for term in rule.terms]
    has_end = any(term.stamp is Stamp.END for term in rule.terms)
    number, several = 0, len(rule.terms) > 1
    periods: list[_Period] = []
    marks: dict[int, Mark] = {}
    corrected = frozenset(corrected_us)
    for at_us, value in zip(times_us, values, strict=True):
        if several:
            number = _term_of(rule, at_us) if has_end else rule.number_at(at_us)
        quantity = whole_pico(value, scales[number])
        word = rule.settled(at_us) if rule.settlements or rule.accepted_us else None
        if word is SettlementAction.SET_ASIDE:
            marks[at_us] = Mark.GLITCH
            continue
        quality = _CORRECTED if at_us in corrected else 0
        if abs(quantity) > most[number] or (quantity < 0 and rule.side is Side.ONE):
            if word is not SettlementAction.ACCEPT:
                marks[at_us] = Mark.SUSPECT
                continue
            quality |= _ACCEPTED
        term = rule.terms[number]
        start_us = at_us - term.interval_us if term.stamp is Stamp.END else at_us
        beyond_us = (start_us + _SHANGHAI_US) % term.interval_us
        off_us = -1 if word is SettlementAction.ACCEPT else min(beyond_us, term.interval_us - beyond_us)
        span = Span(start_us, start_us + term.interval_us, _one_way(quantity, rule.side), quality)
        periods.append(_Period(at_us, span, off_us))
    twice = _told_twice(periods)
    marks.update((periods[i].at_us, Mark.OVERLAP) for i in twice)
    return [period.span for i, period in enumerate(periods) if i not in twice], marks


def reach_us(rule: MeterRule) -> tuple[int, int]:
    """How far before and after its time a reading can alter what is booked.

    It can decide over a reading less than a period away, whose own period reaches on.
    """
    longest_us = rule.longest_interval_us
    stamps = {term.stamp for term in rule.terms}
    return longest_us * (2 if Stamp.END in stamps else 1), longest_us * (2 if Stamp.START in stamps else 1)


def _term_of(rule: MeterRule, at_us: int) -> int:
    """The place of the term of a reading: a time that ends a period belongs to what held in it."""
    ended = rule.number_at(at_us - 1)
    return ended if rule.terms[ended].stamp is Stamp.END else rule.number_at(at_us)


def _one_way(quantity: int, side: Side) -> int:
    return quantity if side is Side.ONE else max(0, quantity * side.value)


def _told_twice(periods: Sequence[_Period]) -> frozenset[int]:
    """The places of the periods that a better one tells too: the next better one on either side is looked at."""
    twice: set[int] = set()
    open_places: list[int] = []
    for i, period in enumerate(periods):
        while open_places and periods[open_places[-1]].off_us > period.off_us:
            if _overlap(periods[beaten := open_places.pop()].span, period.span):
                twice.add(beaten)
        if open_places and period.off_us >= 0 and _overlap(periods[open_places[-1]].span, period.span):
            twice.add(i)
        open_places.append(i)
    return frozenset(twice)


def _overlap(one: Span, other: Span) -> bool:
    shared_us = min(one.end_us, other.end_us) - max(one.start_us, other.start_us)
    length_us = min(one.end_us - one.start_us, other.end_us - other.start_us)
    wavers_us = length_us // WAVERS_PARTS
    return shared_us >= (wavers_us if length_us > DAY_US else min(wavers_us, WAVERS_US))
