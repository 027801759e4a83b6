"""Gauges: the level between samples, by time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.core.calendar import HOUR_US
from services.core.meter import Mark, MeterRule, Quality, SettlementAction, Side, whole_pico
from services.energy.booking.span import Span, line, most_pico


class _Sample(NamedTuple):
    """A level at a moment, 1e-12 of the carrier's unit an hour."""

    at_us: int
    rate: int
    reach_us: int
    """So far its line runs at most to the next one."""
    holds_us: int | None
    """Of a gauge that reports on change: so long the level holds at most."""


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
    reach = [(2 * term.interval_us, None if term.holds_s is None else term.holds_s * 1_000_000) for term in rule.terms]
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
        sample = _Sample(at_us, rate, *reach[number])
        if last is None:
            pass
        elif last.holds_us is not None:
            spans += _held(last, at_us, rule.side)
        elif at_us - last.at_us <= max(last.reach_us, sample.reach_us):
            if rule.side is Side.ONE:
                spans.append(line(last.at_us, at_us, (last.rate, rate), quality))
            else:
                spans += _one_way(last.at_us, at_us, (last.rate, rate), quality, rule.side)
        last = sample
    return spans, marks


def _held(last: _Sample | None, until_us: int, side: Side) -> Iterator[Span]:
    """What is used while the level of a gauge that reports on change holds, until it reports again."""
    if last is not None and last.holds_us is not None:
        end_us = min(until_us, last.at_us + last.holds_us)
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
