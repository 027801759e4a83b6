"""Interval meters: each reading is the quantity, or the mean rate, of a period."""

from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import pairwise

from services.core.calendar import DAY_US, SHANGHAI_US
from services.core.meter import Mark, MeterRule, Quality, SettlementAction, Side, Stamp, whole_pico
from services.energy.booking.span import Span, most_pico

WAVERS_US = 60_000_000
WAVERS_PARTS = 10
"""Periods that share less than a tenth of their length, and less than a minute, show a clock that wavers.

More is the same time told twice. Periods of more than a day may share a tenth: months are of unlike length.
"""
_ACCEPTED, _CORRECTED = int(Quality.ACCEPTED), int(Quality.CORRECTED)


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
    spans: list[Span] = []
    told_us: list[int] = []
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
        if rule.side is not Side.ONE:
            quantity = max(0, quantity * rule.side.value)
        spans.append(Span(start_us, start_us + term.interval_us, quantity, quality))
        told_us.append(at_us)
    if all(later.start_us >= earlier.end_us for earlier, later in pairwise(spans)):
        return spans, marks
    accepted = {i for i, at_us in enumerate(told_us) if rule.settled(at_us) is SettlementAction.ACCEPT}
    twice = _told_twice(spans, accepted)
    marks.update((told_us[i], Mark.OVERLAP) for i in twice)
    return [span for i, span in enumerate(spans) if i not in twice], marks


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


def _told_twice(spans: Sequence[Span], accepted: Collection[int]) -> frozenset[int]:
    """The places of the periods that a better one tells too: the next better one on either side is looked at.

    Those that a person accepted, by their place, are the best there are.
    """
    off_us = [-1 if i in accepted else _off_us(span) for i, span in enumerate(spans)]
    twice: set[int] = set()
    open_places: list[int] = []
    for i, span in enumerate(spans):
        while open_places and off_us[open_places[-1]] > off_us[i]:
            if _overlap(spans[beaten := open_places.pop()], span):
                twice.add(beaten)
        if open_places and off_us[i] >= 0 and _overlap(spans[open_places[-1]], span):
            twice.add(i)
        open_places.append(i)
    return frozenset(twice)


def _off_us(span: Span) -> int:
    """How far the start of a period lies from a whole multiple of its length, counted from midnight in Shanghai."""
    length_us = span.end_us - span.start_us
    beyond_us = (span.start_us + SHANGHAI_US) % length_us
    return min(beyond_us, length_us - beyond_us)


def _overlap(one: Span, other: Span) -> bool:
    shared_us = min(one.end_us, other.end_us) - max(one.start_us, other.start_us)
    length_us = min(one.end_us - one.start_us, other.end_us - other.start_us)
    wavers_us = length_us // WAVERS_PARTS
    return shared_us >= (wavers_us if length_us > DAY_US else min(wavers_us, WAVERS_US))
