"""The common case, for many meters at once: readings that follow those of before as one expects of them.

A window is what was read of one meter around new readings. It is *plain* if nothing in it needs a judgement: a counter
that rises plainly (see `past`), from so many levels before on that nothing older can matter, an interval meter within
its bounds, values of at most six decimals. For a plain window this gives what `booking.rebook` gives, to the last
digit; of the others it says so. All is done in whole numbers of 64 bits: what does not surely fit is not plain.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.core.calendar import HOUR_US, OPEN_END_US, SLOT_S, SLOT_US
from services.core.meter import MOST_PER_SLOT_PICO, Kind, MeterRule, Quality, Side, Stamp
from services.energy.booking.costs import BOUNDS
from services.energy.booking.levels import REACH
from services.energy.booking.past import past_reach
from services.energy.booking.span import most_pico
from services.energy.booking.steps import NEAR_RECORD_US

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MILLIONTHS = 10**6
# A double of so many millionths, or fewer, is the decimal that it prints.
_MOST_MILLIONTHS = 10**15
# The square of a longer time would not fit into 64 bits.
_LONGEST_SPAN_US = 4_200_000_000
_SURELY = 0.999
_ESTIMATED = int(Quality.ESTIMATED)


class PlainRule(NamedTuple):
    """What makes a meter's readings plain, and what they are worth; a millionth is that of the register's unit."""

    is_counter: int
    millionth_pico: int
    """1e-12 of the carrier's unit in a millionth; of a rate, in a millionth of it over one period."""
    most_millionths: int
    """Of a counter what it may rise in a window, of an interval meter what may be used in a period."""
    rated_millionths_per_h: int
    """0 if there is no bound."""
    interval_us: int
    from_us: int
    """The last change of the meter, by replacement or by a new term: a window must begin after it."""
    begins_before_us: int
    """How long before the time of a reading its period begins."""
    levels_before: int
    """Of a counter: so many calm levels before what is new show that nothing older matters."""


def plain_rule(rule: MeterRule) -> PlainRule | None:
    """The rule for windows of this meter; None if none of them is plain."""
    term = rule.newest
    if term.kind is Kind.GAUGE or term.interval_us > _LONGEST_SPAN_US or rule.settlements or rule.side is not Side.ONE:
        return None
    is_counter = term.kind is Kind.COUNTER
    pico = term.pico_per_value / _MILLIONTHS
    if term.is_rate:
        pico *= Fraction(term.interval_s, 3600)
    if pico.denominator != 1 or not 0 < pico.numerator <= MOST_PER_SLOT_PICO:
        return None
    most = MOST_PER_SLOT_PICO
    if not is_counter:
        most = min(most_pico(term, term.interval_us), most // (2 + SLOT_US // term.interval_us))
    rated = 0 if term.rated_pico_per_hour is None else min(term.rated_pico_per_hour // pico.numerator, 2**62)
    if term.rated_pico_per_hour is not None and rated == 0:
        return None
    # A period that began in the term before reaches beyond it.
    begun_us = term.from_us if is_counter or len(rule.terms) == 1 else term.from_us + rule.longest_interval_us
    from_us = max(begun_us, *(swap.ts_us + NEAR_RECORD_US for swap in rule.replacements), begun_us)
    begins_before_us = term.interval_us if not is_counter and term.stamp is Stamp.END else 0
    levels_before = REACH + 1 if rated else max(REACH, past_reach(rule)) + 1
    return PlainRule(
        is_counter,
        pico.numerator,
        most // pico.numerator,
        rated,
        term.interval_us,
        from_us,
        begins_before_us,
        levels_before if is_counter else 0,
    )


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows one after another, in each the readings in order of time, from far enough before the dirty time on.

    The columns of `rules` are those of PlainRule.
    """

    rules: Whole
    dirty_from_us: Whole
    dirty_to_us: Whole
    owner: Whole
    """By reading: the number of its window."""
    times_us: Whole
    values: NDArray[np.float64]
    complete: Flags
    """By window: whether there are no other readings of the meter after those."""
    begins: Flags
    """By window: whether there are surely none before."""
    unmarked: Flags
    """By window: whether no reading of the meter was ever judged to be anything but good."""


@dataclass(frozen=True, slots=True)
class PlainBooking:
    """Slots of the plain windows, in order of window and time, which replace those in [slots_from_us, slots_to_us)."""

    plain: Flags
    slots_from_us: Whole
    slots_to_us: Whole
    owner: Whole
    slot_us: Whole
    quantity_pico: Whole
    measured_s: Whole
    quality: Whole
    new: Flags
    """Whether the slot can differ from what was booked for it before; the others are kept already, or still wait."""


class _Columns:
    """The rules of the windows by column, and what follows for each window from its dirty time."""

    def __init__(self, windows: Windows) -> None:
        rules = windows.rules.T
        self.is_counter = rules[0] != 0
        self.pico, self.most, self.rated, self.interval_us, self.from_us = rules[1:6]
        self.levels_before = rules[PlainRule._fields.index("levels_before")]
        number = len(windows.dirty_from_us)
        self.first = first = np.searchsorted(windows.owner, np.arange(number))
        early = windows.times_us < windows.dirty_from_us[windows.owner]
        before = np.bincount(windows.owner[early], minlength=number)
        late = np.bincount(windows.owner[windows.times_us >= windows.dirty_to_us[windows.owner]], minlength=number)
        self.enough = ~self.is_counter | (late == 0)
        self.settled = before >= 2
        # The newest reading whose judgement is settled, and the one from which the dirty time is counted.
        last = len(windows.times_us) - 1
        settled_us = windows.times_us[np.minimum(first + np.maximum(before - 2, 0), last)]
        newest_us = windows.times_us[np.minimum(first + np.maximum(before - 1, 0), last)]
        dirty_hour_us = windows.dirty_from_us - windows.dirty_from_us % HOUR_US
        self.slots_from_us = np.where(self.is_counter, settled_us - settled_us % HOUR_US, dirty_hour_us)
        reach_us = windows.dirty_to_us + self.interval_us
        self.slots_to_us = np.where(self.is_counter, OPEN_END_US, -(-reach_us // HOUR_US) * HOUR_US)
        changed_from_us = np.where(self.is_counter, newest_us, windows.dirty_from_us)
        self.changed_from_us = changed_from_us - changed_from_us % SLOT_US
        self.changed_to_us = np.where(self.is_counter, OPEN_END_US, reach_us)

    def open(self, whole: Flags) -> None:
        """Book these windows from their first reading on."""
        self.slots_from_us = np.where(whole, -OPEN_END_US, self.slots_from_us)
        self.changed_from_us = np.where(whole, -OPEN_END_US, self.changed_from_us)


def book_plain(windows: Windows) -> PlainBooking:
    """Book the plain ones of these windows again; at least one reading must be given in all."""
    windows = _by_start(windows)
    columns = _Columns(windows)
    owner, times_us = windows.owner, windows.times_us
    number = len(windows.dirty_from_us)
    is_counter, interval_us = columns.is_counter[owner], columns.interval_us[owner]
    millionths, exact = _millionths(windows.values)
    # A counter is booked from the last reading at or before the first slot on.
    nothing_us = np.full(number, -OPEN_END_US)
    base_us = nothing_us.copy()
    at_or_before = times_us <= columns.slots_from_us[owner]
    np.maximum.at(base_us, owner[at_or_before], times_us[at_or_before])
    has_base = columns.settled & (base_us > nothing_us)
    # Without such a reading all is booked, if the first reading of the meter is at hand.
    columns.open(is_whole := columns.is_counter & windows.begins & ~has_base)
    base_us = np.where(is_whole, nothing_us, base_us)
    first_us = times_us[np.minimum(columns.first, len(times_us) - 1)]
    has_base = is_whole & (first_us >= columns.from_us) | has_base & (base_us >= columns.from_us)
    used = np.where(
        is_counter,
        times_us >= base_us[owner],
        (times_us > columns.slots_from_us[owner] - interval_us) & (times_us < columns.slots_to_us[owner]),
    )
    joined = np.append((owner[1:] == owner[:-1]) & used[1:] & used[:-1], False)
    rise = np.append(np.diff(millionths), 0)
    step_us = np.append(np.diff(times_us), 0)
    rated = columns.rated[owner]
    most_rise = np.where(
        rated > 0, _SURELY * rated * np.maximum(step_us, interval_us) / HOUR_US, millionths // BOUNDS.plain_part
    )
    odd = used & ~exact
    odd |= used & np.where(is_counter, millionths <= 0, (millionths < 0) | (millionths > columns.most[owner]))
    unplain = (rise < 0) | (rise > most_rise) | (step_us > _LONGEST_SPAN_US) | ~exact
    odd |= joined & is_counter & unplain
    # A period that is not booked again may overlap one that is.
    near = used | (times_us > columns.slots_from_us[owner] - 2 * interval_us)
    near &= times_us < columns.slots_to_us[owner] + interval_us
    neighbours = np.append((owner[1:] == owner[:-1]) & near[1:] & near[:-1], False)
    odd |= neighbours & ~is_counter & (step_us < interval_us)
    risen = np.bincount(owner[joined], weights=rise[joined], minlength=number)
    plain = (
        (np.bincount(owner[odd], minlength=number) == 0)
        & (np.bincount(owner[used], minlength=number) > 0)
        & columns.enough
        & (columns.is_counter | (columns.slots_from_us >= columns.from_us))
        & (~columns.is_counter | (has_base & windows.complete & (risen < _SURELY * columns.most)))
        & (~columns.is_counter | _nothing_older_matters(windows, columns, rise, unplain))
        & (windows.complete | _reached(windows, columns.slots_to_us))
    )
    begins = np.flatnonzero(plain[owner] & used & (joined | ~is_counter))
    whose, counts = owner[begins], is_counter[begins]
    length_us = np.where(counts, step_us[begins], interval_us[begins])
    quantity = np.where(counts, rise[begins], millionths[begins]) * columns.pico[whose]
    estimated = counts & (length_us > 2 * interval_us[begins])
    return _cut(plain, columns, _Spans(whose, times_us[begins], length_us, quantity, estimated))


def _nothing_older_matters(windows: Windows, columns: _Columns, rise: Whole, unplain: Flags) -> Flags:
    """By window of a counter: whether what was judged before stays so, since enough before what is new was calm.

    All of it, from the first reading of the meter on; or so many levels as the explanation looks back (see `settled`);
    or all that was ever judged, where a rated power judges, so that nothing depends on what lies around it.
    """
    owner = windows.owner
    early = np.append((owner[1:] == owner[:-1]) & (windows.times_us[1:] < windows.dirty_from_us[owner[1:]]), False)
    broken = np.flatnonzero(early & unplain)
    last_broken = np.full(len(windows.dirty_from_us), -1)
    np.maximum.at(last_broken, owner[broken], broken)
    since = early & (rise > 0) & (np.arange(len(owner)) > last_broken[owner])
    levels = np.bincount(owner[since], minlength=len(windows.dirty_from_us))
    is_known: Flags = windows.begins | (windows.unmarked & (columns.rated > 0))
    is_enough: Flags = levels >= columns.levels_before
    return is_enough | (is_known & (last_broken < 0))


def _by_start(windows: Windows) -> Windows:
    """The same with the times of readings at which their periods begin."""
    before_us = windows.rules[:, PlainRule._fields.index("begins_before_us")]
    if not before_us.any():
        return windows
    return replace(
        windows,
        dirty_from_us=windows.dirty_from_us - before_us,
        dirty_to_us=windows.dirty_to_us - before_us,
        times_us=windows.times_us - before_us[windows.owner],
    )


def _millionths(values: NDArray[np.float64]) -> tuple[Whole, Flags]:
    """The values in whole millionths, and whether that is what they say."""
    with np.errstate(over="ignore", invalid="ignore"):
        near = np.rint(values * _MILLIONTHS)
        exact = (np.abs(near) < _MOST_MILLIONTHS) & (near / _MILLIONTHS == values)
    return np.where(exact, near, 0.0).astype(np.int64), exact


def _reached(windows: Windows, until_us: Whole) -> Flags:
    """By window: whether a reading at that time or later is at hand."""
    reached = windows.times_us >= until_us[windows.owner]
    return np.bincount(windows.owner[reached], minlength=len(until_us)) > 0


class _Spans(NamedTuple):
    owner: Whole
    start_us: Whole
    length_us: Whole
    quantity_pico: Whole
    estimated: Flags


def _cut(plain: Flags, columns: _Columns, spans: _Spans) -> PlainBooking:
    """Cut spans at slot edges, in proportion to time, and add up what falls into the same slot."""
    first_slot = spans.start_us // SLOT_US
    slots = (spans.start_us + spans.length_us - 1) // SLOT_US - first_slot + 1
    span = np.repeat(np.arange(len(slots)), slots)
    nth = np.arange(len(span)) - np.repeat(np.cumsum(slots) - slots, slots)
    slot_us = (first_slot[span] + nth) * SLOT_US
    from_us = np.maximum(slot_us - spans.start_us[span], 0)
    to_us = np.minimum(slot_us + SLOT_US - spans.start_us[span], spans.length_us[span])
    length_us, quantity = spans.length_us[span], spans.quantity_pico[span]
    pico = _share(quantity, to_us, length_us) - _share(quantity, from_us, length_us)
    measured_us = np.where(spans.estimated[span], 0, to_us - from_us)
    owner = spans.owner[span]
    edges = np.flatnonzero(np.append(True, (np.diff(owner) != 0) | (np.diff(slot_us) != 0))[: len(span)])
    owner, slot_us = owner[edges], slot_us[edges]
    measured_s = np.minimum(SLOT_S, (_sum(measured_us, edges) + 500_000) // 1_000_000)
    quality = (_sum(spans.estimated[span].astype(np.int64), edges) > 0) * _ESTIMATED
    pico = _sum(pico, edges)
    kept = (slot_us >= columns.slots_from_us[owner]) & (slot_us < columns.slots_to_us[owner])
    new = (slot_us >= columns.changed_from_us[owner]) & (slot_us < columns.changed_to_us[owner])
    return PlainBooking(
        plain,
        columns.slots_from_us,
        columns.slots_to_us,
        owner=owner[kept],
        slot_us=slot_us[kept],
        quantity_pico=pico[kept],
        measured_s=measured_s[kept],
        quality=quality[kept],
        new=new[kept],
    )


def _sum(amounts: Whole, edges: Whole) -> Whole:
    return np.add.reduceat(amounts, edges) if len(edges) else np.zeros(0, dtype=np.int64)


def _share(quantity: Whole, elapsed_us: Whole, length_us: Whole) -> Whole:
    """quantity × elapsed / length, rounded down; the product itself would not fit into 64 bits."""
    whole, rest = np.divmod(quantity, length_us)
    part = rest.astype(np.uint64) * elapsed_us.astype(np.uint64) // length_us.astype(np.uint64)
    return whole * elapsed_us + part.astype(np.int64)
