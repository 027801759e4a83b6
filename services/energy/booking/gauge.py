"""Gauges: the level between samples, by time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.core.calendar import HOUR_US
from services.core.meter import Mark, MeterRule, MeterTerm, Quality, SettlementAction, Side, whole_pico
from services.energy.booking.span import Span, line, most_pico


class _Sample(NamedTuple):
    """A level at a moment, 1e-12 of the carrier's unit an hour, and the term by which it counts."""

    at_us: int
    rate: int
    term: MeterTerm


def book_gauge(times_us: Sequence[int], values: Sequence[float], rule: MeterRule) -> tuple[list[Span], dict[int, Mark]]:
    """Between two samples the level runs in a straight line; nothing is known beyond twice the interval.

    The level of a gauge that reports on change holds until its next sample, at most for as long as its term says. A
    suspect sample ends what is known: nothing is booked across it. What a sample is worth is said by the term of its
    time; of two intervals the longer one counts.
    """
    spans: list[Span] = []
    marks: dict[int, Mark] = {}
    last: _Sample | None = None
    scales = [term.pico_per_value for term in rule.terms]
    most = [most_pico(term, HOUR_US) for term in rule.terms]
    number, several = 0, len(rule.terms) > 1
    for at_us, value in zip(times_us, values, strict=True):
        if several:
            number = rule.number_at(at_us)
        rate = whole_pico(value, scales[number])
        quality, believed = 0, abs(rate) <= most[number] and (rate >= 0 or rule.side is not Side.ONE)
        word = rule.settled(at_us) if rule.settlements or not believed else None
        if word is SettlementAction.SET_ASIDE:
            marks[at_us] = Mark.GLITCH
            continue
        if not believed:
            if word is not SettlementAction.ACCEPT:
                marks[at_us] = Mark.SUSPECT
                spans += _held(last, at_us, rule.side)
                last = None
                continue
            quality = int(Quality.ACCEPTED)
        sample = _Sample(at_us, rate, rule.terms[number])
        if last is not None:
            spans += _between(last, sample, quality, rule.side)
        last = sample
    return spans, marks


def _between(first: _Sample, last: _Sample, quality: int, side: Side) -> Iterator[Span]:
    """What is used between two samples that follow each other; nothing where they are too far apart."""
    if first.term.holds_s is not None:
        yield from _held(first, last.at_us, side)
    elif last.at_us - first.at_us <= 2 * max(first.term.interval_us, last.term.interval_us):
        yield from _one_way(first.at_us, last.at_us, (first.rate, last.rate), quality, side)


def _held(last: _Sample | None, until_us: int, side: Side) -> Iterator[Span]:
    """What is used while the level of a gauge that reports on change holds, until it reports again."""
    if last is not None and last.term.holds_s is not None:
        end_us = min(until_us, last.at_us + last.term.holds_s * 1_000_000)
        yield from _one_way(last.at_us, end_us, (last.rate, last.rate), 0, side)


def _one_way(start_us: int, end_us: int, rates: tuple[int, int], quality: int, side: Side) -> Iterator[Span]:
    """What flows one way along a straight line of rates: parted, to the microsecond, where the direction turns."""
    first, last = rates if side is not Side.REVERSE else (-rates[0], -rates[1])
    if side is Side.ONE or (first >= 0 and last >= 0):
        yield line(start_us, end_us, (first, last), quality)
        return
    turn_us = start_us if first <= 0 and last <= 0 else start_us + (end_us - start_us) * first // (first - last)
    for from_us, to_us, ends in (
        (start_us, turn_us, (max(0, first), 0)),
        (turn_us, end_us, (0, max(0, last))),
    ):
        if from_us < to_us:
            yield line(from_us, to_us, ends, quality)
