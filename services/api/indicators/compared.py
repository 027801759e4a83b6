"""Indicators beside those of another period, and of a period at hand its part that is compared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.api.comparing.change import ComparedSide, change_out, period_out
from services.api.comparing.period import Counterpart, counterparts, shift_of
from services.core.calendar import MONTHS_OF_YEAR, Grain
from services.core.frame import Frame, PeriodLength, frame
from services.judging.indicators.forming import Evaluated
from services.judging.indicators.kinds import Indicator

_MONTHS: Mapping[PeriodLength, int] = {
    PeriodLength.MONTH: 1,
    PeriodLength.YEAR: MONTHS_OF_YEAR,
    PeriodLength.TOTAL: 0,
}

Evaluating = Callable[[Frame], Sequence[Evaluated]]
"""Evaluates the indicator in other periods."""

_Key = tuple[datetime, str | None, str | None]
"""Start of the row, its group and process."""


@dataclass(frozen=True, slots=True)
class ComparedFrames:
    """With what periods those of a question are compared. `other` may be of several at once."""

    counterparts: Mapping[datetime, Counterpart]
    other: Sequence[Frame] = ()
    until: Mapping[datetime, Frame] = field(default_factory=dict)
    """Of a period at hand its part that is compared."""


def compared_frames(asked: Frame, length: PeriodLength, compare: str, *, now: datetime) -> ComparedFrames:
    """The periods to be evaluated for a comparison. Raises Refused for a day from which nothing is compared.

    A rolling year is compared as it is, at hand or not: one month of twelve hardly moves it.
    """
    bounds = [asked.bounds(period) for period in asked.periods]
    if length is PeriodLength.ROLLING_YEAR:
        first = asked.cells[asked.periods[0][1] - 1][0]
        shift = shift_of(compare, first, asked.end, months_a_period=1)
        start, end = shift.of(first), shift.of(asked.end)
        assert start is not None
        assert end is not None
        other = frame(start, end, length)
        rolling = {
            own[0]: Counterpart(*other.bounds(period)) for own, period in zip(bounds, other.periods, strict=True)
        }
        return ComparedFrames(rolling, [other])
    months = _MONTHS.get(length)
    shift = shift_of(compare, asked.start, asked.end, months_a_period=months)
    found = counterparts(bounds, shift, now=now, finest=Grain.HOUR, months_a_period=months)
    whole = [each for each in found.values() if each.until is None]
    frames = [frame(whole[0].start, max(each.end for each in whole), length)] if whole else []
    until = {}
    for start, each in found.items():
        if each.until is not None:
            frames.append(frame(each.start, each.end, PeriodLength.TOTAL))
            until[start] = frame(start, each.until, PeriodLength.TOTAL)
    return ComparedFrames(found, frames, until)


class IndicatorCompared:
    """What stands beside the rows of one indicator; `least`: the coverage a change needs."""

    def __init__(self, indicator: Indicator, frames: ComparedFrames, evaluating: Evaluating, least: float) -> None:
        self._counterparts, self._least = frames.counterparts, least
        self._counts_coverage = indicator.coverage_counts
        self._other = _by_key(each for periods in frames.other for each in evaluating(periods))
        self._until = _by_key(each for periods in frames.until.values() for each in evaluating(periods))

    def of(self, found: Evaluated) -> dict[str, Any] | None:
        """As ComparedValue describes it; None where the row has no counterpart."""
        counterpart = self._counterparts.get(found.start)
        if counterpart is None:
            return None
        at_hand = counterpart.until is not None
        own = self._side(self._until.get(_key(found, found.start)) if at_hand else found)
        other = self._side(self._other.get(_key(found, counterpart.start)))
        return period_out(counterpart, own, other) | change_out(own, other, self._least, at_hand=at_hand)

    def _side(self, found: Evaluated | None) -> ComparedSide:
        if found is None:
            return ComparedSide(None, None, 0.0)
        ratio = found.ratio
        cover = {**ratio.numerator.cover, **ratio.denominator.cover}
        seconds = found.elapsed.all_s or (found.end - found.start).total_seconds()
        meters = sum(expected_s for _, expected_s in cover.values()) / seconds
        return ComparedSide(ratio.value, ratio.coverage, meters, on_meters=bool(cover) and self._counts_coverage)


def _key(found: Evaluated, start: datetime) -> _Key:
    return start, found.group, found.process


def _by_key(found: Iterable[Evaluated]) -> Mapping[_Key, Evaluated]:
    return {_key(each, each.start): each for each in found}
