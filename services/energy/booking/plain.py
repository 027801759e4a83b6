"""What the common case is given and gives: windows of readings, rules that can be plain, and the slots of them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.core.meter import MOST_PER_SLOT_PICO, Kind, MeterRule, Side, Stamp
from services.energy.booking.levels import REACH
from services.energy.booking.past import past_reach
from services.energy.booking.span import most_pico
from services.energy.booking.steps import NEAR_RECORD_US

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

MILLIONTHS = 10**6
AMPLE = 16
_LONGEST_INTERVAL_US = 4_200_000_000
_SLOT_US = 900_000_000


class PlainRule(NamedTuple):
    """What makes a meter's readings plain, and what they are worth; a millionth is that of the register's unit."""

    is_counter: int
    millionth_pico: int
    """1e-12 of the carrier's unit in a millionth; of a rate, in a millionth of it over one period."""
    most_millionths: int
    """Of a counter what it may rise in a slot, of an interval meter what may be used in a period."""
    rated_millionths_per_h: int
    """0 if there is no bound."""
    interval_us: int
    from_us: int
    """The last change of the meter, by replacement or by a new term: a window must begin after it."""
    begins_before_us: int
    """How long before the time of a reading its period begins."""
    levels_beside: int
    """Of a counter: so many calm levels before what is new, and after it, show that nothing beyond them matters."""


def plain_rule(rule: MeterRule) -> PlainRule | None:
    """The rule for windows of this meter; None if none of them is plain."""
    term = rule.newest
    if term.kind is Kind.GAUGE or term.interval_us > _LONGEST_INTERVAL_US or rule.settlements:
        return None
    if rule.side is not Side.ONE:
        return None
    is_counter = term.kind is Kind.COUNTER
    pico = term.pico_per_value / MILLIONTHS
    if term.is_rate:
        pico *= Fraction(term.interval_s, 3600)
    if pico.denominator != 1 or not 0 < pico.numerator <= MOST_PER_SLOT_PICO:
        return None
    most = MOST_PER_SLOT_PICO
    if not is_counter:
        most = min(most_pico(term, term.interval_us), most // (2 + _SLOT_US // term.interval_us))
    rated = 0 if term.rated_pico_per_hour is None else min(term.rated_pico_per_hour // pico.numerator, 2**62)
    if term.rated_pico_per_hour is not None and rated == 0:
        return None
    # A period that began in the term before reaches beyond it.
    begun_us = term.from_us if is_counter or len(rule.terms) == 1 else term.from_us + rule.longest_interval_us
    from_us = max(begun_us, *(swap.ts_us + NEAR_RECORD_US for swap in rule.replacements), begun_us)
    begins_before_us = term.interval_us if not is_counter and term.stamp is Stamp.END else 0
    levels_beside = REACH + 1 if rated else max(REACH, past_reach(rule)) + 1
    return PlainRule(
        is_counter,
        pico.numerator,
        most // pico.numerator,
        rated,
        term.interval_us,
        from_us,
        begins_before_us,
        levels_beside if is_counter else 0,
    )


class RuleColumns(NamedTuple):
    """PlainRules, a column each."""

    is_counter: Flags
    millionth_pico: Whole
    most_millionths: Whole
    rated_millionths_per_h: Whole
    interval_us: Whole
    from_us: Whole
    begins_before_us: Whole
    levels_beside: Whole

    @classmethod
    def of(cls, rules: Whole) -> "RuleColumns":
        """From rows of PlainRule."""
        return cls(rules[:, 0] != 0, *rules.T[1:])


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows one after another, in each the readings in order of time, from far enough before what is new.

    The columns of `rules` are those of PlainRule.
    """

    rules: Whole
    owner: Whole
    """By reading: the number of its window."""
    times_us: Whole
    values: NDArray[np.float64]
    is_new: Flags
    """By reading: whether it is one of those for which the window was asked."""
    covered: Flags
    """By window: whether all readings for which it was asked are at hand."""
    complete: Flags
    """By window: whether there are no other readings of the meter after those."""
    begins: Flags
    """By window: whether there are surely none before."""
    unmarked: Flags
    """By window: whether no reading of the meter was ever judged to be anything but good."""


@dataclass(frozen=True, slots=True)
class PlainBooking:
    """The slots of the plain windows that can differ from what was booked before, in order of window and time.

    All others are kept already, or still wait.
    """

    plain: Flags
    lacks: Flags
    """By window: whether it is not plain, and may be if more of the meter is at hand."""
    is_ample: Flags
    """By window: whether the AMPLEth part of what is at hand on either side would be enough."""
    owner: Whole
    slot_us: Whole
    quantity_pico: Whole
    measured_s: Whole
    quality: Whole
